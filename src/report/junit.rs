//! The JUnit XML format: a finding is a failed test, a gap an error, and a clean run one test that passed.

use super::document::{Document, name};
use super::escape::terminal;
use super::plain::{container, position, present, sentence};
use super::runbook;
use std::io::{self, Write};

/// Writes one suite.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let (failures, errors) = (document.findings.len(), document.gaps.len());
    let tests = (failures + errors).max(1);
    let seconds = document.tail.receipt.duration_ms as f64 / 1000.0;
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\"");
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"keysift\" {counts}>")?;
    for finding in &document.findings {
        let place = present(finding);
        let rule = xml(&finding.rule_id);
        writeln!(out, "    <testcase classname=\"{rule}\" name=\"{}\" time=\"0\">", xml(&position(place)))?;
        let severity = name(finding.severity);
        writeln!(out, "      <failure type=\"{severity}\" message=\"{}\">", xml(&sentence(finding)))?;
        writeln!(out, "{}:{}", xml(&container(place)), place.line)?;
        writeln!(out, "fingerprint {}", xml(&finding.fingerprint))?;
        for step in runbook::steps(finding) {
            writeln!(out, "- {}", xml(step.title))?;
        }
        writeln!(out, "</failure>\n    </testcase>")?;
    }
    for gap in &document.gaps {
        let kind = name(gap.kind);
        writeln!(out, "    <testcase classname=\"gap.{kind}\" name=\"{}\" time=\"0\">", xml(&gap.what))?;
        writeln!(out, "      <error type=\"{kind}\" message=\"{}\"/>\n    </testcase>", xml(&gap.why))?;
    }
    if failures + errors == 0 {
        writeln!(out, "    <testcase classname=\"keysift\" name=\"no credentials\" time=\"0\"/>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Text for an attribute or an element. Characters that XML 1.0 cannot hold are visible escapes by then.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in terminal(text.as_bytes()).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // The two last code points of each plane are no characters.
            _ if character as u32 & 0xfffe == 0xfffe => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
