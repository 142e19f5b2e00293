//! The baseline: findings that somebody has dealt with, one line each, so that a run is quiet about them.
//!
//! A line is keyed by fingerprint and holds no place, so it survives moved lines and renamed files; the path is a hint
//! for people. The first line names the commit that keys the fingerprints: with it a shallow clone, which lacks that
//! commit, derives the same ones.

mod date;
mod line;

pub use crate::calendar::date;
pub use date::is_date;

use crate::error::{Error, Result};
use crate::finding::{Allowed, AllowedBy};
use crate::fingerprint::Salt;
use crate::origin::Oid;
use crate::regular;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Where a baseline lies unless somebody says otherwise.
pub const FILE: &str = ".keysift-baseline";
/// A baseline above this many bytes is refused: that is half a million lines.
const LARGEST: u64 = 64 << 20;

/// What somebody said that a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A real credential: it stays reported until it is dealt with.
    Real,
    /// No credential at all.
    False,
    /// A credential that opens nothing but tests.
    Test,
    /// To be decided: left out until the entry expires.
    Later,
    /// Allowed by a marker beside it, and only where that stands.
    Marked,
}

impl Verdict {
    const ALL: [Self; 5] = [Self::Real, Self::False, Self::Test, Self::Later, Self::Marked];

    /// As a line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::False => "false",
            Self::Test => "test",
            Self::Later => "later",
            Self::Marked => "marked",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub fingerprint: String,
    pub rule_id: String,
    /// Where it was when it was recorded; empty where there was no path.
    pub path: Vec<u8>,
    pub verdict: Option<Verdict>,
    pub owner: Option<String>,
    /// Of a pair across files: the fingerprints of its id and of its secret, each by itself. A run that reads less may see
    /// only one of them.
    pub halves: Vec<String>,
    /// `YYYY-MM-DD`: from that day on the entry counts no more.
    pub expires: Option<String>,
    pub reason: String,
    /// Where in the file, from 1; 0 for one that was not read.
    pub line: usize,
}

/// All entries, by fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// As messages name the file.
    pub name: String,
    /// The commit that keys the fingerprints; none outside of a repository.
    pub key: Option<Oid>,
    pub entries: BTreeMap<String, Entry>,
    /// `YYYY-MM-DD`
    today: String,
}

impl Baseline {
    /// An empty one.
    pub fn new(name: &str, key: Option<Oid>, today: &str) -> Self {
        Self { name: name.into(), key, entries: BTreeMap::new(), today: today.into() }
    }

    /// Reads `path`, which messages call `name`; `None` if there is no such file. `today` is `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Anything but a regular file, and the line that is wrong.
    pub fn read(path: &Path, name: &str, today: &str) -> Result<Option<Self>> {
        let content = regular::read(path, LARGEST).map_err(|error| Error::io(format!("baseline {name}"), error))?;
        content.map(|content| Self::parse(name, &String::from_utf8_lossy(&content), today)).transpose()
    }

    /// Parses a baseline.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn parse(name: &str, text: &str, today: &str) -> Result<Self> {
        let mut baseline = Self::new(name, None, today);
        let mut header = false;
        for (line, number) in text.lines().zip(1..) {
            let fail = |message: String| Error::File { file: name.into(), line: number, message };
            if let Some(key) = line.strip_prefix(line::HEADER) {
                header = true;
                baseline.key = match key.trim() {
                    "none" => None,
                    hex => Some(Oid::from_hex(hex.as_bytes()).map_err(|_| {
                        fail("expected the id of a commit, or `none`: `keysift baseline create` writes it".into())
                    })?),
                };
                continue;
            }
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if !header {
                return Err(fail(format!("expected `{}` and a commit before the first entry", line::HEADER.trim())));
            }
            let entry = Entry { line: number, ..line::parse(line).map_err(fail)? };
            // Two branches may both have recorded it, and git's union merge keeps both lines: the stricter one holds.
            match baseline.entries.get(&entry.fingerprint) {
                Some(known) if strictness(known) >= strictness(&entry) => {}
                _ => drop(baseline.entries.insert(entry.fingerprint.clone(), entry)),
            }
        }
        Ok(baseline)
    }

    /// The file's text: the header, then one sorted line for each entry.
    pub fn text(&self) -> String {
        let key = self.key.map_or("none".to_string(), |key| key.to_string());
        let mut text = format!("{}{key}\n", line::HEADER);
        for entry in self.entries.values() {
            text.push_str(&line::render(entry));
            text.push('\n');
        }
        text
    }

    /// What keys the fingerprints.
    pub fn salt(&self) -> Salt {
        self.key.map_or_else(Salt::fixed, Salt::of_root_commit)
    }

    /// Whether an entry counts no more.
    pub fn is_expired(&self, entry: &Entry) -> bool {
        entry.expires.as_ref().is_some_and(|day| *day <= self.today)
    }

    /// Who allows the credential of that fingerprint, if this does.
    pub fn allows(&self, fingerprint: &str) -> Option<Arc<Allowed>> {
        self.allowed(self.entries.get(fingerprint)?)
    }

    /// Who allows an id or a secret that is one half of a pair, if this does.
    pub fn allows_half(&self, fingerprint: &str) -> Option<Arc<Allowed>> {
        self.pairs_of(fingerprint).find_map(|entry| self.allowed(entry))
    }

    /// Whether this knows the credential of that fingerprint as one half of a pair.
    pub fn is_half(&self, fingerprint: &str) -> bool {
        self.pairs_of(fingerprint).next().is_some()
    }

    /// Whether any entry has halves.
    pub fn has_halves(&self) -> bool {
        self.entries.values().any(|entry| !entry.halves.is_empty())
    }

    fn pairs_of<'b>(&'b self, half: &'b str) -> impl Iterator<Item = &'b Entry> {
        self.entries.values().filter(move |entry| !self.is_expired(entry) && entry.halves.iter().any(|one| one == half))
    }

    fn allowed(&self, entry: &Entry) -> Option<Arc<Allowed>> {
        if self.is_expired(entry) {
            return None;
        }
        if matches!(entry.verdict, Some(Verdict::Real | Verdict::Marked)) {
            return None;
        }
        let source = format!("{}:{}", self.name, entry.line);
        let mut reason = entry.reason.clone();
        if let (Some(verdict), true) = (entry.verdict, reason.is_empty()) {
            reason = verdict.name().to_string();
        }
        Some(Arc::new(Allowed { by: AllowedBy::Baseline, source, reason }))
    }

    /// Whether a marker at one of `paths` speaks of the credential of that fingerprint, found by that rule. As long as
    /// the baseline has recorded nothing there, it does; afterwards it speaks of the recorded values only, so that a new
    /// secret on an allowed line is found.
    pub fn trusts_marker(&self, fingerprint: &str, rule_id: &str, paths: &BTreeSet<&[u8]>) -> bool {
        if self.entries.get(fingerprint).is_some_and(|entry| !self.is_expired(entry)) {
            return true;
        }
        let recorded = |entry: &&Entry| {
            entry.verdict == Some(Verdict::Marked) && entry.rule_id == rule_id && paths.contains(&entry.path[..])
        };
        !self.entries.values().any(|entry| recorded(&entry))
    }
}

/// Of two entries for one credential the larger one holds: real before the rest, then the one that expires first.
fn strictness(entry: &Entry) -> impl Ord {
    let days = entry.expires.clone().unwrap_or_else(|| "9999-99-99".into());
    (entry.verdict == Some(Verdict::Real), std::cmp::Reverse(days), entry.clone())
}

#[cfg(test)]
mod tests;
