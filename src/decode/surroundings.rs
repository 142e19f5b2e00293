//! The text around what is decoded: as much of it as a rule may want, cut where no token is cut in two.

use crate::scanner::{BEHIND, Short, View};
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

/// The view's bytes from `from` on, and whether they go on to the end of the content.
///
/// # Errors
/// [`Short`] when `from` is not in view.
pub(super) fn ahead<'v>(view: &View<'v>, from: usize) -> Result<(&'v [u8], bool), Short> {
    let end = view.offset + view.bytes.len();
    if from < view.offset || from > end {
        return Err(Short);
    }
    Ok((&view.bytes[from - view.offset..], end == view.length))
}

/// How many bytes at the beginning of `rest` are `wanted`, which must not end with the view: see [`ahead`].
///
/// # Errors
/// [`Short`] when they do.
pub(super) fn count(rest: (&[u8], bool), from: usize, wanted: impl Fn(u8) -> bool) -> Result<usize, Short> {
    let (bytes, complete) = rest;
    match bytes.get(from..).unwrap_or_default().iter().position(|&b| !wanted(b)) {
        Some(length) => Ok(length),
        None if complete => Ok(bytes.len().saturating_sub(from)),
        None => Err(Short),
    }
}

/// The part of the content before `at` that is put before what is decoded there. Nothing where a token reaches up to
/// `at` from too far away.
pub(super) fn before(view: &View<'_>, at: usize) -> Result<Option<Range<usize>>, Short> {
    let from = at.saturating_sub(BEHIND);
    let window = view.window(from, at)?;
    if from == 0 {
        return Ok(Some(0..at));
    }
    let boundary = window.iter().position(|&b| b == b'\n').or_else(|| window.iter().position(|&b| !is_token(b)));
    Ok(boundary.map(|boundary| from + boundary + 1..at))
}

/// The part of the content from `end` on that is put behind what was decoded; its end is how far the look went.
pub(super) fn after(view: &View<'_>, end: usize) -> Result<Range<usize>, Short> {
    let (rest, complete) = ahead(view, end)?;
    if complete && rest.len() <= AFTER {
        return Ok(end..end + rest.len());
    }
    let near = rest.get(..AFTER).ok_or(Short)?;
    if let Some(last) = near.iter().rposition(|&b| !is_token(b)) {
        return Ok(end..end + last + 1);
    }
    let far = if complete { rest.len().min(LONGEST) } else { LONGEST };
    let far = rest.get(..far).ok_or(Short)?;
    match far.iter().position(|&b| !is_token(b)) {
        Some(first) => Ok(end..end + first + 1),
        None if complete && far.len() == rest.len() => Ok(end..end + far.len()),
        // A token of that length is cut: what stands there is too long for a credential.
        None => Ok(end..end + LONGEST),
    }
}

/// How far [`after`] looked.
pub(super) fn looked(range: &Range<usize>) -> usize {
    range.end.max(range.start + AFTER)
}
