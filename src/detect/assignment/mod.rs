//! Values that are assigned to a name: `password = "…"`, `"token": "…"`, `--secret …`, `<password>…</password>`.
//!
//! The name's stem is found by lane two; from there a short parse, without a regex, follows name, operator and value.
//! Quoted values are taken in any language; a bare one only where it stands to the end of a line or word. What the
//! value looks like decides: random text, or at least no language.

mod looks;
mod name;
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
    let value = value::at(window, behind.value).filter(|value| value.quoted || !behind.literal)?;
    let text = &window[value.span.clone()];
    let least = if weak { 4 } else { 8 };
    if text.len() < least || looks::is_no_secret(text) || looks::repeats(text, &window[name]) {
        return None;
    }
    let evidence = looks::evidence(text);
    let random = text.len() >= 8 && evidence >= if value.quoted { 10 } else { 14 };
    if random {
        let confidence = if value.quoted { Confidence::Medium } else { Confidence::Low };
        return Some(Assigned { value: value.span, confidence });
    }
    let enough = evidence >= if value.quoted { 1 } else { 3 };
    (weak && enough).then_some(Assigned { value: value.span, confidence: Confidence::Low })
}
