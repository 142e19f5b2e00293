//! The exit status of a run: 0 clean, 1 found, 3 not everything read; each way once.

mod support;

use std::fs;
use support::git::Fixture;
use support::keys;
use support::program::{end, isolate, run, run_with_input};
use support::random::Random;
use tempfile::{TempDir, tempdir};

/// A folder with a clean file, and a leaking one when asked for.
fn folder(leak: bool) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("clean.txt"), "nothing to see\n").unwrap();
    if leak {
        fs::write(folder.path().join("leak.txt"), keys::profile(&mut Random::new(7))).unwrap();
    }
    folder
}

#[test]
fn clean_is_0_found_is_1() {
    assert_eq!(run(folder(false).path(), ["scan"]).code, Some(0));
    let leaking = folder(true);
    for format in ["human", "json", "jsonl", "sarif"] {
        let ended = run(leaking.path(), ["scan", "--format", format]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""), "{format}");
        assert!(ended.out.contains("leak.txt"), "{format}: {}", ended.out);
    }
    assert_eq!(run(leaking.path(), ["scan", "--exit-zero"]).code, Some(0));
    assert_eq!(run(leaking.path(), ["scan", "clean.txt"]).code, Some(0));
}

#[test]
fn standard_input_is_scanned() {
    let text = keys::profile(&mut Random::new(7));
    let ended = run_with_input(folder(false).path(), ["scan", "-", "--format", "json"], text.as_bytes());
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(ended.report()["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn content_above_the_limit_is_a_gap() {
    let folder = folder(false);
    fs::write(folder.path().join("large.txt"), "x".repeat(3000)).unwrap();
    let ended = run(folder.path(), ["scan", "--max-content", "2K", "--format", "json"]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let report = ended.report();
    assert_eq!(report["complete"], false);
    assert_eq!(report["gaps"][0]["kind"], "limit");
    assert!(report["gaps"][0]["what"].as_str().unwrap().contains("large.txt"), "{report}");
    // Not searched is not harmless, whatever one thinks of findings.
    assert_eq!(run(folder.path(), ["scan", "--max-content", "2K", "--exit-zero"]).code, Some(3));
    assert_eq!(run(folder.path(), ["scan", "--max-content", "3000"]).code, Some(0));
}

#[test]
fn findings_above_the_limit_are_counted() {
    let folder = tempdir().unwrap();
    let mut random = Random::new(3);
    let many: String = (0..5).map(|_| format!("{}\n", keys::profile(&mut random))).collect();
    fs::write(folder.path().join("many"), many).unwrap();
    let ended = run(folder.path(), ["scan", "--max-findings", "2", "--format", "json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let report = ended.report();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["complete"], false);
    assert!(report["gaps"][0]["why"].as_str().unwrap().contains('3'), "three are cut: {}", report["gaps"]);
}

#[test]
fn a_file_that_cannot_be_read_is_a_gap() {
    let folder = folder(false);
    let closed = folder.path().join("closed.txt");
    fs::write(&closed, "x").unwrap();
    // Permissions do not bind root, so root becomes somebody else for this.
    let mut command = std::process::Command::new("setpriv");
    isolate(&mut command);
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_keysift")]);
    command.args(["scan", "--format", "json"]).arg(folder.path());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let usable = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_keysift"), "--version"])
        .output();
    if !usable.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: setpriv cannot run keysift as another user here");
        return;
    }
    let ended = end(&mut command);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    let gaps = &ended.report()["gaps"];
    assert_eq!(gaps[0]["kind"], "file");
    assert!(gaps[0]["what"].as_str().unwrap().contains("closed.txt"), "{gaps}");
}

#[test]
fn each_command_finds_the_leak_and_agrees_on_its_fingerprint() {
    let fixture = Fixture::new();
    fixture.commit_file("a.txt", "harmless\n", "first");
    fixture.write("leak.txt", keys::profile(&mut Random::new(9)));
    fixture.git(&["add", "leak.txt"]);
    let staged = run(fixture.path(), ["staged", "--format", "json"]);
    fixture.commit("second");
    let range = run(fixture.path(), ["range", "HEAD~1..HEAD", "--format", "json"]);
    let history = run(fixture.path(), ["history", "--format", "json"]);
    let scan = run(fixture.path(), ["scan", "--format", "json"]);
    let clone = tempdir().unwrap();
    fixture.git(&["clone", "--quiet", "--bare", ".", clone.path().to_str().unwrap()]);
    let cloned = run(clone.path(), ["history", "--format", "json"]);
    let mut fingerprints = Vec::new();
    for (name, ended) in
        [("staged", staged), ("range", range), ("history", history), ("scan", scan), ("a clone", cloned)]
    {
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.err);
        let report = ended.report();
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{name}: {report}");
        assert_eq!(report["findings"][0]["tier"], "pair", "{name}");
        fingerprints.push(report["findings"][0]["fingerprint"].as_str().unwrap().to_string());
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1, "{fingerprints:?}");

    let other = Fixture::new();
    other.commit_file("leak.txt", keys::profile(&mut Random::new(9)), "another root");
    let elsewhere = run(other.path(), ["history", "--format", "json"]).report();
    assert_ne!(elsewhere["findings"][0]["fingerprint"], fingerprints[0].as_str());
}

#[test]
fn rules_can_be_chosen() {
    let leaking = folder(true);
    let rule = run(leaking.path(), ["scan", "--format", "json"]).report()["findings"][0]["rule_id"].clone();
    let rule = rule.as_str().unwrap();
    assert_eq!(run(leaking.path(), ["scan", "--rule", rule]).code, Some(1));
    assert_eq!(run(leaking.path(), ["scan", "--rule", "private-key"]).code, Some(0));
}
