//! An id in one file and its secret in another, or in another commit: one finding that says how sure it is.

use super::support::git::{Fixture, git};
use super::support::keys;
use super::support::program::run as program;
use super::support::random::Random;
use super::support::run::{USUAL, history, json, run};
use keysift::engine::Command;
use keysift::finding::{Confidence, Finding, Report, Severity, Tier};
use std::path::Path;

fn scan(folder: &Path) -> Report {
    run(Command::Scan { paths: vec![folder.to_path_buf()] }, 2)
}

/// An id and a secret.
fn key(seed: u64) -> (String, String) {
    let mut random = Random::new(seed);
    (keys::key_id(&mut random), keys::secret(&mut random))
}

fn id_line(id: &str) -> String {
    format!("key_id = \"{id}\"\n")
}

fn secret_line(secret: &str) -> String {
    format!("AWS_SECRET_ACCESS_KEY={secret}\n")
}

/// The pairs of a report: id and secret.
fn pairs(report: &Report) -> Vec<(String, String)> {
    let text = |finding: &Finding, part: usize| {
        String::from_utf8(finding.credential.parts[part].1.expose().to_vec()).expect("keys are ASCII")
    };
    let pairs = report.findings.iter().filter(|finding| finding.tier == Tier::Pair);
    pairs.map(|pair| (text(pair, 0), text(pair, 1))).collect()
}

fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn an_id_in_one_file_and_a_secret_in_another_are_one_finding() {
    let (id, secret) = key(1);
    let files = folder(&[("config/app.rb", id_line(&id)), ("config/.env", secret_line(&secret))]);
    let report = scan(files.path());
    assert_eq!(pairs(&report), [(id.clone(), secret.clone())]);
    let [pair] = &report.findings[..] else { panic!("{} findings", report.findings.len()) };
    assert_eq!((pair.severity, pair.confidence), (Severity::Critical, Confidence::Medium));
    assert_eq!(
        pair.facts["paired"],
        "from different files or commits: the same folder, no other id or secret was found"
    );
    assert!(pair.primary.origin.path().unwrap().ends_with(b".env"), "the secret is what must not be there");
    assert_eq!((pair.places.len(), pair.place_count), (2, 2));
    assert!(!json(&report).contains(&secret));
}

#[test]
fn far_apart_it_is_a_guess_of_low_confidence() {
    let (id, secret) = key(2);
    let files = folder(&[("a/b/app.rb", id_line(&id)), ("x/y/.env", secret_line(&secret))]);
    let report = scan(files.path());
    assert_eq!((pairs(&report).len(), report.findings[0].confidence), (1, Confidence::Low));
    // With another one that it could be, it is not even that.
    std::fs::write(files.path().join("other.rb"), id_line(&key(3).0)).unwrap();
    let report = scan(files.path());
    assert_eq!((pairs(&report), report.findings.len()), (vec![], 3));
}

#[test]
fn a_secret_that_says_nothing_of_aws_counts_by_its_looks() {
    let (id, secret) = key(4);
    let files = folder(&[("ids", id_line(&id)), ("keys", format!("client_secret: \"{secret}\"\n"))]);
    let report = scan(files.path());
    assert_eq!(pairs(&report), [(id, secret)]);
    assert_eq!(report.findings[0].rule_id, "aws-secret-access-key");
}

#[test]
fn each_id_and_each_secret_is_used_once_and_the_others_are_listed() {
    let (one, two, three) = (key(5), key(6), key(7));
    // The second secret stands in the folder of the first id, and the third one beside nothing.
    let files = folder(&[
        ("a/id", id_line(&one.0)),
        ("a/secret", secret_line(&one.1)),
        ("a/other", secret_line(&two.1)),
        ("b/id", id_line(&two.0)),
        ("c/d/e/secret", secret_line(&three.1)),
    ]);
    let report = scan(files.path());
    let pairs = pairs(&report);
    assert_eq!((pairs.len(), &pairs[0].0), (1, &one.0));
    let pair = report.findings.iter().find(|finding| finding.tier == Tier::Pair).unwrap();
    assert_eq!(pair.confidence, Confidence::Low);
    let others = &pair.facts["other_candidates"];
    assert!(others.contains("secret at ") && others.matches(" at ").count() >= 1, "{others}");
    assert!(!others.contains(&two.1) && !others.contains(&one.1));
    assert_eq!(report.findings.len(), 4, "one pair, two secrets, one id");
}

#[test]
fn four_halves_of_two_keys_in_two_folders_find_their_own() {
    let (one, two) = (key(8), key(9));
    let files = folder(&[
        ("prod/id", id_line(&one.0)),
        ("prod/secret", secret_line(&one.1)),
        ("test/id", id_line(&two.0)),
        ("test/secret", secret_line(&two.1)),
    ]);
    let mut pairs = pairs(&scan(files.path()));
    let mut expected = vec![one, two];
    pairs.sort();
    expected.sort();
    assert_eq!(pairs, expected);
}

#[test]
fn what_has_its_partner_looks_for_no_other() {
    let (one, two) = (key(10), key(11));
    let files = folder(&[
        ("profile", keys::profile_of(&one.0, &one.1)),
        ("secret", secret_line(&two.1)),
        ("id", id_line(&one.0)),
        ("again", secret_line(&one.1)),
    ]);
    assert_eq!(pairs(&scan(files.path())), [one]);
}

#[test]
fn an_id_is_listed_however_often_its_secret_was_seen() {
    let (id, secret) = key(20);
    let mut files = vec![("a/id".to_owned(), id_line(&id))];
    files.extend((0..150).map(|n| (format!("a/{n}"), secret_line(&secret))));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (&name[..], text.clone())).collect();
    let report = scan(folder(&files).path());
    let [pair] = &report.findings[..] else { panic!("{} findings", report.findings.len()) };
    assert_eq!((pair.places.len(), pair.place_count), (100, 151));
    assert_eq!(pair.places.iter().filter(|place| !place.excerpt.hides()).count(), 1);
    assert!(pair.places.contains(&pair.primary) && pair.primary.excerpt.hides());
}

#[test]
fn a_crowd_is_told_apart_by_nothing_and_takes_no_time() {
    let mut random = Random::new(12);
    let ids: String = (0..3000).map(|_| id_line(&keys::key_id(&mut random)) + &"#\n".repeat(9)).collect();
    let secrets: String = (0..3000).map(|_| secret_line(&keys::secret(&mut random))).collect();
    let files = folder(&[("ids", ids), ("secrets", secrets)]);
    let report = scan(files.path());
    assert_eq!((pairs(&report).len(), report.findings.len()), (0, 6000));
}

/// An id that was committed first, a secret that came later, in another file, and was removed again.
fn committed(id: &str, secret: &str) -> Fixture {
    let fixture = Fixture::new();
    fixture.commit_file("deploy/ids.txt", id_line(id), "ids");
    fixture.commit_file("deploy/run.sh", secret_line(secret), "secret");
    fixture.commit_file("deploy/run.sh", "# nothing\n", "removed");
    fixture
}

#[test]
fn across_commits_of_a_history() {
    let (id, secret) = key(13);
    let fixture = committed(&id, &secret);
    let reports = [1, 2, 4].map(|threads| history(fixture.path(), super::support::run::How { threads, ..USUAL }));
    assert_eq!(pairs(&reports[0]), [(id, secret)]);
    let pair = &reports[0].findings[0];
    assert_eq!((reports[0].findings.len(), pair.confidence, pair.blob_count), (1, Confidence::Medium, 2));
    let exposure = pair.exposure.as_ref().unwrap();
    assert_eq!((exposure.in_head, exposure.removed.len()), (false, 1), "the life of the pair is that of its secret");
    assert!(reports.iter().all(|report| json(report) == json(&reports[0])), "whatever the number of threads");
}

#[test]
fn across_files_of_what_is_staged_and_of_a_range() {
    let (id, secret) = key(14);
    let fixture = Fixture::new();
    fixture.commit_file("readme", "nothing\n", "first");
    fixture.write("a/id", id_line(&id));
    fixture.write("a/secret", secret_line(&secret));
    fixture.git(&["add", "-A"]);
    let staged = Command::Staged { repo: fixture.path().to_path_buf(), whole_files: false, whole_index: false };
    assert_eq!(pairs(&run(staged, 1)), [(id.clone(), secret.clone())]);
    fixture.git(&["rm", "-q", "--cached", "a/secret"]);
    fixture.git(&["commit", "-q", "-m", "id"]);
    fixture.commit("secret");
    let range = Command::Range { repo: fixture.path().to_path_buf(), spec: "HEAD~2..HEAD".into() };
    assert_eq!(pairs(&run(range, 2)), [(id, secret)]);
}

#[test]
fn one_key_has_one_fingerprint_in_one_file_and_in_two() {
    let (id, secret) = key(15);
    let two = folder(&[("id", id_line(&id)), ("secret", secret_line(&secret))]);
    let one = folder(&[("both", keys::profile_of(&id, &secret))]);
    let print = |folder: &Path| scan(folder).findings[0].fingerprint.clone();
    assert_eq!(print(two.path()), print(one.path()));
}

#[test]
fn a_guess_that_is_too_unsure_leaves_both_as_they_are() {
    let (id, secret) = key(16);
    let files = folder(&[("a/b/app.rb", id_line(&id)), ("x/y/.env", secret_line(&secret))]);
    let report = program(files.path(), ["scan", "--format", "json", "--min-confidence", "medium"]).report();
    let tiers: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["tier"].as_str().unwrap()).collect();
    assert_eq!(tiers, ["secret", "identifier"]);
}

#[test]
fn a_password_of_mail_is_tied_to_the_key_that_it_comes_from() {
    let (id, secret) = key(18);
    let password = keysift::aws::ses::version_4(secret.as_bytes(), "eu-west-1");
    let other = keysift::aws::ses::version_4(key(19).1.as_bytes(), "eu-west-1");
    let files = folder(&[
        ("keys", keys::profile_of(&id, &secret)),
        ("mail/smtp.env", format!("SMTP_HOST=email-smtp.eu-west-1.amazonaws.com\nSMTP_PASSWORD={password}\n")),
        ("other/smtp.env", format!("SMTP_HOST=email-smtp.eu-west-1.amazonaws.com\nSMTP_PASSWORD={other}\n")),
    ]);
    let report = scan(files.path());
    let of = |text: &str| super::support::run::finding_of(&report, text);
    assert_eq!(of(&password).facts["derived_from"], format!("{id} (eu-west-1)"));
    assert_eq!(of(&secret).facts["ses_smtp_password"], format!("{} (eu-west-1)", of(&password).fingerprint));
    assert!(!of(&other).facts.contains_key("derived_from"));
}

#[test]
fn a_dangling_secret_belongs_to_the_only_id() {
    let (id, secret) = key(17);
    let fixture = Fixture::new();
    fixture.commit_file("id", id_line(&id), "id");
    fixture.write("lost", secret_line(&secret));
    git(fixture.path(), 0, &["hash-object", "-w", "lost"]);
    assert_eq!(pairs(&history(fixture.path(), USUAL)), [(id, secret)]);
}
