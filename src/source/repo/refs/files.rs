//! Refs as files: one a ref, and `packed-refs` for those that have none.

use super::{Listed, Store, Value, gap, id, place_of};
use crate::error::Gap;
use crate::regular::{self, limit};
use crate::source::repo::{Layout, path_from_bytes, path_to_bytes};
use gix::bstr::{BStr, BString, ByteSlice};
use gix::hash::Kind;
use std::path::Path;

/// Folders below `refs/` are nested so deep at most; more is a trap.
const FOLDER_DEPTH: usize = 128;

pub(super) struct Files<'r> {
    layout: &'r Layout,
    hash: Kind,
    /// Content of `packed-refs`, once read.
    packed: Option<Vec<u8>>,
}

impl<'r> Files<'r> {
    pub fn new(layout: &'r Layout, hash: Kind) -> Self {
        Self { layout, hash, packed: None }
    }

    fn packed(&mut self) -> Result<&[u8], Gap> {
        if self.packed.is_none() {
            let path = self.layout.common_dir.join("packed-refs");
            let content = regular::read(&path, limit::LOG);
            // Told once; after that it is as if there were none.
            self.packed = Some(Vec::new());
            let content = content.map_err(|error| gap(path.display().to_string(), error.to_string()))?;
            self.packed = content.or(Some(Vec::new()));
        }
        Ok(self.packed.as_deref().unwrap_or_default())
    }

    fn packed_values(&mut self, listed: &mut Listed) {
        let hash = self.hash;
        let packed = match self.packed() {
            Ok(packed) => packed,
            Err(gap) => return listed.gaps.push(gap),
        };
        let mut wrong = 0;
        for line in packed.lines() {
            if line.is_empty() || line.starts_with(b"#") || line.starts_with(b"^") {
                continue;
            }
            match line.split_once_str(b" ").map(|(hex, name)| (id(hex, hash), name)) {
                Some((Some(id), name)) => drop(listed.values.insert(name.into(), Value::Object(id))),
                _ => wrong += 1,
            }
        }
        if wrong > 0 {
            listed.gaps.push(gap("packed-refs", format!("{wrong} of its lines cannot be understood")));
        }
    }

    /// The value that a ref's file holds.
    fn value(&self, content: &[u8]) -> Option<Value> {
        if let Some(target) = content.strip_prefix(b"ref:") {
            return Some(Value::Symbolic(target.trim().into()));
        }
        let hex = content.get(..self.hash.len_in_hex())?;
        let rest = &content[hex.len()..];
        (rest.is_empty() || rest[0].is_ascii_whitespace()).then(|| id(hex, self.hash).map(Value::Object)).flatten()
    }

    /// Adds all refs of one git directory that have files.
    fn folder(&mut self, git_dir: &Path, prefix: &str, listed: &mut Listed) {
        let mut waiting = vec![(git_dir.join("refs"), BString::from(format!("{prefix}refs")), 0)];
        while let Some((folder, name, depth)) = waiting.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    listed.gaps.push(gap(name.to_string(), error.to_string()));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let file_name = path_to_bytes(Path::new(&entry.file_name()));
                let full = BString::from([name.as_slice(), b"/", &file_name].concat());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth < FOLDER_DEPTH => waiting.push((entry.path(), full, depth + 1)),
                    Ok(kind) if kind.is_dir() => listed.gaps.push(gap(full.to_string(), "nested too deep")),
                    _ if file_name.ends_with(b".lock") => {}
                    _ => match self.loose(&entry.path(), full.as_ref()) {
                        Ok(Some(value)) => drop(listed.values.insert(full, value)),
                        // Deleted while refs are read.
                        Ok(None) => {}
                        Err(gap) => listed.gaps.push(gap),
                    },
                }
            }
        }
    }

    fn loose(&self, path: &Path, name: &BStr) -> Result<Option<Value>, Gap> {
        let wrong = |why: String| gap(name.to_string(), why);
        let Some(content) = regular::read(path, limit::REF).map_err(|error| wrong(error.to_string()))? else {
            return Ok(None);
        };
        let value = self.value(&content).map(Some);
        value.ok_or_else(|| wrong("it holds neither an object id nor the name of another ref".into()))
    }
}

impl Store for Files<'_> {
    fn list(&mut self, git_dir: &Path, prefix: &str, listed: &mut Listed) {
        if git_dir == self.layout.common_dir {
            self.packed_values(listed);
            self.folder(git_dir, "", listed);
        } else {
            self.folder(git_dir, prefix, listed);
        }
    }

    fn lookup(&mut self, git_dir: &Path, name: &BStr) -> Result<Option<Value>, Gap> {
        let path = place_of(self.layout, git_dir, name).join(path_from_bytes(name));
        // A folder where the ref would be means that there is no such file.
        if !path.is_dir()
            && let Some(value) = self.loose(&path, name)?
        {
            return Ok(Some(value));
        }
        let hash = self.hash;
        let packed = self.packed()?;
        let needle = [b" ", name.as_bytes()].concat();
        for at in memchr::memmem::find_iter(packed, &needle) {
            let ends = packed.get(at + needle.len()).is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
            let start = memchr::memrchr(b'\n', &packed[..at]).map_or(0, |newline| newline + 1);
            if ends && let Some(id) = id(&packed[start..at], hash) {
                return Ok(Some(Value::Object(id)));
            }
        }
        Ok(None)
    }

    fn head(&mut self, git_dir: &Path) -> Result<Option<Value>, Gap> {
        let path = git_dir.join("HEAD");
        let unreadable = |why: String| gap(path.display().to_string(), why);
        let content = match regular::read(&path, limit::REF) {
            Ok(Some(content)) => content,
            // HEAD as a symbolic link, from git's first years, to a branch without commits.
            Ok(None) if path.is_symlink() => return Ok(None),
            Ok(None) => return Err(unreadable("it does not exist".into())),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let value = self.value(&content).map(Some);
        value.ok_or_else(|| unreadable("it holds neither an object id nor the name of a branch".into()))
    }
}
