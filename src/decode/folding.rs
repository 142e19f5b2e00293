//! Strings that are joined from parts: `"AKIA" + "…"`, `'…' . '…'`, `"…" "…"`, over several lines too.
//!
//! Only joints between token characters count: prose is joined at spaces.

use super::map::Decoded;
use super::surroundings::{after, before, is_token, looked};
use crate::scanner::BEHIND;

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

/// How a joint begins behind a token character: the closing quote and what follows it.
pub(super) const SIGNS: [[&[u8]; 2]; 1] = [[b"\"'", b" +.\t\n\r"]];

/// Whether a joint begins with the quote at `at`.
#[inline]
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    may_be(bytes, at) && joint(bytes, at).is_some_and(|joint| may_be_enough(bytes, &joint))
}

/// Whether the parts that meet at the first joint are long enough for a credential, or another joint may follow.
fn may_be_enough(bytes: &[u8], joint: &Joint) -> bool {
    let tokens = |b: &&u8| is_token(**b);
    let before = bytes[..joint.closes].iter().rev().take(TOGETHER).take_while(tokens).count();
    let part = bytes[joint.opens..].iter().take(TOGETHER).take_while(tokens).count();
    before + part >= TOGETHER || bytes.get(joint.opens + part).is_some_and(|&b| is_quote(b))
}

/// Strings that stand side by side are one in few languages, so one without a blank between is none.
#[inline]
fn may_be(bytes: &[u8], at: usize) -> bool {
    let Some(&[quote, next, after]) = bytes.get(at..at + 3) else { return false };
    is_quote(quote)
        && match next {
            b' ' => b"+.&|<\"'\\".contains(&after),
            b'+' | b'.' | b'\n' | b'\r' | b'\t' => true,
            _ => false,
        }
}

/// Whether the line before the place `line` may end within a joint: a cheap look that says too much.
#[inline(always)]
pub(super) fn may_go_on(text: &[u8], line: usize) -> bool {
    // Before a line stands the end of another one.
    let last = if line >= 2 && line < text.len() { text[line - 2] } else { b'a' };
    SIDES[usize::from(last)] & ENDS != 0
}

/// The closing quote in the lines before the place `line` with which a joint begins that goes on in the line there.
pub(super) fn continued(text: &[u8], line: usize) -> Option<usize> {
    let is_blank = |b: &&u8| b.is_ascii_whitespace();
    let last = text.get(..line)?.iter().rev().take(BLANKS + 1).find(|b| !is_blank(b))?;
    let next = text[line..].iter().take(BLANKS + 1).find(|b| !is_blank(b))?;
    let may_be = SIDES[usize::from(*last)] & ENDS != 0 && SIDES[usize::from(*next)] & BEGINS != 0;
    if may_be { joint_through(text, line) } else { None }
}

/// Whether a joint may go on behind a line that ends with a byte, and in one that begins with it.
static SIDES: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < OPERATORS.len() {
        table[OPERATORS[i][0] as usize] |= BEGINS;
        let last = OPERATORS[i].trim_ascii_end();
        table[last[last.len() - 1] as usize] |= ENDS;
        i += 1;
    }
    // Blanks may stand between.
    (table[b' ' as usize], table[b'\t' as usize]) = (ENDS, ENDS);
    (table[b'\r' as usize], table[b'\n' as usize], table[0x0c]) = (ENDS, ENDS, ENDS);
    table[b'"' as usize] |= BEGINS | ENDS;
    table[b'\'' as usize] |= BEGINS | ENDS;
    table
};
const BEGINS: u8 = 1;
const ENDS: u8 = 2;

fn joint_through(text: &[u8], line: usize) -> Option<usize> {
    let from = line.saturating_sub(JOINT + 1);
    let passes = |&at: &usize| joint(text, at).is_some_and(|joint| joint.opens > line) && begins(text, at);
    memchr::memchr2_iter(b'"', b'\'', &text[from..line]).map(|at| from + at).find(passes)
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
    let (next, operated) = behind(text, at + 1);
    let opening = *text.get(next)?;
    // Side by side, strings of one kind are one, in the shell even without a blank; after an operator any are.
    let joined = if operated { is_quote(opening) } else { opening == quote };
    (joined && text.get(next + 1).is_some_and(|&b| is_token(b))).then_some(Joint { closes: at, opens: next + 1 })
}

/// What stands behind blanks and an operator at `from`, and whether there is one.
fn behind(text: &[u8], from: usize) -> (usize, bool) {
    let next = from + blanks(&text[from..]);
    // Most often neither stands there: one byte tells that.
    let Some(&first) = text.get(next) else { return (next, false) };
    let operator = OPERATORS.iter().find(|operator| operator[0] == first && text[next..].starts_with(operator));
    match operator.map(|operator| next + operator.len()) {
        Some(next) => (next + blanks(&text[next..]), true),
        None => (next, false),
    }
}

/// Whether the part that ends at `closes` is itself joined to one before it.
fn is_joined(behind: &[u8], closes: usize) -> bool {
    let part = behind[..closes].iter().rev().take_while(|&&b| is_token(b)).count();
    let Some(opens) = (closes - part).checked_sub(1).filter(|&at| is_quote(behind[at])) else { return false };
    let from = opens.saturating_sub(JOINT);
    (from..opens).any(|at| joint(behind, at).is_some_and(|joint| joint.opens == opens + 1))
}

pub(super) fn at(text: &[u8], at: usize) -> Option<Decoded> {
    let behind = &text[at.saturating_sub(BEHIND)..at];
    if !begins(text, at) || is_joined(behind, behind.len()) {
        return None;
    }
    let mut joints = Vec::new();
    let mut characters = behind.iter().rev().take_while(|&&b| is_token(b)).count();
    let mut next = at;
    let mut end;
    loop {
        end = next + 1;
        let Some(joint) = joint(text, next) else { break };
        let part = text[joint.opens..].iter().take(PART).take_while(|&&b| is_token(b)).count();
        characters += part;
        next = joint.opens + part;
        joints.push(joint);
    }
    if characters < TOGETHER {
        return Some(Decoded::nothing(end + JOINT + PART));
    }
    let context = before(text, at)?;
    let behind = after(text, end.min(text.len()));
    let mut decoded = Decoded::new();
    let mut done = context.start;
    for joint in &joints {
        decoded.copy(&text[done..joint.closes], done);
        decoded.leave_out();
        done = joint.opens;
    }
    decoded.copy(&text[done..behind.end], done);
    decoded.to = looked(&behind).max(end + JOINT + PART);
    Some(decoded)
}
