//! Every option does what its help says: a run with it differs from a run without it.

mod support;

use serde_json::Value;
use std::fs;
use support::git::Fixture;
use support::keys;
use support::program::{end, isolate, keysift, run};
use support::random::Random;
use tempfile::tempdir;

/// A repository whose first commit holds one pair and whose second removes it and adds another.
fn repository() -> Fixture {
    let mut random = Random::new(21);
    let fixture = Fixture::new();
    fixture.commit_file("config", keys::profile(&mut random), "first");
    fixture.commit_file("config", keys::profile(&mut random), "second");
    fixture
}

fn json(fixture: &Fixture, arguments: &[&str]) -> Value {
    let mut report = run(fixture.path(), [arguments, &["--format", "json"]].concat()).report();
    report["receipt"]["duration_ms"] = 0.into();
    report
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().expect("findings are a list")
}

#[test]
fn full_blobs_and_threads_change_nothing_in_the_report() {
    let fixture = repository();
    fixture.git(&["gc", "--quiet"]);
    let usual = json(&fixture, &["history"]);
    assert_eq!(findings(&usual).len(), 2);
    assert_eq!(usual, json(&fixture, &["history", "--full-blobs"]));
    assert_eq!(usual, json(&fixture, &["history", "-j", "3"]));
}

#[test]
fn no_attribution_leaves_commits_out_and_finds_the_same() {
    let fixture = repository();
    let (usual, without) = (json(&fixture, &["history"]), json(&fixture, &["history", "--no-attribution"]));
    let fingerprints = |report: &Value| {
        let mut all: Vec<String> = findings(report).iter().map(|f| f["fingerprint"].to_string()).collect();
        all.sort();
        all
    };
    assert_eq!(fingerprints(&usual), fingerprints(&without));
    assert!(findings(&usual).iter().all(|f| f["exposure"]["introduced"].is_array()), "{usual}");
    assert!(findings(&without).iter().all(|f| f["exposure"].is_null()), "{without}");
}

#[test]
fn whole_files_reports_what_was_there_before() {
    let fixture = repository();
    let old = fs::read_to_string(fixture.join("config")).unwrap();
    fixture.write("config", format!("{old}# a harmless line\n"));
    fixture.git(&["add", "--all"]);
    assert_eq!(run(fixture.path(), ["staged"]).code, Some(0));
    let whole = run(fixture.path(), ["staged", "--whole-files"]);
    assert_eq!(whole.code, Some(1), "{}", whole.err);
}

#[test]
fn a_repository_that_is_named_is_not_the_one_of_the_environment() {
    let (leaking, clean) = (repository(), Fixture::new());
    clean.commit_file("a", "a", "harmless");
    let with_git_dir = |repo: &str| {
        let git_dir = leaking.path().join(".git");
        end(keysift(["history", repo]).current_dir(clean.path()).env("GIT_DIR", git_dir)).code
    };
    assert_eq!(with_git_dir("."), Some(1));
    assert_eq!(with_git_dir(clean.path().to_str().unwrap()), Some(0));
}

#[cfg(unix)]
#[test]
fn a_commit_hook_sees_the_index_that_git_hands_it() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    fixture.commit_file("config", "harmless\n", "first");
    let hook = fixture.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\nexec '{}' staged\n", env!("CARGO_BIN_EXE_keysift"))).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    fixture.write("config", keys::profile(&mut Random::new(22)));
    // Nothing is staged in the repository's own index; `commit --all` makes one for this commit.
    let refused = fixture.try_git(&["commit", "--all", "--message", "leak"]);
    assert!(!refused.status.success(), "the commit went through");
    fixture.write("config", "harmless still\n");
    let passed = fixture.try_git(&["commit", "--all", "--message", "fine"]);
    assert!(passed.status.success(), "{}", String::from_utf8_lossy(&passed.stderr));
}

#[test]
fn colour_comes_when_asked_for_and_never_into_json() {
    let fixture = repository();
    let out = |arguments: &[&str]| run(fixture.path(), [&["scan"], arguments].concat()).out;
    assert!(out(&["--color", "always"]).contains('\u{1b}'));
    for arguments in [&[][..], &["--color", "never"], &["--color", "always", "--format", "json"]] {
        assert!(!out(arguments).contains('\u{1b}'), "{arguments:?}");
    }
    let with = |name: &str, arguments: &[&str]| {
        end(keysift([&["scan"], arguments].concat()).current_dir(fixture.path()).env(name, "1")).out
    };
    assert!(with("FORCE_COLOR", &[]).contains('\u{1b}'));
    assert!(!with("FORCE_COLOR", &["--color", "never"]).contains('\u{1b}'));
    assert!(with("NO_COLOR", &["--color", "always"]).contains('\u{1b}'));
}

#[test]
fn quiet_says_less_and_verbose_more() {
    let fixture = repository();
    let [quiet, usual, verbose] =
        [&["scan", "-q"][..], &["scan"], &["scan", "-v"]].map(|arguments| run(fixture.path(), arguments));
    assert!(quiet.out.len() < usual.out.len());
    assert_eq!((quiet.err.as_str(), usual.err.as_str()), ("", ""));
    assert!(verbose.err.contains("rules") && verbose.err.contains("searched"), "{}", verbose.err);
}

#[test]
fn switches_are_set_by_variables_in_the_usual_words() {
    let folder = tempdir().unwrap();
    let marked = keys::profile(&mut Random::new(22)).replace('\n', "  # keysift:allow\n");
    fs::write(folder.path().join("file"), marked).unwrap();
    let code = |value: &str| end(keysift(["scan"]).env("KEYSIFT_NO_MARKERS", value).current_dir(folder.path())).code;
    for (value, expected) in [("1", 1), ("true", 1), ("yes", 1), ("0", 0), ("false", 0), ("perhaps", 2)] {
        assert_eq!(code(value), Some(expected), "{value}");
    }
}

#[test]
fn own_rules_are_added() {
    let folder = tempdir().unwrap();
    let rule = "[[rule]]\nid = \"acme-token\"\ndescription = \"Acme token\"\nprefixes = [\"acme_\"]\n\
                regex = \"acme_[a-z0-9]{20}\"\npositive = [\"acme_{}0123456789abcdefghij\"]\n";
    fs::create_dir(folder.path().join("rules")).unwrap();
    fs::write(folder.path().join("rules/acme.toml"), rule).unwrap();
    fs::write(folder.path().join("file"), format!("acme_{}\n", "9876543210jihgfedcba")).unwrap();
    assert_eq!(run(folder.path(), ["scan", "file"]).code, Some(0));
    let ended = run(folder.path(), ["scan", "file", "--rules", "rules", "--format", "json"]);
    assert_eq!(ended.report()["findings"][0]["rule_id"], "acme-token", "{}", ended.err);
}

/// `script` gives the run a terminal.
#[cfg(target_os = "linux")]
#[test]
fn secrets_are_shown_on_a_terminal() {
    let folder = tempdir().unwrap();
    let mut random = Random::new(23);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    fs::write(folder.path().join("file"), keys::profile_of(&id, &secret)).unwrap();
    let shown = |option: &str| {
        let line = format!("{} scan {option} file", env!("CARGO_BIN_EXE_keysift"));
        let mut script = std::process::Command::new("script");
        isolate(&mut script);
        let script = script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).env("TERM", "dumb");
        let output = script.stdin(std::process::Stdio::null()).output().ok()?;
        // A terminal's width breaks lines where it likes.
        let text = String::from_utf8_lossy(&output.stdout).replace(['\r', '\n', ' '], "");
        Some(text).filter(|text| text.contains(&id))
    };
    let Some(usual) = shown("") else {
        eprintln!("SKIPPED: util-linux's script is not here");
        return;
    };
    assert!(!usual.contains(&secret));
    let with = shown("--show-secrets").expect("it was there a moment ago");
    assert!(with.contains(&secret), "{with}");
}
