//! One configuration file as written: `.keysift.toml`. Names that are not known are refused, with the nearest one.

use super::{Source, Sourced};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::rule::model::RuleText;
use crate::rule::{self, Pattern};
use crate::similar;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The name of a repository's configuration, at the root of its work tree.
pub const FILE: &str = ".keysift.toml";

/// All that a file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileText {
    /// Where the baseline lies, relative to this file.
    pub baseline: Option<Spanned<PathBuf>>,
    pub rules: RulesText,
    /// Severities by rule id.
    pub severity: BTreeMap<String, Spanned<Severity>>,
    pub allow: Vec<Spanned<AllowText>>,
    pub limits: LimitsText,
    pub verify: VerifyText,
    /// Rules of one's own, as in a rule file.
    pub rule: Vec<Spanned<RuleText>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RulesText {
    /// Rule files, or folders of them, relative to this file.
    pub paths: Vec<Spanned<PathBuf>>,
    /// Rules whose findings are left out.
    pub disable: Vec<Spanned<String>>,
    /// Takes back what a weaker file disabled.
    pub enable: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsText {
    pub max_content: Option<Spanned<Size>>,
    pub max_unpacked: Option<Spanned<Size>>,
    pub max_findings: Option<Spanned<NonZeroUsize>>,
    pub threads: Option<Spanned<NonZeroUsize>>,
}

/// How AWS is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VerifyText {
    /// Accounts whose keys are bait, beside the known ones.
    pub canary_accounts: Vec<Spanned<String>>,
    /// The only accounts whose keys are asked about.
    pub accounts: Vec<Spanned<String>>,
    /// Calls a second.
    pub rate: Option<Spanned<f64>>,
    /// Calls a run.
    pub max_calls: Option<Spanned<NonZeroU64>>,
}

/// A number of bytes, or a text such as "256M".
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number of bytes, or a text such as \"256M\"")]
pub(super) enum Size {
    Bytes(u64),
    Text(String),
}

impl Size {
    pub(super) fn bytes(&self) -> std::result::Result<u64, String> {
        match self {
            Self::Bytes(number) => crate::scanner::content_size(&number.to_string()),
            Self::Text(text) => crate::scanner::content_size(text),
        }
    }
}

/// An entry of an allow-list. All conditions that are given must hold; of a list one is enough.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AllowText {
    /// Why; it stands in the report.
    pub reason: String,
    #[serde(default)]
    pub rules: Vec<String>,
    /// Globs on paths relative to the root; a folder stands for all that is in it.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Regexes on the same paths. With both, either will do.
    #[serde(default)]
    pub path_patterns: Vec<String>,
    /// Regexes on the credential's parts.
    #[serde(default)]
    pub values: Vec<String>,
    /// Regexes on the line.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Commit ids, or at least seven digits of them.
    #[serde(default)]
    pub commits: Vec<String>,
}

impl AllowText {
    pub(super) fn check(&self) -> std::result::Result<(), String> {
        if !self.has_condition() {
            return Err("an entry needs at least one of `paths`, `path_patterns`, `values`, `lines` and `commits`; \
                        `rules.disable` switches whole rules off"
                .into());
        }
        super::globs(&self.paths)?;
        for pattern in [&self.path_patterns, &self.values, &self.lines].into_iter().flatten() {
            Pattern::new(pattern).check()?;
        }
        let id = |id: &&String| id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit());
        match self.commits.iter().find(|commit| !id(commit)) {
            Some(wrong) => Err(format!("`{wrong}` is no commit id: at least seven hexadecimal digits are needed")),
            None => Ok(()),
        }
    }

    /// Whether it says more than which rules it is about.
    pub(super) fn has_condition(&self) -> bool {
        self.lists().any(|(name, _)| name != "rules")
    }

    /// Its lists that are not empty, by the names that they have in a file.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        let Self { reason: _, rules, paths, path_patterns, values, lines, commits } = self;
        let lists = [
            ("rules", rules),
            ("paths", paths),
            ("path_patterns", path_patterns),
            ("values", values),
            ("lines", lines),
            ("commits", commits),
        ];
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, &list[..]))
    }

    pub(super) fn summary(&self) -> String {
        let mut parts: Vec<String> = self.lists().map(|(name, list)| format!("{name} {}", list.join(", "))).collect();
        parts.push(format!("({})", self.reason));
        parts.join("; ")
    }
}

/// A file being read.
pub(super) struct Reader<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Reader<'_> {
    pub(super) fn parse(&self) -> Result<FileText> {
        toml::from_str(self.text).map_err(|error| {
            let line = error.span().map_or(0, |span| self.line(span.start));
            let message = error.message().trim();
            self.fail(line, format!("{message}{}", suggestion(message)))
        })
    }

    /// Checks rules of one's own.
    pub(super) fn rules(&self, rules: Vec<Spanned<RuleText>>) -> Result<Vec<Sourced<RuleText>>> {
        let lines: Vec<usize> = rules.iter().map(|rule| rule.span().start).collect();
        let rules = rule::check_rules(Path::new(self.name), self.text, rules)?;
        Ok(rules.into_iter().zip(lines).map(|(rule, at)| (rule, self.source(at))).collect())
    }

    pub(super) fn source(&self, at: usize) -> Source {
        Source { file: self.name.into(), line: self.line(at) }
    }

    pub(super) fn fail(&self, line: usize, message: String) -> Error {
        Error::File { file: self.name.into(), line, message }
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|&&b| b == b'\n').count()
    }
}

/// The nearest of the names that a message of serde lists behind the one that is wrong: "unknown field `a`, expected
/// one of `b`, `c`".
fn suggestion(message: &str) -> String {
    if !message.starts_with("unknown") {
        return String::new();
    }
    let mut names = message.split('`').skip(1).step_by(2);
    names.next().map_or(String::new(), |wrong| similar::hint(wrong, names))
}
