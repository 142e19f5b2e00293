//! `RuleSet`: the rules of a run, chosen and linked; `Pattern`: a regex that is compiled when it is first needed.

use super::gate::Gate;
use super::load::{self, Written};
use super::model::RuleText;
use crate::error::{Error, Result};
use crate::finding::{RuleIndex, RuleInfo, Severity};
use crate::similar;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A regex over bytes, compiled on first use.
pub struct Pattern {
    text: String,
    regex: OnceLock<Regex>,
    gate: OnceLock<Gate>,
}

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_string(), regex: OnceLock::new(), gate: OnceLock::new() }
    }

    /// Compiles it now.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn check(&self) -> std::result::Result<(), String> {
        self.compile().map(|_| ())
    }

    fn compile(&self) -> std::result::Result<Regex, String> {
        Regex::builder()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(16 << 20)).hybrid_cache_capacity(1 << 20))
            .build(&self.text)
            .map_err(|e| match e.syntax_error() {
                Some(syntax) => syntax.to_string(),
                None => e.to_string(),
            })
    }

    /// The regex.
    pub fn regex(&self) -> &Regex {
        self.regex
            .get_or_init(|| self.compile().expect("the loader has compiled every rule's patterns once, or a test has"))
    }

    /// Whether a match may begin where `rest` begins: a cheap look that says too much, and compiles nothing.
    #[inline]
    pub fn admits(&self, rest: &[u8]) -> bool {
        self.gate.get_or_init(|| Gate::new(&self.text)).admits(rest)
    }
}

/// A rule, ready to be asked.
pub struct Rule {
    pub text: RuleText,
    pub regex: Option<Pattern>,
    pub allow: Vec<Pattern>,
    pub allow_line: Vec<Pattern>,
    /// The rule that must have hit as well.
    pub requires: Option<(RuleIndex, u32)>,
    /// The rule whose hits this one's candidates complete to a pair.
    pub completes: Option<RuleIndex>,
    /// What a user says the severity of its findings is, whatever they are.
    pub severity: Option<Severity>,
    globs: OnceLock<(Option<GlobSet>, Option<GlobSet>)>,
}

impl Rule {
    fn new(mut text: RuleText) -> Self {
        // A shape's surroundings must lie within its reach.
        if let Some(shape) = &text.shape {
            text.reach = text.reach.max(shape.max + text.distance + 8);
        }
        let patterns = |all: &[String]| all.iter().map(|p| Pattern::new(p)).collect();
        Self {
            regex: text.regex.as_deref().map(Pattern::new),
            allow: patterns(&text.allow),
            allow_line: patterns(&text.allow_line),
            requires: None,
            completes: None,
            severity: None,
            globs: OnceLock::new(),
            text,
        }
    }

    /// Whether the rule applies to content at `path`; always where it has no path conditions.
    pub fn applies_to(&self, path: &[u8]) -> bool {
        if self.text.paths.is_empty() && self.text.not_paths.is_empty() {
            return true;
        }
        let (only, not) = self.globs.get_or_init(|| (glob_set(&self.text.paths), glob_set(&self.text.not_paths)));
        let path = String::from_utf8_lossy(path);
        only.as_ref().is_none_or(|g| g.is_match(&*path)) && !not.as_ref().is_some_and(|g| g.is_match(&*path))
    }
}

fn glob_set(globs: &[String]) -> Option<GlobSet> {
    if globs.is_empty() {
        return None;
    }
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder
            .add(GlobBuilder::new(glob).case_insensitive(true).build().expect("the loader has built every glob once"));
    }
    Some(builder.build().expect("globs that build one by one build together"))
}

/// The rules of a run.
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The embedded rules.
    pub fn embedded() -> Self {
        Self::link(load::embedded()).expect("tests/detection/rules.rs links the embedded set")
    }

    /// Adds all that the rules say to `digest`.
    pub fn digest(&self, digest: &mut sha2::Sha256) {
        for rule in &self.rules {
            sha2::Digest::update(digest, format!("{:?}\n", rule.text));
        }
    }

    /// The ids of the embedded rules.
    pub fn embedded_ids() -> BTreeSet<String> {
        load::embedded().into_iter().map(|rule| rule.id).collect()
    }

    /// The embedded rules with those of `paths` (folders of `*.toml`, or files) added; the same id replaces.
    ///
    /// # Errors
    /// A folder without rules, an unreadable or wrong rule file.
    pub fn load(paths: &[PathBuf]) -> Result<Self> {
        let mut texts = load::embedded();
        if paths.is_empty() {
            return Self::link(texts);
        }
        let files = paths.iter().map(|path| load::read_path(path)).collect::<Result<Vec<_>>>()?.concat();
        for Written { rule, .. } in files.iter().flat_map(|(_, rules)| rules) {
            match texts.iter_mut().find(|known| known.id == rule.id) {
                Some(known) => *known = rule.clone(),
                None => texts.push(rule.clone()),
            }
        }
        let ids: BTreeSet<&str> = texts.iter().map(|rule| rule.id.as_str()).collect();
        for (file, rules) in &files {
            load::check_references(file, rules, &ids)?;
        }
        Self::link(texts)
    }

    /// These rules and `more`.
    ///
    /// # Errors
    /// A reference to a rule that is not there.
    pub fn with(self, more: Vec<RuleText>) -> Result<Self> {
        Self::link(self.rules.into_iter().map(|rule| rule.text).chain(more).collect())
    }

    /// Sets the severity of all that a rule finds.
    pub fn set_severity(&mut self, rule: RuleIndex, severity: Severity) {
        self.rules[usize::from(rule.0)].severity = Some(severity);
    }

    /// Only the given rules: for tests of a rule by itself.
    ///
    /// # Errors
    /// A reference to a rule that is not there.
    pub fn from_texts(texts: Vec<RuleText>) -> Result<Self> {
        Self::link(texts)
    }

    fn link(texts: Vec<RuleText>) -> Result<Self> {
        if texts.len() > usize::from(u16::MAX) / 2 {
            return Err(Error::usage("more than 32,767 rules"));
        }
        let mut rules: Vec<Rule> = texts.into_iter().map(Rule::new).collect();
        let index_of = |rules: &[Rule], id: &str, from: &str| {
            rules
                .iter()
                .position(|r| r.text.id == id)
                .map(|i| RuleIndex(i as u16))
                .ok_or_else(|| Error::usage(format!("rule `{from}` refers to `{id}`, which is no rule")))
        };
        for i in 0..rules.len() {
            let requires = match &rules[i].text.requires {
                Some(r) => Some((index_of(&rules, &r.rule, &rules[i].text.id)?, r.within as u32)),
                None => None,
            };
            let completes = match &rules[i].text.completes {
                Some(id) => Some(index_of(&rules, id, &rules[i].text.id)?),
                None => None,
            };
            rules[i].requires = requires;
            rules[i].completes = completes;
        }
        Ok(Self { rules })
    }

    /// Whether a rule has this id.
    ///
    /// # Errors
    /// That none has, with the nearest one.
    pub fn check_id(&self, id: &str) -> Result<()> {
        if self.rules.iter().any(|r| r.text.id == id) {
            return Ok(());
        }
        Err(Error::usage(self.unknown(id)))
    }

    /// Keeps the rules named in `only` (all when empty) and drops those in `without`, where `*` stands for any text:
    /// `aws-*`. Rules that a kept one refers to stay: they are needed to decide it.
    ///
    /// # Errors
    /// An id that no rule has, with the nearest one.
    pub fn select(self, only: &[String], without: &[String]) -> Result<Self> {
        if only.is_empty() && without.is_empty() {
            return Ok(self);
        }
        let named = |rule: &Rule, wanted: &[String]| wanted.iter().any(|name| is_named(&rule.text.id, name));
        for name in only.iter().chain(without) {
            if !self.rules.iter().any(|rule| is_named(&rule.text.id, name)) {
                return Err(Error::usage(self.unknown(name)));
            }
        }
        let mut keep: Vec<bool> =
            self.rules.iter().map(|r| (only.is_empty() || named(r, only)) && !named(r, without)).collect();
        for i in 0..self.rules.len() {
            if keep[i] {
                for needed in self.rules[i].requires.map(|r| r.0).into_iter().chain(self.rules[i].completes) {
                    keep[usize::from(needed.0)] = true;
                }
            }
        }
        let texts = self.rules.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(r, _)| r.text).collect();
        Self::link(texts)
    }

    /// What to say to an id that no rule has.
    pub fn unknown(&self, id: &str) -> String {
        if id.contains('*') {
            return format!("no rule has an id like `{id}`: `keysift rules list` tells all");
        }
        let hint = similar::hint(id, self.rules.iter().map(|r| r.text.id.as_str()));
        let hint = if hint.is_empty() { "; `keysift rules list` lists them".to_string() } else { hint };
        format!("no rule has the id `{id}`{hint}")
    }

    /// The rule of that id.
    pub fn find(&self, id: &str) -> Option<RuleIndex> {
        self.rules.iter().position(|r| r.text.id == id).map(|i| RuleIndex(i as u16))
    }

    pub fn get(&self, index: RuleIndex) -> &Rule {
        &self.rules[usize::from(index.0)]
    }

    pub fn iter(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        self.rules.iter().enumerate().map(|(i, r)| (RuleIndex(i as u16), r))
    }

    pub fn len(&self) -> usize {
        self.rules.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What a report says of the rules.
    pub fn infos(&self) -> Vec<RuleInfo> {
        self.rules
            .iter()
            .map(|r| RuleInfo {
                id: r.text.id.clone(),
                description: r.text.description.clone(),
                severity: r.severity.unwrap_or(r.text.severity),
                confidence: r.text.confidence,
                reference: r.text.reference.clone(),
                tier: r.text.tier,
                tags: r.text.tags.clone(),
            })
            .collect()
    }
}

/// Whether `id` is that name, in which `*` stands for any text.
fn is_named(id: &str, name: &str) -> bool {
    let Some((first, rest)) = name.split_once('*') else { return id == name };
    let Some(id) = id.strip_prefix(first) else { return false };
    (0..=id.len()).filter(|&at| id.is_char_boundary(at)).any(|at| is_named(&id[at..], rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_star_stands_for_any_text() {
        let named = |name| super::is_named("aws-key-id", name);
        assert!(["aws-key-id", "aws-*", "*", "*-id", "a*key*", "aws-key-id*"].into_iter().all(named));
        assert!(!["aws-key", "", "aws-*-ids", "key*", "*key", "aws-key-id*d"].into_iter().any(named));
    }
}
