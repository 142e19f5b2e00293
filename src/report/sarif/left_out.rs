//! What is left out, as results: SARIF has a place for who said so, and why.

use super::location::location;
use super::{Context, level, message, properties};
use crate::finding::AllowedBy;
use crate::report::document::{PlaceKind, SuppressionEntry};
use serde_json::json;
use serde_sarif::sarif::{Message, Result, Suppression, SupressionKind};
use std::collections::BTreeMap;

/// Whether it can be read without the history.
pub fn is_current(entry: &SuppressionEntry) -> bool {
    let kind = entry.location.kind;
    let today = !matches!(kind, PlaceKind::Blob | PlaceKind::CommitMessage | PlaceKind::TagMessage);
    entry.in_head.unwrap_or(today)
}

/// The result of what somebody said need not be reported.
pub fn result(entry: &SuppressionEntry, context: &Context<'_>) -> Result {
    let mut fingerprints = BTreeMap::from([("keysift/v1".to_owned(), entry.fingerprint.clone())]);
    fingerprints.extend(entry.location.line_hash.clone().map(|hash| ("primaryLocationLineHash".to_owned(), hash)));
    let text = message::left_out(description(&entry.rule_id, context), entry);
    let mut bag = vec![("severity", json!(entry.severity)), ("placeCount", json!(entry.place_count))];
    bag.extend(entry.in_head.map(|in_head| ("inHead", json!(in_head))));
    let mut result = Result::builder()
        .rule_id(entry.rule_id.clone())
        .level(level(entry.severity))
        .message(Message::builder().text(text).build())
        .locations(vec![location(&entry.location)])
        .partial_fingerprints(fingerprints)
        .suppressions(vec![suppression(entry)])
        .properties(properties(bag))
        .build();
    result.rule_index = context.index.get(entry.rule_id.as_str()).copied();
    result
}

fn suppression(entry: &SuppressionEntry) -> Suppression {
    let kind = match entry.by {
        AllowedBy::Marker => SupressionKind::InSource,
        AllowedBy::Configuration | AllowedBy::Baseline => SupressionKind::External,
    };
    let bag = [("by", json!(entry.by)), ("source", json!(entry.source))];
    let mut suppression =
        Suppression::builder().kind(json!(kind)).status(json!("accepted")).properties(properties(bag)).build();
    suppression.justification = Some(entry.reason.clone()).filter(|reason| !reason.is_empty());
    suppression
}

/// What a rule calls the thing, or its id where the report does not have the rule.
fn description<'a>(rule_id: &'a str, context: &Context<'a>) -> &'a str {
    let index = context.index.get(rule_id).and_then(|&index| usize::try_from(index).ok());
    index.map_or(rule_id, |index| context.all[index].description.trim_end_matches('.'))
}
