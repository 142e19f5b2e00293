//! What the stand-in for STS says, and what keysift makes of it.

use crate::stand_in::{STS, program, verification};
use crate::support::hidden;
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

/// The secret that lies nearest is not the id's own; the one in the next folder is.
#[test]
fn an_id_finds_its_secret_among_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let (id, own, other) = (STS.part("live", "id"), STS.part("live", "secret"), STS.part("inactive", "secret"));
    let write = |path: &str, text: String| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("a/id", format!("key = {id}\n"));
    write("a/secret", format!("aws_secret_access_key = {other}\n"));
    write("b/secret", format!("aws_secret_access_key = {own}\n"));
    let plain = end(&mut program(&["scan", "--format", "json"], folder.path(), &STS.address)).report();
    assert_eq!(plain["findings"][0]["tier"], "pair");
    assert!(plain["findings"][0]["location"]["path"].as_str().unwrap().ends_with("a/secret"), "{plain:#}");
    let ended = end(&mut program(&["scan", "--verify", "--format", "json"], folder.path(), &STS.address));
    assert!(ended.err.contains("2 distinct pairs"), "{}", ended.err);
    let report = ended.report();
    let findings = report["findings"].as_array().unwrap();
    let told = |index: usize, name: &str| findings[index][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(findings.len(), 2, "{report:#}");
    assert_eq!((told(0, "tier"), told(0, "confidence")), ("pair".into(), "high".into()));
    assert_eq!(findings[0]["verification"]["verdict"], "live");
    assert!(findings[0]["location"]["path"].as_str().unwrap().ends_with("b/secret"), "{report:#}");
    assert_eq!((told(1, "tier"), findings[1].get("verification")), ("secret".into(), None), "alone again");
    assert!(!ended.out.contains(own) && !ended.out.contains(other));
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
    // Neither what was printed nor any file that was written has the secret: report, log, cache.
    let forms = hidden::forms(STS.part("live", "secret"));
    for run in [&first, &second] {
        hidden::assert_hidden("a run", format!("{}{}", run.out, run.err).as_bytes(), &forms);
    }
    assert!(folder.path().join(".cache").is_dir(), "answers are remembered there");
    hidden::assert_hidden_below(folder.path(), &["credentials"], &forms);
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

/// A profile and a role: IAM tells about the ids, and no leaked key is used.
#[test]
fn without_the_leaked_key() {
    let folder = tempfile::tempdir().unwrap();
    let (id, secret) = (STS.part("operator", "id"), STS.part("operator", "secret"));
    let role = "arn:aws:iam::123456789012:role/audit";
    let own = format!("[ops]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    fs::create_dir(folder.path().join(".aws")).unwrap();
    fs::write(folder.path().join(".aws/credentials"), own).unwrap();
    let config = format!("[profile audit]\nrole_arn = {role}\nsource_profile = ops\n");
    fs::write(folder.path().join(".aws/config"), config).unwrap();
    for key in ["live", "inactive", "deleted", "session"] {
        fs::write(folder.path().join(key), STS.profile(key)).unwrap();
    }
    for (who, roles) in [("ops", 0), ("audit", 1), (role, 1)] {
        let arguments = ["scan", "live", "inactive", "deleted", "session", "--verify", "--verify-as", who];
        let mut command = program(&arguments, folder.path(), &STS.address);
        command.args(["--format", "json", "--verify-log", "log"]).env("HOME", folder.path());
        command.env("AWS_ENDPOINT_URL", &STS.address).env("AWS_EC2_METADATA_DISABLED", "true");
        if who == role {
            command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        }
        let ended = end(&mut command);
        assert!(ended.err.contains("no leaked key is used"), "{}", ended.err);
        let report = ended.report();
        let told = |key: &str| {
            let id = STS.part(key, "id");
            let findings = report["findings"].as_array().unwrap().iter();
            let mut of_key = findings.filter(|finding| finding["parts"][0]["value"] == id);
            of_key.next().expect("it is found")["verification"].clone()
        };
        assert_eq!(told("live")["verdict"], "id-active", "{who}: {}", told("live"));
        assert_eq!(told("live")["facts"]["user"], "live");
        assert_eq!(told("inactive")["verdict"], "inactive", "{who}: {}", told("inactive"));
        assert_eq!(told("deleted")["verdict"], "inactive", "{who}: {}", told("deleted"));
        assert_eq!(told("session")["verdict"], "unknown", "{who}: {}", told("session"));
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        let attempts = log.lines().filter(|line| line.contains("\"event\":\"attempt\""));
        let by_operator = attempts.clone().filter(|line| line.contains(id)).count();
        let found: Vec<&str> = ["live", "inactive", "deleted", "session"].map(|key| STS.part(key, "id")).to_vec();
        assert!(attempts.clone().all(|line| !found.iter().any(|id| line.contains(id))), "{log}");
        if roles > 0 {
            assert_eq!(by_operator, roles, "one AssumeRole, all else by the session: {log}");
        }
        assert!(!ended.out.contains(secret) && !ended.err.contains(secret) && !log.contains(secret));
    }
    let nobody = program(&["scan", "live", "--verify", "--verify-as", "nobody"], folder.path(), &STS.address)
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no profile nobody"));
}
