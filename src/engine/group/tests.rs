use super::*;
use crate::error::GapKind;
use crate::finding::{CommitInfo, Confidence, CredentialIndex, Event, Excerpt, Reachable};
use crate::origin::{Oid, Origin, Place};
use crate::rule::model::RuleFile;
use crate::secret::Secret;
use std::cell::Cell;

/// Two rules: `low` has path conditions, `high` is more severe.
fn rules() -> RuleSet {
    let text = r#"
        [[rule]]
        id = "low"
        description = "Low"
        severity = "low"
        tier = "generic"
        prefixes = ["low_"]
        regex = "low_[a-z]+"
        paths = ["**/*.env", "*.env"]
        not_paths = ["test/**"]
        [[rule]]
        id = "high"
        description = "High"
        severity = "high"
        prefixes = ["high_"]
        regex = "high_[a-z]+"
    "#;
    let file: RuleFile = toml::from_str(text).unwrap();
    RuleSet::from_texts(file.rules.into_iter().map(|rule| rule.into_inner()).collect()).unwrap()
}

struct World {
    rules: RuleSet,
    credentials: Credentials,
    harvest: Harvest,
}

impl World {
    fn new() -> Self {
        Self { rules: rules(), credentials: Credentials::default(), harvest: Harvest::default() }
    }

    fn credential(&self, rule: &str, parts: &[(PartKind, &str)]) -> CredentialIndex {
        let rule = self.rules.iter().find(|(_, r)| r.text.id == rule).expect("one of the two").0;
        let parts = parts.iter().map(|(kind, text)| (*kind, Secret::new(text.as_bytes()))).collect();
        self.credentials.intern(Credential { rule, parts })
    }

    fn secret(&self, rule: &str, text: &str) -> CredentialIndex {
        self.credential(rule, &[(PartKind::Secret, text)])
    }

    fn see(&mut self, credential: CredentialIndex, origin: Origin, line: u32, confidence: Confidence) {
        let place = Place { line, column: 1, end_line: line, end_column: 9, column_utf16: 1, end_column_utf16: 9 };
        let excerpt = Excerpt::default();
        self.harvest.sightings.push(Sighting {
            origin,
            place,
            credential,
            confidence,
            excerpt,
            line_hash: None,
            allowed: None,
        });
    }

    fn see_file(&mut self, credential: CredentialIndex, path: &str, line: u32) {
        self.see(credential, file(path), line, Confidence::High);
    }

    fn group(mut self) -> Vec<Finding> {
        let policy = nobody();
        group(&mut self.harvest, &self.credentials, &self.rules, policy, Salt::fixed).0
    }
}

fn file(path: &str) -> Origin {
    Origin::File { path: path.into() }
}

fn oid(byte: u8) -> Oid {
    Oid::Sha1([byte; 20])
}

fn places(finding: &Finding) -> Vec<(String, u32)> {
    let path = |s: &Sighting| String::from_utf8_lossy(s.origin.path().unwrap_or(b"-")).into_owned();
    finding.places.iter().map(|s| (path(s), s.place.line)).collect()
}

#[test]
fn one_finding_for_each_credential_with_its_places_in_order() {
    let mut world = World::new();
    let (a, b) = (world.secret("high", "a"), world.secret("high", "b"));
    world.see_file(a, "z", 1);
    world.see_file(b, "m", 7);
    world.see_file(a, "c", 9);
    world.see_file(a, "c", 2);
    let findings = world.group();
    assert_eq!(findings.len(), 2);
    assert_eq!(places(&findings[0]), [("c".into(), 2), ("c".into(), 9), ("z".into(), 1)]);
    assert_eq!((findings[0].place_count, findings[0].primary.place.line), (3, 2));
    assert_eq!(places(&findings[1]), [("m".into(), 7)]);
    assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
}

/// Threads intern credentials in any order; the report must not show it.
#[test]
fn the_order_of_discovery_does_not_matter() {
    let seen = [("high", "a", "x", 3), ("low", "b", "x.env", 1), ("high", "c", "x", 2), ("high", "a", "w", 5)];
    let told = |order: &[usize]| {
        let mut world = World::new();
        for &i in order {
            let (rule, text, path, line) = seen[i];
            let credential = world.secret(rule, text);
            world.see_file(credential, path, line);
        }
        world.group().iter().map(|f| (f.rule_id.clone(), f.fingerprint.clone(), places(f))).collect::<Vec<_>>()
    };
    let first = told(&[0, 1, 2, 3]);
    assert_eq!(first.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["high", "high", "low"]);
    assert_eq!(first[0].2, [("w".to_string(), 5), ("x".to_string(), 3)]);
    for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        assert_eq!(told(&order), first);
    }
}

#[test]
fn a_pair_is_critical_whatever_its_rule_says() {
    let mut world = World::new();
    let pair = world.credential("low", &[(PartKind::KeyId, "id"), (PartKind::Secret, "s")]);
    let session = world.credential("low", &[(PartKind::KeyId, "id"), (PartKind::SessionToken, "t")]);
    let secret = world.secret("high", "s");
    world.see_file(secret, "a.env", 1);
    world.see_file(pair, "b.env", 1);
    world.see_file(session, "c.env", 1);
    let told: Vec<_> = world.group().iter().map(|f| (f.tier, f.severity)).collect();
    assert_eq!(
        told,
        [(Tier::Pair, Severity::Critical), (Tier::Secret, Severity::High), (Tier::Generic, Severity::Low)]
    );
}

#[test]
fn path_conditions_drop_places_and_then_credentials() {
    let mut world = World::new();
    let (kept, dropped, pathless) = (world.secret("low", "a"), world.secret("low", "b"), world.secret("low", "c"));
    world.see_file(kept, "src/x.env", 1);
    world.see_file(kept, "test/x.env", 2);
    world.see_file(kept, "src/x.txt", 3);
    world.see_file(dropped, "test/y.env", 1);
    // A condition on paths says nothing of content that has none.
    world.see(pathless, Origin::Stdin, 1, Confidence::High);
    let findings = world.group();
    assert_eq!(findings.iter().map(places).collect::<Vec<_>>(), [[("src/x.env".into(), 1)], [("-".into(), 1)]]);
    assert_eq!(findings[0].place_count, 1);
}

#[test]
fn the_surest_sighting_counts_and_doubles_do_not() {
    let mut world = World::new();
    let it = world.secret("high", "a");
    world.see(it, file("a"), 1, Confidence::Low);
    world.see(it, file("a"), 1, Confidence::High);
    world.see(it, file("b"), 1, Confidence::Medium);
    world.harvest.unlisted.insert(it, 40);
    let findings = world.group();
    assert_eq!((findings[0].confidence, findings[0].place_count), (Confidence::High, 42));
    let each: Vec<_> = findings[0].places.iter().map(|p| p.confidence).collect();
    assert_eq!(each, [Confidence::High, Confidence::Medium]);
}

fn event(commit: u8, path: &str) -> Event {
    let commit = CommitInfo { id: oid(commit), author: String::new(), time: 0, offset: 0, summary: String::new() };
    Event { commit, path: path.into(), line: 1, blob: oid(9) }
}

fn commit(commit: u8, path: &str) -> Origin {
    Origin::Commit { commit: oid(commit), path: path.into(), blob: oid(9) }
}

fn exposure(introduced: Vec<Event>) -> Exposure {
    Exposure {
        introduced,
        removed: Vec::new(),
        in_head: true,
        head: Vec::new(),
        refs: Vec::new(),
        ref_count: 0,
        commit_count: 1,
        path_count: 1,
        reachable: Reachable::Ref,
    }
}

#[test]
fn a_history_shows_the_first_introduction_even_far_down_the_list() {
    let mut world = World::new();
    let it = world.secret("high", "a");
    for line in 1..=200 {
        world.see(it, commit(1, "a"), line, Confidence::High);
    }
    world.see(it, commit(2, "b"), 1, Confidence::High);
    world.see(it, commit(2, "c"), 1, Confidence::High);
    world.harvest.exposures.insert(it, exposure(vec![event(2, "c"), event(1, "a")]));
    let finding = &world.group()[0];
    assert_eq!(finding.primary.origin, commit(2, "c"));
    assert_eq!((finding.places.len(), finding.place_count), (PLACES_SHOWN, 202));
    assert!(finding.places.contains(&finding.primary));
    assert!(finding.places.is_sorted());
}

#[test]
fn excluded_paths_are_no_introductions() {
    let mut world = World::new();
    let it = world.secret("low", "a");
    world.see(it, commit(1, "test/x.env"), 1, Confidence::High);
    world.see(it, commit(2, "src/x.env"), 1, Confidence::High);
    world.harvest.exposures.insert(it, exposure(vec![event(1, "test/x.env"), event(2, "src/x.env")]));
    let finding = &world.group()[0];
    assert_eq!(finding.primary.origin, commit(2, "src/x.env"));
    assert_eq!(finding.exposure.as_ref().map(|e| e.introduced.len()), Some(1));
}

#[test]
fn the_salt_is_looked_for_once_and_only_for_findings() {
    let asked = Cell::new(0);
    let salt = || {
        asked.set(asked.get() + 1);
        Salt::fixed()
    };
    let mut world = World::new();
    assert!(group(&mut world.harvest, &world.credentials, &world.rules, nobody(), salt).0.is_empty());
    assert_eq!(asked.get(), 0);
    let (a, b) = (world.secret("high", "a"), world.secret("high", "b"));
    world.see_file(a, "a", 1);
    world.see_file(b, "b", 1);
    group(&mut world.harvest, &world.credentials, &world.rules, nobody(), salt);
    assert_eq!(asked.get(), 1);
}

#[test]
fn findings_above_the_limit_are_the_least_severe_ones() {
    let mut world = World::new();
    for text in ["a", "b", "c"] {
        let high = world.secret("high", text);
        world.see_file(high, text, 1);
        let low = world.secret("low", text);
        world.see_file(low, "x.env", 1);
    }
    let mut findings = world.group();
    let gap = crate::engine::cut(&mut findings, 4).expect("two are left out");
    assert_eq!(gap.kind, GapKind::Limit);
    assert!(gap.why.starts_with("2 more"), "{}", gap.why);
    assert_eq!(findings.iter().filter(|f| f.rule_id == "high").count(), 3);
    assert_eq!(findings.len(), 4);
    assert_eq!(crate::engine::cut(&mut findings, 4), None);
}

/// Nothing is left out.
fn nobody() -> Policy<'static> {
    static NONE: std::sync::LazyLock<Allowances> = std::sync::LazyLock::new(Allowances::default);
    Policy { allow: &NONE, baseline: None }
}
