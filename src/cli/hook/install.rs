//! Puts scripts into a hooks folder, takes them out again, says what is there. Everything that can be refused is looked
//! at before anything is written.

use super::place::{self, Place};
use super::script::{self, Owner, Script};
use super::{HookName, global};
use crate::cli::args::Hooks;
use crate::cli::exit::ExitCode;
use crate::cli::message;
use keysift::error::{Error, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was there before is kept under this ending, and runs first.
const KEPT: &str = "before-keysift";

/// All hooks but those whose mere presence changes what git does (push-to-checkout, proc-receive). When git takes hooks
/// from a folder of ours, it ignores the repository's own; so each of these passes on to them.
const PASSED_ON: [&str; 21] = [
    "applypatch-msg",
    "commit-msg",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// `keysift hook install`
pub fn install(hooks: &Hooks) -> Result<ExitCode> {
    if hooks.global {
        return install_global(&wanted(hooks, false));
    }
    let layout = place::layout()?;
    let place = place::to_install(&layout)?;
    let names = wanted(hooks, layout.work_tree.is_none());
    let program = program()?;
    // A path of this machine is of no use to others.
    let program = (!place.shared).then_some(program.as_path());
    let script = Script { program, search: true, repository_hooks: false, made: 0 };
    write_all(&place.folder, &names.iter().map(|name| (name.name(), script)).collect::<Vec<_>>())?;
    told(&names, &place)
}

fn install_global(names: &[HookName]) -> Result<ExitCode> {
    let program = program()?;
    let script = Script { program: Some(&program), search: true, repository_hooks: false, made: 0 };
    let own = global::own_folder()?;
    if let Some(folder) = global::hooks_path()?.filter(|folder| *folder != own) {
        // Whoever set it wants just these hooks to run.
        write_all(&folder, &names.iter().map(|name| (name.name(), script)).collect::<Vec<_>>())?;
        return told(names, &Place { folder, why: "core.hooksPath, as it was set".into(), shared: false });
    }
    let is_wanted = |name: &str| names.iter().any(|wanted| wanted.name() == name) || searches(&own.join(name));
    let scripts: Vec<_> = PASSED_ON
        .iter()
        .map(|name| (*name, Script { search: is_wanted(name), repository_hooks: true, ..script }))
        .collect();
    write_all(&own, &scripts)?;
    let why = match global::hooks_path()? {
        Some(_) => "core.hooksPath, as it was set".to_owned(),
        None => format!("core.hooksPath, now set in {}", global::set(&own)?.display()),
    };
    told(names, &Place { folder: own, why, shared: false })
}

/// `keysift hook uninstall`
pub fn uninstall(hooks: &Hooks) -> Result<ExitCode> {
    let folder = match hooks.global {
        true => global::hooks_path()?.unwrap_or(global::own_folder()?),
        false => place::to_install(&place::layout()?)?.folder,
    };
    let of_all = hooks.names.is_empty();
    let mut names: Vec<&str> = match of_all {
        true => PASSED_ON
            .into_iter()
            .filter(|name| !matches!(look(&folder.join(name)), Ok(Found::Other | Found::Nothing)))
            .collect(),
        false => hooks.names.iter().map(|name| name.name()).collect(),
    };
    let own = hooks.global && folder == global::own_folder()?;
    if own && !of_all {
        let stays = |name: &&str| !names.contains(name) && searches(&folder.join(name));
        if PASSED_ON.iter().any(stays) {
            let program = program()?;
            let script = Script { program: Some(&program), search: false, repository_hooks: true, made: 0 };
            write_all(&folder, &names.iter().map(|name| (*name, script)).collect::<Vec<_>>())?;
            say(&format!("{} no longer search: {}", names.join(", "), folder.display()));
            return Ok(ExitCode::Clean);
        }
        names = PASSED_ON.to_vec();
    }
    let mut made = 0;
    let mut ours = Vec::new();
    for name in names {
        match look(&folder.join(name))? {
            Found::Ours { made: folders, .. } => {
                made = made.max(folders);
                ours.push(name);
            }
            Found::Changed => return Err(changed(&folder.join(name))),
            Found::Nothing | Found::Other | Found::Calls if !of_all && !own => {
                message::note(format!("{name}: keysift did not install it"));
            }
            _ => {}
        }
    }
    if own {
        global::unset(&folder)?;
    }
    for name in &ours {
        remove(&folder.join(name))?;
    }
    // Folders made for hooks go with them, unless something else is in them by now.
    for folder in folder.ancestors().take(made) {
        let _ = fs::remove_dir(folder);
    }
    match ours.is_empty() {
        true => say("keysift was in no hook there"),
        false => say(&format!("taken out of {}: {}", folder.display(), ours.join(", "))),
    }
    Ok(ExitCode::Clean)
}

/// `keysift hook status`
pub fn status(of_user: bool) -> Result<ExitCode> {
    let user = global::hooks_path()?;
    let place = match (of_user, &user) {
        (true, Some(folder)) => Place {
            folder: folder.clone(),
            why: "core.hooksPath of this user, for all repositories".into(),
            shared: false,
        },
        (true, None) => {
            say("no hooks for all repositories: core.hooksPath is not set");
            return Ok(ExitCode::Clean);
        }
        (false, _) => place::of_repository(&place::layout()?)?,
    };
    say(&format!("{} ({})", place.folder.display(), place.why));
    for name in HookName::ALL {
        let path = place.folder.join(name.name());
        let kept = kept(&path).symlink_metadata().is_ok();
        let state = match look(&path)? {
            Found::Ours { search: true, .. } if kept => "keysift, after the hook that was there before",
            Found::Ours { search: true, .. } => "keysift",
            Found::Ours { search: false, .. } => "passes on to the repository's own hook",
            Found::Changed => "keysift, changed by hand since it was installed",
            Found::Calls => "another hook, which names keysift",
            Found::Other => "another hook",
            Found::Nothing => "none",
        };
        say(&format!("  {:<17} {state}", name.name()));
    }
    if !of_user && user.is_some_and(|folder| global::passes_on(&folder)) {
        say("besides, keysift is in the hooks for all repositories: keysift hook status --global");
    }
    Ok(ExitCode::Clean)
}

fn wanted(hooks: &Hooks, bare: bool) -> Vec<HookName> {
    let mut names = match (hooks.names.is_empty(), bare) {
        (false, _) => hooks.names.clone(),
        (true, true) => vec![HookName::PreReceive],
        // Rebase, cherry-pick and revert run no hook before a commit, so a push is looked at as well.
        (true, false) => vec![HookName::PreCommit, HookName::PreMergeCommit, HookName::PrePush],
    };
    names.sort();
    names.dedup();
    names
}

/// This program, as the scripts are to call it.
fn program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| Error::io("cannot find out where keysift is", error))
}

/// What is in a hook's place.
enum Found {
    Nothing,
    Ours { search: bool, made: usize },
    Changed,
    Calls,
    Other,
}

fn look(path: &Path) -> Result<Found> {
    let Ok(kind) = path.symlink_metadata() else { return Ok(Found::Nothing) };
    if kind.is_symlink() || !kind.is_file() {
        return Ok(Found::Other);
    }
    Ok(match script::owner(&content(path)?) {
        Owner::Keysift { search, made, .. } => Found::Ours { search, made },
        Owner::Changed => Found::Changed,
        Owner::Calls => Found::Calls,
        Owner::Foreign => Found::Other,
    })
}

fn searches(path: &Path) -> bool {
    matches!(look(path), Ok(Found::Ours { search: true, .. }))
}

fn content(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::io(format!("cannot read {}", path.display()), error))
}

fn kept(path: &Path) -> PathBuf {
    path.with_extension(KEPT)
}

/// Writes scripts into `folder`; a hook that is there is moved aside.
fn write_all(folder: &Path, scripts: &[(&str, Script<'_>)]) -> Result<()> {
    if folder.components().any(|part| part.as_os_str() == ".husky") {
        return Err(Error::usage(
            "husky keeps the hooks here: add keysift to the files in .husky, as docs/hooks.md shows",
        ));
    }
    let mut made = folder.ancestors().take_while(|folder| !folder.exists()).count();
    let mut aside = Vec::new();
    for (name, _) in scripts {
        let path = folder.join(name);
        match look(&path)? {
            Found::Nothing => {}
            Found::Ours { made: before, .. } => made = made.max(before),
            Found::Changed => return Err(changed(&path)),
            Found::Calls => {
                return Err(Error::usage(format!("{} names keysift already, so it is left alone", path.display())));
            }
            Found::Other => {
                can_be_moved(&path)?;
                aside.push(path);
            }
        }
    }
    made = HookName::ALL.iter().fold(made, |made, name| match look(&folder.join(name.name())) {
        Ok(Found::Ours { made: before, .. }) => made.max(before),
        _ => made,
    });
    let cannot = |error| Error::io(format!("cannot write hooks to {}", folder.display()), error);
    fs::create_dir_all(folder).map_err(cannot)?;
    for path in aside {
        fs::rename(&path, kept(&path)).map_err(cannot)?;
    }
    for (name, script) in scripts {
        write(folder, name, &Script { made, ..*script }.text()).map_err(cannot)?;
    }
    Ok(())
}

/// # Errors
/// If the hook at `path` is nothing that could run from another place.
fn can_be_moved(path: &Path) -> Result<()> {
    let refused = |why: &str| Err(Error::usage(format!("{}: {why}. Nothing was changed", path.display())));
    if !path.is_file() {
        return refused("it is no file, so keysift does not know what it is for");
    }
    if kept(path).symlink_metadata().is_ok() {
        return refused(&format!("there is a {} beside it already", kept(path).display()));
    }
    match script::cannot_be_chained(&content(path)?) {
        Some(why) => refused(&format!("{why}. Or call `keysift hook run` from it")),
        None => Ok(()),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".keysift-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
    }
    file.persist(folder.join(name)).map(drop).map_err(|error| error.error)
}

/// Takes a script away and puts back what was there before it.
fn remove(path: &Path) -> Result<()> {
    let cannot = |error| Error::io(format!("cannot take keysift out of {}", path.display()), error);
    match fs::rename(kept(path), path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fs::remove_file(path).map_err(cannot),
        other => other.map_err(cannot),
    }
}

fn changed(path: &Path) -> Error {
    Error::usage(format!(
        "{} was installed by keysift and changed since, so it is left alone. Remove it by hand, then try again",
        path.display()
    ))
}

fn told(names: &[HookName], place: &Place) -> Result<ExitCode> {
    let names: Vec<&str> = names.iter().map(|name| name.name()).collect();
    say(&format!("keysift is in {} now: {} ({})", names.join(", "), place.folder.display(), place.why));
    if place.shared {
        say("these files are checked out with the repository: commit them, and every clone has them");
    }
    Ok(ExitCode::Clean)
}

/// A line on standard output; a reader that left does not matter.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", message::escape(text));
}
