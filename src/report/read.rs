//! A report read back from its JSON: to be converted, merged, compared.
//!
//! The file may be anybody's, so nothing in it is trusted: what is no report is refused with a sentence, numbers that
//! mean nothing are survived by the writers, and secrets in it (`--show-secrets`) do not come along.

use super::document::{Document, SCHEMA};
use crate::error::{Error, Result};
use serde::Deserialize;

/// What tells a report from other JSON.
#[derive(Deserialize)]
struct Label {
    schema: Option<String>,
}

/// The report in `bytes`; `name` is what the user calls it.
///
/// # Errors
/// [`Error::Usage`] for what is no JSON, no report, or one of a version that this program does not know.
pub fn document(bytes: &[u8], name: &str) -> Result<Document> {
    let refuse = |why: String| Error::usage(format!("{name}: {why}"));
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let label: Label = serde_json::from_slice(bytes)
        .map_err(|error| refuse(format!("not a JSON report (line {}); write one with --format json", error.line())))?;
    match label.schema.as_deref() {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("keysift-report/") => {
            let other: String = other.chars().take(40).collect();
            return Err(refuse(format!(
                "its version is {other:?} and this program knows {SCHEMA}: use a newer keysift"
            )));
        }
        _ => return Err(refuse(format!("JSON, but no keysift report: `schema` is not {SCHEMA:?}"))),
    }
    let mut document: Document = serde_json::from_slice(bytes).map_err(|error| {
        // The parser's own words may quote values.
        refuse(format!("a damaged report: line {}, column {} does not fit the schema", error.line(), error.column()))
    })?;
    for part in document.findings.iter_mut().flat_map(|finding| &mut finding.parts) {
        if !part.kind.is_public() {
            part.value = None;
        }
    }
    document.head.complete = document.gaps.is_empty();
    Ok(document)
}
