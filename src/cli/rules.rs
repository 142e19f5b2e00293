//! `keysift rules`: what the rules are, and whether those of a file do what their examples say. Nothing is searched.

use super::exit::ExitCode;
use super::output::Output;
use super::{count, message};
use keysift::detect::examples::{Shown, mistakes};
use keysift::error::{Error, Result};
use keysift::finding::RuleInfo;
use keysift::report::document::name;
use keysift::rule::{RuleSet, RuleText, Written, read_path, written};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List the rules with their tags, and how many there are of each
    #[command(after_help = "Example:\n  keysift rules list --tag aws")]
    List {
        /// Only rules with this tag (repeatable: with one of them)
        #[arg(long, value_name = "TAG")]
        tag: Vec<String>,
        /// An array of JSON objects
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        with: With,
    },
    /// Tell all about one rule, with its examples; secrets in them are shortened
    #[command(after_help = "Example:\n  keysift rules show aws-secret-access-key")]
    Show {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        with: With,
    },
    /// Run the examples of a rule file, or of a folder of them; of the built-in rules without one
    #[command(after_help = TEST_HELP)]
    Test {
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

const TEST_HELP: &str = "\
Each rule is run by itself on its examples: it must find something in every positive one and nothing in any negative one.
In examples `{}` is removed first: it keeps whole keys out of the file.

Exit status: 0 if all is as it should be, 1 if an example is not, 2 if the file is no good rule file.

Example:
  keysift rules test my-rules.toml";

/// Rules beside the built-in ones.
#[derive(Debug, clap::Args)]
pub struct With {
    /// Add rules from a folder of TOML files, or from a file; a rule of the same id is replaced
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

/// Does it.
pub fn run(action: Action) -> Result<ExitCode> {
    match action {
        Action::List { tag, json, with } => list(&RuleSet::load(&with.rules)?, &tag, json),
        Action::Show { id, with } => show(&RuleSet::load(&with.rules)?, &id, &with.rules),
        Action::Test { file } => test(file),
    }
}

fn list(rules: &RuleSet, tags: &[String], json: bool) -> Result<ExitCode> {
    let infos = rules.infos();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in infos.iter().flat_map(|rule| &rule.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    if let Some(unknown) = tags.iter().find(|tag| !counts.contains_key(tag.as_str())) {
        return Err(Error::usage(format!("no rule has the tag `{unknown}`; `keysift rules list` tells all there are")));
    }
    let mut chosen: Vec<&RuleInfo> =
        infos.iter().filter(|rule| tags.is_empty() || rule.tags.iter().any(|tag| tags.contains(tag))).collect();
    chosen.sort_by_key(|rule| &rule.id);
    if json {
        let list: Vec<serde_json::Value> = chosen.iter().map(|rule| entry(rule)).collect();
        let text = serde_json::to_string_pretty(&list).expect("values with text keys can be written");
        return print(&text);
    }
    let width = chosen.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in &chosen {
        let RuleInfo { id, tier, severity, confidence, tags, description, .. } = rule;
        let (tier, severity, confidence) = (name(tier), name(severity), name(confidence));
        let line = format!("{id:width$}  {tier:10}  {severity:8}  {confidence:6}  {description}");
        let tags = if tags.is_empty() { String::new() } else { format!(" [{}]", tags.join(", ")) };
        let _ = writeln!(text, "{line}{tags}");
    }
    let mut by_tag: Vec<(&str, usize)> = counts.into_iter().collect();
    by_tag.sort_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
    let by_tag: Vec<String> = by_tag.into_iter().map(|(tag, count)| format!("{tag} {count}")).collect();
    let of = if chosen.len() == infos.len() { String::new() } else { format!(" of {}", infos.len()) };
    let _ = write!(
        text,
        "\n{}{of} rules (id, tier, severity, confidence, what it finds). Tags of all: {}.",
        chosen.len(),
        by_tag.join(", ")
    );
    print(&text)
}

fn entry(rule: &RuleInfo) -> serde_json::Value {
    serde_json::json!({
        "id": rule.id,
        "description": rule.description,
        "tier": rule.tier,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "tags": rule.tags,
        "reference": rule.reference,
    })
}

fn show(rules: &RuleSet, id: &str, paths: &[PathBuf]) -> Result<ExitCode> {
    rules.check_id(id)?;
    let mut files = written()?;
    for path in paths {
        files.extend(read_path(path)?);
    }
    // The last one of an id counts: it has replaced the ones before.
    let found = files
        .iter()
        .rev()
        .find_map(|(file, rules)| rules.iter().find(|written| written.rule.id == id).map(|written| (file, written)));
    let (file, Written { rule, line, .. }) = found.expect("the id was checked against the same rules");
    let RuleText { tier, severity, confidence, .. } = rule;
    let mut text = format!("{id}: {}\n\n", rule.description);
    let mut say = |label: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {label:11} {value}");
        }
    };
    say("tier", format!("{}, severity {}, confidence {}", name(tier), name(severity), name(confidence)));
    say("tags", rule.tags.join(", "));
    say("reference", rule.reference.clone().unwrap_or_default());
    say("written in", format!("{}:{line}", file.display()));
    say("prefixes", rule.prefixes.join(" "));
    say(
        "shape",
        rule.shape
            .as_ref()
            .map_or(String::new(), |s| format!("{} to {} characters of {}", s.min, s.max, name(s.class))),
    );
    say("literals", rule.literals.join(" "));
    say("names", rule.names.join(" "));
    say("regex", rule.regex.clone().unwrap_or_default());
    say("near", rule.near.join(", "));
    say("check", rule.check.map_or(String::new(), name));
    say("entropy", rule.entropy.map_or(String::new(), |least| format!("at least {least} bits a character")));
    say("not if", rule.allow.iter().chain(&rule.allow_line).cloned().collect::<Vec<_>>().join("  "));
    say("completes", rule.completes.clone().unwrap_or_default());
    say("requires", rule.requires.as_ref().map_or(String::new(), |r| format!("{} within {} bytes", r.rule, r.within)));
    let shown = Shown::new(Arc::new(RuleSet::load(paths)?));
    for (label, examples) in [("found in", &rule.positive), ("not found in", &rule.negative)] {
        let _ = writeln!(text, "\n  {label}");
        for example in examples {
            let _ = writeln!(text, "    {}", shown.text(example).trim_end().replace('\n', "\n    "));
        }
    }
    print(text.trim_end())
}

fn test(file: Option<PathBuf>) -> Result<ExitCode> {
    let builtin = written()?;
    let known: Vec<RuleText> = builtin.iter().flat_map(|(_, rules)| rules.iter().map(|w| w.rule.clone())).collect();
    let files = match file {
        Some(path) => {
            // What it refers to must be there as well.
            RuleSet::load(std::slice::from_ref(&path))?;
            read_path(&path)?
        }
        None => builtin,
    };
    let (mut rules, mut examples, mut text, mut wrong) = (0, 0, String::new(), 0);
    for (file, written) in &files {
        rules += written.len();
        examples += written.iter().map(|w| w.rule.positive.len() + w.rule.negative.len()).sum::<usize>();
        for mistake in mistakes(written, &known)? {
            wrong += 1;
            let _ = writeln!(text, "{}:{}: {}", file.display(), mistake.line, mistake.message);
        }
    }
    let outcome = match wrong {
        0 => "all as they should be".to_owned(),
        wrong => format!("{wrong} wrong"),
    };
    let _ = write!(text, "{}, {}: {outcome}", count(rules, "rule"), count(examples, "example"));
    print(&text)?;
    Ok(if wrong == 0 { ExitCode::Clean } else { ExitCode::Found })
}

/// Writes to standard output; a rule file may hold what a terminal would obey.
fn print(text: &str) -> Result<ExitCode> {
    Output::prepare(None)?.write(|to| writeln!(to, "{}", message::escape(text)))?;
    Ok(ExitCode::Clean)
}
