//! Every rule's examples, run through the detector as a user's content would be.

use keysift::detect::examples::mistakes;
use keysift::rule::{RuleSet, RuleText, rule_files, written};
use std::path::Path;

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
    let files = written().unwrap_or_else(|e| panic!("{e}"));
    let all: Vec<RuleText> = files.iter().flat_map(|(_, rules)| rules.iter().map(|w| w.rule.clone())).collect();
    assert!(all.len() >= 250, "{} rules", all.len());
    let mut failures = Vec::new();
    for (file, rules) in &files {
        let mistakes = mistakes(rules, &all).unwrap_or_else(|e| panic!("{e}"));
        failures.extend(mistakes.iter().map(|m| format!("{}:{}: {}", file.display(), m.line, m.message)));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
