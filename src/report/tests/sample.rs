//! Reports made by hand. Keys are put together at run time, so that this file holds none whole.

use crate::error::{Gap, GapKind};
use crate::finding::CredentialIndex;
use crate::finding::{
    CommitInfo, Confidence, Credential, Event, Excerpt, Exposure, Finding, PartKind, Reachable, Receipt, Report,
    RuleIndex, RuleInfo, Severity, Sighting, Tier,
};
use crate::line_hash::LineHash;
use crate::origin::{Oid, Origin, Place};
use crate::secret::Secret;
use crate::verdict::{Verdict, Verification};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key id of the present generation that no account has.
pub fn key_id_text() -> String {
    ["AKIA", "2E0A8F3B", "244C9986"].concat()
}

/// Forty characters that look like an AWS secret.
pub fn secret_text() -> String {
    ["q7ZpV3+kT1", "mXc8/LrN2w", "YbE5sHd0Ju", "GfA9oQi4R6"].concat()
}

/// An object id of which the first digits are `start`.
pub fn oid(start: &str) -> Oid {
    Oid::from_hex(format!("{start:0<40}").as_bytes()).expect("forty hexadecimal digits")
}

pub fn credential(parts: &[(PartKind, &str)]) -> Arc<Credential> {
    let parts = parts.iter().map(|(kind, text)| (*kind, Secret::new(text.as_bytes()))).collect();
    Arc::new(Credential { rule: RuleIndex(0), parts })
}

pub fn sighting(origin: Origin, line: u32, before: &str, mark: &str, after: &str) -> Sighting {
    let column = before.len() as u32 + 1;
    Sighting {
        origin,
        place: Place {
            line,
            column,
            end_line: line,
            end_column: column + 40,
            column_utf16: column,
            end_column_utf16: column + 40,
        },
        credential: CredentialIndex(0),
        confidence: Confidence::High,
        allowed: None,
        line_hash: Some(LineHash { hash: 0x0b5e_55ed, count: line }),
        excerpt: Excerpt {
            text: format!("{before}{mark}{after}"),
            mark: (before.len(), before.len() + mark.len()),
            partitions: Vec::new(),
        },
    }
}

pub fn in_commit(commit: &str, path: &[u8], line: u32) -> Sighting {
    let origin = Origin::Commit { commit: oid(commit), path: path.to_vec(), blob: oid("b10b") };
    sighting(origin, line, "aws_secret_access_key = \"", "***", "\"")
}

pub fn event(commit: &str, author: &str, time: i64, path: &[u8]) -> Event {
    Event {
        commit: CommitInfo {
            id: oid(commit),
            author: author.to_owned(),
            time,
            offset: 3600,
            summary: "Deploy from the new account".to_owned(),
        },
        path: path.to_vec(),
        line: 12,
        blob: oid("b10b"),
    }
}

/// A key pair that was removed from HEAD and is still reachable.
pub fn pair() -> Finding {
    let primary = in_commit("1a2b3c4d5e6f", b"config/deploy.py", 12);
    let places = vec![
        primary.clone(),
        in_commit("2b3c4d5e6f70", b"config/deploy.py", 14),
        in_commit("3c4d5e6f7081", b"scripts/\xff.sh", 3),
    ];
    Finding {
        rule_id: "aws-key-pair".to_owned(),
        description: "AWS access key id with its secret".to_owned(),
        tier: Tier::Pair,
        severity: Severity::Critical,
        confidence: Confidence::High,
        fingerprint: "ks1:00112233445566778899aabbccddeeff".to_owned(),
        credential: credential(&[(PartKind::KeyId, &key_id_text()), (PartKind::Secret, &secret_text())]),
        facts: BTreeMap::from([("account".to_owned(), "581039954779".to_owned())]),
        primary,
        places,
        place_count: 7,
        blobs: vec![oid("b10b"), oid("b10c")],
        blob_count: 2,
        exposure: Some(Exposure {
            introduced: vec![event("1a2b3c4d5e6f", "Jane Doe", 1_551_700_800, b"config/deploy.py")],
            removed: vec![event("4d5e6f708192", "Søren Ågård", 1_551_787_200, b"config/deploy.py")],
            in_head: false,
            head: Vec::new(),
            refs: vec!["refs/heads/main".into(), "refs/remotes/origin/main".into(), "refs/tags/v1.0".into()],
            ref_count: 5,
            commit_count: 1234,
            path_count: 2,
            reachable: Reachable::Ref,
        }),
        verification: None,
        halves: Vec::new(),
    }
}

/// The same pair when AWS said that it works.
pub fn live_pair() -> Finding {
    let verification = Verification {
        account: Some("581039954779".to_owned()),
        arn: Some("arn:aws:iam::581039954779:user/deploy".to_owned()),
        user_id: Some(["AIDA", "2E0A8F3B", "244C9986"].concat()),
        partition: Some("aws".to_owned()),
        host: Some("sts.us-east-1.amazonaws.com".to_owned()),
        checked: Some("2026-01-31T23:59:00Z".to_owned()),
        cached: true,
        facts: BTreeMap::from([("last_used_service".to_owned(), "s3".to_owned())]),
        ..Verification::new(Verdict::Live).because(format!("its secret is {}", secret_text()))
    };
    Finding { verification: Some(verification), ..pair() }
}

/// A token in a commit message that only a reflog reaches.
pub fn token() -> Finding {
    let origin = Origin::CommitMessage { commit: oid("5e6f70819203") };
    let primary = sighting(origin, 3, "log in with ", "***", " please");
    Finding {
        rule_id: "github-pat".to_owned(),
        description: "GitHub personal access token (classic)".to_owned(),
        tier: Tier::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        fingerprint: "ks1:ffeeddccbbaa99887766554433221100".to_owned(),
        credential: credential(&[(PartKind::Secret, &["ghp", "_", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].concat())]),
        facts: BTreeMap::new(),
        places: vec![primary.clone()],
        primary,
        place_count: 1,
        blobs: Vec::new(),
        blob_count: 0,
        exposure: Some(Exposure {
            introduced: Vec::new(),
            removed: Vec::new(),
            in_head: false,
            head: Vec::new(),
            refs: Vec::new(),
            ref_count: 0,
            commit_count: 1,
            path_count: 0,
            reachable: Reachable::Reflog,
        }),
        verification: None,
        halves: Vec::new(),
    }
}

pub fn rule(id: &str, tier: Tier, severity: Severity, description: &str) -> RuleInfo {
    RuleInfo {
        id: id.to_owned(),
        description: description.to_owned(),
        severity,
        tier,
        confidence: Confidence::High,
        tags: vec!["aws".to_owned()],
        reference: Some("https://docs.example.com/keys".to_owned()),
    }
}

/// A history with two findings and two gaps.
pub fn history() -> Report {
    Report {
        command: "history",
        target: "../app".to_owned(),
        head: Some(oid("c0ffee")),
        remote: Some(["https://user:", "hunter2hunter2", "@git.example.com/team/app.git"].concat()),
        findings: vec![pair(), token()],
        candidates: Vec::new(),
        suppressions: Vec::new(),
        baseline: None,
        gaps: vec![
            Gap {
                kind: GapKind::History,
                what: "refs/heads/main".into(),
                why: "the clone is shallow; run `git fetch --unshallow`".into(),
            },
            Gap { kind: GapKind::Object, what: oid("dead").to_string(), why: "the object is missing.".into() },
        ],
        receipt: Receipt {
            seen: 849_000,
            scanned: 848_990,
            suppressed: BTreeMap::new(),
            skipped: BTreeMap::from([("missing".to_owned(), 1), ("tree".to_owned(), 9)]),
            nested: Vec::new(),
            remembered: 0,
            bytes: 8_123_456_789,
            commits: 78_123,
            duration_ms: 2345,
        },
        rules: vec![
            rule("github-pat", Tier::Secret, Severity::High, "GitHub personal access token (classic)"),
            rule("aws-key-pair", Tier::Pair, Severity::Critical, "AWS access key id with its secret"),
            rule("generic-secret", Tier::Generic, Severity::Medium, "Random value on a secret-named variable"),
        ],
    }
}

/// Files on disk with one finding and no gap.
pub fn scan() -> Report {
    let origin = Origin::File { path: b"src/./settings.toml".to_vec() };
    let primary = sighting(origin, 7, "\t  password = '", "***", "'   # staging");
    let finding = Finding {
        rule_id: "generic-secret".to_owned(),
        description: "Random value on a secret-named variable".to_owned(),
        tier: Tier::Generic,
        severity: Severity::Medium,
        confidence: Confidence::Low,
        facts: BTreeMap::new(),
        credential: credential(&[(PartKind::Secret, &secret_text()[..20])]),
        places: vec![primary.clone()],
        primary,
        place_count: 1,
        blobs: Vec::new(),
        blob_count: 0,
        exposure: None,
        ..pair()
    };
    let receipt = Receipt { seen: 3, scanned: 3, bytes: 512, duration_ms: 15, ..Receipt::default() };
    Report {
        command: "scan",
        target: ".".to_owned(),
        head: None,
        remote: None,
        findings: vec![finding],
        suppressions: Vec::new(),
        baseline: None,
        gaps: Vec::new(),
        receipt,
        ..history()
    }
}

/// Nothing found and everything read.
pub fn clean() -> Report {
    Report { findings: Vec::new(), ..scan() }
}
