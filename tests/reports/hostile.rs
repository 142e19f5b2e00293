//! Report files from strangers: truncated, huge, deep, of another kind. Each is refused with a sentence, or survived.

use crate::audit::{Audit, hostile};
use crate::support::program::{Ended, run};
use serde_json::{Value, json};

const COMMANDS: [&[&str]; 3] = [&["convert"], &["merge"], &["blobs"]];

fn refused(ended: &Ended, what: &str, expected: &str) {
    assert_eq!(ended.code, Some(2), "{what}: {}{}", ended.out, ended.err);
    assert_eq!(ended.out, "", "{what}");
    assert!(ended.err.contains(expected) && ended.err.contains("bad.json"), "{what}: {}", ended.err);
    assert!(!ended.err.contains("panicked") && ended.err.lines().count() <= 2, "{what}: {}", ended.err);
}

#[test]
fn what_is_no_report_is_refused_with_a_sentence() {
    let audit = Audit::new();
    let report = audit.json();
    let whole = report.to_string();
    let with = |pointer: &str, value: Value| {
        let mut report = report.clone();
        *report.pointer_mut(pointer).expect(pointer) = value;
        report.to_string()
    };
    let deep = format!("{{\"schema\":\"keysift-report/1\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (what, bytes, expected) in [
        ("empty", String::new(), "not a JSON report"),
        ("truncated", whole[..whole.len() / 2].to_owned(), "not a JSON report"),
        ("text", "keysift".to_owned(), "not a JSON report"),
        ("deep", deep, "line 1"),
        ("a list", "[]".to_owned(), "report"),
        ("other JSON", "{\"runs\": []}".to_owned(), "no keysift report"),
        ("a later version", with("/schema", json!("keysift-report/2")), "use a newer keysift"),
        ("a schema that is a number", with("/schema", json!(1)), "report"),
        ("a huge line", with("/findings/0/location/line", json!(u64::MAX)), "does not fit"),
        ("a negative count", with("/receipt/seen", json!(-1)), "does not fit"),
        ("a fraction", with("/receipt/seen", json!(1.5)), "does not fit"),
        ("an exponent", whole.replacen("\"seen\":", "\"seen\":1e400,\"x\":", 1), "report"),
        ("an unknown severity", with("/findings/0/severity", json!("awful")), "does not fit"),
        ("a text for a list", with("/findings", json!("many")), "does not fit"),
        ("a missing part", whole.replacen("\"rule_id\"", "\"rule\"", 1), "does not fit"),
    ] {
        let path = audit.path("bad.json");
        std::fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        for command in COMMANDS {
            refused(&run(audit.fixture.path(), [&["report"], command, &[&path]].concat()), what, expected);
        }
        refused(&run(audit.fixture.path(), ["report", "diff", &path, &path]), what, expected);
    }
    let missing = audit.path("nowhere/bad.json").display().to_string();
    refused(&run(audit.fixture.path(), ["report", "convert", &missing]), "missing", "cannot read the report");
}

/// Numbers that mean nothing do not overflow, and no text steers a terminal, in any format.
#[test]
fn nonsense_that_fits_the_schema_is_survived() {
    let audit = Audit::new();
    let mut report = hostile(&audit.json());
    for (count, finding) in report["findings"].as_array_mut().unwrap().iter_mut().enumerate() {
        for place in ["/location", "/origins/0"] {
            for field in ["line", "column", "end_line", "end_column"] {
                *finding.pointer_mut(&format!("{place}/{field}")).unwrap() = json!([0, u32::MAX][count % 2]);
            }
        }
        finding["place_count"] = json!(usize::MAX);
        finding["blob_count"] = json!(usize::MAX);
        finding["excerpt"]["start"] = json!(usize::MAX);
        finding["exposure"]["ref_count"] = json!(usize::MAX);
        finding["exposure"]["commit_count"] = json!(usize::MAX);
    }
    for count in ["seen", "scanned", "bytes", "commits", "duration_ms"] {
        report["receipt"][count] = json!(u64::MAX);
    }
    let path = audit.write("bad.json", &report).display().to_string();
    for format in
        ["human", "json", "jsonl", "sarif", "html", "csv", "junit", "gitlab", "sonarqube", "github", "markdown"]
    {
        let ended = run(audit.fixture.path(), ["report", "merge", &path, &path, "--format", format]);
        assert_eq!(ended.code, Some(0), "{format}: {}", ended.err);
        let steering =
            ended.out.chars().find(|one| one.is_control() && *one != '\n' || "\u{202e}\u{200b}".contains(*one));
        assert_eq!(steering, None, "{format}");
    }
    let ended = run(audit.fixture.path(), ["report", "blobs", &path]);
    assert_eq!(ended.code, Some(3), "the list is not whole: {}", ended.err);
    assert_eq!(run(audit.fixture.path(), ["report", "diff", &path, &path]).code, Some(0));
}
