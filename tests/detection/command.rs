//! `keysift rules`: listed with their tags, shown without secrets, tested with the lines of what is wrong.

use super::support::keys;
use super::support::program::run;
use super::support::random::Random;
use keysift::rule::{RuleSet, rule_files};
use std::fs;
use tempfile::tempdir;

#[test]
fn the_list_has_every_rule_with_its_tags_and_counts() {
    let folder = tempdir().unwrap();
    let ended = run(folder.path(), ["rules", "list"]);
    let rules = RuleSet::embedded().infos();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for rule in &rules {
        let line = ended.out.lines().find(|line| line.split(' ').next() == Some(&rule.id));
        let line = line.unwrap_or_else(|| panic!("{} is not listed", rule.id));
        assert!(rule.tags.iter().all(|tag| line.contains(tag)), "{line}");
    }
    let aws = rules.iter().filter(|rule| rule.tags.iter().any(|tag| tag == "aws")).count();
    assert!(ended.out.contains(&format!("{} rules", rules.len())), "{}", ended.out.lines().last().unwrap());
    assert!(ended.out.contains(&format!(" aws {aws},")), "{}", ended.out.lines().last().unwrap());
    let some = run(folder.path(), ["rules", "list", "--tag", "aws", "--json"]);
    let list: Vec<serde_json::Value> = serde_json::from_str(&some.out).expect("an array");
    assert_eq!(list.len(), aws);
    assert!(list.iter().all(|rule| rule["tags"].as_array().unwrap().contains(&"aws".into())));
    let unknown = run(folder.path(), ["rules", "list", "--tag", "nonsense"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("`keysift rules list` tells all"), "{}", unknown.err);
}

#[test]
fn a_rule_is_shown_with_its_examples_and_no_secret() {
    let folder = tempdir().unwrap();
    let shown = run(folder.path(), ["rules", "show", "aws-secret-access-key"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    for expected in
        ["severity high", "rules/aws.toml:", "completes   aws-access-key-id", "aws_secret_access_key = 0zv1***"]
    {
        assert!(shown.out.contains(expected), "{expected}: {}", shown.out);
    }
    let unknown = run(folder.path(), ["rules", "show", "aws-secret-acess-key"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("`aws-secret-access-key`"), "{}", unknown.err);
}

/// What `show` prints is scanned by the program itself.
#[test]
fn nothing_that_is_shown_is_a_finding() {
    let folder = tempdir().unwrap();
    let ids = ["aws-secret-access-key", "aws-bedrock-short-term-key", "github-pat", "private-key", "generic-password"];
    for (number, id) in ids.iter().enumerate() {
        let shown = run(folder.path(), ["rules", "show", id]);
        assert_eq!(shown.code, Some(0), "{}", shown.err);
        // The regex of a rule is no text to search.
        let examples = shown.out.split("\n  found in\n").nth(1).expect("examples come last");
        fs::write(folder.path().join(format!("{number}.txt")), examples).unwrap();
    }
    let scanned = run(folder.path(), ["scan", "--min-confidence", "medium", "--format", "json"]).report();
    assert_eq!(scanned["findings"].as_array().unwrap().len(), 0, "{scanned:#}");
}

const MINE: &str = r#"
[[rule]]
id = "mine"
description = "Token of mine"
tags = ["own"]
prefixes = ["mine_"]
regex = 'mine_[a-z0-9]{16}'
positive = [
    "t = mine_{}q8zt4mw1xk9sab0c",
    "t = mine_short",
]
negative = [
    "t = mine_",
    "mine_{}aaaaaaaaaaaaaaaa here",
]
"#;

#[test]
fn examples_are_run_and_those_that_fail_are_told_by_line() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("mine.toml"), MINE).unwrap();
    let tested = run(folder.path(), ["rules", "test", "mine.toml"]);
    assert_eq!(tested.code, Some(1), "{}", tested.err);
    let lines: Vec<&str> = tested.out.lines().collect();
    assert_eq!(
        lines,
        [
            "mine.toml:10: rule `mine`: positive example 2 is not found",
            "mine.toml:14: rule `mine`: negative example 2 is found",
            "1 rule, 4 examples: 2 wrong"
        ]
    );
    let good = MINE.replace("    \"t = mine_short\",\n", "").replace("{}aaaaaaaaaaaaaaaa", "aaa");
    fs::write(folder.path().join("mine.toml"), good).unwrap();
    assert_eq!(run(folder.path(), ["rules", "test", "."]).code, Some(0));
    fs::write(folder.path().join("mine.toml"), MINE.split("positive").next().unwrap()).unwrap();
    let none = run(folder.path(), ["rules", "test", "mine.toml"]);
    assert!(none.code == Some(1) && none.out.contains("mine.toml:2: rule `mine`: has no positive"), "{}", none.out);
    let listed = run(folder.path(), ["rules", "list", "--rules", ".", "--tag", "own"]);
    assert!(listed.out.starts_with("mine "), "{}", listed.out);
}

#[test]
fn the_built_in_rules_do_what_their_examples_say() {
    let folder = tempdir().unwrap();
    let tested = run(folder.path(), ["rules", "test"]);
    assert_eq!(tested.code, Some(0), "{}", tested.out);
    assert!(tested.out.contains(&format!("{} rules", RuleSet::embedded().len())), "{}", tested.out);
    assert!(!rule_files().is_empty());
}

#[test]
fn a_mistake_in_a_rule_file_is_told_with_file_line_and_what_was_expected() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    for (from, to, expected) in [
        ("tags =", "tag =", ":5: unknown field `tag`, expected one of"),
        ("tags = [\"own\"]", "tier = \"best\"", ":5: unknown variant `best`, expected one of"),
        ("tags = [\"own\"]", "tags = \"own\"", ":5: invalid type: string \"own\", expected a sequence"),
        ("[a-z0-9]{16}", "[a-z0-9{16}", ":7: rule `mine`: "),
        ("[\"mine_\"]", "[\"m\"]", ":6: rule `mine`: `m` must be at least 2 characters"),
        ("tags = [\"own\"]", "completes = \"none\"", ":5: rule `mine` refers to `none`: expected the id of a rule"),
        ("tags = [\"own\"]", "reach = 3", ":5: rule `mine`: from 64 to 65536"),
        ("id = \"mine\"", "id = \"Mine\"", ":3: rule `Mine`: an id has lower-case letters"),
        ("\"Token of mine\"", "Token of mine", ":4: "),
    ] {
        fs::write(&path, MINE.replacen(from, to, 1)).unwrap();
        for command in [&["rules", "test", "mine.toml"][..], &["scan", "--rules", "mine.toml"]] {
            let ended = run(folder.path(), command);
            assert_eq!(ended.code, Some(2), "{to}: {}", ended.out);
            assert!(ended.err.contains(&format!("mine.toml{expected}")), "{to}: {}", ended.err);
        }
    }
    assert_eq!(run(folder.path(), ["rules", "test", "absent.toml"]).code, Some(2));
}

#[test]
fn rules_are_chosen_by_a_name_with_a_star() {
    let folder = tempdir().unwrap();
    let password = ["q8Zt4m", "W1xK9s"].concat();
    let text = format!("{}password: \"{password}\"\n", keys::profile(&mut Random::new(5)));
    fs::write(folder.path().join("file"), text).unwrap();
    let found = |arguments: &[&str]| {
        let report = run(folder.path(), [&["scan", "--format", "json"], arguments].concat()).report();
        let ids = report["findings"].as_array().unwrap().iter().map(|f| f["rule_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<String>>()
    };
    let (pair, weak) = ("aws-secret-access-key", "generic-password");
    assert_eq!(found(&[]), [pair, weak]);
    assert_eq!(found(&["--rule", "aws-*"]), [pair]);
    assert_eq!(found(&["--rule", "*-password", "--rule", "nats-*"]), [weak]);
    assert_eq!(found(&["--no-rule", "gen*"]), [pair]);
    let unknown = run(folder.path(), ["scan", "--rule", "awz-*"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("`keysift rules list` tells all"), "{}", unknown.err);
}
