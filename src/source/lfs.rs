//! Git LFS: a blob, or a file on disk, that only names content which lies elsewhere. Content that is here is searched in
//! the place of its pointer; content that is not is a gap. Nobody is asked for it.

use crate::container::Missing;
use crate::error::Gap;
use crate::regular;
use std::path::PathBuf;

/// A pointer is shorter than this, in bytes, says git LFS's specification.
const LONGEST: usize = 1024;
/// How pointers begin; the last two are of the time before version 1.
const VERSIONS: [&[u8]; 3] = [
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
    b"version http://git-media.io/v/",
];
/// At most so many pointers without their content are named one by one.
const NAMED: usize = 20;
/// Why a gap is one of these.
const ABSENT: &str = "its content is kept by git LFS and is not here: `git lfs fetch --all` gets it";

/// What a pointer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// 64 lower-case hex digits.
    oid: String,
}

/// Whether content that begins so may be a pointer: a cheap look that says too much.
pub fn may_be_pointer(head: &[u8]) -> bool {
    VERSIONS.iter().any(|version| head.starts_with(version))
}

/// The pointer that `content` is, if it is one.
pub fn pointer(content: &[u8]) -> Option<Pointer> {
    if content.len() >= LONGEST || !may_be_pointer(content) {
        return None;
    }
    let value = |name: &str| {
        let mut lines = content.split(|byte| *byte == b'\n');
        lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))
    };
    let digits = value("oid")?.strip_prefix(b"sha256:")?;
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 64 || !digits.iter().all(is_hex) || value("size").is_none() {
        return None;
    }
    Some(Pointer { oid: String::from_utf8_lossy(digits).into_owned() })
}

/// Where the content of pointers lies.
#[derive(Debug, Clone, Default)]
pub struct Store {
    /// Folders of objects; the first that has one is taken.
    folders: Vec<PathBuf>,
    /// Larger content is not read, in bytes.
    max_content: u64,
}

impl Store {
    /// A store that looks in these folders.
    pub fn new(folders: Vec<PathBuf>, max_content: u64) -> Self {
        Self { folders, max_content }
    }

    /// The content that a pointer names.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn read(&self, pointer: &Pointer) -> Result<Vec<u8>, Missing> {
        let (first, second) = (&pointer.oid[..2], &pointer.oid[2..4]);
        for folder in &self.folders {
            let path = folder.join(first).join(second).join(&pointer.oid);
            match std::fs::metadata(&path) {
                Ok(metadata) if metadata.len() > self.max_content => {
                    let (size, limit) = (metadata.len(), self.max_content);
                    let why = format!("git LFS keeps {size} bytes for it, above the limit of {limit}");
                    return Err(Missing { is_limit: true, why });
                }
                Ok(_) => {}
                Err(_) => continue,
            }
            return match regular::read(&path, self.max_content) {
                Ok(Some(content)) => Ok(content),
                Ok(None) => Err(Missing { is_limit: false, why: ABSENT.into() }),
                Err(error) => {
                    Err(Missing { is_limit: false, why: format!("what git LFS keeps for it cannot be read: {error}") })
                }
            };
        }
        Err(Missing { is_limit: false, why: ABSENT.into() })
    }
}

/// Leaves a few gaps for pointers without content and counts the others: where LFS is used there are thousands.
pub fn fold(gaps: &mut Vec<Gap>) {
    let is_one = |gap: &Gap| gap.why == ABSENT;
    let count = gaps.iter().filter(|gap| is_one(gap)).count();
    let Some(first) = gaps.iter().find(|gap| is_one(gap)).filter(|_| count > NAMED) else { return };
    let kind = first.kind;
    let mut met = 0;
    gaps.retain(|gap| {
        met += usize::from(is_one(gap));
        !is_one(gap) || met <= NAMED
    });
    gaps.push(Gap { kind, what: format!("{count} pointers"), why: format!("{ABSENT}; {NAMED} of them are named") });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::GapKind;

    fn text(oid: &str) -> String {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12\n")
    }

    #[test]
    fn what_is_a_pointer() {
        let oid = "ab".repeat(32);
        assert_eq!(pointer(text(&oid).as_bytes()), Some(Pointer { oid: oid.clone() }));
        let extended = text(&oid).replace("oid ", "ext-0-crypt sha256:00\noid ");
        assert!(pointer(extended.as_bytes()).is_some());
        for wrong in
            ["ab".repeat(31), "../..".repeat(16), "AB".repeat(32), format!("{}/", "a".repeat(63)), String::new()]
        {
            assert_eq!(pointer(text(&wrong).as_bytes()), None, "{wrong}");
        }
        assert_eq!(pointer(format!("{}{}", text(&oid), " ".repeat(LONGEST)).as_bytes()), None);
        assert_eq!(pointer(b"version 2\noid sha256:00\n"), None);
    }

    #[test]
    fn many_gaps_become_few() {
        let gap = |n: usize| Gap { kind: GapKind::Object, what: format!("{n:04}"), why: ABSENT.into() };
        let other = Gap { kind: GapKind::Ref, what: "x".into(), why: "y".into() };
        let mut few: Vec<Gap> = (0..NAMED).map(gap).collect();
        fold(&mut few);
        assert_eq!(few.len(), NAMED);
        let mut many: Vec<Gap> = (0..500).map(gap).chain([other.clone()]).collect();
        fold(&mut many);
        assert_eq!(many.len(), NAMED + 2);
        assert!(many.contains(&other) && many.last().is_some_and(|gap| gap.what == "500 pointers"));
    }
}
