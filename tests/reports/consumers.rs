//! Every other format before a schema or a program that reads it: what went in must come across, and what somebody
//! planted must stay text.

use crate::audit::{Audit, HOSTILE, hostile, many, read};
use crate::support::program::{end, run};
use crate::support::tools;
use serde_json::{Value, json};
use std::process::Command;

/// What a reader of `format` understands of `report`.
fn consumed(audit: &Audit, report: &Value, format: &str) -> Value {
    let file = audit.convert(report, format);
    let mut reader = Command::new(tools::python("python"));
    let ended = end(reader.args(["tests/tools/consume.py", format]).arg(&file));
    assert_eq!(ended.code, Some(0), "{format}: {}\n{}", ended.err, read(&file));
    ended.report()
}

fn findings(report: &Value) -> &Vec<Value> {
    report["findings"].as_array().expect("a list")
}

/// The faults of `instance` by the schema in the file of this name.
fn faults(schema: &str, instance: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a sound schema");
    validator.iter_errors(instance).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

const NONE: Vec<String> = Vec::new();

#[test]
fn json_and_jsonl_fit_the_schema() {
    let audit = Audit::new();
    let schema = include_str!("../../docs/report.schema.json");
    for report in [audit.json(), hostile(&audit.json())] {
        assert_eq!(faults(schema, &report), NONE);
        let again: Value = serde_json::from_str(&audit.converted(&report, "json")).unwrap();
        assert_eq!(again, report, "a report comes back as it went");
        let lines = audit.converted(&report, "jsonl");
        let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut whole = lines.pop().unwrap();
        assert_eq!(whole["type"], "receipt");
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).cloned().collect::<Vec<_>>();
        let (found, gaps, suppressions) = (of("finding"), of("gap"), of("suppression"));
        whole["findings"] = json!(found);
        whole["gaps"] = json!(gaps);
        whole["suppressions"] = json!(suppressions);
        // A line says of what type it is; else it is what JSON has.
        assert_eq!(faults(schema, &whole), NONE);
        assert_eq!(found.len(), findings(&report).len());
    }
}

#[test]
fn junit_is_read_by_a_parser() {
    let audit = Audit::new();
    let report = hostile(&audit.json());
    let read = consumed(&audit, &report, "junit");
    let count = findings(&report).len();
    assert_eq!(read["told"], json!([[count + 1, count, 1]]));
    assert_eq!(read["tests"], json!(count + 1));
    assert_eq!(read["failures"].as_array().unwrap().len(), count);
    let message = read["failures"][0].as_str().unwrap();
    assert!(message.contains("<script>owned=1</script>]]>\"'`") && message.contains("&amp;"), "{message}");
    assert!(read["text"][0].as_str().unwrap().contains("Deactivate the key"));
    let mut clean = audit.json();
    clean["findings"] = json!([]);
    assert_eq!(consumed(&audit, &clean, "junit")["told"], json!([[1, 0, 0]]), "a clean run is a test that passed");
}

#[test]
fn csv_is_read_by_a_parser() {
    let audit = Audit::new();
    let plain = audit.json();
    let rows = consumed(&audit, &plain, "csv");
    let column = |name: &str| rows["rows"].as_array().unwrap().iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let field = |name: &str| findings(&plain).iter().map(|finding| finding[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("fingerprint"), field("fingerprint"));
    assert_eq!(column("severity"), field("severity"));
    assert_eq!(column("description"), field("description"));
    let hostile = consumed(&audit, &hostile(&plain), "csv");
    assert_eq!(hostile["formulas"], json!([]));
    let description = hostile["rows"][0]["description"].as_str().unwrap();
    assert!(description.starts_with("'=cmd|'/c x'!A1 <img"), "{description}");
}

#[test]
fn gitlab_and_sonarqube_fit_their_schemas() {
    let audit = Audit::new();
    for report in [audit.json(), hostile(&audit.json()), many(&audit.json(), 40)] {
        let gitlab: Value = serde_json::from_str(&audit.converted(&report, "gitlab")).unwrap();
        assert_eq!(faults(include_str!("gitlab.schema.json"), &gitlab), NONE);
        assert_eq!(gitlab["vulnerabilities"].as_array().unwrap().len(), findings(&report).len());
        let sonar: Value = serde_json::from_str(&audit.converted(&report, "sonarqube")).unwrap();
        assert_eq!(faults(include_str!("sonarqube.schema.json"), &sonar), NONE);
        let rules: Vec<&Value> = sonar["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
        let today = findings(&report).iter().filter(|finding| finding["exposure"]["in_head"] == true).count();
        let issues = sonar["issues"].as_array().unwrap();
        assert_eq!(issues.len(), today, "SonarQube knows the files of today only");
        for issue in issues {
            assert!(rules.contains(&&issue["ruleId"]), "{issue}");
            let range = &issue["primaryLocation"]["textRange"];
            if range["endLine"] == range["startLine"] && !range["endColumn"].is_null() {
                assert!(range["endColumn"].as_u64() > range["startColumn"].as_u64(), "an empty range is refused");
            }
        }
    }
}

#[test]
fn annotations_are_read_as_the_runner_reads_them() {
    let audit = Audit::new();
    let plain = audit.json();
    let commands = consumed(&audit, &plain, "github")["commands"].as_array().unwrap().clone();
    assert_eq!(commands.len(), findings(&plain).len());
    let files: Vec<&str> = commands.iter().filter_map(|one| one["fields"]["file"].as_str()).collect();
    for file in ["a b/keys.ini", "ünïcode/日本.env", "config/deploy.ini", "ids.txt"] {
        assert!(files.contains(&file), "{file}: {files:?}");
    }
    let hostile = consumed(&audit, &hostile(&plain), "github")["commands"].as_array().unwrap().clone();
    assert_eq!(hostile.len(), commands.len() + 1, "one for the gap; none that somebody planted");
    assert!(hostile.iter().all(|one| ["error", "warning", "notice"].contains(&one["kind"].as_str().unwrap())));
    let text = hostile[0]["text"].as_str().unwrap();
    assert!(text.contains("::error::%0A @me") && text.contains("\\n::warning::b\\r\\n"), "{text}");
    // Of each kind the runner shows ten: the last of them counts the rest.
    let many = consumed(&audit, &many(&plain, 200), "github")["commands"].as_array().unwrap().clone();
    for kind in ["error", "warning", "notice"] {
        let some: Vec<_> = many.iter().filter(|one| one["kind"] == kind).collect();
        assert!(some.len() <= 10 && some.iter().any(|one| one["text"].as_str().unwrap().contains("more credentials")));
    }
}

#[test]
fn a_job_summary_goes_where_github_says() {
    let audit = Audit::new();
    let summary = audit.path("summary.md");
    let mut command = crate::support::program::keysift(["history", ".", "--format", "github"]);
    let ended = end(command.current_dir(audit.fixture.path()).env("GITHUB_STEP_SUMMARY", &summary));
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(read(&summary).starts_with("## keysift: "), "{}", read(&summary));
}

#[test]
fn markdown_is_read_by_a_parser() {
    let audit = Audit::new();
    let plain = audit.json();
    let read = consumed(&audit, &plain, "markdown");
    let rows = read["rows"].as_array().unwrap();
    let what: Vec<&Value> = rows.iter().filter(|row| row.as_array().unwrap().len() == 4).collect();
    assert_eq!(what.len(), findings(&plain).len() + 1, "a row each, and the header");
    let commands = read["commands"].as_array().unwrap();
    let deactivate = |one: &&Value| one.as_str().unwrap().starts_with("aws iam update-access-key --user-name USER");
    assert!(commands.iter().any(|one| deactivate(&one)), "{commands:?}");
    let hostile = consumed(&audit, &hostile(&plain), "markdown");
    let kinds = hostile["kinds"].as_array().unwrap();
    for kind in ["html_block", "html_inline", "link_open", "image", "s_open"] {
        assert!(!kinds.contains(&json!(kind)), "{kind} came out of a name: {kinds:?}");
    }
    let rows = hostile["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| [3, 4].contains(&row.as_array().unwrap().len())), "no cell was broken in two");
    assert!(hostile.to_string().contains("<script>owned=1</script>"), "the name is still told");
}

/// Two runs, and a report that went through a file, give the same bytes in every format, apart from the run's duration.
#[test]
fn every_format_is_stable() {
    let audit = Audit::new();
    let mut report = audit.json();
    report["receipt"]["duration_ms"] = json!(7);
    let mut again = audit.json();
    again["receipt"]["duration_ms"] = json!(7);
    assert_eq!(report, again);
    for format in
        ["human", "json", "jsonl", "sarif", "html", "csv", "junit", "gitlab", "sonarqube", "github", "markdown"]
    {
        let first = audit.converted(&report, format);
        assert_eq!(first, audit.converted(&report, format), "{format}");
        assert!(!first.contains(HOSTILE), "{format}");
        for secret in &audit.secrets {
            assert!(!first.contains(secret.as_str()) && !first.contains(&secret[..20]), "{format} shows a secret");
        }
        let direct = run(audit.fixture.path(), ["history", "--format", format, "-o", "-"]);
        assert_eq!(direct.code, Some(1), "{format}: {}", direct.err);
        // The duration stands in one line, and only in formats that tell it.
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (direct, first) = (lines(&direct.out), lines(&first));
        if format == "sarif" || format == "html" {
            continue;
        }
        let differing = direct.iter().zip(&first).filter(|(a, b)| a != b).count();
        assert!(direct.len() == first.len() && differing <= 1, "{format}: {differing} lines differ");
    }
}
