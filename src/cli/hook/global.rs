//! core.hooksPath in the user's configuration. It is written as a block of its own at the end of the file, so that
//! taking it out again leaves the file as it was, to the byte.

use super::place::hooks_path as value_in;
use super::script::{Owner, owner};
use gix::config::Source;
use keysift::error::{Error, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

const BEGIN: &str = "# from here: `keysift hook install --global`, taken out by `keysift hook uninstall --global`\n";
/// The same where the file before it does not end with a line end.
const BEGIN_INLINE: &str =
    "\n# from here: `keysift hook install --global` (no line end before), taken out by uninstall\n";
const END: &str = "# to here: keysift\n";

/// core.hooksPath for all repositories of this user, whoever set it.
pub fn hooks_path() -> Result<Option<PathBuf>> {
    let mut files = Vec::new();
    if !std::env::var_os("GIT_CONFIG_NOSYSTEM").is_some_and(|value| !value.is_empty() && value != "0") {
        let system = std::env::var_os("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into());
        files.push((Source::System, PathBuf::from(system)));
    }
    match std::env::var_os("GIT_CONFIG_GLOBAL") {
        Some(file) => files.push((Source::User, file.into())),
        None => {
            files.push((Source::Git, configuration_folder()?.join("git/config")));
            files.push((Source::User, home()?.join(".gitconfig")));
        }
    }
    value_in(&files, None)
}

/// Whether the hooks in `folder` are keysift's, and run those of the repository as well.
pub fn passes_on(folder: &Path) -> bool {
    let hook = folder.join("pre-commit");
    hook.is_file()
        && std::fs::read(hook)
            .is_ok_and(|content| matches!(owner(&content), Owner::Keysift { repository_hooks: true, .. }))
}

/// The folder for hooks of our own.
pub fn own_folder() -> Result<PathBuf> {
    Ok(configuration_folder()?.join("keysift").join("hooks"))
}

/// Sets core.hooksPath to `folder`. Returns the file.
pub fn set(folder: &Path) -> Result<PathBuf> {
    let file = file()?;
    let old = read(&file)?;
    let begin = if old.is_empty() || old.ends_with('\n') { BEGIN } else { BEGIN_INLINE };
    replace(&file, &format!("{old}{begin}{}{END}", section(folder)))?;
    Ok(file)
}

/// Takes out what [`set`] wrote; says whether it was there.
///
/// # Errors
/// Also if it was changed since.
pub fn unset(folder: &Path) -> Result<bool> {
    let file = file()?;
    let old = read(&file)?;
    for begin in [BEGIN_INLINE, BEGIN] {
        let block = format!("{begin}{}{END}", section(folder));
        if let Some(at) = old.find(&block) {
            replace(&file, &format!("{}{}", &old[..at], &old[at + block.len()..]))?;
            return Ok(true);
        }
    }
    if old.contains(END) {
        return Err(Error::usage(format!(
            "what keysift wrote to {} was changed since. Take core.hooksPath out of it by hand, then try again",
            file.display()
        )));
    }
    Ok(false)
}

fn section(folder: &Path) -> String {
    let value = folder.to_string_lossy().replace('\\', "/").replace('"', "\\\"");
    format!("[core]\n\thooksPath = \"{value}\"\n")
}

/// The file that `git config --global` writes.
fn file() -> Result<PathBuf> {
    if let Some(file) = std::env::var_os("GIT_CONFIG_GLOBAL") {
        return Ok(file.into());
    }
    let (old, new) = (home()?.join(".gitconfig"), configuration_folder()?.join("git/config"));
    Ok(if !old.exists() && new.exists() { new } else { old })
}

fn home() -> Result<PathBuf> {
    std::env::home_dir().ok_or_else(|| Error::usage("there is no home folder (HOME is not set), so nothing is global"))
}

fn configuration_folder() -> Result<PathBuf> {
    match std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(home()?.join(".config")),
    }
}

fn read(file: &Path) -> Result<String> {
    let cannot = |error| Error::io(format!("cannot read {}", file.display()), error);
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => std::fs::read_to_string(file).map_err(cannot),
        Ok(_) => Err(Error::usage(format!("{} is no regular file, so it cannot be written", file.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(cannot(error)),
    }
}

/// Replaces `file` as git does: by a lock beside it, which keeps git and others out, renamed over it. An empty file is
/// removed: there was none.
fn replace(file: &Path, content: &str) -> Result<()> {
    // A link, as people have it who keep their configuration elsewhere, stays.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let lock = PathBuf::from(format!("{}.lock", file.display()));
    let cannot = |error| Error::io(format!("cannot write {} (by way of {})", file.display(), lock.display()), error);
    if let (true, Ok(_)) = (content.is_empty(), file.metadata()) {
        return std::fs::remove_file(&file).map_err(cannot);
    }
    let mut open = OpenOptions::new().write(true).create_new(true).open(&lock).map_err(cannot)?;
    let written = open
        .write_all(content.as_bytes())
        .and_then(|()| match file.metadata() {
            Ok(metadata) => open.set_permissions(metadata.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| open.sync_all())
        .and_then(|()| std::fs::rename(&lock, &file));
    written.map_err(|error| {
        // What is left of the lock would keep git out.
        let _ = std::fs::remove_file(&lock);
        cannot(error)
    })
}
