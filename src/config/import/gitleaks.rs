//! `.gitleaks.toml`: allow-lists, rules, and what it extends.
//!
//! It is read as a tree, not as fixed fields, so that whatever is not understood can be named with its line. Names count
//! in any case there.

use super::{File, NewRule, entry, literals, names, regex};
use crate::config::Source;
use crate::error::Result;
use crate::rule::RuleSet;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) fn read(file: &mut File<'_>) -> Result<()> {
    let tree = DeTable::parse(file.text).map_err(|error| {
        let line = error.span().map_or(0, |span| file.at(span.start).line);
        file.fail(line, error.message().trim().to_string())
    })?;
    let root = Table::new(tree.get_ref());
    let ids = own_ids(&root);
    if !root.table("extend").is_some_and(|extend| extend.bool("usedefault")) && root.get("rules").is_some() {
        let source = file.line(0);
        file.note(
            source,
            "the rules of gitleaks are replaced by those in this file; the built-in rules of keysift still count",
        );
    }
    for (key, value) in &root.entries {
        let source = file.at(value.span().start);
        match key.as_str() {
            "title" | "description" | "minversion" => {}
            "extend" => tables(value).iter().for_each(|table| extend(file, table)),
            "allowlist" | "allowlists" => {
                for table in tables(value) {
                    let mut only = Vec::new();
                    let targets = table.texts("targetrules");
                    for (id, offset) in &targets {
                        let known = ours(id, &ids);
                        if known.is_empty() {
                            let source = file.at(*offset);
                            file.note(source, format!("no rule of keysift is known to find what `{id}` finds"));
                        }
                        only.extend(known);
                    }
                    if only.is_empty() && !targets.is_empty() {
                        let source = file.at(table.start);
                        file.note(source, "this allow-list is not carried over: it speaks of none of our rules");
                        continue;
                    }
                    allow_list(file, &table, &only);
                }
            }
            "rules" => tables(value).iter().for_each(|table| rule(file, table, &ids)),
            _ => file.note(source, format!("`{key}` is not carried over: it is not known")),
        }
    }
    Ok(())
}

/// A table whose names are in lower case.
struct Table<'t> {
    entries: Vec<(String, &'t Spanned<DeValue<'t>>)>,
    start: usize,
}

impl<'t> Table<'t> {
    fn new(table: &'t DeTable<'t>) -> Self {
        let entries: Vec<_> = table.iter().map(|(key, value)| (key.get_ref().to_ascii_lowercase(), value)).collect();
        let start = table.iter().map(|(key, _)| key.span().start).min().unwrap_or(0);
        Self { entries, start }
    }

    fn get(&self, name: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    fn table(&self, name: &str) -> Option<Table<'t>> {
        self.get(name)?.get_ref().as_table().map(Table::new)
    }

    fn text(&self, name: &str) -> Option<(String, Range<usize>)> {
        let value = self.get(name)?;
        value.get_ref().as_str().map(|text| (text.to_string(), value.span()))
    }

    fn bool(&self, name: &str) -> bool {
        self.get(name).and_then(|value| value.get_ref().as_bool()).unwrap_or(false)
    }

    fn number(&self, name: &str) -> Option<f64> {
        let value = self.get(name)?.get_ref();
        let integer = || value.as_integer().and_then(|number| number.as_str().parse().ok());
        value.as_float().and_then(|number| number.as_str().parse().ok()).or_else(integer)
    }

    /// The texts of a list, each with its offset.
    fn texts(&self, name: &str) -> Vec<(String, usize)> {
        let all = self.get(name).and_then(|value| value.get_ref().as_array());
        let text = |value: &Spanned<DeValue<'_>>| Some((value.get_ref().as_str()?.to_string(), value.span().start));
        all.into_iter().flat_map(|all| all.iter()).filter_map(text).collect()
    }
}

/// One table, or a list of them.
fn tables<'t>(value: &'t Spanned<DeValue<'t>>) -> Vec<Table<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => vec![Table::new(table)],
        DeValue::Array(all) => all.iter().filter_map(|one| one.get_ref().as_table().map(Table::new)).collect(),
        _ => Vec::new(),
    }
}

/// The names of its own rules that have a regex, with the id that each gets here.
fn own_ids(root: &Table<'_>) -> Vec<(String, String)> {
    let built_in = RuleSet::embedded_ids();
    let mut own = Vec::new();
    for rule in root.get("rules").map(tables).unwrap_or_default() {
        let Some((theirs, _)) = rule.text("id").filter(|_| rule.get("regex").is_some()) else { continue };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let mut id: String = theirs.chars().map(plain).collect();
        if built_in.contains(&id) || id.is_empty() {
            id = format!("gitleaks-{id}");
        }
        own.push((theirs, id));
    }
    own
}

/// The rules here that find what `theirs` does: that of the same file, or else built-in ones.
fn ours(theirs: &str, own: &[(String, String)]) -> Vec<String> {
    match own.iter().find(|(name, _)| name == theirs) {
        Some((_, id)) => vec![id.clone()],
        None => names::ours(theirs),
    }
}

fn extend(file: &mut File<'_>, table: &Table<'_>) {
    for (key, value) in &table.entries {
        let source = file.at(value.span().start);
        match key.as_str() {
            "usedefault" => {}
            "disabledrules" => {
                for (id, offset) in table.texts(key) {
                    let (source, ours) = (file.at(offset), names::ours(&id));
                    if ours.is_empty() {
                        let text =
                            format!("`{id}` is not switched off: no rule of keysift is known to find what it finds");
                        file.note(source.clone(), text);
                    }
                    file.into.disabled.extend(ours.into_iter().map(|id| (id, source.clone())));
                }
            }
            "path" => {
                file.note(source, "the file that it extends is not read: give it to `keysift config import`, too")
            }
            _ => file.note(source, format!("`extend.{key}` is not carried over")),
        }
    }
}

/// An allow-list for `rules`, or for all where there are none. Its conditions each count alone unless it says "AND".
fn allow_list(file: &mut File<'_>, table: &Table<'_>, rules: &[String]) {
    let start = file.at(table.start);
    let reason = table.text("description").map_or_else(|| format!("allowed by {start}"), |(text, _)| text);
    let all =
        table.text("condition").is_some_and(|(word, _)| ["and", "&&"].contains(&word.to_ascii_lowercase().as_str()));
    let target = table.text("regextarget").map(|(target, _)| target.to_ascii_lowercase()).unwrap_or_default();
    let mut conditions = Vec::new();
    for (key, value) in &table.entries {
        let source = file.at(value.span().start);
        let mut one = entry(&reason, rules);
        match key.as_str() {
            "description" | "condition" | "regextarget" | "targetrules" => continue,
            "paths" => one.path_patterns = file.patterns("the path", &table.texts(key)),
            "commits" => one.commits = commits(file, &table.texts(key)),
            "regexes" => {
                let patterns = file.patterns("the regex", &table.texts(key));
                match target.as_str() {
                    "" | "secret" => one.values = patterns,
                    "line" => one.lines = patterns,
                    "match" => one.lines = unanchored(file, patterns, &source),
                    other => file.note(source.clone(), format!("`regexTarget = \"{other}\"` is not known")),
                }
            }
            "stopwords" => {
                let word = |(word, _): &(String, usize)| format!("(?i){}", regex_syntax::escape(word));
                one.values = table.texts(key).iter().map(word).collect();
            }
            _ => {
                file.note(source, format!("`{key}` of this allow-list is not carried over: it is not known"));
                continue;
            }
        }
        conditions.push((key.clone(), one, source));
    }
    if !all {
        let good = conditions.into_iter().filter(|(_, one, _)| one.has_condition());
        file.into.allow.extend(good.map(|(_, one, source)| (one, source)));
        return;
    }
    // A condition less would allow more than was meant.
    let both_values = conditions.iter().filter(|(_, one, _)| !one.values.is_empty()).count() > 1;
    if both_values || conditions.iter().any(|(_, one, _)| !one.has_condition()) {
        file.note(
            start,
            "this allow-list is not carried over: all its conditions must hold, and not all can be said here",
        );
        return;
    }
    let mut whole = entry(&reason, rules);
    for (_, one, _) in conditions {
        whole.path_patterns.extend(one.path_patterns);
        whole.values.extend(one.values);
        whole.lines.extend(one.lines);
        whole.commits.extend(one.commits);
    }
    if whole.has_condition() {
        file.into.allow.push((whole, start));
    }
}

/// Regexes on a match as regexes on its line: the same unless they say where the match begins or ends.
fn unanchored(file: &mut File<'_>, patterns: Vec<String>, source: &Source) -> Vec<String> {
    let anchored = |pattern: &String| pattern.starts_with('^') || pattern.ends_with('$');
    let (bad, good): (Vec<_>, Vec<_>) = patterns.into_iter().partition(anchored);
    for pattern in bad {
        let text = format!(
            "the regex `{pattern}` is not carried over: here it would speak of the whole line, not of the match"
        );
        file.note(source.clone(), text);
    }
    if !good.is_empty() {
        file.note(
            source.clone(),
            "`regexTarget = \"match\"` became `lines`: it looks at the whole line, so it may allow more",
        );
    }
    good
}

fn commits(file: &mut File<'_>, all: &[(String, usize)]) -> Vec<String> {
    let mut good = Vec::new();
    for (id, offset) in all {
        if id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()) {
            good.push(id.to_ascii_lowercase());
        } else {
            let source = file.at(*offset);
            file.note(source, format!("the commit `{id}` is not carried over: it is no id"));
        }
    }
    good
}

/// A rule: one of its own, or more to say of one that gitleaks has.
fn rule(file: &mut File<'_>, table: &Table<'_>, ids: &[(String, String)]) {
    let source = file.at(table.start);
    let Some((theirs, _)) = table.text("id") else {
        return file.note(source, "a rule without an id is not carried over");
    };
    let only = ours(&theirs, ids);
    let carried = table.get("regex").is_none() || own_rule(file, table, &theirs, &only);
    if table.get("regex").is_none() && only.is_empty() {
        let text = format!(
            "the rule `{theirs}` is not carried over: it has no regex, and no rule of keysift is known to find what it finds"
        );
        return file.note(source, text);
    }
    for key in ["allowlist", "allowlists"] {
        for list in table.get(key).map(tables).unwrap_or_default().into_iter().filter(|_| carried) {
            allow_list(file, &list, &only);
        }
    }
    let ignored: &[&str] = match table.get("regex") {
        Some(_) => &["path", "required", "skipreport", "verify", "report", "validate"],
        None => &["path", "required", "skipreport", "entropy", "secretgroup", "keywords", "tags"],
    };
    for (key, value) in &table.entries {
        if carried && ignored.contains(&key.as_str()) {
            let source = file.at(value.span().start);
            file.note(source, format!("`{key}` of the rule `{theirs}` is not carried over"));
        }
    }
}

/// Carries over a rule with a regex; says whether that went well.
fn own_rule(file: &mut File<'_>, table: &Table<'_>, theirs: &str, ids: &[String]) -> bool {
    let source = file.at(table.start);
    let Some((text, span)) = table.text("regex") else { return false };
    let Some(id) = ids.first().cloned() else { return false };
    let at_regex = file.at(span.start);
    let mut fail = |why: &str| {
        file.note(at_regex.clone(), format!("the rule `{theirs}` is not carried over: {why}"));
        false
    };
    let mut pattern = match regex::translate(&text) {
        Ok(pattern) => pattern,
        Err(why) => return fail(&why),
    };
    let Some(anchors) = literals::anchors(&pattern) else {
        return fail(
            "its regex has no fixed text of three characters that keysift could search for. A rule of `names` or \
                     of a `shape` with `near` may do the same: see the rules in docs/configuration.md",
        );
    };
    // Without a number it is the first group, if there is one.
    let group = table.number("secretgroup").filter(|number| *number >= 1.0).map(|number| number as usize);
    match (regex::name_group(&pattern, group.unwrap_or(1)), group) {
        (Some(named), _) => pattern = named,
        (None, Some(_)) => return fail("its regex has no group of the number that `secretGroup` says"),
        (None, None) => {}
    }
    let keywords: BTreeSet<String> = table.texts("keywords").iter().map(|(word, _)| word.to_lowercase()).collect();
    let has_keyword = |literal: &String| keywords.iter().any(|word| literal.to_lowercase().contains(word));
    if !keywords.is_empty() && !anchors.literals.iter().all(has_keyword) {
        file.note(source.clone(), format!("`keywords` of the rule `{theirs}` are not asked for: it may find more"));
    }
    if anchors.any_case {
        let text = format!(
            "the rule `{theirs}` is tried where its fixed text is in lower case, in upper case or with a capital only"
        );
        file.note(source.clone(), text);
    }
    file.into.rules.push(NewRule {
        source,
        id,
        description: table.text("description").map_or_else(|| theirs.to_string(), |(text, _)| text),
        literals: anchors.literals,
        regex: pattern,
        entropy: table.number("entropy").filter(|bits| *bits > 0.0),
        reach: anchors.longest.map_or(1024, |most| most + 16).clamp(256, 65_536),
        tags: table.texts("tags").into_iter().map(|(tag, _)| tag).collect(),
    });
    true
}
