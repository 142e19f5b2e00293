//! `keysift config import`: what other scanners were told, as a `.keysift.toml`; and what they were told of single
//! findings, as entries of the baseline, once a search has said which credentials these are.

use super::args::ConfigImport;
use super::baseline;
use super::exit::ExitCode;
use super::message;
use super::output::Output;
use keysift::baseline::{Entry, Verdict};
use keysift::config::import::{Imported, Known, Note};
use keysift::config::{Config, Kind, Trust};
use keysift::error::{Error, Result};
use keysift::finding::{Finding, Report, Suppression};
use keysift::origin::Origin;
use std::io::Read;
use std::path::Path;

/// A file above this many bytes is refused.
const LARGEST: u64 = 64 << 20;

pub fn run(import: &ConfigImport) -> Result<ExitCode> {
    if let Some(file) = import.output.as_deref().filter(|file| !import.force && file.symlink_metadata().is_ok()) {
        return Err(Error::usage(format!(
            "{} is there already: --force replaces it, or leave -o away and put in what you want",
            file.display()
        )));
    }
    let output = Output::prepare(import.output.as_deref())?;
    let mut imported = Imported::default();
    for file in &import.files {
        let (name, text) = (file.display().to_string(), read(file)?);
        let kind = import.kind.map(Into::into).or_else(|| Kind::of(&name, &text));
        let kind = kind.ok_or_else(|| {
            Error::usage(format!(
                "{name}: its name does not tell what it is; say it with --as, such as --as exclude-paths"
            ))
        })?;
        imported.add(kind, &name, &text)?;
    }
    let text = imported.text();
    // A promise to the user: what comes out is taken as it is.
    Config::default().add_text(&text, "the result", Path::new(""), Trust::Repository)?;
    let (mut notes, mut ended) = (imported.notes.clone(), ExitCode::Clean);
    match &import.repo {
        Some(repo) if !imported.known.is_empty() => {
            ended = baseline::import(
                repo,
                |there| imported.rules_text(there),
                |report, add| {
                    for known in &imported.known {
                        let entries = entries(known, report);
                        if entries.is_empty()
                            && !report.suppressions.iter().any(|left_out| is_left_out(known, left_out))
                        {
                            notes.push(not(known, "nothing is found there any more, or keysift finds nothing there"));
                        }
                        entries.into_iter().for_each(&mut *add);
                    }
                },
            )?;
        }
        _ => {
            let why = "it does not tell the credential itself; with --repo REPO that is searched, and recorded in its baseline";
            notes.extend(imported.known.iter().map(|known| not(known, why)));
        }
    }
    if !text.is_empty() {
        output.write(|out| out.write_all(text.as_bytes()))?;
    }
    notes.sort_by(|a, b| (&a.source.file, a.source.line).cmp(&(&b.source.file, b.source.line)));
    for Note { source, text } in &notes {
        message::note(match source.line {
            0 => format!("{}: {text}", source.file),
            _ => format!("{source}: {text}"),
        });
    }
    Ok(ended)
}

fn read(file: &Path) -> Result<String> {
    let failed = |error| Error::io(format!("cannot read {}", file.display()), error);
    let mut bytes = Vec::new();
    std::fs::File::open(file).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::usage(format!("{} is larger than any such file", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("{} is not UTF-8", file.display())))
}

fn not(known: &Known, why: &str) -> Note {
    let place = format!("{}:{}", known.path, known.line);
    Note { source: known.source.clone(), text: format!("the finding at {place} is not carried over: {why}") }
}

/// Entries for what is found where `known` says, or of which it has the hash.
fn entries(known: &Known, report: &Report) -> Vec<Entry> {
    let mut found: Vec<&Finding> = report.findings.iter().filter(|finding| is_it(known, finding)).collect();
    let of_rule = |finding: &&Finding| known.rules.contains(&finding.rule_id);
    // Of several at one place those are meant that such a rule finds; a pair is one of none of theirs.
    if found.iter().any(of_rule) {
        found.retain(of_rule);
    }
    let entry = |finding: &&Finding| Entry {
        verdict: known.is_real.map(|real| if real { Verdict::Real } else { Verdict::False }),
        reason: format!("imported from {}", known.source),
        ..baseline::entry_of(finding)
    };
    found.iter().map(entry).collect()
}

fn is_it(known: &Known, finding: &Finding) -> bool {
    if let Some(wanted) = &known.sha1 {
        return finding.credential.parts.iter().any(|(_, part)| sha1(part.expose()).as_ref() == Some(wanted));
    }
    let path = known.path.trim_start_matches("./").as_bytes();
    let at = |commit: Option<String>, there: Option<&[u8]>, line: u32| {
        there.map(|path| path.strip_prefix(b"./").unwrap_or(path)) == Some(path)
            && line as usize == known.line
            && (known.commit.is_none() || commit == known.commit)
    };
    let places = finding.exposure.iter().flat_map(|exposure| &exposure.head).chain(&finding.places);
    let came = finding.exposure.iter().flat_map(|exposure| &exposure.introduced);
    places.clone().any(|s| at(commit_of(&s.origin), s.origin.path(), s.place.line))
        || came.clone().any(|event| at(Some(event.commit.id.to_string()), Some(&event.path), event.line))
}

/// Whether it is left out already, so that nothing is missing. A report has one place only of what it leaves out.
fn is_left_out(known: &Known, left_out: &Suppression) -> bool {
    match &known.sha1 {
        Some(wanted) => left_out.credential.parts.iter().any(|(_, part)| sha1(part.expose()).as_ref() == Some(wanted)),
        None => left_out.primary.origin.path() == Some(known.path.trim_start_matches("./").as_bytes()),
    }
}

fn commit_of(origin: &Origin) -> Option<String> {
    origin.commit().map(|id| id.to_string())
}

fn sha1(bytes: &[u8]) -> Option<String> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().ok().map(|id| id.to_string())
}
