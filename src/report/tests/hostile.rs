//! Names and text made by an enemy stay text in every format.

use super::{sample, written};
use crate::error::{Gap, GapKind};
use crate::finding::Report;
use crate::origin::Origin;
use crate::report::escape::{is_hostile, unpercent};
use crate::report::{Format, Options, Verbosity};
use serde_json::Value;

const TEXT: &str = "a\u{1b}]0;owned\u{7}\u{202e}gpj\r\n\u{9b}2J\0\u{2028}\"<script>[x](http://x){0}\u{e0041}\u{200b}";

fn path() -> Vec<u8> {
    [TEXT.as_bytes(), b"/\xff\xc0%41#?.txt"].concat()
}

fn report() -> Report {
    let mut report = sample::history();
    for finding in &mut report.findings {
        finding.primary.origin = Origin::Commit { commit: sample::oid("1a"), path: path(), blob: sample::oid("b1") };
        finding.primary.excerpt.text = format!("{TEXT}***{TEXT}");
        finding.primary.excerpt.mark = (TEXT.len(), TEXT.len() + 3);
        finding.places = vec![finding.primary.clone(), sample::in_commit("2b", &path(), 1)];
        finding.description = TEXT.to_owned();
        finding.rule_id = TEXT.to_owned();
        finding.fingerprint = TEXT.to_owned();
        finding.facts.insert(TEXT.to_owned(), TEXT.to_owned());
        let exposure = finding.exposure.as_mut().unwrap();
        exposure.refs = vec![TEXT.to_owned()];
        exposure.introduced = vec![sample::event("1a", TEXT, i64::MAX, &path())];
        exposure.introduced[0].commit.summary = TEXT.to_owned();
        exposure.removed = exposure.introduced.clone();
    }
    report.gaps.push(Gap { kind: GapKind::File, what: TEXT.to_owned(), why: TEXT.to_owned() });
    report.receipt.skipped.insert(TEXT.to_owned(), 1);
    report.target = TEXT.to_owned();
    report
}

#[test]
fn nothing_steers_the_terminal() {
    // SonarQube is not told of what lies in the history only, which is all that this report has.
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Sonarqube) {
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            let text = written(format, &report(), &Options { verbosity, ..Options::default() });
            let steering = text.chars().find(|&character| character != '\n' && is_hostile(character));
            assert_eq!(steering, None, "{format:?}");
            assert!(text.contains("gpj"), "{format:?}: the name is still told");
        }
    }
}

#[test]
fn json_keeps_the_text_and_the_bytes() {
    let text = written(Format::Json, &report(), &Options::default());
    let value: Value = serde_json::from_str(&text).unwrap();
    let location = &value["findings"][0]["location"];
    assert_eq!(location["path"], String::from_utf8_lossy(&path()).as_ref());
    assert_eq!(unpercent(location["path_bytes"].as_str().unwrap()), path());
    assert_eq!(value["findings"][0]["exposure"]["introduced"][0]["author"], TEXT);
    assert_eq!(value["gaps"][2]["what"], TEXT);
}

#[test]
fn a_line_of_jsonl_stays_one_line() {
    let report = report();
    let text = written(Format::Jsonl, &report, &Options::default());
    assert_eq!(text.lines().count(), report.findings.len() + report.gaps.len() + 1);
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn sarif_paths_are_uris_and_messages_hold_no_links() {
    let text = written(Format::Sarif, &report(), &Options::default());
    let value: Value = serde_json::from_str(&text).unwrap();
    let run = &value["runs"][0];
    let result = &run["results"][0];
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
    // The `/` in the text make `//`, which a URI path does not keep.
    assert_eq!(
        unpercent(uri),
        path().iter().copied().fold(Vec::new(), |mut kept, byte| {
            if byte != b'/' || kept.last() != Some(&b'/') {
                kept.push(byte);
            }
            kept
        })
    );
    for message in
        [&result["message"]["text"], &run["invocations"][0]["toolExecutionNotifications"][2]["message"]["text"]]
    {
        let message = message.as_str().unwrap();
        assert!(message.contains("\\[x\\](http://x){{0}}") && !message.replace("\\[", "").contains('['));
    }
}
