//! `keysift baseline`, and what a baseline does in every command.

use super::support::git::Fixture;
use super::support::keys;
use super::support::program::{run, run_with_input};
use super::support::random::Random;
use super::{counts, list, report, well};
use std::fs;

fn repository(seed: u64) -> (Fixture, Random) {
    let mut random = Random::new(seed);
    let fixture = Fixture::new();
    fixture.commit_file("old.cfg", keys::profile(&mut random), "old");
    fixture.commit_file("kept.cfg", keys::profile(&mut random), "kept");
    fixture.git(&["rm", "--quiet", "old.cfg"]);
    fixture.git(&["commit", "--quiet", "--message", "gone"]);
    (fixture, random)
}

fn lines(fixture: &Fixture) -> Vec<String> {
    fs::read_to_string(fixture.join(".keysift-baseline")).unwrap().lines().map(String::from).collect()
}

#[test]
fn a_pair_across_files_is_recorded_as_one() {
    let mut random = Random::new(87);
    let fixture = Fixture::new();
    fixture.write("config/app.rb", format!("key_id = \"{}\"\n", keys::key_id(&mut random)));
    fixture.write("config/.env", format!("AWS_SECRET_ACCESS_KEY={}\n", keys::secret(&mut random)));
    fixture.git(&["add", "."]);
    fixture.git(&["commit", "--quiet", "--message", "halves"]);
    assert_eq!(counts(fixture.path(), &["history"]), (1, 0));
    well(fixture.path(), &["baseline", "create", "--reason", "known"]);
    assert_eq!(lines(&fixture).len(), 2);
    assert_eq!(counts(fixture.path(), &["history"]), (0, 1));
    assert_eq!(counts(fixture.path(), &["scan"]), (0, 1));
}

/// What a range sees of such a pair is both halves, one of them, or one of them beside another id that it could as well
/// belong to. All of that is known once the pair is.
#[test]
fn a_pair_across_files_is_known_to_a_range_that_sees_less_of_it() {
    let mut random = Random::new(88);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let fixture = Fixture::new();
    fixture.commit_file("readme", "nothing\n", "first");
    fixture.commit_file("config/app.rb", format!("key_id = \"{id}\"\n"), "id");
    fixture.commit_file("config/.env", format!("AWS_SECRET_ACCESS_KEY={secret}\n"), "secret");
    well(fixture.path(), &["baseline", "create", "--reason", "known"]);
    assert_eq!(counts(fixture.path(), &["history"]), (0, 1));
    assert_eq!(report(fixture.path(), &["history"])["baseline"]["used"], 1);
    assert_eq!(counts(fixture.path(), &["range", "HEAD~2..HEAD"]), (0, 1), "both");
    assert_eq!(counts(fixture.path(), &["range", "HEAD~1..HEAD"]), (0, 1), "the secret");
    assert_eq!(counts(fixture.path(), &["range", "HEAD~2..HEAD~1"]), (0, 1), "the id");
    // The secret again, nearer to an id that is new: the id is news, the secret is not.
    let other = format!("key_id = \"{}\"\n", keys::key_id(&mut random));
    fixture.write("lib/aws/id.rb", other);
    fixture.commit_file("lib/aws/.env", format!("AWS_SECRET_ACCESS_KEY={secret}\n"), "again");
    let after = report(fixture.path(), &["range", "HEAD~1..HEAD"]);
    let rules: Vec<&str> = list(&after, "findings").iter().map(|f| f["rule_id"].as_str().unwrap()).collect();
    assert_eq!((rules, list(&after, "suppressions").len()), (vec!["aws-access-key-id"], 1));
    // Another secret beside the known id is news.
    fixture.commit_file("config/new.env", format!("AWS_SECRET_ACCESS_KEY={}\n", keys::secret(&mut random)), "new");
    assert_eq!(counts(fixture.path(), &["range", "HEAD~1..HEAD"]).0, 1);
    // An entry of an older version gets the halves with the next update.
    let path = fixture.join(".keysift-baseline");
    let text = fs::read_to_string(&path).unwrap();
    let at = text.find(" of=").unwrap();
    let end = at + 1 + text[at + 1..].find(' ').unwrap();
    fs::write(&path, format!("{}{}", &text[..at], &text[end..])).unwrap();
    well(fixture.path(), &["baseline", "update"]);
    assert!(fs::read_to_string(&path).unwrap().contains(&text[at..end]));
}

#[test]
fn what_is_recorded_is_left_out_and_what_is_new_is_found() {
    let (fixture, mut random) = repository(81);
    well(fixture.path(), &["baseline", "create", "--owner", "jane", "--reason", "before we began"]);
    let text = lines(&fixture);
    assert_eq!(text.len(), 3, "{text:?}");
    assert!(text[1..].is_sorted() && text[1].contains(" owner=jane # before we began"), "{text:?}");
    assert_eq!(run(fixture.path(), ["baseline", "create"]).code, Some(2), "it is there");
    assert_eq!(counts(fixture.path(), &["history"]), (0, 2));
    assert_eq!(counts(fixture.path(), &["scan"]), (0, 1));
    assert_eq!(counts(fixture.path(), &["history", "--no-baseline"]), (2, 0));
    assert_eq!(counts(fixture.path(), &["history", "--no-repo-config"]), (2, 0));
    let named = ["history", "--no-repo-config", "--baseline", ".keysift-baseline"];
    assert_eq!(counts(fixture.path(), &named), (0, 2));
    // A moved line and a renamed file are the same credential.
    let kept = fs::read_to_string(fixture.join("kept.cfg")).unwrap();
    fixture.git(&["mv", "kept.cfg", "renamed.cfg"]);
    fixture.commit_file("renamed.cfg", format!("\n\n{kept}"), "renamed");
    assert_eq!(counts(fixture.path(), &["history"]), (0, 2));
    fixture.commit_file("new.cfg", keys::profile(&mut random), "new");
    assert_eq!(counts(fixture.path(), &["history"]), (1, 2));
    assert_eq!(run(fixture.path(), ["range", "HEAD~1..HEAD"]).code, Some(1));
    well(fixture.path(), &["baseline", "update"]);
    assert_eq!(counts(fixture.path(), &["history"]), (0, 3));
    assert!(lines(&fixture).iter().any(|line| line.contains("owner=jane")), "old entries keep what they say");
}

#[test]
fn a_shallow_clone_knows_the_same_credentials() {
    let (fixture, _) = repository(82);
    well(fixture.path(), &["baseline", "create"]);
    fixture.git(&["add", "--all"]);
    fixture.git(&["commit", "--quiet", "--message", "baseline"]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", fixture.path().display());
    let target = clone.path().join("clone");
    fixture.git(&["clone", "--quiet", "--depth", "1", &url, target.to_str().unwrap()]);
    assert_eq!(counts(&target, &["scan"]), (0, 1));
}

#[test]
fn unused_and_expired_entries_are_told_and_pruned() {
    let (fixture, _) = repository(83);
    well(fixture.path(), &["baseline", "create", "--expires", "90d"]);
    let path = fixture.join(".keysift-baseline");
    let text = fs::read_to_string(&path).unwrap();
    let stranger = format!("ks1:{} aws-key-pair gone.cfg\n", "0".repeat(32));
    let first = text.lines().nth(1).unwrap();
    let (kept, _) = first.split_once(" expires=").unwrap();
    let expired = text.replace(first, &format!("{kept} expires=2020-01-01"));
    fs::write(&path, expired + &stranger).unwrap();
    let report = report(fixture.path(), &["history"]);
    let used = &report["baseline"];
    assert_eq!((list(used, "expired").len(), list(used, "unused").len()), (1, 1), "{used}");
    assert_eq!(list(&report, "findings").len(), 1, "an expired entry allows nothing");
    let human = run(fixture.path(), ["history"]).out;
    assert!(human.contains("1 entry expired") && human.contains("1 entry match nothing"), "{human}");
    well(fixture.path(), &["baseline", "prune"]);
    assert_eq!(lines(&fixture).len(), 2);
}

#[test]
fn branches_that_each_add_an_entry_merge() {
    let (fixture, mut random) = repository(84);
    well(fixture.path(), &["baseline", "create"]);
    let mut record = |name: &str| {
        fixture.commit_file(name, keys::profile(&mut random), name);
        well(fixture.path(), &["baseline", "update"]);
        fixture.git(&["add", "--all"]);
        fixture.git(&["commit", "--quiet", "--message", "record"]);
    };
    record("base.cfg");
    fixture.git(&["switch", "--quiet", "--create", "topic"]);
    record("topic.cfg");
    fixture.git(&["switch", "--quiet", "-"]);
    record("main.cfg");
    fixture.git(&["merge", "--quiet", "--no-edit", "topic"]);
    assert_eq!(lines(&fixture).len(), 6);
    assert_eq!(counts(fixture.path(), &["history"]), (0, 5));
}

#[test]
fn an_audit_asks_and_records_answers() {
    let (fixture, _) = repository(85);
    let audit = |answers: &str| run_with_input(fixture.path(), ["baseline", "audit"], answers.as_bytes());
    let ended = audit("nonsense\nt\nmade up\nr\n\n");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("1/2") && ended.err.contains("***") && ended.err.contains("2 of 2 judged"),
        "{}",
        ended.err
    );
    let text = lines(&fixture).join("\n");
    assert!(text.contains("as=test # made up") && text.contains("as=real"), "{text}");
    assert_eq!(counts(fixture.path(), &["history"]), (1, 1), "what is real stays reported");
    assert!(audit("").err.contains("0 of 0 judged"));
}

#[test]
fn an_interrupted_audit_keeps_what_was_answered() {
    let (fixture, _) = repository(86);
    run_with_input(fixture.path(), ["baseline", "audit"], b"l\nlook at it\nq\n");
    let text = lines(&fixture);
    assert!(text.len() == 2 && text[1].contains("as=later expires="), "{text:?}");
}
