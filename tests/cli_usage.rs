//! Wrong usage and what is refused: each a clear message on standard error, nothing on standard output, exit code 2.

mod support;

use support::program::run;
use support::random::Random;
use support::{git::Fixture, keys};
use tempfile::tempdir;

fn refused(arguments: &[&str], expected: &str) {
    let folder = tempdir().unwrap();
    let ended = run(folder.path(), arguments);
    assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
    assert_eq!(ended.out, "", "{arguments:?}");
    assert!(ended.err.contains(expected), "{arguments:?}: {}", ended.err);
    assert!(!ended.err.contains("panicked"), "{arguments:?}: {}", ended.err);
}

#[test]
fn without_a_command_the_help_is_shown() {
    refused(&[], "Usage: keysift <COMMAND>");
}

#[test]
fn nonsense_is_refused() {
    refused(&["nonsense"], "unrecognized subcommand");
    refused(&["scan", "--nonsense"], "unexpected argument");
    refused(&["scan", "--format", "yaml"], "there are human");
    refused(&["scan", "--max-content", "12X"], "no unit");
    refused(&["scan", "-j", "none"], "a number from 1 to 1024");
    refused(&["range"], "BASE..HEAD");
}

#[test]
fn a_message_says_what_to_do() {
    refused(&["scan", "--max-content", "lots"], "such as 1000000, 512K");
    refused(&["scan", "--max-findings", "0"], "at least 1");
    refused(&["scan", "--rules", "nowhere"], "rules nowhere: there is no such file or folder");
    refused(&["scan", "--rule", "qqqqqqqqqqqqqqqqqqqqq"], "`keysift rules list` lists them");
    refused(&["scan", "--baseline", "nowhere"], "`keysift baseline create` makes one");
    refused(&["scan", "-o", "no/where"], "there is no such folder\n");
    refused(&["baseline", "create", "nowhere"], "nowhere: there is no such file or folder");
    refused(&["config", "import", "nowhere"], "cannot read nowhere");
}

#[test]
fn a_file_in_place_of_something_else() {
    let folder = tempdir().unwrap();
    let (mut random, name) = (Random::new(5), "deploy.env");
    std::fs::write(folder.path().join(name), keys::profile(&mut random)).unwrap();
    let ended = run(folder.path(), ["history", name]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("Name a repository, or a folder in one"), "{}", ended.err);
    // Taken for a list of paths, its lines would be printed.
    let ended = run(folder.path(), ["config", "import", name]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("--as exclude-paths"), "{}", ended.err);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = tempdir().unwrap();
    for command in ["scan", "history", "staged", "range"] {
        let ended = run(folder.path(), [command, "--help"]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        assert!(ended.out.contains("Example"), "{command} has no example:\n{}", ended.out);
    }
    let help = run(folder.path(), ["--help"]);
    assert!(help.out.contains("Exit status:"), "{}", help.out);
    let version = run(folder.path(), ["--version"]);
    assert_eq!(version.out, format!("keysift {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_rule_is_named_with_the_nearest_one() {
    refused(&["scan", "--rule", "aws-acess-key-id"], "`aws-access-key-id`");
    refused(&["scan", "--no-rule", "private-kye"], "`private-key`");
}

#[test]
fn a_broken_rule_file_is_named_with_its_line() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), "[[rule]]\nid = \"x\"\nnonsense = 1\n").unwrap();
    let ended = run(folder.path(), ["scan", "--rules", "."]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("mine.toml:3:"), "{}", ended.err);
}

#[test]
fn no_repository() {
    for arguments in [&["history"][..], &["staged"], &["range", "a..b"], &["history", "nowhere"]] {
        refused(arguments, "repository");
    }
}

#[test]
fn a_range_that_does_not_resolve() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "a", "first");
    for spec in ["nowhere..HEAD", "HEAD..nowhere", "HEAD..", "..", "HEAD", "a b..HEAD"] {
        let ended = run(fixture.path(), ["range", spec]);
        // An open end means HEAD, as it does to git; a lone revision is no range.
        assert_eq!(ended.code, Some(if spec == "HEAD.." { 0 } else { 2 }), "{spec}: {}", ended.err);
    }
    let ended = run(fixture.path(), ["range", "nowhere..HEAD"]);
    assert!(ended.err.contains("nowhere"), "{}", ended.err);
}

#[test]
fn a_path_that_is_not_there() {
    refused(&["scan", "nowhere"], "nowhere");
}

#[test]
fn secrets_are_shown_to_nobody_but_a_terminal() {
    let folder = tempdir().unwrap();
    let secret = keys::secret(&mut Random::new(1));
    std::fs::write(folder.path().join("a"), keys::profile_of(&keys::key_id(&mut Random::new(1)), &secret)).unwrap();
    for more in [&[][..], &["-o", "report"], &["--format", "json"]] {
        let ended = run(folder.path(), [&["scan", "--show-secrets", "a"], more].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
        assert!(ended.err.contains("--show-secrets"), "{}", ended.err);
        assert!(!folder.path().join("report").exists());
    }
}

#[test]
fn messages_do_not_pass_on_terminal_escapes() {
    let folder = tempdir().unwrap();
    let ended = run(folder.path(), ["scan", "no\u{1b}[31mwhere"]);
    assert_eq!(ended.code, Some(2));
    assert!(!ended.err.contains('\u{1b}'), "{:?}", ended.err);
}
