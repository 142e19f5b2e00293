//! The audits that these tests look at: a small history with everything that a finding can have, and copies of it that
//! somebody has tampered with.

use crate::support::git::Fixture;
use crate::support::keys;
use crate::support::program::run;
use crate::support::random::Random;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A line that a byte column and a UTF-16 column tell apart.
pub const WIDE: &str = "naïve 🔑";

/// A repository with four key pairs: one still in HEAD in two files, one behind wide characters, one that was removed,
/// one in a commit message; and a key id alone.
pub struct Audit {
    pub fixture: Fixture,
    /// The secrets, none of which any report may hold.
    pub secrets: Vec<String>,
    out: TempDir,
}

impl Audit {
    pub fn new() -> Self {
        let fixture = Fixture::new();
        let random = &mut Random::new(7);
        let mut secrets = Vec::new();
        let mut pair = || {
            let (id, secret) = (keys::key_id(random), keys::secret(random));
            secrets.push(secret.clone());
            (id, secret)
        };
        fixture.git(&["remote", "add", "origin", "https://github.com/example/app.git"]);
        let (old, still, wide, said) = (pair(), pair(), pair(), pair());
        fixture.write("config/deploy.ini", keys::profile_of(&old.0, &old.1));
        commit_as(&fixture, "Ann", "Deploy from the new account");
        let profile = keys::profile_of(&still.0, &still.1);
        fixture.write("a b/keys.ini", format!("# ours\n\n{profile}"));
        fixture.write("copy.ini", &profile);
        let (id, secret) = wide;
        let lines = format!("{WIDE} aws_access_key_id={id}\n{WIDE} aws_secret_access_key = \"{secret}\"\n");
        fixture.write("ünïcode/日本.env", lines);
        commit_as(&fixture, "Søren", "More keys");
        fixture.write("config/deploy.ini", "[default]\n");
        fixture.write("ids.txt", format!("key {}\n", keys::key_id(&mut Random::new(99))));
        commit_as(&fixture, "Ann", "Take the key out");
        let (id, secret) = said;
        fixture.commit(&format!("Try it\n\naws_access_key_id={id} aws_secret_access_key={secret}"));
        Self { fixture, secrets, out: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A path for a file that is no part of the repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.out.path().join(name)
    }

    /// The report of the history, as JSON.
    pub fn json(&self) -> Value {
        let ended = run(self.fixture.path(), ["history", "--format", "json"]);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        ended.report()
    }

    /// Writes `report` to a file of this name.
    pub fn write(&self, name: &str, report: &Value) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, report.to_string()).expect("the file can be written");
        path
    }

    /// `report` as `keysift report convert` writes it.
    pub fn convert(&self, report: &Value, format: &str) -> PathBuf {
        let from = self.write("from.json", report);
        let to = self.path(&format!("out.{format}"));
        let [from, out] = [&from, &to].map(|path| path.display().to_string());
        let ended = run(self.fixture.path(), ["report", "convert", &from, "--format", format, "-o", &out]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        to
    }

    /// What `keysift report convert` writes.
    pub fn converted(&self, report: &Value, format: &str) -> String {
        read(&self.convert(report, format))
    }
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn commit_as(fixture: &Fixture, author: &str, message: &str) {
    fixture.git(&["add", "--all"]);
    fixture.tick();
    let author = format!("{author} <{author}@example.com>");
    fixture.git(&["commit", "--quiet", "--author", &author, "--message", message]);
}

/// Text that means something to every consumer: to a browser, Markdown, XML, a spreadsheet, a runner, a terminal.
pub const HOSTILE: &str = "=cmd|'/c x'!A1 <img src=x onerror=\"owned=1\"><script>owned=1</script>]]>\"'`{0}[x](javascript:owned=1) \
                           ::error::%0A @me \u{202e}\u{1b}[2J\u{9b}x\u{7}&amp;\n::warning::b\r\n| --- |";

/// `report` with [`HOSTILE`] wherever text from outside stands.
pub fn hostile(report: &Value) -> Value {
    let mut report = report.clone();
    report["target"] = json!(HOSTILE);
    report["gaps"] = json!([{ "kind": "file", "what": HOSTILE, "why": HOSTILE }]);
    report["complete"] = json!(false);
    for finding in report["findings"].as_array_mut().expect("a list") {
        finding["description"] = json!(HOSTILE);
        finding["facts"] = json!({ HOSTILE: HOSTILE });
        finding["excerpt"] =
            json!({ "text": format!("{HOSTILE}***"), "start": HOSTILE.len(), "end": HOSTILE.len() + 3 });
        for field in ["location", "origins", "exposure"] {
            plant(&mut finding[field]);
        }
        finding["verification"] = json!({ "verdict": "live", "reason": HOSTILE, "arn": HOSTILE, "account": HOSTILE });
    }
    report
}

/// Puts [`HOSTILE`] into all names within `value`.
fn plant(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "path" | "author" | "summary" => *value = json!(HOSTILE),
                    "refs" => *value = json!([HOSTILE]),
                    _ => plant(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(plant),
        _ => {}
    }
}

/// `report` with so many findings, all distinct, of several rules, authors, paths, severities and verdicts.
pub fn many(report: &Value, count: usize) -> Value {
    let mut report = report.clone();
    let some = report["findings"].as_array().expect("a list").clone();
    let finding = |number: usize| {
        let mut finding = some[number % some.len()].clone();
        finding["fingerprint"] = json!(format!("ks1:{number:032x}"));
        finding["severity"] = json!(["critical", "high", "medium", "low", "note"][number / 7 % 5]);
        if number.is_multiple_of(3) {
            let verdict = ["live", "inactive", "unknown"][number / 3 % 3];
            finding["verification"] = json!({ "verdict": verdict });
        }
        if !finding["location"]["path"].is_null() {
            let path = json!(format!("part{}/file{number}.ini", number % 11));
            for place in ["/location", "/exposure/head/0"] {
                if let Some(place) = finding.pointer_mut(place) {
                    place["path"] = path.clone();
                }
            }
        }
        finding["excerpt"]["text"] = json!(format!("word{number} {}", finding["excerpt"]["text"].as_str().unwrap()));
        finding
    };
    report["findings"] = (0..count).map(finding).collect();
    report
}
