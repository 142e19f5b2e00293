//! Fingerprints: names for credentials that are the same on every machine and give the secret away on none.
//!
//! A fingerprint ends up in baselines and uploaded reports. A bare hash there would be an oracle: whoever holds a list
//! of likely passwords could hash them all once and look them up everywhere. So the hash is keyed by the repository:
//! two clones agree on it, two repositories do not.

use crate::finding::{Credential, PartKind};
use crate::origin::Oid;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What keys the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salt(Vec<u8>);

impl Salt {
    /// The salt of a repository: the id of the commit that HEAD's first parents lead back to. Every full clone has it.
    pub fn of_root_commit(id: Oid) -> Self {
        Self([b"keysift root commit ", id.as_slice()].concat())
    }

    /// The salt where there is no repository, or one without commits. The same everywhere, so that a scan of the same
    /// folder on two machines agrees.
    pub fn fixed() -> Self {
        Self(b"keysift no repository".to_vec())
    }

    /// The fingerprint of `credential`, found by the rule `rule_id`: `ks1:` and 32 hex digits, which are the first half
    /// of an HMAC-SHA-256 over the rule's id and the parts.
    pub fn fingerprint(&self, rule_id: &str, credential: &Credential) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        // Lengths stand before the texts, so that no two lists of parts read the same.
        field(&mut mac, b'r', rule_id.as_bytes());
        for (kind, part) in &credential.parts {
            field(&mut mac, kind_byte(*kind), part.expose());
        }
        let digest = mac.finalize().into_bytes();
        let mut text = String::with_capacity(4 + 32);
        text.push_str("ks1:");
        for byte in &digest[..16] {
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
        text
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn field(mac: &mut Hmac<Sha256>, kind: u8, bytes: &[u8]) {
    mac.update(&[kind]);
    mac.update(&(bytes.len() as u64).to_be_bytes());
    mac.update(bytes);
}

/// Part of the format of `ks1`: never renumber these.
fn kind_byte(kind: PartKind) -> u8 {
    match kind {
        PartKind::KeyId => b'k',
        PartKind::Secret => b's',
        PartKind::SessionToken => b't',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::RuleIndex;
    use crate::secret::Secret;
    use sha2::Digest;

    fn credential(rule: u16, parts: &[(PartKind, &str)]) -> Credential {
        let parts = parts.iter().map(|(kind, text)| (*kind, Secret::new(text.as_bytes()))).collect();
        Credential { rule: RuleIndex(rule), parts }
    }

    fn root(byte: u8) -> Salt {
        Salt::of_root_commit(Oid::Sha1([byte; 20]))
    }

    #[test]
    fn clones_agree_and_repositories_do_not() {
        let it = credential(0, &[(PartKind::Secret, "hunter2")]);
        // Rule numbers depend on the rules chosen for the run; the id does not.
        let in_a_clone = credential(7, &[(PartKind::Secret, "hunter2")]);
        assert_eq!(root(1).fingerprint("r", &it), root(1).fingerprint("r", &in_a_clone));
        assert_ne!(root(1).fingerprint("r", &it), root(2).fingerprint("r", &it));
        assert_ne!(root(1).fingerprint("r", &it), Salt::fixed().fingerprint("r", &it));
    }

    #[test]
    fn has_the_documented_form() {
        let text = Salt::fixed().fingerprint("r", &credential(0, &[(PartKind::Secret, "hunter2")]));
        let digits = text.strip_prefix("ks1:").expect("starts with its version");
        assert_eq!(digits.len(), 32);
        assert!(digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }

    #[test]
    fn depends_on_rule_kind_and_where_parts_end() {
        let salt = Salt::fixed();
        let all = [
            salt.fingerprint("r", &credential(0, &[(PartKind::Secret, "ab"), (PartKind::Secret, "c")])),
            salt.fingerprint("r", &credential(0, &[(PartKind::Secret, "a"), (PartKind::Secret, "bc")])),
            salt.fingerprint("r", &credential(0, &[(PartKind::Secret, "abc")])),
            salt.fingerprint("r", &credential(0, &[(PartKind::KeyId, "abc")])),
            salt.fingerprint("s", &credential(0, &[(PartKind::Secret, "abc")])),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[i + 1..].contains(one), "{i} has a twin");
        }
    }

    /// `ks1` is a promise to baselines: this very text must come out for ever.
    #[test]
    fn is_stable_across_versions() {
        let pair = credential(0, &[(PartKind::KeyId, "id"), (PartKind::Secret, "secret")]);
        // Computed apart, with Python's hmac module.
        assert_eq!(root(1).fingerprint("aws-key-pair", &pair), "ks1:d0907bb94d42ddea518afded8645bf25");
    }

    #[test]
    fn is_no_bare_hash() {
        let secret = "hunter2";
        let text = Salt::fixed().fingerprint("r", &credential(0, &[(PartKind::Secret, secret)]));
        let bare: String = Sha256::digest(secret).iter().map(|b| format!("{b:02x}")).collect();
        assert!(!bare.starts_with(&text[4..]));
    }
}
