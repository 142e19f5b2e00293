//! The JSON contract: its schema, its fields, and that it can be read back.

use super::{sample, written};
use crate::finding::Report;
use crate::report::document::{self, Document};
use crate::report::{Format, Options};
use serde_json::{Value, json};

fn value(report: &Report) -> Value {
    serde_json::from_str(&written(Format::Json, report, &Options::default())).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/report.schema.json")).unwrap()
}

/// The published schema lets a later version add fields. Here, where both sides are at hand, every field must be in it.
fn close(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        if object.contains_key("properties") && !object.contains_key("additionalProperties") {
            let closed = if object.contains_key("allOf") { "unevaluatedProperties" } else { "additionalProperties" };
            object.insert(closed.to_owned(), json!(false));
        }
        object.values_mut().for_each(close);
    } else if let Some(array) = schema.as_array_mut() {
        array.iter_mut().for_each(close);
    }
}

fn errors(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn reports_fit_the_schema() {
    let mut closed = schema();
    close(&mut closed);
    for report in [sample::history(), sample::scan(), sample::clean()] {
        assert_eq!(errors(&schema(), &value(&report)), Vec::<String>::new());
        assert_eq!(errors(&closed, &value(&report)), Vec::<String>::new());
    }
}

/// A verdict fits the schema, is told in every format, and what AWS sends back is redacted like any other text.
#[test]
fn verdicts_are_told() {
    let report = Report { findings: vec![sample::live_pair()], ..sample::history() };
    let mut closed = schema();
    close(&mut closed);
    assert_eq!(errors(&closed, &value(&report)), Vec::<String>::new());
    let told = &value(&report)["findings"][0]["verification"];
    assert_eq!((&told["verdict"], &told["reason"]), (&json!("live"), &json!("its secret is ***")));
    let human = written(Format::Human, &report, &Options { width: 400, ..Options::default() });
    assert!(human.contains("LIVE: it works; arn:aws:iam::581039954779:user/deploy: its secret is ***;"), "{human}");
    assert!(human.contains("last used service: s3; asked 2026-01-31T23:59:00Z (cached)"), "{human}");
    assert!(written(Format::Sarif, &report, &Options::default()).contains("; it is live"));
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let good = value(&sample::history());
    for (pointer, wrong) in [
        ("/schema", json!("keysift-report/2")),
        ("/complete", json!("yes")),
        ("/findings/0/tier", json!("huge")),
        ("/findings/0/fingerprint", json!("md5:1")),
        ("/findings/0/location/line", json!(0)),
        ("/findings/0/location/commit", json!("HEAD")),
        ("/findings/0/exposure/introduced/0/date", json!("yesterday")),
        ("/receipt/seen", json!(-1)),
        ("/gaps/0/kind", json!("unknown")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect(pointer) = wrong;
        assert_eq!(errors(&schema(), &bad).len(), 1, "{pointer}");
    }
    for (object, field) in [("", "receipt"), ("/findings/0", "parts"), ("/findings/0/location", "column")] {
        let mut bad = good.clone();
        let removed = bad.pointer_mut(object).and_then(Value::as_object_mut).and_then(|object| object.remove(field));
        assert!(removed.is_some());
        assert!(!errors(&schema(), &bad).is_empty(), "{object}/{field}");
    }
}

const SCHEMA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");

#[test]
fn the_schema_file_is_what_the_types_say() {
    let kept = std::fs::read_to_string(SCHEMA_FILE).unwrap();
    assert_eq!(
        kept,
        document::schema::text(),
        "renew it: cargo test --locked --lib renew_the_schema_file -- --ignored"
    );
}

#[test]
#[ignore = "writes docs/report.schema.json"]
fn renew_the_schema_file() {
    std::fs::write(SCHEMA_FILE, document::schema::text()).unwrap();
}

#[test]
fn a_document_comes_back_as_it_went() {
    for report in [sample::history(), sample::scan(), sample::clean()] {
        let text = written(Format::Json, &report, &Options::default());
        let document: Document = serde_json::from_str(&text).unwrap();
        let mut again = Vec::new();
        crate::report::json::write(&document, &mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
    }
}

#[test]
fn the_fields_of_a_history() {
    let value = value(&sample::history());
    assert_eq!(value["repository"], "https://git.example.com/team/app.git");
    assert_eq!(value["complete"], false);
    assert_eq!(value["rules_used"], 3);
    assert_eq!(value["rules"].as_array().unwrap().len(), 2);
    let finding = &value["findings"][0];
    assert_eq!(finding["parts"], json!([{ "kind": "key-id", "value": sample::key_id_text() }, { "kind": "secret" }]));
    assert_eq!(finding["excerpt"], json!({ "text": "aws_secret_access_key = \"***\"", "start": 25, "end": 28 }));
    assert_eq!(finding["origins"][2]["path"], "scripts/\u{fffd}.sh");
    assert_eq!(finding["origins"][2]["path_bytes"], "scripts/%FF.sh");
    assert_eq!(finding["place_count"], 7);
    let introduced = &finding["exposure"]["introduced"][0];
    assert_eq!(introduced["date"], "2019-03-04T13:00:00+01:00");
    assert_eq!(introduced["path"], "config/deploy.py");
    assert_eq!(value["findings"][1]["location"]["kind"], "commit-message");
    assert_eq!(value["findings"][1]["location"]["commit"], sample::oid("5e6f70819203").to_string());
}

#[test]
fn jsonl_says_the_same() {
    let whole = value(&sample::history());
    let text = written(Format::Jsonl, &sample::history(), &Options::default());
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<Value> =
        lines.iter_mut().map(|line| line.as_object_mut().unwrap().remove("type").unwrap()).collect();
    assert_eq!(types, ["finding", "finding", "gap", "gap", "receipt"]);
    let mut receipt = lines.pop().unwrap();
    assert_eq!(receipt.as_object_mut().unwrap().remove("finding_count"), Some(json!(2)));
    assert_eq!(receipt.as_object_mut().unwrap().remove("gap_count"), Some(json!(2)));
    assert_eq!(receipt.as_object_mut().unwrap().remove("suppression_count"), Some(json!(0)));
    receipt["suppressions"] = json!([]);
    receipt["findings"] = json!(lines[..2]);
    receipt["gaps"] = json!(lines[2..]);
    assert_eq!(receipt, whole);
}
