//! Configuration: what files say about rules, severities, allow-lists and limits, and where each value comes from.
//!
//! Files are laid over one another, the weakest first: the user's, the repository's, the one that is named. A scalar of
//! a stronger file replaces that of a weaker one, lists add up. The library is told which files there are; where they
//! lie and what the environment says is the command line's to know.

mod file;
pub mod import;

pub use file::FILE;
pub use import::Kind;

use crate::allow::{Allowances, Entry, Folders};
use crate::aws::accounts;
use crate::error::{Error, Result};
use crate::finding::{Allowed, AllowedBy, Severity};
use crate::regular;
use crate::rule::model::RuleText;
use crate::rule::{self, Pattern, RuleSet};
use file::{AllowText, FileText, Reader, VerifyText};
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A configuration above this many bytes is refused.
const LARGEST: u64 = 4 << 20;

/// Where a value comes from: a file as messages name it, and a line from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub file: String,
    pub line: usize,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value with its source.
pub type Sourced<T> = (T, Source);

/// How far a file is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The user's own, or one that the user named.
    User,
    /// It lies in what is scanned: it may not point out of its folder.
    Repository,
}

/// An entry of an allow-list, as written.
#[derive(Debug, Clone)]
pub struct Allow {
    text: AllowText,
    pub source: Source,
}

/// All files together.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The files that were read, the weakest first.
    pub files: Vec<String>,
    pub rules: Vec<Sourced<RuleText>>,
    pub disabled: BTreeMap<String, Source>,
    pub severity: BTreeMap<String, Sourced<Severity>>,
    pub allow: Vec<Allow>,
    pub baseline: Option<Sourced<PathBuf>>,
    pub max_content: Option<Sourced<u64>>,
    pub max_unpacked: Option<Sourced<u64>>,
    pub max_findings: Option<Sourced<usize>>,
    pub threads: Option<Sourced<usize>>,
    /// Accounts whose keys are bait, and where that is said.
    pub canary_accounts: BTreeMap<u64, Source>,
    /// Where not empty: the only accounts whose keys are asked about.
    pub accounts: BTreeMap<u64, Source>,
    /// Calls a second, at most.
    pub verify_rate: Option<Sourced<f64>>,
    /// Calls a run, at most.
    pub verify_calls: Option<Sourced<u64>>,
}

impl Config {
    /// Lays the file at `path`, which messages call `name`, over this. Says whether there is one.
    ///
    /// # Errors
    /// Anything but a regular file, and what is wrong in it, with its line.
    pub fn add(&mut self, path: &Path, name: &str, trust: Trust) -> Result<bool> {
        let content =
            regular::read(path, LARGEST).map_err(|error| Error::io(format!("configuration {name}"), error))?;
        let Some(content) = content else { return Ok(false) };
        let text = String::from_utf8(content).map_err(|_| Error::File {
            file: name.into(),
            line: 0,
            message: "it is not UTF-8".into(),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        self.add_text(&text, name, folder, trust)?;
        Ok(true)
    }

    /// As [`Config::add`], from a text; paths in it are relative to `folder`.
    ///
    /// # Errors
    /// What is wrong in it, with its line.
    pub fn add_text(&mut self, text: &str, name: &str, folder: &Path, trust: Trust) -> Result<()> {
        let reader = Reader { name, text };
        let file: FileText = reader.parse()?;
        self.files.push(name.to_string());
        for rule in reader.rules(file.rule)? {
            self.rules.push(rule);
        }
        for path in file.rules.paths {
            let source = reader.source(path.span().start);
            let path = within(path.into_inner(), trust).map_err(|message| reader.fail(source.line, message))?;
            for rule in rule::read_path(&folder.join(path))?.into_iter().flat_map(|(_, rules)| rules) {
                self.rules.push((rule.rule, source.clone()));
            }
        }
        for id in file.rules.disable {
            let source = reader.source(id.span().start);
            self.disabled.insert(id.into_inner(), source);
        }
        for id in file.rules.enable {
            self.disabled.remove(id.as_ref().as_str());
        }
        for (id, severity) in file.severity {
            let source = reader.source(severity.span().start);
            self.severity.insert(id, (severity.into_inner(), source));
        }
        for allow in file.allow {
            let source = reader.source(allow.span().start);
            let text = allow.into_inner();
            text.check().map_err(|message| reader.fail(source.line, message))?;
            self.allow.push(Allow { text, source });
        }
        if let Some(path) = file.baseline {
            let source = reader.source(path.span().start);
            let path = within(path.into_inner(), trust).map_err(|message| reader.fail(source.line, message))?;
            self.baseline = Some((folder.join(path), source));
        }
        for (value, into) in
            [(file.limits.max_content, &mut self.max_content), (file.limits.max_unpacked, &mut self.max_unpacked)]
        {
            if let Some(size) = value {
                let source = reader.source(size.span().start);
                let bytes = size.into_inner().bytes().map_err(|message| reader.fail(source.line, message))?;
                *into = Some((bytes, source));
            }
        }
        for (value, into) in
            [(file.limits.max_findings, &mut self.max_findings), (file.limits.threads, &mut self.threads)]
        {
            if let Some(number) = value {
                let source = reader.source(number.span().start);
                *into = Some((number.into_inner().get(), source));
            }
        }
        self.add_verify(file.verify, &reader, trust)
    }

    fn add_verify(&mut self, verify: VerifyText, reader: &Reader<'_>, trust: Trust) -> Result<()> {
        for (ids, into) in [(verify.canary_accounts, &mut self.canary_accounts), (verify.accounts, &mut self.accounts)]
        {
            for id in ids {
                let source = reader.source(id.span().start);
                let account = accounts::parse(id.as_ref().replace('-', "").as_bytes());
                let message = || format!("`{}` is no account: it has twelve digits", id.as_ref());
                let account = account.ok_or_else(|| reader.fail(source.line, message()))?;
                into.insert(account, source);
            }
        }
        // Who is scanned must not decide how hard AWS is asked.
        let at = verify.rate.as_ref().map(|rate| rate.span().start);
        let at = at.or(verify.max_calls.as_ref().map(|calls| calls.span().start));
        if let Some(at) = at.filter(|_| trust == Trust::Repository) {
            let message = "`rate` and `max_calls` count in your own configuration only: use --verify-rate and \
                           --verify-max, or the file that --config names";
            return Err(reader.fail(reader.source(at).line, message.into()));
        }
        if let Some(rate) = verify.rate {
            let source = reader.source(rate.span().start);
            let rate = rate.into_inner();
            if !(0.01..=10_000.0).contains(&rate) {
                return Err(reader.fail(source.line, "expected calls a second, such as 5 or 0.5".into()));
            }
            self.verify_rate = Some((rate, source));
        }
        if let Some(calls) = verify.max_calls {
            let source = reader.source(calls.span().start);
            self.verify_calls = Some((calls.into_inner().get(), source));
        }
        Ok(())
    }

    /// `rules` with those of the configuration, and with its severities.
    ///
    /// # Errors
    /// A rule of an id that is taken, and an id that no rule has.
    pub fn rules(&self, rules: RuleSet) -> Result<RuleSet> {
        for (place, (rule, source)) in self.rules.iter().enumerate() {
            let twice = self.rules[..place].iter().any(|(known, _)| known.id == rule.id);
            if twice || rules.find(&rule.id).is_some() {
                let message = format!(
                    "there is a rule `{}` already: take another id; `rules.disable` switches the other one off",
                    rule.id
                );
                return Err(fail(source, message));
            }
        }
        let mut rules = if self.rules.is_empty() {
            rules
        } else {
            rules.with(self.rules.iter().map(|(rule, _)| rule.clone()).collect())?
        };
        for (id, (severity, source)) in &self.severity {
            let index = rules.find(id).ok_or_else(|| fail(source, rules.unknown(id)))?;
            rules.set_severity(index, *severity);
        }
        Ok(rules)
    }

    /// What the configuration allows of what `rules` find, and markers if `markers`.
    ///
    /// # Errors
    /// An id that no rule has, with its line.
    pub fn allowances(&self, rules: &Arc<RuleSet>, markers: bool, folders: Folders) -> Result<Allowances> {
        let mut allow = Allowances { markers: markers.then(|| Arc::clone(rules)), folders, ..Allowances::default() };
        // `--rule` and `--no-rule` have left some rules out: what is said of those means nothing in this run.
        let index = |id: &str, source: &Source| match rules.find(id) {
            Some(index) => Ok(Some(index)),
            None if RuleSet::embedded_ids().contains(id) || self.rules.iter().any(|(rule, _)| rule.id == id) => {
                Ok(None)
            }
            None => Err(fail(source, rules.unknown(id))),
        };
        for (id, source) in &self.disabled {
            if let Some(index) = index(id, source)? {
                let reason = "the rule is switched off".to_string();
                let allowed = Allowed { by: AllowedBy::Configuration, source: source.to_string(), reason };
                allow.off.insert(index, Arc::new(allowed));
            }
        }
        for Allow { text, source } in &self.allow {
            let mut only = Vec::new();
            for id in &text.rules {
                only.extend(index(id, source)?);
            }
            if only.is_empty() && !text.rules.is_empty() {
                continue;
            }
            let patterns = |all: &[String]| all.iter().map(|pattern| Pattern::new(pattern)).collect();
            allow.entries.push(Entry {
                rules: only,
                paths: globs(&text.paths).map_err(|message| fail(source, message))?,
                path_patterns: patterns(&text.path_patterns),
                values: patterns(&text.values),
                lines: patterns(&text.lines),
                commits: text.commits.iter().map(|id| id.to_ascii_lowercase()).collect(),
                allowed: Arc::new(Allowed {
                    by: AllowedBy::Configuration,
                    source: source.to_string(),
                    reason: text.reason.clone(),
                }),
            });
        }
        Ok(allow)
    }
}

impl Allow {
    /// What it says, for people.
    pub fn summary(&self) -> String {
        self.text.summary()
    }
}

fn fail(source: &Source, message: String) -> Error {
    Error::File { file: source.file.clone().into(), line: source.line, message }
}

/// The globs, each with all that lies below what it names; `None` where there are none.
fn globs(globs: &[String]) -> std::result::Result<Option<GlobSet>, String> {
    if globs.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let bare = glob.trim_end_matches('/').trim_start_matches("./");
        for form in [bare.to_string(), format!("{bare}/**")] {
            set.add(Glob::new(&form).map_err(|error| error.to_string())?);
        }
    }
    set.build().map(Some).map_err(|error| error.to_string())
}

/// A path of a repository's own configuration may not lead out of its folder.
fn within(path: PathBuf, trust: Trust) -> std::result::Result<PathBuf, String> {
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if trust == Trust::Repository && !inside {
        return Err(format!("{} leads out of the repository: name a path below this file", path.display()));
    }
    Ok(path)
}

#[cfg(test)]
mod tests;
