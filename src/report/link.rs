//! Addresses of commits and lines on the web, where the repository's remote is at a forge whose addresses are known.
//!
//! A report may be a stranger's file, so an address is put together anew from parts of a known form; what does not have
//! it gets none.

use super::document::{PlaceEntry, PlaceKind};
use super::escape::percent;
use std::path::Path;

/// How a forge writes addresses, behind that of the repository.
struct Forge {
    commit: &'static str,
    file: &'static str,
    line: &'static str,
}

const GITHUB: Forge = Forge { commit: "/commit/", file: "/blob/", line: "#L" };
const GITLAB: Forge = Forge { commit: "/-/commit/", file: "/-/blob/", line: "#L" };
const BITBUCKET: Forge = Forge { commit: "/commits/", file: "/src/", line: "#lines-" };
const FORGEJO: Forge = Forge { commit: "/commit/", file: "/src/commit/", line: "#L" };

/// The repository's page and the forge's habits.
fn forge(repository: &str) -> Option<(String, &'static Forge)> {
    let (scheme, rest) = repository.split_once("://")?;
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return None;
    }
    let (host, path) = rest.split_once('/')?;
    let forge = match host {
        "github.com" => &GITHUB,
        "gitlab.com" => &GITLAB,
        "bitbucket.org" => &BITBUCKET,
        "codeberg.org" => &FORGEJO,
        _ if host.starts_with("github.") => &GITHUB,
        _ if host.starts_with("gitlab.") => &GITLAB,
        _ => return None,
    };
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    let sound = !path.is_empty() && path.bytes().all(plain) && host.bytes().all(|b| plain(b) && b != b'/' && b != b'%');
    sound.then(|| (format!("https://{host}/{path}"), forge))
}

fn is_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The page of commit `id`.
pub fn commit(repository: Option<&str>, id: &str) -> Option<String> {
    let (page, forge) = forge(repository?).filter(|_| is_id(id))?;
    Some(format!("{page}{}{id}", forge.commit))
}

/// The page that shows the line of `place`; for a message, its commit's.
pub fn place(repository: Option<&str>, place: &PlaceEntry) -> Option<String> {
    let id = place.commit.as_deref()?;
    match (place.kind, &place.path) {
        (PlaceKind::CommitMessage, _) => commit(repository, id),
        (PlaceKind::Commit, Some(path)) => {
            let (page, forge) = forge(repository?).filter(|_| is_id(id))?;
            Some(format!("{page}{}{id}/{}{}{}", forge.file, percent(&path.bytes()), forge.line, place.line))
        }
        _ => None,
    }
}

/// The address of the file on this machine that `place` is in; relative paths are within `folder`.
pub fn file(folder: &Path, place: &PlaceEntry) -> Option<String> {
    let path = place.path.as_ref().filter(|_| place.kind == PlaceKind::File)?.bytes();
    if path.starts_with(b"/") {
        return Some(format!("file://{}", percent(&path)));
    }
    // Other systems write absolute paths in ways of their own.
    let folder = folder.to_str().filter(|folder| folder.starts_with('/'))?;
    Some(format!("file://{}/{}", percent(folder.trim_end_matches('/').as_bytes()), percent(&path)))
}

#[cfg(test)]
mod tests {
    use super::{commit, file, place};
    use crate::report::document::{Document, Secrets};
    use crate::report::tests::sample;
    use std::path::Path;

    const ID: &str = "1a2b3c4d5e6f0000000000000000000000000000";

    #[test]
    fn forges_that_are_known() {
        for (repository, expected) in [
            ("https://github.com/a/b.git", Some("https://github.com/a/b/commit/")),
            ("ssh://github.com/a/b", Some("https://github.com/a/b/commit/")),
            ("https://gitlab.example.com/a/c/b.git", Some("https://gitlab.example.com/a/c/b/-/commit/")),
            ("https://bitbucket.org/a/b/", Some("https://bitbucket.org/a/b/commits/")),
            ("https://codeberg.org/a/b", Some("https://codeberg.org/a/b/commit/")),
            ("https://git.example.com/a/b", None),
            ("javascript://github.com/a", None),
            ("https://github.com/a\"onclick=x", None),
            ("https://github.com/", None),
        ] {
            assert_eq!(commit(Some(repository), ID), expected.map(|start| format!("{start}{ID}")), "{repository}");
        }
        assert_eq!(commit(Some("https://github.com/a/b"), "HEAD"), None);
        assert_eq!(commit(None, ID), None);
    }

    #[test]
    fn files_have_addresses() {
        let document = Document::new(&sample::scan(), Secrets::Hidden);
        let mut place = document.findings[0].location.clone();
        assert_eq!(file(Path::new("/a b"), &place).as_deref(), Some("file:///a%20b/src/./settings.toml"));
        place.path.as_mut().unwrap().path = "/x\u{1b}]8;;y".to_owned();
        assert_eq!(file(Path::new("/a b"), &place).as_deref(), Some("file:///x%1B%5D8%3B%3By"));
    }

    #[test]
    fn lines_have_addresses() {
        let document = Document::new(&sample::history(), Secrets::Hidden);
        let repository = Some("https://github.com/a/b");
        let places = &document.findings[0].origins;
        assert_eq!(place(repository, &places[2]).unwrap().split_once("/blob/").unwrap().1, {
            format!("{}/scripts/%FF.sh#L3", sample::oid("3c4d5e6f7081"))
        });
        let message = place(repository, &document.findings[1].location).unwrap();
        assert_eq!(message, format!("https://github.com/a/b/commit/{}", sample::oid("5e6f70819203")));
    }
}
