//! The script that is installed, and how it is known again.
//!
//! What `install` writes ends with a checksum of itself. So `uninstall`, of this version or a later one, takes away
//! what is as it was written, and nothing that somebody has changed since.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

/// The script, for every hook; its variables are set when it is installed.
const SCRIPT: &str = include_str!("../../../hooks/keysift-hook");
const MADE: &str = "# folders made for this: ";
const CHECKSUM: &str = "# keysift-hook sha256:";

/// What a script is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script<'p> {
    /// Where keysift is; the one on the PATH if it is not there, or if none is given.
    pub program: Option<&'p Path>,
    /// Whether it searches, or only passes on to other hooks.
    pub search: bool,
    /// Whether it runs the repository's own hooks too.
    pub repository_hooks: bool,
    /// How many folders, from that of the script upwards, were made for it.
    pub made: usize,
}

impl Script<'_> {
    /// Its text.
    pub fn text(&self) -> String {
        let mut text = SCRIPT.to_owned();
        if let Some(program) = self.program {
            text = text.replacen("\nkeysift=keysift\n", &format!("\nkeysift={}\n", quoted(program)), 1);
        }
        if !self.search {
            text = text.replacen("\nsearch=yes\n", "\nsearch=no\n", 1);
        }
        if self.repository_hooks {
            text = text.replacen("\nrepository_hooks=no\n", "\nrepository_hooks=yes\n", 1);
        }
        let _ = writeln!(text, "\n{MADE}{}", self.made);
        let checksum = checksum(text.as_bytes());
        let _ = writeln!(text, "{CHECKSUM}{checksum}");
        text
    }
}

/// Whose a hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Written by `install` and as it was written.
    Keysift { search: bool, repository_hooks: bool, made: usize },
    /// Written by `install` and changed since.
    Changed,
    /// Somebody else's, but it calls keysift: the script copied by hand, for one.
    Calls,
    /// Somebody else's.
    Foreign,
}

/// Whose the hook with this content is.
pub fn owner(content: &[u8]) -> Owner {
    let text = String::from_utf8_lossy(content);
    let Some(at) = text.rfind(CHECKSUM) else {
        return if text.contains("keysift") { Owner::Calls } else { Owner::Foreign };
    };
    let (body, last) = text.split_at(at);
    let made = body.lines().last().and_then(|line| line.strip_prefix(MADE)).and_then(|made| made.parse().ok());
    match made {
        Some(made) if last.trim_end() == format!("{CHECKSUM}{}", checksum(body.as_bytes())) => Owner::Keysift {
            search: body.contains("\nsearch=yes\n"),
            repository_hooks: body.contains("\nrepository_hooks=yes\n"),
            made,
        },
        _ => Owner::Changed,
    }
}

/// Why a hook cannot be moved aside and run from there; `None` if it can.
pub fn cannot_be_chained(content: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(content);
    if text.contains("lefthook") {
        return Some("lefthook keeps it: add keysift to lefthook.yml, as docs/hooks.md shows");
    }
    if text.contains("husky") {
        return Some("husky keeps it: add keysift to the files in .husky, as docs/hooks.md shows");
    }
    // Moved aside it would have another name.
    let asks_its_name = ["basename \"$0\"", "basename $0", "${0##*/}", "basename(__FILE__)", "basename($0)", "argv[0]"];
    if asks_its_name.iter().any(|words| text.contains(words)) {
        return Some("it asks for its own name, so it cannot be moved aside");
    }
    None
}

/// A path for a shell.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    // Git for Windows' shell reads slashes.
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
    format!("'{}'", path.replace('\'', r"'\''"))
}

fn checksum(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_known_again_until_it_is_changed() {
        let program = Path::new("/it's here/keysift");
        let script = Script { program: Some(program), search: false, repository_hooks: true, made: 2 };
        let text = script.text();
        assert!(text.contains("\nkeysift='/it'\\''s here/keysift'\n"), "{text}");
        let ours = Owner::Keysift { search: false, repository_hooks: true, made: 2 };
        assert_eq!(owner(text.as_bytes()), ours);
        assert_eq!(owner(text.replace("search=no", "search=yes").as_bytes()), Owner::Changed);
        assert_eq!(owner(format!("{text}\necho more\n").as_bytes()), Owner::Changed);
        assert_eq!(owner(SCRIPT.as_bytes()), Owner::Calls);
        assert_eq!(owner(b"#!/bin/sh\nmake check\n"), Owner::Foreign);
    }
}
