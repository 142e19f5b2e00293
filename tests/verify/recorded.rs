//! What leaves the machine: how often, and that no secret is in it.

use crate::recorder::Recorder;
use crate::stand_in::{program, verification};
use crate::support::git::{Fixture, START, command};
use crate::support::keys;
use crate::support::program::{Ended, end};
use crate::support::random::Random;
use base64::Engine as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

fn run(fixture: &Fixture, recorder: &Recorder, arguments: &[&str]) -> Ended {
    end(&mut program(arguments, fixture.path(), &recorder.address))
}

/// The forms in which somebody might send a secret by mistake.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret.iter().map(|byte| format!("%{byte:02X}")).collect();
    let escaped = String::from_utf8_lossy(secret).replace('+', "%2B").replace('/', "%2F");
    let mut forms = vec![
        secret.to_vec(),
        secret.iter().rev().copied().collect(),
        secret.iter().flat_map(|byte| [*byte, 0]).collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        percent.into_bytes(),
        escaped.into_bytes(),
    ];
    // Base64 at each of three alignments; what depends on the neighbours is cut off.
    for before in 0..3 {
        let text = base64::engine::general_purpose::STANDARD.encode([vec![b'x'; before], secret.to_vec()].concat());
        forms.push(text.as_bytes()[4..text.len() - 4].to_vec());
    }
    forms
}

#[test]
fn no_secret_leaves_in_any_form() {
    let (fixture, recorder, mut random) = (Fixture::new(), Recorder::start(), Random::new(5));
    let (id, secret) = (keys::temporary_key_id(&mut random), keys::secret(&mut random));
    let token = keys::session_token(&mut random);
    let profile = keys::profile_of(&id, &secret) + &format!("aws_session_token = {token}\n");
    fixture.write("credentials", &profile);
    let ended = run(&fixture, &recorder, &["scan", ".", "--verify", "--format", "json", "--verify-log", "../log"]);
    let log = fixture.path().parent().expect("has one").join("log");
    let written = fs::read(&log).expect("a log");
    fs::remove_file(log).expect("removable");
    assert_eq!(verification(&ended)["verdict"], "live", "{}", ended.err);
    let sent = recorder.requests().concat();
    let text = String::from_utf8_lossy(&sent).into_owned();
    assert!(text.contains(&id) && text.contains(&token), "the id and the token are sent: {text}");
    assert!(text.to_lowercase().contains("user-agent: keysift/"), "{text}");
    let mut places = vec![sent, written, ended.out.into_bytes(), ended.err.into_bytes()];
    for file in fs::read_dir(fixture.path().join(".cache/keysift/verdicts")).into_iter().flatten() {
        places.push(fs::read(file.expect("readable").path()).expect("a file"));
    }
    assert!(places.len() >= 6, "the cache was looked at");
    for form in forms(secret.as_bytes()) {
        let here = places.iter().position(|place| place.windows(form.len()).any(|window| window == form));
        assert_eq!(here, None, "{:?}", String::from_utf8_lossy(&form));
    }
}

#[test]
fn ten_thousand_places_of_one_pair_are_one_call() {
    let (fixture, recorder, mut random) = (Fixture::new(), Recorder::start(), Random::new(6));
    let profile = keys::profile(&mut random);
    let mut import = "commit refs/heads/main\ncommitter C <c@example.com> 1700000000 +0000\ndata 0\n".to_owned();
    for file in 0..10_000 {
        let text = format!("# {file}\n{profile}");
        import += &format!("M 100644 inline {}/{file}\ndata {}\n{text}\n", file % 100, text.len());
    }
    let mut git = command(fixture.path(), START);
    let mut git = git.args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git is installed");
    git.stdin.take().expect("is piped").write_all(import.as_bytes()).expect("it reads");
    assert!(git.wait().expect("it ends").success());
    let ended = run(&fixture, &recorder, &["history", "--verify", "--format", "json"]);
    assert_eq!(verification(&ended)["verdict"], "live", "{}", ended.err);
    let findings = ended.report()["findings"].clone();
    assert_eq!(findings[0]["exposure"]["path_count"], 10_000);
    assert_eq!(recorder.requests().len(), 1);
}

#[test]
fn nothing_is_sent_without_being_asked_for() {
    let (fixture, recorder, mut random) = (Fixture::new(), Recorder::start(), Random::new(7));
    fixture.write("pair", keys::profile(&mut random));
    let canary = keys::profile_of(&keys::key_id_of("AKIA", 534_261_010_715, &mut random), &keys::secret(&mut random));
    fixture.write("canary", &canary);
    assert_eq!(run(&fixture, &recorder, &["scan", "."]).code, Some(1));
    let plan = run(&fixture, &recorder, &["scan", ".", "--verify=plan"]);
    for words in ["2 distinct pairs, 1 to ask, 0 cached", "534261010715", "canaries, left alone: 1", "calls: 1 call"] {
        assert!(plan.out.contains(words), "{words}: {}", plan.out);
    }
    assert!(run(&fixture, &recorder, &["scan", ".", "--verify-max", "3"]).err.contains("nothing without --verify"));
    let canary = run(&fixture, &recorder, &["scan", "canary", "--verify", "--format", "json"]);
    assert_eq!(verification(&canary)["verdict"], "canary");
    assert_eq!(recorder.requests().len(), 0);
    run(&fixture, &recorder, &["scan", "canary", "--verify", "--verify-canaries"]);
    assert_eq!(recorder.requests().len(), 1, "the user said so");
}

#[test]
fn the_configuration_extends_the_canaries_and_limits_the_accounts() {
    let (fixture, recorder, mut random) = (Fixture::new(), Recorder::start(), Random::new(17));
    for (name, account) in [("bait", 111_122_223_333), ("own", 222_233_334_444), ("foreign", 333_344_445_555)] {
        let id = keys::key_id_of("AKIA", account, &mut random);
        fixture.write(name, keys::profile_of(&id, &keys::secret(&mut random)));
    }
    let verdict = |name| {
        verification(&run(&fixture, &recorder, &["scan", name, "--verify", "--format", "json"]))["verdict"].clone()
    };
    fixture.write(".keysift.toml", "[verify]\ncanary_accounts = [\"111122223333\"]\naccounts = [\"2222-3333-4444\"]\n");
    assert_eq!(verdict("bait"), "canary");
    assert_eq!(verdict("foreign"), "unknown");
    assert_eq!(recorder.requests().len(), 0);
    assert_eq!(verdict("own"), "live");
    assert_eq!(recorder.requests().len(), 1);
}

/// git calls the hook, the hook asks for verification: refused, and nothing is sent.
#[cfg(unix)]
#[test]
fn a_hook_does_not_ask() {
    use std::os::unix::fs::PermissionsExt;
    let (fixture, recorder, mut random) = (Fixture::new(), Recorder::start(), Random::new(8));
    let hook = fixture.join(".git/hooks/pre-commit");
    fixture.write(
        ".git/hooks/pre-commit",
        format!(
            "#!/bin/sh\nAWS_ENDPOINT_URL_STS={} exec '{}' staged --verify\n",
            recorder.address,
            env!("CARGO_BIN_EXE_keysift")
        ),
    );
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    fixture.write("pair", keys::profile(&mut random));
    fixture.git(&["add", "."]);
    let commit = fixture.try_git(&["commit", "--quiet", "--message", "x"]);
    assert!(!commit.status.success());
    let text = String::from_utf8_lossy(&commit.stderr);
    assert!(text.contains("--verify is refused in a git hook"), "{text}");
    assert_eq!(recorder.requests().len(), 0);
}
