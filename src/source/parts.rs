//! What is searched in a content: the content itself, the members of the archive that it is, or what git LFS keeps for
//! it.

use super::lfs;
use crate::container::{self, Missing};
use crate::error::{Gap, GapKind};
use crate::scanner::HEAD;
use std::sync::Arc;

/// The name of what a compressed file unpacks to, where the file does not tell one.
const UNNAMED: &[u8] = b"content";

/// What is done with a part, given the member's name if it is one, and its content.
pub type EachPart<'a> = dyn FnMut(Option<&[u8]>, &[u8]) + 'a;

/// How to take content apart.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Bytes that the members of one archive may take in all.
    pub max_unpacked: u64,
    /// Where content lies that git LFS keeps.
    pub store: Arc<lfs::Store>,
}

impl Parts {
    /// Calls `each` with every part of `content` that is to be searched, and with the member's name if it is one.
    /// Returns what could not be had; of an archive the bytes as they are come last then.
    pub fn each(&self, content: &[u8], each: &mut EachPart<'_>) -> Vec<Missing> {
        let Some(pointer) = lfs::pointer(content) else { return self.members(content, each) };
        // A pointer may say more than the specification has it say.
        each(None, content);
        match self.store.read(&pointer) {
            Ok(content) => self.members(&content, each),
            Err(missing) => vec![missing],
        }
    }

    fn members(&self, content: &[u8], each: &mut EachPart<'_>) -> Vec<Missing> {
        if !is_archive(content) {
            each(None, content);
            return Vec::new();
        }
        let mut itself = false;
        let missing = container::unpack(content, self.max_unpacked, &mut |member, content| {
            itself |= member.is_none();
            each(member.map(|name| if name.is_empty() { UNNAMED } else { name }), content);
        });
        if !missing.is_empty() && !itself {
            each(None, content);
        }
        missing
    }
}

/// Whether `content` is searched by its parts.
pub fn has_parts(content: &[u8]) -> bool {
    is_archive(content) || lfs::pointer(content).is_some()
}

fn is_archive(content: &[u8]) -> bool {
    container::is_container(&content[..content.len().min(HEAD)])
}

/// The gap that stands for what is missing of `what`; `kind` is that of what is damaged.
pub fn gap(missing: &Missing, kind: GapKind, what: String) -> Gap {
    Gap { kind: if missing.is_limit { GapKind::Limit } else { kind }, what, why: missing.why.clone() }
}
