//! The file format, and what an entry allows.

use super::*;

const A: &str = "ks1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "ks1:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const KEY: &str = "1111111111111111111111111111111111111111";

fn parse(lines: &str) -> Result<Baseline> {
    Baseline::parse("b", &format!("# keysift baseline 1, key {KEY}\n{lines}"), "2026-11-23")
}

fn entry(fingerprint: &str, path: &[u8]) -> Entry {
    Entry {
        fingerprint: fingerprint.into(),
        rule_id: "r".into(),
        path: path.into(),
        verdict: Some(Verdict::Test),
        owner: Some("Jane Doe".into()),
        halves: vec![A.into(), A.into()],
        expires: Some("2027-01-31".into()),
        reason: "a fixture".into(),
        line: 2,
    }
}

#[test]
fn what_is_written_is_read_again_whatever_a_path_holds() {
    for path in [&b"a/b c.env"[..], b"", b"-", b"x\n# y%41\xff", "é".as_bytes()] {
        let mut baseline = Baseline::new("b", Oid::from_hex(KEY.as_bytes()).ok(), "2026-11-23");
        baseline.entries.insert(A.into(), entry(A, path));
        let text = baseline.text();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_eq!(Baseline::parse("b", &text, "2026-11-23").unwrap(), baseline, "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_line() {
    let error = |lines: &str| parse(lines).expect_err(lines).to_string();
    assert!(error("\nks1:12 r -").starts_with("b:3: expected a fingerprint"));
    assert!(error(&format!("{A} r - as=tset")).contains("did you mean `test`?"));
    assert!(error(&format!("{A} r - expires=soon")).contains("such as 2027-01-31"));
    assert!(error(&format!("{A} r - onwer=x")).contains("did you mean `owner`?"));
    assert!(error("<<<<<<< ours").contains("merge conflict"));
    assert!(Baseline::parse("b", &format!("{A} r -"), "").unwrap_err().to_string().contains("before the first entry"));
}

#[test]
fn entries_expire_and_real_ones_allow_nothing() {
    let allows = |fields: &str| parse(&format!("{A} r - {fields}")).unwrap().allows(A).is_some();
    assert!(allows("") && allows("as=false") && allows("as=later expires=2026-11-24"));
    assert!(!allows("expires=2026-11-23") && !allows("as=real") && !allows("as=marked"));
    assert!(parse("").unwrap().allows(A).is_none());
}

#[test]
fn of_two_lines_for_one_credential_the_stricter_one_holds() {
    for lines in [format!("{A} r - as=real\n{A} r - as=false"), format!("{A} r - as=false\n{A} r - as=real")] {
        assert_eq!(parse(&lines).unwrap().entries[A].verdict, Some(Verdict::Real));
    }
    let lines = format!("{A} r -\n{A} r - expires=2026-01-01\n{A} r - expires=2029-01-01");
    assert_eq!(parse(&lines).unwrap().entries[A].expires.as_deref(), Some("2026-01-01"));
}

#[test]
fn a_marker_speaks_of_the_recorded_values_once_there_are_some() {
    let baseline = parse(&format!("{A} r file as=marked")).unwrap();
    let at = |path: &'static str| BTreeSet::from([path.as_bytes()]);
    assert!(baseline.trusts_marker(A, "r", &at("file")));
    assert!(baseline.trusts_marker(A, "r", &at("renamed")));
    assert!(!baseline.trusts_marker(B, "r", &at("file")), "a new secret on an allowed line");
    assert!(baseline.trusts_marker(B, "r", &at("another")));
    assert!(baseline.trusts_marker(B, "other-rule", &at("file")));
}
