//! From the result of a run to the published shape. Every text that did not come from keysift itself passes the
//! [`Redactor`] on its way, here and nowhere else.

use super::{
    Document, EventEntry, ExcerptEntry, ExposureEntry, FindingEntry, Head, PartEntry, PathEntry, PlaceEntry, PlaceKind,
    RuleEntry, SCHEMA, Secrets, SuppressionEntry, Tail, Tool,
};
use crate::error::Gap;
use crate::finding::{
    BaselineEntry, BaselineUse, Event, Excerpt, Exposure, Finding, Report, RuleInfo, Sighting, Suppression,
};
use crate::origin::Origin;
use crate::report::redact::Redactor;
use crate::report::{date, escape};
use crate::verdict::Verification;
use std::collections::{BTreeMap, BTreeSet};

impl Document {
    /// The document of `report`.
    pub fn new(report: &Report, secrets: Secrets) -> Self {
        let redactor = match secrets {
            Secrets::Hidden => Redactor::new(&report.findings).and(&report.suppressions),
            Secrets::Shown => Redactor::default(),
        };
        let (rules, idle_rules) = rules(report);
        Self {
            head: Head {
                schema: SCHEMA.to_owned(),
                tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
                command: report.command.to_owned(),
                target: redactor.text(&report.target),
                revision: report.head.map(|id| id.to_string()),
                repository: report.remote.as_deref().and_then(public_url).map(|url| redactor.text(&url)),
                complete: report.is_complete(),
            },
            findings: report.findings.iter().map(|found| finding(found, secrets, &redactor)).collect(),
            suppressions: report.suppressions.iter().map(|left_out| suppression(left_out, &redactor)).collect(),
            gaps: report.gaps.iter().map(|gap| self::gap(gap, &redactor)).collect(),
            tail: Tail {
                receipt: report.receipt.clone(),
                baseline: report.baseline.as_ref().map(|used| baseline(used, &redactor)),
                rules_used: report.rules.len(),
                rules,
            },
            idle_rules,
        }
    }
}

/// The rules that found something, left out or not, and those that did not; each by id.
fn rules(report: &Report) -> (Vec<RuleEntry>, Vec<RuleEntry>) {
    let mut busy: BTreeMap<&str, RuleEntry> = BTreeMap::new();
    for found in &report.findings {
        busy.entry(&found.rule_id).or_insert_with(|| RuleEntry {
            id: found.rule_id.clone(),
            description: found.description.clone(),
            tier: found.tier,
            severity: found.severity,
            confidence: found.confidence,
            tags: Vec::new(),
            reference: None,
        });
    }
    let left_out: BTreeSet<&str> = report.suppressions.iter().map(|left_out| left_out.rule_id.as_str()).collect();
    let mut idle: BTreeMap<&str, RuleEntry> = BTreeMap::new();
    for info in &report.rules {
        if busy.contains_key(info.id.as_str()) || left_out.contains(info.id.as_str()) {
            busy.insert(&info.id, rule(info));
        } else {
            idle.insert(&info.id, rule(info));
        }
    }
    (busy.into_values().collect(), idle.into_values().collect())
}

fn rule(info: &RuleInfo) -> RuleEntry {
    RuleEntry {
        id: info.id.clone(),
        description: info.description.clone(),
        tier: info.tier,
        severity: info.severity,
        confidence: info.confidence,
        tags: info.tags.clone(),
        reference: info.reference.clone(),
    }
}

fn suppression(left_out: &Suppression, redactor: &Redactor) -> SuppressionEntry {
    SuppressionEntry {
        rule_id: left_out.rule_id.clone(),
        severity: left_out.severity,
        fingerprint: left_out.fingerprint.clone(),
        by: left_out.allowed.by,
        source: redactor.text(&left_out.allowed.source),
        reason: redactor.text(&left_out.allowed.reason),
        location: place(&left_out.primary, redactor),
        place_count: left_out.place_count,
        in_head: left_out.in_head,
    }
}

fn baseline(used: &BaselineUse, redactor: &Redactor) -> BaselineUse {
    let entries = |list: &[BaselineEntry]| {
        list.iter().map(|entry| BaselineEntry { path: redactor.text(&entry.path), ..entry.clone() }).collect()
    };
    BaselineUse { expired: entries(&used.expired), unused: entries(&used.unused), ..used.clone() }
}

fn gap(gap: &Gap, redactor: &Redactor) -> Gap {
    Gap { kind: gap.kind, what: redactor.text(&gap.what), why: redactor.text(&gap.why) }
}

fn finding(found: &Finding, secrets: Secrets, redactor: &Redactor) -> FindingEntry {
    let parts = found.credential.parts.iter().map(|(kind, secret)| PartEntry {
        kind: *kind,
        value: (kind.is_public() || secrets == Secrets::Shown)
            .then(|| String::from_utf8_lossy(secret.expose()).into_owned()),
    });
    FindingEntry {
        rule_id: found.rule_id.clone(),
        description: found.description.clone(),
        tier: found.tier,
        severity: found.severity,
        confidence: found.confidence,
        fingerprint: found.fingerprint.clone(),
        excerpt: excerpt(&found.primary.excerpt, redactor),
        parts: parts.collect(),
        facts: found.facts.iter().map(|(name, value)| (redactor.text(name), redactor.text(value))).collect(),
        location: place(&found.primary, redactor),
        origins: found.places.iter().map(|sighting| place(sighting, redactor)).collect(),
        place_count: found.place_count,
        blobs: found.blobs.iter().map(ToString::to_string).collect(),
        blob_count: found.blob_count,
        exposure: found.exposure.as_ref().map(|exposure| self::exposure(exposure, redactor)),
        verification: found.verification.as_ref().map(|verification| self::verification(verification, redactor)),
    }
}

/// AWS's answer is text from outside like any other.
fn verification(told: &Verification, redactor: &Redactor) -> Verification {
    let text = |text: &Option<String>| text.as_deref().map(|text| redactor.text(text));
    Verification {
        verdict: told.verdict,
        reason: text(&told.reason),
        code: text(&told.code),
        account: text(&told.account),
        arn: text(&told.arn),
        user_id: text(&told.user_id),
        partition: told.partition.clone(),
        host: text(&told.host),
        checked: told.checked.clone(),
        cached: told.cached,
        facts: told.facts.iter().map(|(name, value)| (name.clone(), redactor.text(value))).collect(),
    }
}

/// The three pieces are redacted apart, so that the mark keeps its place.
fn excerpt(excerpt: &Excerpt, redactor: &Redactor) -> ExcerptEntry {
    let (start, end) = excerpt.mark;
    let whole = ExcerptEntry { text: excerpt.text.clone(), start, end };
    let (before, mark, after) = whole.split();
    let (before, mark, after) = (redactor.text(before), redactor.text(mark), redactor.text(after));
    let (start, end) = (before.len(), before.len() + mark.len());
    // A secret that the mark cuts in two is still one in the text put together.
    let text = before + &mark + &after;
    let clean = redactor.text(&text);
    if clean == text {
        ExcerptEntry { text, start, end }
    } else {
        ExcerptEntry { start: 0, end: clean.len(), text: clean }
    }
}

fn place(sighting: &Sighting, redactor: &Redactor) -> PlaceEntry {
    let origin = &sighting.origin;
    let kind = match origin.holder() {
        Origin::File { .. } => PlaceKind::File,
        Origin::Stdin => PlaceKind::Stdin,
        Origin::Staged { .. } => PlaceKind::Staged,
        Origin::Commit { .. } => PlaceKind::Commit,
        Origin::CommitMessage { .. } => PlaceKind::CommitMessage,
        Origin::TagMessage { .. } => PlaceKind::TagMessage,
        Origin::Blob { .. } => PlaceKind::Blob,
        Origin::Ref { .. } => PlaceKind::Ref,
        Origin::Reflog { .. } => PlaceKind::Reflog,
        Origin::Member { .. } | Origin::Name { .. } => unreachable!("a holder holds itself"),
    };
    let object = origin.object().map(|id| id.to_string());
    let (blob, tag) = match kind {
        PlaceKind::CommitMessage => (None, None),
        PlaceKind::TagMessage => (None, object),
        _ => (object, None),
    };
    PlaceEntry {
        kind,
        path: origin.path().map(|path| self::path(path, redactor)),
        member: origin.member().map(|name| String::from_utf8_lossy(&redactor.bytes(name)).into_owned()),
        in_name: origin.is_name(),
        line: sighting.place.line,
        column: sighting.place.column,
        end_line: sighting.place.end_line,
        end_column: sighting.place.end_column,
        column_utf16: other(sighting.place.column_utf16, sighting.place.column),
        end_column_utf16: other(sighting.place.end_column_utf16, sighting.place.end_column),
        line_hash: sighting.line_hash.map(|hash| hash.to_string()),
        blob,
        commit: origin.commit().map(|id| id.to_string()),
        tag,
    }
}

/// `value` where it says more than `usual`.
fn other(value: u32, usual: u32) -> Option<u32> {
    (value != usual).then_some(value)
}

fn path(path: &[u8], redactor: &Redactor) -> PathEntry {
    let path = redactor.bytes(path);
    match std::str::from_utf8(&path) {
        Ok(text) => PathEntry { path: text.to_owned(), path_bytes: None },
        Err(_) => {
            PathEntry { path: String::from_utf8_lossy(&path).into_owned(), path_bytes: Some(escape::percent(&path)) }
        }
    }
}

fn exposure(exposure: &Exposure, redactor: &Redactor) -> ExposureEntry {
    ExposureEntry {
        introduced: exposure.introduced.iter().map(|event| self::event(event, redactor)).collect(),
        removed: exposure.removed.iter().map(|event| self::event(event, redactor)).collect(),
        in_head: exposure.in_head,
        head: exposure.head.iter().map(|sighting| place(sighting, redactor)).collect(),
        refs: exposure.refs.iter().map(|name| redactor.text(name)).collect(),
        ref_count: exposure.ref_count,
        commit_count: exposure.commit_count,
        path_count: exposure.path_count,
        reachable: exposure.reachable,
    }
}

fn event(event: &Event, redactor: &Redactor) -> EventEntry {
    EventEntry {
        commit: event.commit.id.to_string(),
        author: without_addresses(&redactor.text(&event.commit.author)),
        date: date::iso8601(event.commit.time, event.commit.offset),
        summary: redactor.text(&event.commit.summary),
        path: path(&event.path, redactor),
        line: event.line,
        blob: event.blob.to_string(),
    }
}

/// A name in which no e-mail address is left whole: some people put theirs where git asks for a name.
fn without_addresses(name: &str) -> String {
    let words = name.split(' ').map(|word| match word.split_once('@') {
        Some((local, domain)) if !domain.is_empty() => format!("{local}@…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A remote's address as a URL that may be published: user name, password, query and fragment taken out. `None` for
/// what is no URL, as a path on this machine.
fn public_url(remote: &str) -> Option<String> {
    let (scheme, rest) = match remote.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // git's short form of an ssh address, `git@host:path`.
        None => {
            let (host, path) = remote.split_once(':')?;
            if host.contains('/') || host.len() < 2 {
                return None;
            }
            ("ssh", format!("{host}/{}", path.trim_start_matches('/')))
        }
    };
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // A password may hold an unescaped `@`, so the host begins after the last one. It may even hold a `/`: an `@` in
    // the path tells that, and then nothing is safe to say.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(plain) || path.contains('@') {
        return None;
    }
    Some(format!("{scheme}://{host}/{}", escape::percent(&escape::unpercent(path))))
}

#[cfg(test)]
mod tests {
    use super::{public_url, without_addresses};

    #[test]
    fn names_lose_e_mail_addresses() {
        assert_eq!(without_addresses("Jane Doe"), "Jane Doe");
        assert_eq!(without_addresses("jane@example.com (Jane)"), "jane@… (Jane)");
        assert_eq!(without_addresses("meet @ noon"), "meet @ noon");
    }

    #[test]
    fn urls_lose_their_credentials() {
        for (remote, expected) in [
            ("https://github.com/a/b.git", Some("https://github.com/a/b.git")),
            ("https://user:pa@ss@example.com:8443/a%20b.git?x=y#z", Some("https://example.com:8443/a%20b.git")),
            ("git@github.com:a/b.git", Some("ssh://github.com/a/b.git")),
            ("ssh://git@example.com/~/b", Some("ssh://example.com/~/b")),
            ("https://token:se/cret@example.com/b", None),
            ("https://example.com", Some("https://example.com/")),
            ("/srv/git/b.git", None),
            ("../b", None),
            ("C:\\git\\b", None),
            ("file:///srv/b", None),
            ("https://exa\u{1b}mple.com/", None),
        ] {
            assert_eq!(public_url(remote).as_deref(), expected, "{remote}");
        }
    }
}
