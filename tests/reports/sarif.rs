//! SARIF before Microsoft's validator, and line hashes beside a second implementation.

use crate::audit::{self, Audit, WIDE, read};
use crate::support::git::Fixture;
use crate::support::keys;
use crate::support::program::{end, run};
use crate::support::random::Random;
use crate::support::tools;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the validator with GitHub's rules, too, and gives all that it has to say of the weight of a warning. It takes its
/// time to start, so it gets all files at once.
fn complaints(files: &[PathBuf]) -> Vec<String> {
    let out = files[0].with_extension("validated");
    let mut validator = Command::new(tools::sarif_validator());
    validator.arg("validate").args(files);
    validator.args(["--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "-o"]).arg(&out);
    // Without a library of all the world's languages it runs as well.
    let ended = end(validator.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"));
    let text = std::fs::read_to_string(&out).unwrap_or_else(|e| panic!("{e}\n{}{}", ended.out, ended.err));
    let log: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("the validator writes SARIF");
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains(&format!("{} files scanned", files.len())), "{}", ended.out);
    // What is left out has the level "warning".
    let heavy = |result: &&Value| !["note", "none"].contains(&result["level"].as_str().unwrap_or("warning"));
    let results = run["results"].as_array().cloned().unwrap_or_default();
    let tell = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        format!("{} {} {} {}", result["ruleId"], result["message"], place["artifactLocation"], place["region"])
    };
    results.iter().filter(heavy).map(tell).collect()
}

#[test]
fn microsofts_validator_has_no_complaint() {
    let audit = Audit::new();
    let report = audit.json();
    let mut clean = report.clone();
    clean["findings"] = Value::Array(Vec::new());
    let mut files = Vec::new();
    for (name, report) in [("audit", &report), ("clean", &clean), ("hostile", &audit::hostile(&report))] {
        let file = audit.path(&format!("{name}.sarif"));
        std::fs::rename(audit.convert(report, "sarif"), &file).unwrap();
        files.push(file);
    }
    // What a run writes itself has the rules that found nothing, too.
    for command in ["history", "scan"] {
        let file = audit.path(&format!("{command}.sarif"));
        let path = file.display().to_string();
        run(audit.fixture.path(), [command, ".", "--format", "sarif", "-o", &path]);
        files.push(file);
    }
    let fixture = lived_with();
    for how in ["mark", "omit"] {
        let file = audit.path(&format!("{how}.sarif"));
        let path = file.display().to_string();
        run(fixture.path(), ["history", "--format", "sarif", "--sarif-suppressed", how, "-o", &path]);
        files.push(file);
    }
    assert_eq!(complaints(&files), Vec::<String>::new());
}

#[test]
fn the_validator_would_complain() {
    let audit = Audit::new();
    let mut log: Value = serde_json::from_str(&audit.converted(&audit.json(), "sarif")).unwrap();
    log["runs"][0]["results"][0]["ruleIndex"] = serde_json::json!(77);
    let file = audit.write("broken.sarif", &log);
    assert_ne!(complaints(&[file]), Vec::<String>::new());
}

/// GitHub's `primaryLocationLineHash`, written down once more from its description: a rolling hash of the hundred UTF-16
/// units from the line's start on, blanks left out, with `:1` for the first such line, `:2` for the next.
fn hash_of_line(content: &str, wanted: usize) -> String {
    const WINDOW: usize = 100;
    let unified = content.replace("\r\n", "\n").replace('\r', "\n");
    let mut seen = std::collections::HashMap::new();
    for (number, line) in (1..).zip(unified.split_inclusive('\n')) {
        let start = line.as_ptr() as usize - unified.as_ptr() as usize;
        let units = unified[start..].encode_utf16().filter(|unit| ![0x20, 0x09].contains(unit));
        let padded = units.chain([65535]).chain(std::iter::repeat(0));
        let hash = padded.take(WINDOW).fold(0_u64, |hash, unit| hash.wrapping_mul(37).wrapping_add(u64::from(unit)));
        let count = seen.entry(hash).and_modify(|count| *count += 1).or_insert(1);
        if number == wanted {
            return format!("{hash:x}:{count}");
        }
    }
    panic!("there is no line {wanted}")
}

#[test]
fn line_hashes_and_columns_are_githubs() {
    let audit = Audit::new();
    let log: Value = serde_json::from_str(&audit.converted(&audit.json(), "sarif")).unwrap();
    let mut compared = 0;
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        if result["properties"]["inHead"] == true {
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            let bytes = unpercent(uri);
            let content = read(&audit.fixture.join(String::from_utf8(bytes).unwrap()));
            let line = place["region"]["startLine"].as_u64().unwrap() as usize;
            assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], hash_of_line(&content, line), "{uri}");
            compared += 1;
            if uri.ends_with(".env") {
                let text = content.lines().nth(line - 1).unwrap();
                let start = place["region"]["startColumn"].as_u64().unwrap() as usize;
                let before: Vec<u16> = text.encode_utf16().take(start - 1).collect();
                assert!(String::from_utf16(&before).unwrap().starts_with(WIDE), "{text}: {start}");
                let marked: Vec<u16> = text.encode_utf16().skip(start - 1).take(20).collect();
                let marked = String::from_utf16(&marked).unwrap();
                let is_secret = audit.secrets.iter().any(|secret| secret.starts_with(&marked));
                assert!(is_secret || marked.starts_with("AKIA"), "the column leads to the key: {marked}");
            }
        }
    }
    assert!(compared >= 3, "{compared} places of HEAD");
}

fn unpercent(uri: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = uri.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) => {
                bytes.push(u8::from_str_radix(&String::from_utf8_lossy(&[*a, *b]), 16).unwrap());
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

#[test]
fn the_scope_is_chosen_on_the_command_line() {
    let audit = Audit::new();
    let count = |scope: &str| {
        let ended = run(audit.fixture.path(), ["history", "--format", "sarif", "--sarif-scope", scope]);
        let log: Value = serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {}", ended.err));
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let in_head = results.iter().filter(|result| result["properties"]["inHead"] == true).count();
        (results.len(), in_head)
    };
    let (all, head) = (count("all"), count("head"));
    assert_eq!(head, (all.1, all.1));
    assert!(all.0 > all.1, "two credentials are in the history only: {all:?}");
}

/// The secrets here are noise, so that packing cannot make them small: more than GitHub takes goes to a second file.
#[test]
fn a_report_beyond_githubs_size_goes_to_several_files() {
    let audit = Audit::new();
    let mut report = audit::many(&audit.json(), 60);
    let random = &mut Random::new(3);
    for finding in report["findings"].as_array_mut().unwrap() {
        let noise: String = random.bytes(200_000).iter().map(|byte| format!("{byte:02x}")).collect();
        finding["facts"] = serde_json::json!({ "noise": noise });
    }
    let first = audit.convert(&report, "sarif");
    let second = audit.path("out.2.sarif");
    let results = |path: &Path| {
        let log: Value = serde_json::from_str(&read(path)).unwrap();
        log["runs"][0]["results"].as_array().unwrap().len()
    };
    assert!(first.exists() && second.exists());
    assert_eq!(results(&first) + results(&second), 60, "nothing is lost or told twice");
    assert!(!audit.path("out.3.sarif").exists());
    let category = |path: &Path| {
        let log: Value = serde_json::from_str(&read(path)).unwrap();
        log["runs"][0]["automationDetails"]["id"].clone()
    };
    assert_eq!(
        (category(&first), category(&second)),
        (Value::Null, "keysift/file-2/".into()),
        "one must not replace the other"
    );
    // A report that fits into one file leaves no part of the one before beside it, and nobody else's file is touched.
    let third = audit.path("out.3.sarif");
    std::fs::copy(&second, &third).unwrap();
    audit.convert(&audit.json(), "sarif");
    assert!(!second.exists(), "it would be read as a part of the new report");
    assert!(third.exists(), "that is no third part of any report");
    std::fs::write(&second, "{}").unwrap();
    audit.convert(&audit.json(), "sarif");
    assert!(second.exists());
}

/// A repository with a marker, an allow-list and a baseline, each of which leaves one of four credentials out. Of the
/// baseline's entries one is judged real, and one is gone.
fn lived_with() -> Fixture {
    let (fixture, random) = (Fixture::new(), &mut Random::new(23));
    fixture.commit_file("recorded.cfg", keys::profile(random), "recorded");
    fixture.commit_file("real.cfg", keys::profile(random), "real");
    let created = run(fixture.path(), ["baseline", "create", "--reason", "from [before] {0}"]);
    assert_eq!(created.code, Some(0), "{}", created.err);
    let file = fixture.join(".keysift-baseline");
    let mut text = read(&file).replace("real.cfg", "real.cfg as=real");
    text += &format!("ks1:{} aws-secret-access-key gone.cfg\n", "f".repeat(32));
    std::fs::write(file, text).unwrap();
    fixture.write(".keysift.toml", "[[allow]]\nreason = \"fixtures\"\npaths = [\"listed.cfg\"]\n");
    fixture.commit_file("listed.cfg", keys::profile(random), "listed");
    fixture.commit_file("new.cfg", keys::profile(random), "new");
    let marked: String = keys::profile(random).lines().map(|line| format!("{line} # keysift:allow a test\n")).collect();
    fixture.commit_file("marked.cfg", marked, "marked");
    fixture
}

#[test]
fn what_is_left_out_is_told_as_suppressed_and_seen_against_the_baseline() {
    let fixture = lived_with();
    let (marked, omitted) = (fixture.join("marked.sarif"), fixture.join("omitted.sarif"));
    for (how, file) in [("mark", &marked), ("omit", &omitted)] {
        let path = file.display().to_string();
        let ended = run(fixture.path(), ["history", "--format", "sarif", "--sarif-suppressed", how, "-o", &path]);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
    }
    let results = |file: &Path| {
        let log: Value = serde_json::from_str(&read(file)).unwrap();
        let all = log["runs"][0]["results"].as_array().unwrap().clone();
        let place = |result: &Value| {
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let why = &result["suppressions"][0];
            [uri, &result["baselineState"], &why["kind"], &why["justification"]]
                .map(|value| value.as_str().unwrap_or("-").to_owned())
                .join(" ")
        };
        let mut told: Vec<String> = all.iter().map(place).collect();
        told.sort();
        told
    };
    assert_eq!(
        results(&marked),
        [
            "listed.cfg new external fixtures",
            "marked.cfg new inSource a test",
            "new.cfg new - -",
            "real.cfg unchanged - -",
            "recorded.cfg unchanged external from [before] {0}",
        ]
    );
    assert_eq!(results(&omitted), ["new.cfg new - -", "real.cfg unchanged - -"]);
    // What a report says survives being converted.
    let json = run(fixture.path(), ["history", "--format", "json=report.json"]);
    assert_eq!(json.code, Some(1), "{}", json.err);
    run(fixture.path(), ["report", "convert", "report.json", "--format", "sarif=converted.sarif"]);
    assert_eq!(results(&fixture.join("converted.sarif")), results(&marked));
}
