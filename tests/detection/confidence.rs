//! `--min-confidence`: a reader chooses how much doubt is shown.

use super::support::git::Fixture;
use super::support::program::run;
use super::support::random::Random;
use super::support::{git, keys};

/// A weak but real password, a random one, a token of a known format.
fn text() -> String {
    let token = keys::profile(&mut Random::new(1));
    let random = ["q8Zt4m", "W1xK9s"].concat();
    format!("password: \"746609\"\napi_secret: \"{random}\"\n{token}")
}

fn confidences(folder: &std::path::Path, arguments: &[&str]) -> Vec<String> {
    let ended = run(folder, [arguments, &["--format", "json"]].concat());
    let report = ended.report();
    let findings = report["findings"].as_array().expect("a list").iter();
    let mut all: Vec<String> =
        findings.map(|finding| finding["confidence"].as_str().expect("a word").to_owned()).collect();
    all.sort();
    all
}

#[test]
fn each_command_leaves_out_what_is_less_sure() {
    let fixture = Fixture::new();
    fixture.commit_file("readme", "nothing\n", "first");
    fixture.write("settings.yml", text());
    fixture.git(&["add", "-A"]);
    let all: &[&str] = &["high", "low", "medium"];
    let chosen = |arguments: &[&str]| {
        let mut counts = Vec::new();
        for level in [None, Some("low"), Some("medium"), Some("high")] {
            let mut arguments = arguments.to_vec();
            arguments.extend(level.iter().flat_map(|level| ["--min-confidence", level]));
            counts.push(confidences(fixture.path(), &arguments));
        }
        counts
    };
    let expected = [all, all, &["high", "medium"], &["high"]].map(<[&str]>::to_vec);
    assert_eq!(chosen(&["scan", "settings.yml"]), expected);
    assert_eq!(chosen(&["staged"]), expected);
    fixture.commit("second");
    assert_eq!(chosen(&["history"]), expected);
    assert_eq!(chosen(&["range", "HEAD~1..HEAD"]), expected);
    assert_eq!(run(fixture.path(), ["scan", "--min-confidence", "none"]).code, Some(2));
}

#[test]
fn what_is_left_out_does_not_make_the_run_fail() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "password: \"746609\"\n").unwrap();
    assert_eq!(run(folder.path(), ["scan"]).code, Some(1));
    assert_eq!(run(folder.path(), ["scan", "--min-confidence", "medium"]).code, Some(0));
    git::git(folder.path(), 0, &["init", "--quiet"]);
    assert_eq!(run(folder.path(), ["scan", "--min-confidence", "high"]).code, Some(0));
}
