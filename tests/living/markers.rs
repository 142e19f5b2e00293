//! Markers beside a credential.

use super::support::git::Fixture;
use super::support::keys;
use super::support::program::run;
use super::support::random::Random;
use super::{counts, list, report, well};

/// A profile whose secret has `comment` behind it.
fn marked(id: &str, secret: &str, comment: &str) -> String {
    keys::profile_of(id, secret).replace(secret, &format!("{secret}  # {comment}"))
}

#[test]
fn a_marker_on_the_secret_is_enough_and_is_listed_with_its_reason() {
    let mut random = Random::new(71);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let fixture = Fixture::new();
    fixture.commit_file("a", marked(&id, &secret, "keysift:allow made up for a test"), "first");
    for arguments in [&["scan"][..], &["history"], &["staged", "--whole-files"]] {
        let (found, left_out) = counts(fixture.path(), arguments);
        assert_eq!(found, 0, "{arguments:?}");
        assert_eq!(left_out > 0, arguments[0] != "staged", "{arguments:?}");
    }
    let report = report(fixture.path(), &["scan"]);
    let left_out = &list(&report, "suppressions")[0];
    assert_eq!((left_out["by"].as_str(), left_out["source"].as_str()), (Some("marker"), Some("keysift:allow")));
    assert_eq!(left_out["reason"], "made up for a test");
    assert_eq!(counts(fixture.path(), &["scan", "--no-markers"]), (1, 0));
    assert!(!run(fixture.path(), ["scan", "--format", "json"]).out.contains(&secret));
}

#[test]
fn a_place_without_a_marker_is_reported() {
    let mut random = Random::new(72);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let fixture = Fixture::new();
    fixture.commit_file("a", marked(&id, &secret, "gitleaks:allow"), "first");
    assert_eq!(counts(fixture.path(), &["history"]), (0, 1));
    fixture.commit_file("b", keys::profile_of(&id, &secret), "second");
    assert_eq!(counts(fixture.path(), &["scan"]), (1, 1));
    // The marker goes and the credential stays: HEAD says what counts.
    fixture.git(&["rm", "--quiet", "b"]);
    fixture.commit_file("a", keys::profile_of(&id, &secret), "third");
    let (found, _) = counts(fixture.path(), &["history"]);
    assert_eq!(found, 1);
}

#[test]
fn once_a_baseline_has_recorded_the_value_a_new_one_beside_the_marker_is_found() {
    let mut random = Random::new(73);
    let fixture = Fixture::new();
    let comment = "keysift:allow";
    let mut profile = || marked(&keys::key_id(&mut random), &keys::secret(&mut random), comment);
    let (first, second) = (profile(), profile());
    fixture.commit_file("a", &first, "first");
    well(fixture.path(), &["baseline", "create"]);
    assert_eq!(counts(fixture.path(), &["scan"]), (0, 1));
    fixture.write("a", &second);
    assert_eq!(counts(fixture.path(), &["scan"]).0, 1, "the marker speaks of the first value");
    fixture.git(&["commit", "--quiet", "--all", "--message", "second"]);
    well(fixture.path(), &["baseline", "update"]);
    assert_eq!(counts(fixture.path(), &["scan"]), (0, 1));
}
