//! Strings that are joined from parts: `"AKIA" + "…"`, `'…' . '…'`, `"…" "…"`, over several lines too.
//!
//! Only joints between token characters count: prose is joined at spaces.

use super::map::Decoded;
use super::surroundings::{after, ahead, before, is_token, looked};
use crate::scanner::{BEHIND, Short, View};

/// What joins two strings, the longest first.
const OPERATORS: &[&[u8]] = &[b".concat(", b"..", b"||", b"<>", b"++", b"+", b".", b"&", b"\\"];
/// Blanks on either side of an operator, line ends among them.
const BLANKS: usize = 40;
/// Longest joint.
const JOINT: usize = 2 * BLANKS + 12;
/// A part is followed so far.
const PART: usize = 160;
/// Characters that two parts must have together: less makes no credential.
const TOGETHER: usize = 12;

/// A joint: the closing quote of one part and what follows the opening quote of the next.
struct Joint {
    closes: usize,
    opens: usize,
}

/// How a joint looks, from the byte before the closing quote on. A mix of what these allow says too much.
const TOKEN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-";
const QUOTES: &[u8] = b"\"'";
pub(super) const PATTERNS: [[&[u8]; 4]; 4] = [
    [TOKEN, QUOTES, b" ", b"+.&|<\"'\\"],
    [TOKEN, QUOTES, b"+.", b""],
    [TOKEN, QUOTES, b"\t\n\r", b" \t\n\x0c\r+.&\"'"],
    [TOKEN, QUOTES, b"\t\n\r", b"|<\\"],
];

/// Whether a joint begins with the quote at `at`.
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    // Strings that stand side by side are one in few languages, so one without a blank between is none.
    let Some(&[next, after]) = bytes.get(at + 1..at + 3) else { return false };
    let may_be = match next {
        b' ' => b"+.&|<\"'\\".contains(&after),
        b'+' | b'.' | b'\n' | b'\r' | b'\t' => true,
        _ => false,
    };
    may_be && joint(bytes, at).is_some()
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take(BLANKS).take_while(|b| b.is_ascii_whitespace()).count()
}

/// The joint at the closing quote `at`.
fn joint(text: &[u8], at: usize) -> Option<Joint> {
    let quote = *text.get(at).filter(|&&b| is_quote(b))?;
    if at == 0 || !is_token(text[at - 1]) {
        return None;
    }
    let mut next = at + 1;
    let spaces = blanks(&text[next..]);
    next += spaces;
    // Most often neither stands there: one byte tells that.
    let first = *text.get(next)?;
    let operator = OPERATORS.iter().find(|operator| operator[0] == first && text[next..].starts_with(operator));
    next += operator.map_or(0, |operator| operator.len());
    if operator.is_some() {
        next += blanks(&text[next..]);
    }
    let opening = *text.get(next)?;
    // Side by side, strings of one kind are one, in the shell even without a blank; after an operator any are.
    let joined = if operator.is_some() { is_quote(opening) } else { opening == quote };
    (joined && text.get(next + 1).is_some_and(|&b| is_token(b))).then_some(Joint { closes: at, opens: next + 1 })
}

/// Whether the part that ends at `closes` is itself joined to one before it.
fn is_joined(behind: &[u8], closes: usize) -> bool {
    let part = behind[..closes].iter().rev().take_while(|&&b| is_token(b)).count();
    let Some(opens) = (closes - part).checked_sub(1).filter(|&at| is_quote(behind[at])) else { return false };
    let from = opens.saturating_sub(JOINT);
    (from..opens).any(|at| joint(behind, at).is_some_and(|joint| joint.opens == opens + 1))
}

pub(super) fn at(view: View<'_>, at: usize) -> Result<Option<Decoded>, Short> {
    let from = at.saturating_sub(BEHIND);
    let behind = view.window(from, at)?;
    let (text, complete) = ahead(&view, from)?;
    let first = at - from;
    if joint(text, first).is_none() || is_joined(behind, behind.len()) {
        return Ok(None);
    }
    let mut joints = Vec::new();
    let mut characters = behind.iter().rev().take_while(|&&b| is_token(b)).count();
    let mut next = first;
    let mut end;
    loop {
        end = next + 1;
        if !complete && end + JOINT + PART > text.len() {
            return Err(Short);
        }
        let Some(joint) = joint(text, next) else { break };
        let part = text[joint.opens..].iter().take(PART).take_while(|&&b| is_token(b)).count();
        characters += part;
        next = joint.opens + part;
        joints.push(joint);
    }
    if characters < TOGETHER {
        return Ok(None);
    }
    let Some(context) = before(&view, at)? else { return Ok(None) };
    let behind = after(&view, from + end.min(text.len()))?;
    let mut decoded = Decoded::new();
    let mut done = context.start - from;
    for joint in &joints {
        decoded.copy(&text[done..joint.closes], from + done);
        decoded.leave_out();
        done = joint.opens;
    }
    let last = (behind.end - from).min(text.len());
    decoded.copy(&text[done..last], from + done);
    decoded.to = looked(&behind).max(from + end + JOINT + PART);
    Ok(Some(decoded))
}
