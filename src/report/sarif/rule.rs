//! Rules and gap kinds as SARIF reporting descriptors.

use super::message::literal;
use super::{level, properties};
use crate::error::{Gap, GapKind};
use crate::finding::{Confidence, Severity, Tier};
use crate::report::document::{RuleEntry, name};
use crate::report::runbook;
use serde_json::json;
use serde_sarif::sarif::{MultiformatMessageString, ReportingConfiguration, ReportingDescriptor};
use std::collections::BTreeSet;

/// GitHub takes so many tags of a rule.
const TAGS: usize = 10;
/// GitHub takes so many characters of a description.
const DESCRIPTION: usize = 1024;

/// A rule with what a consumer shows about it.
pub fn descriptor(rule: &RuleEntry) -> ReportingDescriptor {
    let sentence = format!("{}.", literal(rule.description.trim_end_matches('.')));
    let full = format!("{sentence} {}", meaning(rule.tier));
    let full: String = full.chars().take(DESCRIPTION).collect();
    let level = json!(level(rule.severity));
    let mut tags = vec!["security".to_owned(), "secret".to_owned()];
    tags.extend(rule.tags.iter().filter(|tag| *tag != "security" && *tag != "secret").cloned());
    tags.truncate(TAGS);
    let mut bag = properties([
        ("precision", json!(precision(rule.tier, rule.confidence))),
        ("security-severity", json!(security_severity(rule.severity))),
    ]);
    bag.tags = Some(tags);
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id.clone())
        .name(rule_name(&rule.id))
        .short_description(text(sentence))
        .full_description(text(full))
        .help(help(rule))
        .default_configuration(ReportingConfiguration::builder().level(level).build())
        .properties(bag)
        .build();
    descriptor.help_uri = reference(rule).map(str::to_owned);
    descriptor
}

/// The descriptors of the gap kinds that occur, by id.
pub fn gap_descriptors(gaps: &[Gap]) -> Vec<ReportingDescriptor> {
    let kinds: BTreeSet<GapKind> = gaps.iter().map(|gap| gap.kind).collect();
    let descriptors = kinds.into_iter().map(|kind| {
        ReportingDescriptor::builder()
            .id(gap_id(kind))
            .name(pascal_case(&gap_id(kind)))
            .short_description(text(gap_meaning(kind)))
            .full_description(text(gap_meaning(kind)))
            .help(text(GAP_HELP))
            .build()
    });
    descriptors.collect()
}

/// The id of a gap kind's descriptor.
pub fn gap_id(kind: GapKind) -> String {
    format!("gap-{}", name(kind))
}

/// What a gap asks of the reader.
const GAP_HELP: &str = "What could not be read may hold credentials: remove the cause that the message names, and run \
                        keysift again.";

fn gap_meaning(kind: GapKind) -> &'static str {
    match kind {
        GapKind::File => "A file or folder could not be read.",
        GapKind::Object => "A git object is missing or damaged.",
        GapKind::Pack => "A git pack or its index is damaged.",
        GapKind::Ref => "A git ref or reflog could not be read.",
        GapKind::History => "The repository does not hold its whole history.",
        GapKind::Limit => "Something was above a limit.",
        GapKind::Nested => "A nested repository was not entered.",
        GapKind::Repository => "The repository's format is one that keysift does not fully know.",
        GapKind::Interrupted => "The run was interrupted.",
    }
}

fn meaning(tier: Tier) -> &'static str {
    match tier {
        Tier::Pair => {
            "The key id and the secret that belong together are both readable: whoever reads them can use them."
        }
        Tier::Secret => "A credential of a known format is readable: whoever reads it can use it.",
        Tier::Generic => "A random-looking value is stored under a name that says it is secret.",
        Tier::Identifier => {
            "An identifier is no secret by itself, but it names an account and tells that a key was used here."
        }
    }
}

/// What to do, in the order that stops damage first: as text, and as Markdown with the commands.
fn help(rule: &RuleEntry) -> MultiformatMessageString {
    let what = literal(rule.description.trim_end_matches('.'));
    let mut plain = format!("{what}. {}", meaning(rule.tier));
    let mut markdown = format!("# {what}\n\n{}\n", meaning(rule.tier));
    for (number, step) in (1..).zip(runbook::of_rule(rule)) {
        plain += &format!(" {number}. {}.", step.title);
        markdown += &format!("\n{number}. **{}.** {}\n", step.title, step.text);
        for command in &step.commands {
            markdown += &format!("\n   ```sh\n   {command}\n   ```\n");
        }
    }
    if let Some(uri) = reference(rule) {
        markdown += &format!("\n[What the provider says]({uri})\n");
    }
    markdown += &format!("\n`{}`", literal(&rule.id));
    MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

/// The provider's page. A report that was read from a file may say anything, so it must look like a plain address.
fn reference(rule: &RuleEntry) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&*+,;=%".contains(&byte);
    rule.reference.as_deref().filter(|uri| uri.starts_with("https://") && uri.bytes().all(plain))
}

/// GitHub's word for how seldom a rule is wrong.
fn precision(tier: Tier, confidence: Confidence) -> &'static str {
    match (tier, confidence) {
        (Tier::Pair, Confidence::High) => "very-high",
        (_, Confidence::High) => "high",
        (_, Confidence::Medium) => "medium",
        (_, Confidence::Low) => "low",
    }
}

/// A number in GitHub's bands: above 9.0 critical, from 7.0 high, from 4.0 medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Note => "1.0",
    }
}

/// A name that is more than the id in other letters: validators refuse that.
fn rule_name(id: &str) -> String {
    let name = pascal_case(id);
    if name.eq_ignore_ascii_case(id) { name + "Rule" } else { name }
}

/// `aws-key-id` as `AwsKeyId`, which is how SARIF's viewers name rules.
fn pascal_case(id: &str) -> String {
    id.split(['-', '_', '.'])
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect()
}

fn text(text: impl Into<String>) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text.into()).build()
}

#[cfg(test)]
mod tests {
    use super::{gap_id, pascal_case, rule_name};
    use crate::error::GapKind;

    #[test]
    fn names() {
        assert_eq!(rule_name("aws-key-id"), "AwsKeyId");
        assert_eq!(rule_name("jwt"), "JwtRule");
        assert_eq!(pascal_case(&gap_id(GapKind::File)), "GapFile");
    }
}
