//! Reads rules: the embedded set, and files of the user's with errors that name file and line.

use super::model::{Carrier, MAX_DISTANCE, MAX_SHAPE, MIN_PREFIX, RuleFile, RuleText, longest_line};
use super::set::Pattern;
use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

/// The embedded rules that are being read, for the first one who asks for them.
static AHEAD: Mutex<Option<JoinHandle<Vec<RuleText>>>> = Mutex::new(None);

/// Begins to read the embedded rules in a thread of its own: a program that will need them has them sooner.
pub fn read_ahead() {
    *AHEAD.lock().expect("no panic while holding this lock") = thread::Builder::new().spawn(parse_embedded).ok();
}

/// The embedded rules, without their examples.
pub(super) fn embedded() -> Vec<RuleText> {
    let ahead = AHEAD.lock().expect("no panic while holding this lock").take();
    ahead.and_then(|thread| thread.join().ok()).unwrap_or_else(parse_embedded)
}

fn parse_embedded() -> Vec<RuleText> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/rules.json")))
        .expect("tests/detection/rules.rs loads the embedded set, so a set that does not parse is never released")
}

/// The embedded rule files as written, with their examples: name and text.
pub fn rule_files() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/rule_files.rs"))
}

/// A rule with its place in a file.
#[derive(Debug, Clone)]
pub struct Written {
    pub rule: RuleText,
    /// Line on which it begins, from 1.
    pub line: usize,
    /// Lines of its examples.
    pub positive: Vec<usize>,
    pub negative: Vec<usize>,
    /// Lines on which it refers to other rules, or its first one.
    requires: usize,
    completes: usize,
}

/// The built-in rules, as written, by file.
///
/// # Errors
/// Never, in a set that a test has loaded.
pub fn written() -> Result<Vec<(PathBuf, Vec<Written>)>> {
    let read = |(name, text): &(&str, &str)| {
        let file = Path::new("rules").join(name);
        read_file(&file, text).map(|rules| (file, rules))
    };
    rule_files().iter().map(read).collect()
}

/// The rules of all `*.toml` files of a folder in name order, or of one file.
///
/// # Errors
/// A folder without rules, an unreadable or wrong rule file.
pub fn read_path(path: &Path) -> Result<Vec<(PathBuf, Vec<Written>)>> {
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::usage(format!("rules {}: there is no such file or folder", path.display()))
        }
        _ => Error::io(format!("rules {}", path.display()), error),
    })?;
    let mut files: Vec<PathBuf> = Vec::new();
    if meta.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|e| Error::io(format!("rules {}", path.display()), e))?;
        for entry in entries {
            let file = entry.map_err(|e| Error::io(format!("rules {}", path.display()), e))?.path();
            if file.extension().is_some_and(|e| e == "toml") {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(Error::usage(format!("{}: no *.toml file with rules in this folder", path.display())));
        }
        files.sort();
    } else {
        files.push(path.to_path_buf());
    }
    let mut rules = Vec::new();
    for file in files {
        if !std::fs::metadata(&file).is_ok_and(|m| m.is_file()) {
            return Err(Error::usage(format!("{}: a rule file must be a regular file", file.display())));
        }
        let text = std::fs::read_to_string(&file).map_err(|e| Error::io(format!("rules {}", file.display()), e))?;
        let read = read_file(&file, &text)?;
        rules.push((file, read));
    }
    Ok(rules)
}

/// Parses and checks one rule file.
///
/// # Errors
/// [`Error::File`] with the line of the mistake.
pub fn parse_file(file: &Path, text: &str) -> Result<Vec<RuleText>> {
    Ok(read_file(file, text)?.into_iter().map(|written| written.rule).collect())
}

/// The examples of a rule with their places.
#[derive(Default, Deserialize)]
struct Examples {
    #[serde(default)]
    positive: Vec<toml::Spanned<String>>,
    #[serde(default)]
    negative: Vec<toml::Spanned<String>>,
}

#[derive(Default, Deserialize)]
struct ExampleFile {
    #[serde(default, rename = "rule")]
    rules: Vec<Examples>,
}

fn read_file(file: &Path, text: &str) -> Result<Vec<Written>> {
    let fail = |line, message: String| Error::File { file: file.to_path_buf(), line, message };
    let parsed: RuleFile = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |span| line_of(text, span.start));
        fail(line, e.message().to_string())
    })?;
    check(file, text, parsed.rules)
}

/// Checks the rules that were parsed from `text`, which may hold more than rules.
///
/// # Errors
/// [`Error::File`] with the line of the mistake.
pub(crate) fn check_rules(file: &Path, text: &str, parsed: Vec<toml::Spanned<RuleText>>) -> Result<Vec<RuleText>> {
    Ok(check(file, text, parsed)?.into_iter().map(|written| written.rule).collect())
}

fn check(file: &Path, text: &str, parsed: Vec<toml::Spanned<RuleText>>) -> Result<Vec<Written>> {
    let fail = |line, message: String| Error::File { file: file.to_path_buf(), line, message };
    // What has parsed as rules parses as rules whose examples are all that counts.
    let examples: ExampleFile = toml::from_str(text).unwrap_or_default();
    let lines = |list: &[toml::Spanned<String>]| list.iter().map(|e| line_of(text, e.span().start)).collect();
    let mut rules: Vec<Written> = Vec::with_capacity(parsed.len());
    // A span covers a table's header only: a rule goes on to where the next one begins.
    let ends: Vec<usize> = parsed.iter().skip(1).map(|r| r.span().start).chain([text.len()]).collect();
    for ((spanned, end), examples) in parsed.into_iter().zip(ends).zip(examples.rules) {
        let start = spanned.span().start;
        let rule = spanned.into_inner();
        let line = |field| field_line(text, start, end, field);
        if let Err((field, message)) = validate(&rule) {
            return Err(fail(line(field), format!("rule `{}`: {message}", rule.id)));
        }
        if rules.iter().any(|r| r.rule.id == rule.id) {
            return Err(fail(
                line("id"),
                format!("rule `{}` stands twice in this file: give one of them another id", rule.id),
            ));
        }
        rules.push(Written {
            line: line_of(text, start),
            positive: lines(&examples.positive),
            negative: lines(&examples.negative),
            requires: line("requires"),
            completes: line("completes"),
            rule,
        });
    }
    Ok(rules)
}

/// Whether all rules are there that those of a file refer to.
///
/// # Errors
/// [`Error::File`] with the line of a reference that leads nowhere.
pub(super) fn check_references(file: &Path, rules: &[Written], ids: &BTreeSet<&str>) -> Result<()> {
    for Written { rule, requires, completes, .. } in rules {
        let required = rule.requires.as_ref().map(|r| (r.rule.as_str(), *requires));
        for (id, line) in required.into_iter().chain(rule.completes.as_deref().map(|id| (id, *completes))) {
            if !ids.contains(id) {
                let message = format!("rule `{}` refers to `{id}`: expected the id of a rule", rule.id);
                return Err(Error::File { file: file.to_path_buf(), line, message });
            }
        }
    }
    Ok(())
}

/// Whether lane two can search for `name`, by its last word.
fn is_name(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    last.len() >= 3 && name.len() <= 24 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || !b.is_ascii())
}

/// Checks one rule by itself. The error names the field that is wrong.
pub(super) fn validate(rule: &RuleText) -> std::result::Result<(), (&'static str, String)> {
    if rule.id.is_empty() || !rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(("id", "an id has lower-case letters, digits and dashes only".into()));
    }
    let triggers = [!rule.prefixes.is_empty(), rule.shape.is_some(), !rule.literals.is_empty(), !rule.names.is_empty()];
    if triggers.iter().filter(|&&t| t).count() != 1 {
        return Err((
            "id",
            "exactly one of `prefixes`, `shape`, `literals` and `names` is needed: without it the prefilter cannot \
             find the places worth a look"
                .into(),
        ));
    }
    for prefix in &rule.prefixes {
        if prefix.len() < MIN_PREFIX || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/_-".contains(&b)) {
            return Err((
                "prefixes",
                format!(
                    "`{prefix}` must be at least {MIN_PREFIX} characters of [A-Za-z0-9+/_-]; use `literals` for others"
                ),
            ));
        }
    }
    if let Some(shape) = &rule.shape
        && (shape.min < 16 || shape.max < shape.min || shape.max > MAX_SHAPE)
    {
        return Err(("shape", format!("a shape needs 16 <= min <= max <= {MAX_SHAPE}")));
    }
    if let Some(literal) = rule.literals.iter().find(|l| longest_line(l).len() < 3) {
        return Err(("literals", format!("`{literal}` is too short: a literal has at least 3 bytes on one line")));
    }
    if let Some(name) = rule.names.iter().find(|n| !is_name(n)) {
        return Err((
            "names",
            format!(
                "`{name}` must be lower-case letters, at most 24 bytes, words joined by `_`, the last of at least 3"
            ),
        ));
    }
    let trigger_fits = match rule.carrier {
        Carrier::Assignment => true,
        Carrier::Userinfo => rule.literals == ["://"],
        Carrier::Authorization => rule.names.iter().all(|n| n == "basic" || n == "bearer") && !rule.names.is_empty(),
    };
    if !trigger_fits {
        return Err((
            "carrier",
            "`userinfo` needs the literal `://`, `authorization` the names `basic` or `bearer`".into(),
        ));
    }
    let parsed = !rule.names.is_empty() || rule.carrier != Carrier::Assignment;
    if parsed && rule.regex.is_some() {
        return Err(("regex", "a rule with `names` or a `carrier` has no regex".into()));
    }
    if rule.weak && rule.names.is_empty() {
        return Err(("weak", "only a rule with `names` can be weak".into()));
    }
    if rule.looks.is_some() && rule.regex.is_none() {
        return Err((
            "looks",
            "only a rule with a `regex` can say what its secret looks like: `names` do that anyway".into(),
        ));
    }
    if rule.regex.is_none() && rule.shape.is_none() && !parsed {
        return Err(("id", "a rule with `prefixes` or `literals` needs a `regex`".into()));
    }
    if rule.distance > MAX_DISTANCE {
        return Err(("distance", format!("at most {MAX_DISTANCE} bytes")));
    }
    if rule.reach < 64 || rule.reach > 65_536 {
        return Err(("reach", "from 64 to 65536 bytes".into()));
    }
    if let Some(regex) = &rule.regex {
        Pattern::new(regex).check().map_err(|e| ("regex", e))?;
    }
    for (field, patterns) in [("allow", &rule.allow), ("allow_line", &rule.allow_line)] {
        for pattern in patterns {
            Pattern::new(pattern).check().map_err(|e| (field, e))?;
        }
    }
    for (field, globs) in [("paths", &rule.paths), ("not_paths", &rule.not_paths)] {
        for glob in globs {
            globset::Glob::new(glob).map_err(|e| (field, e.to_string()))?;
        }
    }
    Ok(())
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count()
}

/// The line on which `field` is set within a rule's span; the rule's first line when it is not there.
fn field_line(text: &str, start: usize, end: usize, field: &str) -> usize {
    let end = end.min(text.len());
    let mut offset = start;
    for line in text.get(start..end).unwrap_or("").split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return line_of(text, offset);
        }
        offset += line.len();
    }
    line_of(text, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse_file(Path::new("r.toml"), text).expect_err("the file is wrong").to_string()
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        assert!(error("[[rule]]\nid = \"a\"\nbogus = 1\n").starts_with("r.toml:3: unknown field"));
        let bad_regex = "[[rule]]\nid = \"a\"\ndescription = \"d\"\nprefixes = [\"ab\"]\nregex = '(['\n";
        assert!(error(bad_regex).starts_with("r.toml:5: rule `a`"), "{}", error(bad_regex));
        let none = "\n[[rule]]\nid = \"a\"\ndescription = \"d\"\nregex = 'x'\n";
        assert!(error(none).contains("exactly one of `prefixes`"), "{}", error(none));
        assert!(error(none).starts_with("r.toml:3: "), "{}", error(none));
        let twice = "[[rule]]\nid='a'\ndescription='d'\nprefixes=['ab']\nregex='x'\n".repeat(2);
        assert!(error(&twice).starts_with("r.toml:7: rule `a` stands twice"), "{}", error(&twice));
    }
}
