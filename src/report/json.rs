//! The JSON format: the whole document, indented. `docs/report.md` says what each field means.

use super::document::Document;
use super::json_text;
use std::io::{self, Write};

/// Writes `document` as one JSON object. Of rules that found nothing only the number is told (`rules_used`): a clean
/// report should be short.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    json_text::write_pretty(document, out)
}
