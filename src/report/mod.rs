//! Reports: what a run found, written for a program or for a person.
//!
//! Every format writes the same [`document::Document`]: the published shape, redacted in one place. A format is one
//! file with one function from a document to bytes, one variant of [`Format`] and one line in [`write()`].

mod blocked;
pub mod compare;
mod csv;
mod date;
pub mod document;
mod escape;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod json_text;
mod jsonl;
mod junit;
mod link;
mod markdown;
mod plain;
pub mod read;
mod redact;
mod runbook;
mod sarif;
mod sonarqube;

pub use blocked::{Gate, write_blocked};
pub use sarif::{
    Choice as SarifChoice, Part as SarifPart, Scope as SarifScope, Suppressed as SarifSuppressed,
    is_part as is_sarif_part, split as split_sarif, write_part as write_sarif_part,
};

use crate::finding::Report;
use document::{Document, Secrets};
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

/// The formats there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON document, `docs/report.schema.json`.
    Json,
    /// One JSON object a line: findings, gaps, a receipt.
    Jsonl,
    /// SARIF 2.1.0, for code scanning. Never holds a secret, whatever the options say.
    Sarif,
    /// One self-contained page for a browser.
    Html,
    /// A table: one line a finding.
    Csv,
    /// JUnit XML, for continuous integration that shows tests.
    Junit,
    /// GitLab's secret detection report.
    Gitlab,
    /// SonarQube's generic issues.
    Sonarqube,
    /// Annotations of a GitHub Actions step.
    Github,
    /// Markdown, for a job summary or an issue.
    Markdown,
}

impl Format {
    /// All of them, in the order that help texts list them.
    pub const ALL: [Format; 11] = [
        Format::Human,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Html,
        Format::Csv,
        Format::Junit,
        Format::Gitlab,
        Format::Sonarqube,
        Format::Github,
        Format::Markdown,
    ];

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Html => "html",
            Format::Csv => "csv",
            Format::Junit => "junit",
            Format::Gitlab => "gitlab",
            Format::Sonarqube => "sonarqube",
            Format::Github => "github",
            Format::Markdown => "markdown",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("unknown format {name:?}; there are {}", known.join(", "))
        })
    }
}

/// How much the human format says. The other formats always say everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Verbosity {
    /// Findings, and one line if something could not be read.
    Quiet,
    /// Findings with a few places each, a summary, the first gaps, the receipt.
    #[default]
    Normal,
    /// All places, all gaps, all introductions and removals.
    Verbose,
}

/// How to write a report.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the human format may use colours. The caller knows whether there is a terminal.
    pub color: bool,
    /// Shows secrets in the human and JSON formats. The caller sees to it that nobody but a person at a terminal
    /// reads them.
    pub show_secrets: bool,
    /// Columns of the terminal, for the human format.
    pub width: usize,
    pub verbosity: Verbosity,
    /// What SARIF holds.
    pub sarif: SarifChoice,
    /// The folder that relative paths of files are in, where the terminal shows links (OSC 8); else `None`.
    pub links: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            show_secrets: false,
            width: 80,
            verbosity: Verbosity::Normal,
            sarif: SarifChoice::default(),
            links: None,
        }
    }
}

/// Writes `report` to `out` in `format`. The same report gives the same bytes.
pub fn write(format: Format, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let secrets = match format {
        Format::Human | Format::Json | Format::Jsonl if options.show_secrets => Secrets::Shown,
        _ => Secrets::Hidden,
    };
    write_document(format, &Document::new(report, secrets), options, out)
}

/// Writes `document` to `out` in `format`: a report that was read from a file, or put together from several.
pub fn write_document(format: Format, document: &Document, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    match format {
        Format::Human => human::write(document, options, &mut out),
        Format::Json => json::write(document, &mut out),
        Format::Jsonl => jsonl::write(document, &mut out),
        Format::Sarif => sarif::write(document, options.sarif, &mut out),
        Format::Html => html::write(document, &mut out),
        Format::Csv => csv::write(document, &mut out),
        Format::Junit => junit::write(document, &mut out),
        Format::Gitlab => gitlab::write(document, &mut out),
        Format::Sonarqube => sonarqube::write(document, &mut out),
        Format::Github => github::write(document, &mut out),
        Format::Markdown => markdown::write(document, &mut out),
    }?;
    out.flush()
}

/// Writes what changed between two reports: for a person, a line for each finding and a count; or as one JSON object.
pub fn write_difference(difference: &compare::Difference, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
    if as_json {
        return json_text::write_pretty(difference, out);
    }
    let compare::Difference { new, fixed, unchanged } = difference;
    for (word, findings) in [("new", new), ("fixed", fixed)] {
        for finding in findings {
            let severity = document::name(finding.severity);
            let place = plain::position(plain::present(finding));
            let description = escape::terminal(finding.description.as_bytes());
            writeln!(out, "{word:<6}{severity:<9} {place}  {description}")?;
        }
    }
    writeln!(out, "{} new, {} fixed, {} unchanged", new.len(), fixed.len(), unchanged.len())
}

#[cfg(test)]
mod tests;
