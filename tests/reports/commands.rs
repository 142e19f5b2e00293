//! `keysift report convert|merge|diff|blobs`: what is done with reports afterwards.

use crate::audit::{Audit, read};
use crate::support::git::command;
use crate::support::keys;
use crate::support::program::{end, run, run_with_input};
use crate::support::random::Random;
use crate::support::tools;
use serde_json::{Value, json};
use std::path::Path;

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn fingerprints(report: &Value, list: &str) -> Vec<String> {
    let all = report[list].as_array().expect("a list").iter();
    all.map(|finding| finding["fingerprint"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn convert_writes_several_formats_at_once_and_reads_standard_input() {
    let audit = Audit::new();
    let report = audit.json();
    let [sarif, html] = ["x.sarif", "x.html"].map(|name| audit.path(name));
    let formats = [format!("sarif={}", text(&sarif)), format!("html={}", text(&html)), "csv".to_owned()];
    let mut words = vec!["report", "convert", "-"];
    formats.iter().for_each(|format| words.extend(["--format", format]));
    let ended = run_with_input(audit.fixture.path(), words, report.to_string().as_bytes());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with("severity,tier,"), "{}", ended.out);
    assert!(read(&sarif).contains("sarif-2.1.0") && read(&html).starts_with("<!doctype html>"));
}

#[test]
fn merge_keeps_what_is_left_out() {
    let audit = Audit::new();
    audit.fixture.write(".keysift.toml", "[[allow]]\nreason = \"ours\"\npaths = [\"a b\", \"copy.ini\"]\n");
    let report = audit.json();
    let left_out = report["suppressions"].as_array().unwrap().len();
    assert_eq!((left_out, &report["receipt"]["suppressed"]["configuration"]), (1, &json!(1)));
    std::fs::remove_file(audit.fixture.join(".keysift.toml")).unwrap();
    let [a, b] =
        [("a.json", &audit.json()), ("b.json", &report)].map(|(name, report)| text(&audit.write(name, report)));
    let merged = run(audit.fixture.path(), ["report", "merge", &a, &b, &b, "--format", "json"]).report();
    assert_eq!(merged["suppressions"], report["suppressions"]);
    assert_eq!(merged["receipt"]["suppressed"], json!({ "configuration": 1 }));
}

#[test]
fn merge_dedupes_by_fingerprint_and_adds_receipts() {
    let audit = Audit::new();
    let report = audit.json();
    let mut half = report.clone();
    half["findings"] = json!([report["findings"][0], report["findings"][1]]);
    half["target"] = json!("elsewhere");
    half["findings"][0]["location"]["path"] = json!("only/here.ini");
    half["findings"][0]["origins"] = json!([half["findings"][0]["location"]]);
    half["gaps"] = json!([{ "kind": "file", "what": "x", "why": "no permission" }]);
    half["complete"] = json!(false);
    let [a, b] = [("a.json", &report), ("b.json", &half)].map(|(name, report)| text(&audit.write(name, report)));
    let merged = run(audit.fixture.path(), ["report", "merge", &a, &b, "--format", "json"]).report();
    assert_eq!(merged["findings"].as_array().unwrap().len(), report["findings"].as_array().unwrap().len());
    for count in ["seen", "scanned", "bytes", "commits"] {
        let number = |report: &Value| report["receipt"][count].as_u64().unwrap();
        assert_eq!(number(&merged), 2 * number(&report), "{count}");
    }
    assert_eq!((&merged["complete"], &merged["gaps"]), (&json!(false), &half["gaps"]));
    assert_eq!(merged["target"], json!(format!("{}, elsewhere", report["target"].as_str().unwrap())));
    let first = &report["findings"][0]["fingerprint"];
    let joined = merged["findings"].as_array().unwrap().iter().find(|one| one["fingerprint"] == *first).unwrap();
    let has = |path: &str| joined["origins"].as_array().unwrap().iter().any(|place| place["path"] == path);
    assert!(has("only/here.ini") && has(report["findings"][0]["location"]["path"].as_str().unwrap()));
    // The order of the files changes the names of targets only.
    let mut other = run(audit.fixture.path(), ["report", "merge", &b, &a, "--format", "json"]).report();
    assert_eq!(fingerprints(&other, "findings"), fingerprints(&merged, "findings"));
    other = run(audit.fixture.path(), ["report", "merge", &a, "--format", "json"]).report();
    assert_eq!(other, report, "one report merged is itself");
}

#[test]
fn diff_tells_new_fixed_and_unchanged() {
    let audit = Audit::new();
    let fixture = &audit.fixture;
    let scan = |name: &str| {
        let ended = run(fixture.path(), ["scan", ".", "--format", "json"]);
        text(&audit.write(name, &ended.report()))
    };
    let before = scan("before.json");
    // The same key further down in another file is the same finding; one goes, one comes.
    let moved = format!("\n\n\n{}", read(&fixture.join("copy.ini")));
    fixture.write("renamed.ini", moved);
    std::fs::remove_file(fixture.join("copy.ini")).unwrap();
    std::fs::remove_file(fixture.join("ünïcode/日本.env")).unwrap();
    fixture.write("new.ini", keys::profile(&mut Random::new(1234)));
    let after = scan("after.json");
    let ended = run(fixture.path(), ["report", "diff", &before, &after, "--json"]);
    assert_eq!(ended.code, Some(1), "something is new: {}", ended.err);
    let told = ended.report();
    let counts = ["new", "fixed", "unchanged"].map(|list| fingerprints(&told, list).len());
    assert_eq!(counts, [1, 1, 2]);
    assert_eq!(told["new"][0]["location"]["path"], "new.ini");
    let human = run(fixture.path(), ["report", "diff", &before, &after]);
    assert!(human.out.ends_with("1 new, 1 fixed, 2 unchanged\n"), "{}", human.out);
    assert!(human.out.starts_with("new   critical"), "{}", human.out);
    let back = run(fixture.path(), ["report", "diff", &after, &after]);
    assert_eq!((back.code, back.out.as_str()), (Some(0), "0 new, 0 fixed, 3 unchanged\n"));
}

#[test]
fn blobs_are_what_filter_repo_takes_out() {
    let audit = Audit::new();
    let fixture = &audit.fixture;
    let report = audit.json();
    let file = text(&audit.write("report.json", &report));
    let all = run(fixture.path(), ["report", "blobs", &file]);
    assert_eq!(all.code, Some(0), "{}", all.err);
    let ids: Vec<&str> = all.out.lines().collect();
    // The four versions that hold a pair and the one with a key id alone; the message is no blob.
    assert_eq!(ids.len(), 5, "{}", all.out);
    for id in &ids {
        assert_eq!(fixture.git(&["cat-file", "-t", id]), "blob");
    }
    let worst = run(fixture.path(), ["report", "blobs", &file, "--severity", "high"]);
    assert_eq!(worst.out.lines().count(), 4, "{}", worst.out);
    let one = report["findings"][0]["fingerprint"].as_str().unwrap();
    let some = run(fixture.path(), ["report", "blobs", &file, "--fingerprint", one]);
    assert!((1..4).contains(&some.out.lines().count()), "{}", some.out);
    let none = run(fixture.path(), ["report", "blobs", &file, "--fingerprint", "ks1:0"]);
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));

    let list = audit.path("blobs.txt");
    let ended = run(fixture.path(), ["report", "blobs", &file, "--severity", "high", "-o", &text(&list)]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let clone = audit.path("clone.git");
    fixture.git(&["clone", "--quiet", "--mirror", ".", &text(&clone)]);
    let git = command(&clone, 0);
    let mut filter = std::process::Command::new(tools::python("git-filter-repo"));
    git.get_envs().for_each(|(name, value)| match value {
        Some(value) => drop(filter.env(name, value)),
        None => drop(filter.env_remove(name)),
    });
    let ended = end(filter.current_dir(&clone).args(["--force", "--quiet", "--strip-blobs-with-ids"]).arg(&list));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let after = run(&clone, ["history", ".", "--format", "json"]).report();
    let kinds: Vec<&str> = after["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["tier"] == "pair")
        .map(|one| one["location"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["commit-message"], "what is left of the pairs is in a message, which holds no blob");
}
