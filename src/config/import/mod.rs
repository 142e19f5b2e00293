//! What other scanners were told, carried over to keysift as far as it means the same here. What does not is said,
//! entry by entry: a setting that is dropped unseen would be found missing by a leak.

mod detect_secrets;
mod gitleaks;
mod gitleaks_ignore;
mod literals;
mod names;
mod paths;
mod regex;
mod text;

use super::Source;
use super::file::AllowText;
use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// The files that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// gitleaks' configuration, `.gitleaks.toml`.
    Gitleaks,
    /// gitleaks' list of findings, `.gitleaksignore`.
    GitleaksIgnore,
    /// detect-secrets' baseline, `.secrets.baseline`.
    DetectSecrets,
    /// A list of path regexes, as trufflehog's `--exclude-paths` takes it.
    ExcludePaths,
}

impl Kind {
    /// What a file is, by its name and its text, if they tell. Any text could be a list of paths, one that holds
    /// secrets too: only a name that says so counts.
    pub fn of(name: &str, text: &str) -> Option<Self> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
        if name.ends_with(".gitleaksignore") || name == "gitleaksignore" {
            Some(Self::GitleaksIgnore)
        } else if name.ends_with(".toml") {
            Some(Self::Gitleaks)
        } else if name.ends_with(".baseline") || text.trim_start().starts_with('{') {
            Some(Self::DetectSecrets)
        } else {
            name.contains("exclude").then_some(Self::ExcludePaths)
        }
    }
}

/// Something that was not carried over, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub source: Source,
    pub text: String,
}

/// A finding that the other tool was told to leave out. Only a search tells which credential that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub source: Source,
    /// The commit that brought it in, where it is named.
    pub commit: Option<String>,
    pub path: String,
    /// From 1; 0 where it is not known.
    pub line: usize,
    /// SHA-1 of the secret, in hexadecimal. Where it is there, it decides.
    pub sha1: Option<String>,
    /// Rules that find such a thing; empty where that is not known.
    pub rules: Vec<String>,
    /// Whether a person said that it is a real credential.
    pub is_real: Option<bool>,
}

/// A rule of one's own.
#[derive(Debug, Clone, PartialEq)]
struct NewRule {
    source: Source,
    id: String,
    description: String,
    literals: Vec<String>,
    regex: String,
    entropy: Option<f64>,
    reach: usize,
    tags: Vec<String>,
}

/// What was understood of some files.
#[derive(Debug, Default)]
pub struct Imported {
    allow: Vec<(AllowText, Source)>,
    disabled: Vec<(String, Source)>,
    rules: Vec<NewRule>,
    pub known: Vec<Known>,
    pub notes: Vec<Note>,
}

impl Imported {
    /// Adds a file of this kind, which messages call `name`.
    ///
    /// # Errors
    /// A file that is not what it is said to be.
    pub fn add(&mut self, kind: Kind, name: &str, text: &str) -> Result<()> {
        let mut file = File { name, text, into: self };
        match kind {
            Kind::Gitleaks => gitleaks::read(&mut file),
            Kind::GitleaksIgnore => {
                gitleaks_ignore::read(&mut file);
                Ok(())
            }
            Kind::DetectSecrets => detect_secrets::read(&mut file),
            Kind::ExcludePaths => {
                paths::read(&mut file);
                Ok(())
            }
        }
    }

    /// As a `.keysift.toml`; empty where nothing was carried over into one.
    pub fn text(&self) -> String {
        text::write(self)
    }

    /// The rules whose ids are not among `there`, as a `.keysift.toml`.
    pub fn rules_text(&self, there: &BTreeSet<&str>) -> String {
        text::write_rules(self.rules.iter().filter(|rule| !there.contains(rule.id.as_str())))
    }
}

/// A file being read, and where what it says goes.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    into: &'a mut Imported,
}

impl File<'_> {
    /// The line of an offset.
    fn at(&self, offset: usize) -> Source {
        let line = 1 + self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|&&b| b == b'\n').count();
        self.line(line)
    }

    fn line(&self, line: usize) -> Source {
        Source { file: self.name.to_string(), line }
    }

    fn note(&mut self, source: Source, text: impl Into<String>) {
        self.into.notes.push(Note { source, text: text.into() });
    }

    fn fail(&self, line: usize, message: impl Into<String>) -> Error {
        Error::File { file: self.name.into(), line, message: message.into() }
    }

    /// The regexes that mean the same here; the others are noted.
    fn patterns(&mut self, what: &str, patterns: &[(String, usize)]) -> Vec<String> {
        let mut good = Vec::new();
        for (pattern, offset) in patterns {
            match regex::translate(pattern) {
                Ok(pattern) => good.push(pattern),
                Err(why) => {
                    let source = self.at(*offset);
                    self.note(source, format!("{what} `{pattern}` is not carried over: {why}"));
                }
            }
        }
        good
    }
}

/// An entry that has no condition yet.
fn entry(reason: &str, rules: &[String]) -> AllowText {
    AllowText {
        reason: reason.to_string(),
        rules: rules.to_vec(),
        paths: Vec::new(),
        path_patterns: Vec::new(),
        values: Vec::new(),
        lines: Vec::new(),
        commits: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
