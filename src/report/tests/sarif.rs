//! SARIF: what GitHub and the standard ask for, field by field. Microsoft's validator is not run here.

use super::{sample, written};
use crate::finding::{Allowed, AllowedBy, BaselineEntry, BaselineUse, Report, Severity, Suppression};
use crate::report::{Format, Options, SarifChoice, SarifScope, SarifSuppressed};
use serde_json::{Value, json};
use std::sync::Arc;

fn value(report: &Report) -> Value {
    serde_json::from_str(&written(Format::Sarif, report, &Options::default())).unwrap()
}

#[test]
fn a_log_has_what_consumers_require() {
    for report in [sample::history(), sample::scan(), sample::clean()] {
        let log = value(&report);
        serde_json::from_value::<serde_sarif::sarif::Sarif>(log.clone()).expect("the standard's own types");
        assert_eq!(log["version"], "2.1.0");
        assert!(log["$schema"].as_str().unwrap().ends_with("sarif-2.1.0.json"));
        let run = &log["runs"][0];
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "keysift");
        assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
        let rules = driver["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 3, "all rules that ran");
        for rule in rules {
            for text in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
                let text = rule.pointer(text).and_then(Value::as_str).expect(text);
                assert!(!text.is_empty() && text.len() <= 1024);
            }
            assert!(rule["help"]["markdown"].as_str().unwrap().contains("\n1. **"), "what to do first");
            assert!(rule.pointer("/properties/tags").unwrap().as_array().unwrap().len() <= 10);
            assert!(rule.pointer("/properties/precision").unwrap().is_string());
            let severity: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
            assert!((0.1..10.0).contains(&severity));
        }
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert_eq!(rules[index]["defaultConfiguration"]["level"], result["level"]);
            assert!(result["message"]["text"].as_str().unwrap().ends_with('.'));
            assert!(result["partialFingerprints"]["keysift/v1"].as_str().unwrap().starts_with("ks1:"));
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1, "GitHub shows one");
            let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
            assert!(hash.split_once(':').is_some_and(|(hash, count)| hash == "b5e55ed" && count != "0"), "{hash}");
            let related = result["relatedLocations"].as_array().into_iter().flatten();
            for location in locations.iter().chain(related) {
                let physical = &location["physicalLocation"];
                assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
                assert!(run["originalUriBaseIds"]["%SRCROOT%"].is_object());
                for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                    assert!(physical["region"][field].as_u64().unwrap() > 0);
                }
                assert!(physical["region"]["snippet"].is_null(), "a snippet would show the line");
            }
        }
    }
}

#[test]
fn a_history_in_sarif() {
    let log = value(&sample::history());
    let run = &log["runs"][0];
    assert_eq!(
        run["versionControlProvenance"],
        json!([{
            "repositoryUri": "https://git.example.com/team/app.git",
            "revisionId": sample::oid("c0ffee").to_string(),
            "mappedTo": { "uriBaseId": "%SRCROOT%" },
        }])
    );
    let result = &run["results"][0];
    assert_eq!(
        result["message"]["text"],
        format!(
            "AWS access key id with its secret ({}): introduced 2019-03-04 in 1a2b3c4d5e, removed 2019-03-05 in \
             4d5e6f7081, reachable from 5 refs; 7 places in all.",
            sample::key_id_text()
        )
    );
    let related = result["relatedLocations"].as_array().unwrap();
    assert_eq!(related.len(), 2);
    assert_eq!(related[1]["message"]["text"], "Also here, in commit 3c4d5e6f70.");
    assert_eq!(
        related[1]["physicalLocation"]["artifactLocation"]["uri"], "scripts/%FF.sh",
        "the bytes of the path, not their replacement"
    );
    let message = &run["results"][1]["locations"][0];
    assert_eq!(
        message["physicalLocation"]["artifactLocation"]["uri"],
        format!("git-commit/{}", sample::oid("5e6f70819203"))
    );
    let text = written(Format::Sarif, &sample::history(), &Options::default());
    assert!(!text.contains("Jane") && !text.contains("Søren"), "no people");
}

#[test]
fn gaps_are_notifications() {
    let log = value(&sample::history());
    let run = &log["runs"][0];
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notifications.len(), 2);
    assert_eq!(notifications[0]["descriptor"]["id"], "gap-history");
    let described: Vec<&Value> =
        run["tool"]["driver"]["notifications"].as_array().unwrap().iter().map(|n| &n["id"]).collect();
    assert_eq!(described, ["gap-object", "gap-history"]);
    for text in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
        assert!(run["tool"]["driver"]["notifications"][1].pointer(text).is_some(), "{text}");
    }
    let clean = value(&sample::clean());
    assert_eq!(clean["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(clean["runs"][0]["results"], json!([]), "an empty list says that there was a scan");
}

#[test]
fn a_path_on_disk_is_made_plain() {
    let log = value(&sample::scan());
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "src/settings.toml");
    assert_eq!(location["region"], json!({ "startLine": 7, "startColumn": 16, "endLine": 7, "endColumn": 56 }));
}

#[test]
fn columns_count_utf_16_units() {
    let mut report = sample::scan();
    report.findings[0].primary.place.column_utf16 = 9;
    report.findings[0].primary.place.end_column_utf16 = 49;
    let log = value(&report);
    assert_eq!(log["runs"][0]["columnKind"], "utf16CodeUnits");
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&json!(9), &json!(49)));
}

#[test]
fn the_scope_head_leaves_out_the_history() {
    let mut report = sample::history();
    report.findings.push(sample::pair());
    let life = report.findings[2].exposure.as_mut().unwrap();
    life.in_head = true;
    life.head = vec![sample::in_commit("c0ffee", b"now.py", 5), sample::in_commit("c0ffee", b"z.py", 6)];
    let with = |scope| -> Value {
        let sarif = SarifChoice { scope, ..SarifChoice::default() };
        let options = Options { sarif, ..Options::default() };
        serde_json::from_str(&written(Format::Sarif, &report, &options)).unwrap()
    };
    let (all, head) = (with(SarifScope::All), with(SarifScope::Head));
    let uris = |log: &Value| -> Vec<Vec<String>> {
        let places = |result: &Value| {
            let related = result["relatedLocations"].as_array().cloned().unwrap_or_default();
            let all = result["locations"].as_array().unwrap().iter().chain(&related);
            all.map(|one| one["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()).collect()
        };
        log["runs"][0]["results"].as_array().unwrap().iter().map(places).collect()
    };
    assert_eq!(uris(&head), [["now.py", "z.py"]]);
    assert_eq!(uris(&all).len(), 3);
    assert_eq!(uris(&all)[2], ["now.py", "z.py", "config/deploy.py", "config/deploy.py", "scripts/%FF.sh"]);
    assert_eq!(head["runs"][0]["tool"], all["runs"][0]["tool"]);
}

#[test]
fn many_results_go_on_in_a_further_run() {
    let mut report = sample::history();
    report.findings = vec![sample::token(); 5_001];
    let log = value(&report);
    let runs = log["runs"].as_array().unwrap();
    let counts: Vec<usize> = runs.iter().map(|run| run["results"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [5_000, 1]);
    assert!(runs[0]["automationDetails"].is_null(), "the upload says of which category it is");
    assert_eq!(runs[1]["automationDetails"]["id"], "keysift/part-2/", "two runs of one category are refused");
    assert_eq!(runs[1]["invocations"][0]["executionSuccessful"], false);
}

/// One of three that the baseline has expired, one that a marker allows, one that the baseline leaves out, one gone.
fn lived_with() -> Report {
    let mut report = sample::history();
    let left_out = |by, reason: &str, fingerprint: &str| Suppression {
        rule_id: "generic-secret".to_owned(),
        severity: Severity::Medium,
        fingerprint: fingerprint.to_owned(),
        credential: sample::pair().credential,
        allowed: Arc::new(Allowed { by, source: "keysift:allow".to_owned(), reason: reason.to_owned() }),
        primary: sample::in_commit("1a2b3c4d5e6f", b"tests/keys.py", 3),
        place_count: 2,
        in_head: Some(by == AllowedBy::Marker),
    };
    let secret = format!("it is {} [sic]", sample::secret_text());
    report.suppressions = vec![
        left_out(AllowedBy::Marker, &secret, "ks1:11111111111111111111111111111111"),
        left_out(AllowedBy::Baseline, "", "ks1:22222222222222222222222222222222"),
    ];
    report.baseline = Some(BaselineUse {
        file: ".keysift-baseline".to_owned(),
        entries: 3,
        used: 2,
        known: vec![report.findings[1].fingerprint.clone()],
        expired: Vec::new(),
        unused: vec![BaselineEntry {
            line: 4,
            fingerprint: "ks1:33333333333333333333333333333333".to_owned(),
            rule_id: "github-pat".to_owned(),
            path: "gone.txt".to_owned(),
        }],
    });
    report
}

#[test]
fn what_is_left_out_is_a_suppressed_result() {
    let log = value(&lived_with());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let states: Vec<&Value> = results.iter().map(|result| &result["baselineState"]).collect();
    assert_eq!(states, ["new", "unchanged", "new", "unchanged"]);
    assert_eq!(run["properties"]["absent"][0]["path"], "gone.txt");
    let marker = &results[2];
    assert_eq!(marker["suppressions"][0]["kind"], "inSource");
    assert_eq!(marker["suppressions"][0]["justification"], "it is *** [sic]", "redacted");
    assert_eq!(results[3]["suppressions"][0]["kind"], "external");
    assert!(results[3]["suppressions"][0]["justification"].is_null());
    assert!(results[0]["suppressions"].is_null());
    assert_eq!(
        marker["message"]["text"],
        "Random value on a secret-named variable is readable in a file of a commit; a marker beside it allows it; \
         2 places in all."
    );
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("the rule is there") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    assert!(run["properties"]["suppressed"].is_null(), "nothing is told twice");
    assert!(value(&sample::history())["runs"][0]["results"][0]["baselineState"].is_null(), "there is no baseline");
}

#[test]
fn what_is_left_out_is_no_result_where_it_would_be_an_alert() {
    let of = |scope, suppressed| -> Value {
        let options = Options { sarif: SarifChoice { scope, suppressed }, ..Options::default() };
        serde_json::from_str(&written(Format::Sarif, &lived_with(), &options)).unwrap()
    };
    let count = |log: &Value| log["runs"][0]["results"].as_array().unwrap().len();
    let omitted = of(SarifScope::All, SarifSuppressed::Omit);
    assert_eq!(count(&omitted), 2);
    assert_eq!(omitted["runs"][0]["properties"]["suppressed"].as_array().unwrap().len(), 2);
    assert_eq!(omitted["runs"][0]["results"][0]["baselineState"], "new");
    assert_eq!(count(&of(SarifScope::Head, SarifSuppressed::Mark)), 1, "only the marker's is in HEAD");
}
