//! The JSON Lines format: one object a line, for programs that read a stream. `type` tells what a line is: first all
//! findings, then what is left out, then the gaps, and last one receipt, without which a stream is not whole.

use super::document::{Document, FindingEntry, Head, SuppressionEntry, Tail};
use super::json_text;
use crate::error::Gap;
use serde::Serialize;
use std::io::{self, Write};

/// A line. The fields of a finding, a gap, and of the document's rest are those of the JSON format.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding(&'a FindingEntry),
    Suppression(&'a SuppressionEntry),
    Gap(&'a Gap),
    Receipt {
        #[serde(flatten)]
        head: &'a Head,
        finding_count: usize,
        suppression_count: usize,
        gap_count: usize,
        #[serde(flatten)]
        tail: &'a Tail,
    },
}

/// Writes `document` line by line.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for finding in &document.findings {
        json_text::write_line(&Line::Finding(finding), out)?;
    }
    for suppression in &document.suppressions {
        json_text::write_line(&Line::Suppression(suppression), out)?;
    }
    for gap in &document.gaps {
        json_text::write_line(&Line::Gap(gap), out)?;
    }
    let receipt = Line::Receipt {
        head: &document.head,
        finding_count: document.findings.len(),
        suppression_count: document.suppressions.len(),
        gap_count: document.gaps.len(),
        tail: &document.tail,
    };
    json_text::write_line(&receipt, out)
}
