//! The human format: what a person at a terminal needs to act, worst first, and at the end what was covered.
//!
//! Everything that came from outside goes through `escape::terminal` before it is measured and printed.

mod actions;
mod excerpt;
mod exposure;
pub(super) mod finding;
mod summary;
pub(super) mod text;
mod verdict;

use super::document::Document;
use super::{Options, Verbosity};
use std::io::{self, Write};
use text::Page;

/// Writes `document` for a terminal.
pub fn write(document: &Document, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options);
    page.repository.clone_from(&document.head.repository);
    let mut separator = "";
    for entry in &document.findings {
        write!(out, "{separator}")?;
        finding::write(entry, &page, out)?;
        separator = "\n";
    }
    if options.verbosity == Verbosity::Quiet {
        return summary::gap_count(document, &page, out);
    }
    write!(out, "{separator}")?;
    summary::counts(document, &page, out)?;
    summary::suppressions(document, &page, out)?;
    summary::gaps(document, &page, out)?;
    summary::receipt(document, &page, out)
}
