//! Paths on disk as a configuration means them: relative to the folder that it is about, however they were typed.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// The folder that globs are relative to, and the one that typed paths are.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// Root of the work tree, or the scanned folder; absolute.
    pub root: Option<PathBuf>,
    /// The current folder; absolute.
    pub current: PathBuf,
}

impl Folders {
    /// `path` relative to the root where it lies below it, with slashes; else as it is.
    pub fn relative<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        let Some(root) = &self.root else { return Cow::Borrowed(path) };
        let Ok(text) = std::str::from_utf8(path) else { return Cow::Borrowed(path) };
        let full = normal(&self.current.join(text));
        match full.strip_prefix(root) {
            Ok(below) => Cow::Owned(below.to_string_lossy().replace('\\', "/").into_bytes()),
            Err(_) => Cow::Borrowed(path),
        }
    }
}

/// Without `.` and `..`, by the text alone: a scanned file may be gone by now.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn typed_paths_become_relative_to_the_root() {
        let folders = Folders { root: Some("/r".into()), current: "/r/sub".into() };
        let relative = |path: &str| String::from_utf8(folders.relative(path.as_bytes()).into_owned()).unwrap();
        assert_eq!(relative("a.txt"), "sub/a.txt");
        assert_eq!(relative("./a.txt"), "sub/a.txt");
        assert_eq!(relative("../b/c"), "b/c");
        assert_eq!(relative("/r/x"), "x");
        assert_eq!(relative("../../elsewhere"), "../../elsewhere");
    }
}
