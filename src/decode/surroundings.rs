//! The text around what is decoded: as much of it as a rule may want, cut where no token is cut in two.

use crate::scanner::BEHIND;
use std::ops::Range;

/// Bytes behind the decoded text that are looked at.
const AFTER: usize = 96;
/// A token that stands there is followed so far.
const LONGEST: usize = 1024;

/// Whether a byte belongs to `[A-Za-z0-9+/_-]`.
#[inline]
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

/// The part of `content` before `at` that is put before what is decoded there. Nothing where a token reaches up to `at`
/// from too far away.
pub(super) fn before(content: &[u8], at: usize) -> Option<Range<usize>> {
    // A whole window that begins with the content is like any other: what was found in it may be copied elsewhere.
    let Some(from) = at.checked_sub(BEHIND) else { return Some(0..at) };
    let window = &content[from..at];
    let boundary = window.iter().position(|&b| b == b'\n').or_else(|| window.iter().position(|&b| !is_token(b)))?;
    Some(from + boundary + 1..at)
}

/// The part of `content` from `end` on that is put behind what was decoded; its end is how far the look went.
pub(super) fn after(content: &[u8], end: usize) -> Range<usize> {
    let rest = &content[end..];
    // Where all that is looked at stands there, it does not tell whether the content goes on.
    if rest.len() < AFTER {
        return end..content.len();
    }
    if let Some(last) = rest[..AFTER].iter().rposition(|&b| !is_token(b)) {
        return end..end + last + 1;
    }
    // A token of that length is cut: what stands there is too long for a credential.
    let far = &rest[..rest.len().min(LONGEST)];
    let length = far.iter().position(|&b| !is_token(b)).map_or(far.len(), |first| first + 1);
    end..end + length
}

/// How far [`after`] looked.
pub(super) fn looked(range: &Range<usize>) -> usize {
    range.end.max(range.start + AFTER)
}
