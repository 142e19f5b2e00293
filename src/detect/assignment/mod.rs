//! Values that are assigned to a name: `password = "…"`, `"token": "…"`, `--secret …`, `<password>…</password>`.
//!
//! The name's stem is found by lane two; from there a short parse, without a regex, follows name, operator and value.
//! Quoted values are taken in any language; a bare one only where it stands to the end of a line or word. What the
//! value looks like decides: random text, or at least no language.

mod looks;
mod name;
mod named;
mod operator;
mod userinfo;
mod value;

use crate::finding::Confidence;
use crate::rule::model::{Carrier, RuleText};
use std::ops::Range;

/// A value on a secret-named thing, in the window.
#[derive(Debug, PartialEq)]
pub struct Assigned {
    pub value: Range<usize>,
    pub confidence: Confidence,
}

/// The value that is assigned to what stands at `anchor`.
pub fn at(window: &[u8], anchor: usize, rule: &RuleText) -> Option<Assigned> {
    match rule.carrier {
        Carrier::Assignment => assigned(window, anchor, &rule.names, rule.weak),
        Carrier::Userinfo => userinfo::in_url(window, anchor),
        Carrier::Authorization => userinfo::in_header(window, anchor),
    }
}

fn assigned(window: &[u8], anchor: usize, names: &[String], weak: bool) -> Option<Assigned> {
    let name = name::around(window, anchor, names)?;
    let behind = operator::behind(window, &name)?;
    let value = value::at(window, behind.value, behind.word).filter(|value| value.quoted || !behind.literal)?;
    let text = &window[value.span.clone()];
    if looks::repeats(text, &window[name]) {
        return None;
    }
    let confidence = looks_secret(text, value.quoted, weak)?;
    Some(Assigned { value: value.span, confidence })
}

/// How likely `text` is a secret by its looks. One that stands bare must look more like one, because code and prose
/// stand bare too; `weak` ones are at least no language.
pub fn looks_secret(text: &[u8], quoted: bool, weak: bool) -> Option<Confidence> {
    let shortest = if weak { 4 } else { 8 };
    // A short number that stands bare is one that counts: the field of a protocol, a year.
    if !quoted && text.len() < 5 && text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if text.len() < shortest || looks::is_no_secret(text) {
        return None;
    }
    let has = |class: fn(&u8) -> bool| text.iter().any(class);
    let evidence = looks::evidence(text);
    // In code a bare word such as `jwtPayload` is a variable, however it is abbreviated.
    let camel = text[0].is_ascii_lowercase() && text.iter().all(u8::is_ascii_alphabetic) && has(u8::is_ascii_uppercase);
    if text.len() >= 8 && evidence >= if quoted { 10 } else { 14 + 6 * i32::from(camel) } {
        return Some(if quoted { Confidence::Medium } else { Confidence::Low });
    }
    // A word with a number is what people choose for a password; words with joints, as `eu-west-1`, are names.
    let joined = text.iter().any(|b| b"-_. ".contains(b));
    let chosen = quoted && !joined && text.len() >= 6 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let least = match (chosen, quoted) {
        (true, _) => -5,
        (_, true) if !joined && text.len() >= 5 => -2,
        (_, true) => 1,
        _ => 3,
    };
    (weak && evidence >= least).then_some(Confidence::Low)
}
