//! What a found credential tells about itself without asking anybody: the facts of a finding.

use super::accounts::{self, canary};
use super::key_id::{Generation, KeyId, Kind};
use super::presigned::Signed;
use super::{bedrock, ecr, presigned, session_token, time};
use crate::finding::{Credential, PartKind};
use std::collections::BTreeMap;

/// Facts by name. Sorted, so a report is the same each time.
pub type Facts = BTreeMap<String, String>;

/// The facts that the parts of `credential` hold. Empty for a credential that is not AWS's.
pub fn facts(credential: &Credential) -> Facts {
    facts_with_canaries(credential, &[])
}

/// The same, with the user's own list of canary accounts.
pub fn facts_with_canaries(credential: &Credential, canaries: &[u64]) -> Facts {
    let mut facts = Facts::new();
    let has_token = credential.parts.iter().any(|(kind, _)| *kind == PartKind::SessionToken);
    for (kind, part) in &credential.parts {
        match kind {
            PartKind::KeyId => key_id(&mut facts, part.expose(), has_token, canaries),
            PartKind::SessionToken => put(&mut facts, "region", session_token::region(part.expose())),
            PartKind::Secret => secret(&mut facts, part.expose(), canaries),
        }
    }
    facts
}

fn put(facts: &mut Facts, name: &str, value: Option<impl Into<String>>) {
    if let Some(value) = value {
        facts.insert(name.to_owned(), value.into());
    }
}

fn key_id(facts: &mut Facts, text: &[u8], has_token: bool, canaries: &[u64]) {
    let Some(id) = KeyId::parse(text) else { return };
    let kind = match id.kind() {
        Kind::LongTerm => "long-term",
        Kind::Temporary if has_token => "temporary",
        Kind::Temporary => "temporary; needs its session token",
        Kind::Bearer => "service bearer token",
        Kind::ContextSpecific => "context-specific credential",
    };
    put(facts, "kind", Some(kind));
    account(facts, &id, canaries);
}

fn account(facts: &mut Facts, id: &KeyId, canaries: &[u64]) {
    match id.account() {
        Some(number) => known_account(facts, number, canaries),
        None if id.is_plausible() && id.generation() == Generation::Old => {
            put(facts, "account_note", Some("old generation: the id holds no account"));
        }
        None => put(facts, "account_note", Some("no id that AWS can have issued")),
    }
}

fn known_account(facts: &mut Facts, number: u64, canaries: &[u64]) {
    put(facts, "account", Some(accounts::digits(number)));
    put(facts, "account_note", accounts::note(number));
    put(facts, "canary", canary(number, canaries).map(|list| list.name()));
}

/// Each format begins in its own way, so a secret is decoded at most once.
fn secret(facts: &mut Facts, text: &[u8], canaries: &[u64]) {
    if text.starts_with(b"ABSK") || text.starts_with(b"AEAA") {
        if let Some(owner) = bedrock::owner(text) {
            put(facts, "user", Some(owner.user));
            known_account(facts, owner.account, canaries);
        }
    } else if text.starts_with(b"k8s-aws-v1.") {
        signed(facts, presigned::parse_eks_token(text), "EKS", canaries);
    } else if text.starts_with(b"bedrock-api-key-") {
        signed(facts, presigned::parse_short_term_key(text), "bedrock", canaries);
    } else if text.starts_with(b"aws-external-anthropic-api-key-") {
        signed(facts, presigned::parse_short_term_key(text), "Claude Platform", canaries);
    } else if text.starts_with(b"eyJwYXlsb2FkIjoi") || text.starts_with(b"QVdTOmV5") {
        if let Some(expiration) = ecr::expiration(text) {
            put(facts, "service", Some("ECR"));
            put(facts, "expires", time::iso_8601(expiration));
        }
    } else if text.starts_with(b"amzn.mws.") {
        put(facts, "service", Some("Amazon MWS, which ended on 2024-03-31"));
    } else if text.len() > 64 {
        // Shorter than the signature alone: no signed URL.
        signed(facts, presigned::parse(text), "", canaries);
    }
}

/// `service` is what to say where the URL itself only names a means.
fn signed(facts: &mut Facts, signed: Option<Signed>, service: &str, canaries: &[u64]) {
    let Some(signed) = signed else { return };
    put(facts, "service", if service.is_empty() { signed.service } else { Some(service.to_owned()) });
    put(facts, "region", signed.region);
    put(facts, "user", signed.user);
    put(facts, "expires", signed.expires_at.and_then(time::iso_8601));
    if let Some(id) = KeyId::parse(signed.key_id.as_bytes()) {
        account(facts, &id, canaries);
    }
    put(facts, "signed_by", Some(signed.key_id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::*;
    use crate::finding::RuleIndex;
    use crate::secret::Secret;

    fn told(parts: &[(PartKind, &str)]) -> Vec<(String, String)> {
        let parts = parts.iter().map(|(kind, text)| (*kind, Secret::new(text.as_bytes()))).collect();
        facts(&Credential { rule: RuleIndex(0), parts }).into_iter().collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_canary_pair() {
        let (id, secret) = (make_key_id("AKIA", 171_436_882_533, 9), make_secret(1));
        assert_eq!(
            told(&[(PartKind::KeyId, &id), (PartKind::Secret, &secret)]),
            pairs(&[("account", "171436882533"), ("canary", "Thinkst"), ("kind", "long-term")])
        );
    }

    #[test]
    fn an_old_id_tells_no_account() {
        assert_eq!(
            told(&[(PartKind::KeyId, &make_old_key_id("AKIA", 9))]),
            pairs(&[("account_note", "old generation: the id holds no account"), ("kind", "long-term")])
        );
    }

    #[test]
    fn a_temporary_id_with_and_without_its_token() {
        let (id, token) = (make_key_id("ASIA", 29_608_264_753, 9), make_session_token("ap-south-1", 1));
        assert_eq!(
            told(&[(PartKind::KeyId, &id)]),
            pairs(&[("account", "029608264753"), ("kind", "temporary; needs its session token")])
        );
        assert_eq!(
            told(&[(PartKind::KeyId, &id), (PartKind::SessionToken, &token)]),
            pairs(&[("account", "029608264753"), ("kind", "temporary"), ("region", "ap-south-1")])
        );
    }

    #[test]
    fn tokens_tell_their_expiry() {
        let id = make_key_id("ASIA", 609_629_065_308, 1);
        let url = make_presigned_url(
            "https://sts.amazonaws.com/?Action=GetCallerIdentity",
            &id,
            "us-east-1/sts",
            "20260131T120000Z",
            60,
            3,
        );
        let with = |service: &str, expires: &str| {
            pairs(&[
                ("account", "609629065308"),
                ("expires", expires),
                ("region", "us-east-1"),
                ("service", service),
                ("signed_by", &id),
            ])
        };
        assert_eq!(told(&[(PartKind::Secret, &url)]), with("sts", "2026-01-31T12:01:00Z"));
        assert_eq!(told(&[(PartKind::Secret, &make_eks_token(&url))]), with("EKS", "2026-01-31T12:15:00Z"));
        assert_eq!(told(&[(PartKind::Secret, &make_bedrock_short_key(&url))]), with("bedrock", "2026-01-31T12:01:00Z"));
        assert_eq!(
            told(&[(PartKind::Secret, &make_ecr_token(1_800_000_000, 1))]),
            pairs(&[("expires", "2027-01-15T08:00:00Z"), ("service", "ECR")])
        );
    }

    #[test]
    fn a_bedrock_key_tells_its_owner() {
        let key = make_bedrock_key("BedrockAPIKey-ab12", 609_629_065_308, 4);
        assert_eq!(
            told(&[(PartKind::Secret, &key)]),
            pairs(&[("account", "609629065308"), ("user", "BedrockAPIKey-ab12")])
        );
    }

    #[test]
    fn what_is_not_aws_tells_nothing() {
        for text in ["hunter2", "", &make_secret(3), &"x".repeat(5_000)] {
            assert_eq!(told(&[(PartKind::Secret, text), (PartKind::KeyId, text)]), pairs(&[]));
        }
    }

    #[test]
    fn a_canary_of_the_user() {
        let id = make_key_id("AKIA", 5, 9);
        let credential = Credential { rule: RuleIndex(0), parts: vec![(PartKind::KeyId, Secret::new(id.as_bytes()))] };
        assert_eq!(
            facts_with_canaries(&credential, &[5]).get("canary").map(String::as_str),
            Some("listed by the user")
        );
    }
}
