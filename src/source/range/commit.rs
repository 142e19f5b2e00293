//! A commit as a range needs it.

use crate::origin::Oid;
use crate::source::repo::{ReadError, Reader};
use gix::objs::Kind;

/// Tree, parents and time of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub id: Oid,
    pub tree: Oid,
    pub parents: Vec<Oid>,
    /// Committer's time, seconds since 1970; 0 if it makes no sense.
    pub time: i64,
}

impl Commit {
    /// Reads commit `id`; its text is in `buffer` then.
    ///
    /// # Errors
    /// If it cannot be read, or is no commit.
    pub fn read(reader: &mut Reader<'_>, id: Oid, buffer: &mut Vec<u8>) -> Result<Self, ReadError> {
        reader.read_kind(&id, Kind::Commit, buffer)?;
        Self::parse(id, buffer).ok_or_else(|| ReadError::Damaged("it is no valid commit".into()))
    }

    fn parse(id: Oid, content: &[u8]) -> Option<Self> {
        let mut lines = content.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
        let of_line = |line: &[u8], name: &[u8]| Oid::from_hex(line.strip_prefix(name)?).ok();
        let tree = of_line(lines.next()?, b"tree ")?;
        let mut commit = Self { id, tree, parents: Vec::new(), time: 0 };
        for line in lines {
            if let Some(parent) = of_line(line, b"parent ") {
                commit.parents.push(parent);
            } else if let Some(committer) = line.strip_prefix(b"committer ") {
                let after = &committer[memchr::memrchr(b'>', committer).map_or(0, |at| at + 1)..];
                let seconds = after.trim_ascii_start().split(|byte| *byte == b' ').next()?;
                commit.time = std::str::from_utf8(seconds).ok()?.parse().unwrap_or(0);
                break;
            }
        }
        Some(commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_and_dates_are_no_obstacle() {
        let id = Oid::null(gix::hash::Kind::Sha1);
        let hex = "1".repeat(40);
        let text =
            format!("tree {hex}\nparent {hex}\nauthor > < x\ncommitter A > B <x> -5 +0000\nother\n\nparent {hex}");
        let commit = Commit::parse(id, text.as_bytes()).expect("a commit");
        assert_eq!((commit.parents.len(), commit.time), (1, -5));
        let text = format!("tree {hex}\ncommitter x <x> 99999999999999999999999 +0000\n");
        assert_eq!(Commit::parse(id, text.as_bytes()).expect("a commit").time, 0);
        assert_eq!(Commit::parse(id, b"parent x"), None);
    }
}
