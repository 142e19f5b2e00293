//! What the stand-in for STS says, and what keysift makes of it.

use crate::stand_in::{STS, program, verification};
use crate::support::program::end;
use serde_json::{Value, json};
use std::fs;

/// Scans a file of `text` with `--verify` and gives the verdict.
fn scanned(text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials"), text).unwrap();
    let arguments = ["scan", "credentials", "--verify", "--format", "json"];
    verification(&end(&mut program(&arguments, folder.path(), &STS.address)))
}

#[test]
fn keys_of_every_kind() {
    for (key, verdict) in [
        ("live", "live"),
        ("inactive", "inactive"),
        ("deleted", "inactive"),
        ("session", "live"),
        ("expired", "expired"),
    ] {
        let told = scanned(&STS.profile(key));
        assert_eq!(told["verdict"], verdict, "{key}: {told}");
    }
    let wrong = STS.profile("live").replace(STS.part("live", "secret"), STS.part("inactive", "secret"));
    assert_eq!(scanned(&wrong)["verdict"], "wrong-secret");
}

#[test]
fn a_live_key_is_critical_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials"), STS.profile("live")).unwrap();
    let arguments = ["scan", "credentials", "--verify", "--format", "json", "--verify-log", "log"];
    let first = end(&mut program(&arguments, folder.path(), &STS.address));
    assert_eq!((first.code, &first.report()["findings"][0]["severity"]), (Some(1), &json!("critical")));
    assert!(first.err.contains("1 distinct pair, 1 to ask, 0 cached"), "{}", first.err);
    let second = end(&mut program(&arguments, folder.path(), &STS.address));
    assert!(second.err.contains("1 distinct pair, 0 to ask, 1 cached"), "{}", second.err);
    assert_eq!(verification(&second)["cached"], true);
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&events[0]["event"], &events[1]["event"]), (&json!("cached"), &json!("summary")), "{log}");
    assert_eq!(events[1]["calls"], 0);
}

#[test]
fn keysift_verify_answers_for_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |input: &str, arguments: &[&str]| {
        let path = folder.path().join("input");
        fs::write(&path, input).unwrap();
        let arguments = [&["verify", "--no-verify-cache"], arguments].concat();
        end(program(&arguments, folder.path(), &STS.address).stdin(fs::File::open(path).unwrap()))
    };
    let bare = format!("{}\n{}\n", STS.part("live", "id"), STS.part("live", "secret"));
    let live = ask(&bare, &["--format", "json"]);
    assert_eq!((live.code, &live.report()["verification"]["verdict"]), (Some(1), &json!("live")));
    let words = ask(&STS.profile("deleted"), &[]);
    assert_eq!(words.code, Some(0), "{}", words.err);
    assert!(words.out.contains("is inactive"), "{}", words.out);
    assert_eq!(ask("nothing to see", &[]).code, Some(2));
    let two = STS.profile("live") + &"\n".repeat(3) + &STS.profile("inactive");
    assert!(ask(&two, &[]).err.contains("holds 2 keys"));
    for run in [&live, &words] {
        assert!(!run.out.contains(STS.part("live", "secret")) && !run.err.contains(STS.part("live", "secret")));
    }
}
