//! `keysift report`: reports that were written before, converted, merged and compared. Nothing is searched.

use super::args::{ColorWhen, FormatTo, ScopeOf, SuppressedHow};
use super::exit::ExitCode;
use super::message;
use super::output::{Output, Written};
use super::plan::{Target, Writing, targets};
use keysift::error::{Error, Result};
use keysift::finding::Severity;
use keysift::report::document::{Document, FindingEntry, name};
use keysift::report::{self, Format, Verbosity, compare, read};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Write a report in another format
    #[command(
        after_help = "Example:\n  keysift report convert leaks.json --format markdown --format sarif=leaks.sarif"
    )]
    Convert {
        /// A report written with --format json; "-" is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        to: To,
    },
    /// Put several reports together: one finding for each credential, receipts added up
    Merge {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        to: To,
    },
    /// Tell what is new, fixed and unchanged between two reports; exits with 1 if something is new
    Diff {
        #[arg(value_name = "BEFORE")]
        before: PathBuf,
        #[arg(value_name = "AFTER")]
        after: PathBuf,
        /// One JSON object: `new`, `fixed`, `unchanged`
        #[arg(long)]
        json: bool,
        /// Write it to FILE
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List the ids of the blobs that hold what was found, for git filter-repo --strip-blobs-with-ids
    #[command(after_help = "Example:\n  keysift report blobs leaks.json --severity high -o blobs.txt")]
    Blobs {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Only this finding (repeatable)
        #[arg(long, value_name = "ID")]
        fingerprint: Vec<String>,
        /// Only findings of at least this severity: critical, high, medium, low or note
        #[arg(long, value_name = "SEVERITY", value_parser = severity)]
        severity: Option<Severity>,
        /// Write them to FILE
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// How to write the result.
#[derive(Debug, clap::Args)]
pub struct To {
    /// How to write the report, as for `keysift scan`
    #[arg(long, value_name = "FORMAT[=FILE]")]
    format: Vec<FormatTo>,
    /// Write the report to FILE, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What SARIF holds: what is still in HEAD, or what only the history has, too
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    sarif_scope: ScopeOf,
    /// What SARIF makes of what is left out: results marked as suppressed, or none, as GitHub code scanning needs it
    #[arg(long, value_name = "HOW", default_value = "mark")]
    sarif_suppressed: SuppressedHow,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColorWhen,
    /// Findings only
    #[arg(short, long)]
    quiet: bool,
    /// All places and gaps in the human report
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

fn severity(typed: &str) -> std::result::Result<Severity, String> {
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Note];
    all.into_iter()
        .find(|severity| name(severity) == typed)
        .ok_or("use critical, high, medium, low or note".to_string())
}

/// Does it.
pub fn run(action: Action) -> Result<ExitCode> {
    match action {
        Action::Convert { file, to } => write(&to, || load(&file)),
        Action::Merge { files, to } => {
            write(&to, || compare::merge(files.iter().map(load).collect::<Result<Vec<Document>>>()?))
        }
        Action::Diff { before, after, json, output } => {
            let output = Output::prepare(output.as_deref())?;
            let difference = compare::diff(load(&before)?, load(&after)?);
            output.write(|to| report::write_difference(&difference, json, to))?;
            Ok(if difference.new.is_empty() { ExitCode::Clean } else { ExitCode::Found })
        }
        Action::Blobs { files, fingerprint, severity, output } => {
            let output = Output::prepare(output.as_deref())?;
            let document = compare::merge(files.iter().map(load).collect::<Result<Vec<Document>>>()?)?;
            let wanted = |finding: &FindingEntry| {
                (fingerprint.is_empty() || fingerprint.contains(&finding.fingerprint))
                    && severity.is_none_or(|least| finding.severity >= least)
            };
            if let Some(unknown) = fingerprint.iter().find(|id| document.findings.iter().all(|f| f.fingerprint != **id))
            {
                return Err(Error::usage(format!("no finding has the fingerprint {unknown}")));
            }
            let list = compare::blobs(&document, wanted);
            output.write(|to| list.ids.iter().try_for_each(|id| writeln!(to, "{id}")))?;
            if list.unlisted > 0 {
                message::note(format!("{} more blobs are not in the report: the list is not whole", list.unlisted));
                return Ok(ExitCode::Incomplete);
            }
            Ok(ExitCode::Clean)
        }
    }
}

/// Writes the document that `make` gives, once the places it goes to are known to be good.
fn write(to: &To, make: impl FnOnce() -> Result<Document>) -> Result<ExitCode> {
    let verbosity = match (to.quiet, to.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let file = to.output.as_deref();
    let sarif = report::SarifChoice { scope: to.sarif_scope.into(), suppressed: to.sarif_suppressed.into() };
    let outputs =
        targets(&Writing { formats: &to.format, file, color: to.color, show_secrets: false, verbosity, sarif })?;
    let document = make()?;
    for Target { format, output, options } in &outputs {
        match format {
            Format::Sarif => write_sarif(&document, output, options)?,
            _ => output.write(|out| report::write_document(*format, &document, options, out))?,
        };
        if *format == Format::Github {
            super::job_summary(|out| {
                report::write_document(Format::Markdown, &document, &report::Options::default(), out)
            })?;
        }
    }
    Ok(ExitCode::Clean)
}

/// Writes SARIF: where one file would be more than GitHub takes and the report goes to a file, further files beside it.
/// Files of an earlier run that had more of them go: together with the new ones they would tell a wrong story.
pub fn write_sarif(document: &Document, output: &Output, options: &report::Options) -> Result<Written> {
    let Output::File(path) = output else {
        return output.write(|out| report::write_document(Format::Sarif, document, options, out));
    };
    let parts =
        report::split_sarif(document, options.sarif).map_err(|e| Error::io("cannot divide the SARIF report", e))?;
    for part in &parts {
        let beside = Output::File(numbered(path, part.number));
        let output = if part.number == 1 { output } else { &beside };
        output.write(|out| report::write_sarif_part(part, options.sarif, out))?;
    }
    for number in parts.len() + 1.. {
        let stale = numbered(path, number);
        let is_ours = File::open(&stale).is_ok_and(|file| report::is_sarif_part(file, number));
        if !is_ours {
            break;
        }
        std::fs::remove_file(&stale)
            .map_err(|e| Error::io(format!("cannot remove {}, a part of an earlier report", stale.display()), e))?;
        message::note(format!("removed {}, a part of an earlier report", stale.display()));
    }
    if parts.len() > 1 {
        let last = numbered(path, parts.len()).display().to_string();
        message::note(format!("more than GitHub takes in one file: {} files, the last is {last}", parts.len()));
    }
    Ok(Written::Whole)
}

/// `leaks.sarif` as `leaks.2.sarif`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
    path.with_extension(extension.map_or(number.to_string(), |extension| format!("{number}.{extension}")))
}

fn load(path: &PathBuf) -> Result<Document> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|e| Error::io(format!("cannot read the report {name}"), e))?;
    read::document(&bytes, &name)
}
