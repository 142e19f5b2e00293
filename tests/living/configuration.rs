//! `.keysift.toml` and `config show`.

use super::support::git::Fixture;
use super::support::keys;
use super::support::program::{end, keysift, run};
use super::support::random::Random;
use super::{counts, list, report};
use std::fs;
use tempfile::tempdir;

/// A repository with a pair in `src/app.cfg` and another in `fixtures/deep/test.cfg`.
fn repository() -> Fixture {
    let mut random = Random::new(61);
    let fixture = Fixture::new();
    fixture.commit_file("src/app.cfg", keys::profile(&mut random), "app");
    fixture.commit_file("fixtures/deep/test.cfg", keys::profile(&mut random), "fixture");
    fixture
}

const ALLOW_FIXTURES: &str = "[[allow]]\nreason = \"made up\"\npaths = [\"fixtures/\"]\n";

#[test]
fn an_allowed_folder_is_left_out_counted_and_listed_by_every_command() {
    let fixture = repository();
    fixture.write(".keysift.toml", ALLOW_FIXTURES);
    for arguments in [&["scan"][..], &["history"], &["range", "HEAD~1..HEAD"]] {
        let report = report(fixture.path(), arguments);
        let left_out = &list(&report, "suppressions")[0];
        assert_eq!(left_out["by"], "configuration", "{arguments:?}");
        assert_eq!(
            (left_out["source"].as_str(), left_out["reason"].as_str()),
            (Some(".keysift.toml:1"), Some("made up"))
        );
        assert_eq!(left_out["location"]["path"], "fixtures/deep/test.cfg");
    }
    assert_eq!(counts(fixture.path(), &["scan"]), (1, 1));
    assert_eq!(counts(fixture.path(), &["range", "HEAD~1..HEAD"]), (0, 1));
    assert_eq!(counts(fixture.path(), &["history", "--no-repo-config"]), (2, 0));
    // Paths are the repository's, wherever a run begins.
    assert_eq!(counts(&fixture.join("fixtures"), &["scan", "deep"]), (0, 1));
    assert_eq!(counts(&fixture.join("fixtures"), &["scan", ".."]), (1, 1));
    let human = run(fixture.path(), ["scan", "-v"]).out;
    assert!(human.contains("Left out: 1 finding, 1 by configuration") && human.contains("(made up)"), "{human}");
}

#[test]
fn a_file_that_allows_everything_is_not_silent() {
    let fixture = repository();
    fixture.write(".keysift.toml", "[[allow]]\nreason = \"all\"\npaths = [\"**\"]\n");
    let ended = run(fixture.path(), ["history"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("Left out: 2 findings"), "{}", ended.out);
    assert_eq!(run(fixture.path(), ["history", "--no-repo-config"]).code, Some(1));
}

#[test]
fn values_lines_commits_and_rules_are_conditions_that_must_all_hold() {
    let mut random = Random::new(62);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let fixture = Fixture::new();
    fixture.commit_file("a", keys::profile_of(&id, &secret), "first");
    let head = String::from_utf8(fixture.try_git(&["rev-parse", "HEAD"]).stdout).unwrap();
    let short = &head[..8];
    for (conditions, left_out) in [
        (format!("values = ['^{id}$']"), 1),
        ("values = ['^nothing like it$']".into(), 0),
        ("lines = ['aws_']".into(), 1),
        (format!("values = ['{id}']\npaths = [\"b\"]"), 0),
        (format!("values = ['{id}']\nrules = [\"jwt\"]"), 0),
        (format!("commits = [\"{short}\"]"), 1),
        ("commits = [\"0000000\"]".into(), 0),
        ("path_patterns = ['^a$']".into(), 1),
    ] {
        fixture.write(".keysift.toml", format!("[[allow]]\nreason = \"r\"\n{conditions}\n"));
        assert_eq!(counts(fixture.path(), &["history"]), (1 - left_out, left_out), "{conditions}");
    }
}

#[test]
fn rules_are_switched_off_added_and_weighed() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("file"), format!("acme_{}\n", "9876543210jihgfedcba")).unwrap();
    let rule = "[[rule]]\nid = \"acme-token\"\ndescription = \"Acme token\"\nprefixes = [\"acme_\"]\n\
                regex = \"acme_[a-z0-9]{20}\"\n";
    fs::write(path.join(".keysift.toml"), rule).unwrap();
    assert_eq!(list(&report(path, &["scan", "file"]), "findings")[0]["severity"], "high");
    fs::write(path.join(".keysift.toml"), format!("[severity]\nacme-token = \"low\"\n{rule}")).unwrap();
    assert_eq!(list(&report(path, &["scan", "file"]), "findings")[0]["severity"], "low");
    fs::write(path.join(".keysift.toml"), format!("[rules]\ndisable = [\"acme-token\"]\n{rule}")).unwrap();
    assert_eq!(counts(path, &["scan", "file"]), (0, 1));
    assert_eq!(counts(path, &["scan", "file", "--no-repo-config"]), (0, 0));
}

#[test]
fn options_outrank_variables_and_these_outrank_files() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join(".keysift.toml"), "[limits]\nthreads = 2\nmax_findings = 7\n").unwrap();
    fs::write(path.join("named.toml"), "[limits]\nthreads = 3\n").unwrap();
    fs::create_dir_all(path.join("user/keysift")).unwrap();
    fs::write(path.join("user/keysift/config.toml"), "[limits]\nmax_findings = 5\nmax_content = \"3M\"\n").unwrap();
    let threads = |arguments: &[&str], variable: Option<&str>| {
        let mut command = keysift([&["config", "show", "--json"], arguments].concat());
        command.current_dir(path).env("XDG_CONFIG_HOME", path.join("user"));
        variable.map(|value| command.env("KEYSIFT_THREADS", value));
        let rows = end(&mut command).report();
        let row = |name: &str| {
            let row = rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
            format!("{} {}", row["value"].as_str().unwrap(), row["from"].as_str().unwrap())
        };
        assert_eq!(row("limits.max_findings"), "7 .keysift.toml:3");
        assert!(
            row("limits.max_content").starts_with("3145728 ") && row("limits.max_content").ends_with("config.toml:3")
        );
        row("limits.threads")
    };
    assert_eq!(threads(&[], None), "2 .keysift.toml:2");
    assert_eq!(threads(&["--config", "named.toml"], None), "3 named.toml:2");
    assert_eq!(threads(&["--config", "named.toml"], Some("4")), "4 KEYSIFT_THREADS");
    assert_eq!(threads(&["-j", "5"], Some("4")), "5 --threads");
}

#[test]
fn a_broken_configuration_is_an_error_that_names_the_line() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join(".keysift.toml"), "\n[rules]\ndisalbe = []\n").unwrap();
    let ended = run(folder.path(), ["scan"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains(".keysift.toml:3: ") && ended.err.contains("did you mean `disable`?"), "{}", ended.err);
    assert_eq!(run(folder.path(), ["scan", "--no-repo-config"]).code, Some(0));
    assert_eq!(run(folder.path(), ["scan", "--config", "absent.toml"]).code, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_trap_in_the_place_of_a_configuration_is_an_error() {
    use super::support::git;
    for name in [".keysift.toml", ".keysift-baseline"] {
        let folder = tempdir().unwrap();
        git::fifo(folder.path().join(name));
        let ended = run(folder.path(), ["scan"]);
        assert!(ended.code == Some(2) && ended.err.contains("not a regular file"), "{name}: {}", ended.err);
        fs::remove_file(folder.path().join(name)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
        assert_eq!(run(folder.path(), ["scan"]).code, Some(2), "{name}");
    }
}
