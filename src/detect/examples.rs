//! A rule's examples, run as a user's content would be: what must be found is found, what must not be is not.

use super::Detector;
use crate::error::Result;
use crate::finding::{Credentials, Hit};
use crate::rule::{RuleSet, RuleText, Written, stats};
use crate::scanner::{Scanner, Worker};
use std::ops::Range;
use std::sync::Arc;

/// An example that does not do what it is there for, or one that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line in the rule's file, from 1.
    pub line: usize,
    pub message: String,
}

/// What is wrong with the examples of `rules`, which one file holds. `others` are rules that they may refer to.
///
/// # Errors
/// A reference to a rule that is nowhere.
pub fn mistakes(rules: &[Written], others: &[RuleText]) -> Result<Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for written in rules {
        let rule = &written.rule;
        let mut say =
            |line, what: String| mistakes.push(Mistake { line, message: format!("rule `{}`: {what}", rule.id) });
        // The rule by itself, with those that it refers to: which of two rules wins a value is another question.
        let needed = rule.requires.iter().map(|r| r.rule.as_str()).chain(rule.completes.as_deref());
        let find = |id: &str| rules.iter().map(|w| &w.rule).chain(others).find(|other| other.id == id);
        let texts = std::iter::once(rule).chain(needed.filter_map(find)).cloned().collect();
        let finder = Finder::new(Arc::new(RuleSet::from_texts(texts)?));
        for (list, lines, wanted) in
            [(&rule.positive, &written.positive, true), (&rule.negative, &written.negative, false)]
        {
            let kind = if wanted { "positive" } else { "negative" };
            if list.is_empty() {
                say(written.line, format!("has no {kind} example: give it some, so that its regex is tested"));
            }
            for (number, (example, line)) in list.iter().zip(lines).enumerate() {
                let found = finder.find(&content(example)).iter().any(|(id, _)| *id == rule.id);
                if found != wanted {
                    let outcome = if found { "is found" } else { "is not found" };
                    say(*line, format!("{kind} example {} {outcome}", number + 1));
                }
            }
        }
    }
    Ok(mistakes)
}

/// The text of an example: without the braces that keep whole keys out of rule files.
fn content(example: &str) -> String {
    example.replace("{}", "")
}

/// An example as it may be shown: of every credential in it, by any rule, only how it begins.
pub struct Shown(Finder);

impl Shown {
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self(Finder::new(rules))
    }

    pub fn text(&self, example: &str) -> String {
        let text = content(example);
        let mut shown: Vec<u8> = Vec::with_capacity(text.len());
        let mut at = 0;
        for (_, span) in self.0.find(&text) {
            if span.start >= at {
                shown.extend_from_slice(&text.as_bytes()[at..span.start]);
                // A format's prefix is what a reader wants to see; of a short password even that is too much.
                let told = if span.len() < 16 { 0 } else { 4 };
                shown.extend_from_slice(&text.as_bytes()[span.start..span.start + told]);
                shown.extend_from_slice(b"***");
            }
            at = at.max(span.end);
        }
        shown.extend_from_slice(&text.as_bytes()[at..]);
        without_random(&String::from_utf8_lossy(&shown))
    }
}

/// `text` with long random runs cut: what is no credential where it stands may be one elsewhere.
fn without_random(text: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "+/_-".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_token) {
        let end = rest[start..].find(|c| !is_token(c)).map_or(rest.len(), |length| start + length);
        let run = &rest[start..end];
        let random =
            run.len() >= 20 && stats::entropy(run.as_bytes()) >= 4.0 && run.contains(|c: char| c.is_ascii_digit());
        shown.push_str(&rest[..start]);
        shown.push_str(if random { &run[..4] } else { run });
        shown.push_str(if random { "***" } else { "" });
        rest = &rest[end..];
    }
    shown + rest
}

/// Finds credentials in a text: which rule's, and where.
struct Finder {
    rules: Arc<RuleSet>,
    credentials: Arc<Credentials>,
    detector: Detector,
}

impl Finder {
    fn new(rules: Arc<RuleSet>) -> Self {
        let credentials = Arc::new(Credentials::default());
        Self { detector: Detector::new(Arc::clone(&rules), Arc::clone(&credentials)), rules, credentials }
    }

    fn find(&self, text: &str) -> Vec<(&str, Range<usize>)> {
        let mut hits: Vec<Hit> = Vec::new();
        self.detector.worker().scan(text.as_bytes(), &mut hits);
        let rule = |hit: &Hit| &self.rules.get(self.credentials.get(hit.credential).rule).text.id[..];
        hits.iter().map(|hit| (rule(hit), hit.start as usize..hit.end as usize)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_shows_how_a_secret_begins_and_no_more() {
        let shown = Shown::new(Arc::new(RuleSet::embedded()));
        assert_eq!(shown.text("db_password = \"q8Zt{}4mW1xK9s\" # old"), "db_password = \"***\" # old");
        let id = crate::aws::testing::make_key_id("AKIA", 609_629_065_308, 7);
        assert_eq!(shown.text(&format!("id: {id}, {id}")), "id: AKIA***, AKIA***");
        let loose = crate::aws::testing::make_secret(3);
        assert_eq!(shown.text(&format!("random: {loose}.")), format!("random: {}***.", &loose[..4]));
        assert_eq!(shown.text("nothing to see"), "nothing to see");
    }
}
