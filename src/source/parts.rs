//! What is searched in a content: the content itself, or the members of the archive that it is.

use crate::container::{self, Missing};
use crate::error::{Gap, GapKind};
use crate::scanner::HEAD;

/// The name of what a compressed file unpacks to, where the file does not tell one.
const UNNAMED: &[u8] = b"content";

/// What is done with a part, given the member's name if it is one, and its content.
pub type EachPart<'a> = dyn FnMut(Option<&[u8]>, &[u8]) + 'a;

/// Calls `each` with every part of `content` that is to be searched, and with the member's name if it is one. Members
/// may take `budget` bytes in all. Returns what could not be had; then the bytes as they are come last.
pub fn each(content: &[u8], budget: u64, each: &mut EachPart<'_>) -> Vec<Missing> {
    if !is_archive(content) {
        each(None, content);
        return Vec::new();
    }
    let missing = container::unpack(content, budget, &mut |member, content| {
        each(Some(if member.is_empty() { UNNAMED } else { member }), content);
    });
    if !missing.is_empty() {
        each(None, content);
    }
    missing
}

/// Whether `content` is searched member by member.
pub fn is_archive(content: &[u8]) -> bool {
    container::is_container(&content[..content.len().min(HEAD)])
}

/// The gap that stands for what is missing of `what`; `kind` is that of what is damaged.
pub fn gap(missing: &Missing, kind: GapKind, what: String) -> Gap {
    Gap { kind: if missing.is_limit { GapKind::Limit } else { kind }, what, why: missing.why.clone() }
}
