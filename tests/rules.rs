//! Every rule's examples, run through the detector as a user's content would be.

use keysift::detect::Detector;
use keysift::finding::Credentials;
use keysift::rule::{RuleSet, rule_files};
use keysift::scanner::{Scanner, Worker};
use std::path::Path;
use std::sync::Arc;

#[test]
fn embedded_rules_load_and_say_what_the_files_say() {
    let mut ids = Vec::new();
    for (name, text) in rule_files() {
        let rules = keysift::rule::parse_file(Path::new(name), text).unwrap_or_else(|e| panic!("{e}"));
        ids.extend(rules.into_iter().map(|r| r.id));
    }
    let set = RuleSet::embedded();
    assert_eq!(set.len(), ids.len());
    ids.sort();
    let known = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), known, "an id stands twice");
}

#[test]
fn every_rule_finds_its_positive_examples_and_nothing_in_the_negative_ones() {
    let all: Vec<_> = rule_files()
        .iter()
        .flat_map(|(name, text)| {
            let rules = keysift::rule::parse_file(Path::new(name), text).unwrap_or_else(|e| panic!("{e}"));
            rules.into_iter().map(move |rule| (*name, rule))
        })
        .collect();
    let mut failures = Vec::new();
    for (name, rule) in &all {
        // The rule by itself, with those that it refers to: which of two rules wins a value is another question.
        let needed: Vec<&str> =
            rule.requires.iter().map(|r| r.rule.as_str()).chain(rule.completes.as_deref()).collect();
        let others = all.iter().filter(|(_, r)| needed.contains(&r.id.as_str())).map(|(_, r)| r.clone());
        let texts = std::iter::once(rule.clone()).chain(others).collect();
        let set = Arc::new(RuleSet::from_texts(texts).unwrap_or_else(|e| panic!("{name}: {e}")));
        let credentials = Arc::new(Credentials::default());
        let detector = Detector::new(Arc::clone(&set), Arc::clone(&credentials));
        let mut worker = detector.worker();
        let mut finds = |example: &str| {
            let content = example.replace("{}", "");
            let mut hits = Vec::new();
            worker.scan(content.as_bytes(), &mut hits);
            hits.iter().any(|h| set.get(credentials.get(h.credential).rule).text.id == rule.id)
        };
        if rule.positive.is_empty() || rule.negative.is_empty() {
            failures.push(format!("{name}: {}: needs positive and negative examples", rule.id));
        }
        for (i, example) in rule.positive.iter().enumerate() {
            if !finds(example) {
                failures.push(format!("{name}: {}: positive example {} is not found", rule.id, i + 1));
            }
        }
        for (i, example) in rule.negative.iter().enumerate() {
            if finds(example) {
                failures.push(format!("{name}: {}: negative example {} is found", rule.id, i + 1));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
