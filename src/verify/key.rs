//! What is asked about: a key id, and what came with it.

use crate::aws::key_id::KeyId;
use crate::aws::partitions::Partition;
use crate::finding::{Credential, PartKind};
use crate::secret::Secret;

/// An AWS access key as it was found. Its `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    /// Absent for an id that stands alone: only IAM can tell about that one.
    pub secret: Option<Secret>,
    pub token: Option<Secret>,
    /// Partitions that the text near the key names.
    pub evidence: Vec<&'static Partition>,
}

impl Key {
    /// The key in `credential`, if it is one of AWS's.
    pub fn of(credential: &Credential) -> Option<Self> {
        let part = |wanted| credential.parts.iter().find(|(kind, _)| *kind == wanted).map(|(_, part)| part.clone());
        let id = part(PartKind::KeyId)?;
        KeyId::parse(id.expose())?;
        Some(Self {
            id: String::from_utf8(id.expose().to_vec()).ok()?,
            secret: part(PartKind::Secret),
            token: part(PartKind::SessionToken),
            evidence: Vec::new(),
        })
    }

    /// The id, read.
    pub fn key_id(&self) -> Option<KeyId> {
        KeyId::parse(self.id.as_bytes())
    }

    /// The account that the id holds.
    pub fn account(&self) -> Option<u64> {
        self.key_id()?.account()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{make_key_id, make_secret};
    use crate::finding::RuleIndex;

    #[test]
    fn only_ids_of_aws_are_keys() {
        let credential = |id: &str| Credential {
            rule: RuleIndex(0),
            parts: vec![
                (PartKind::KeyId, Secret::new(id.as_bytes())),
                (PartKind::Secret, Secret::new(make_secret(1).as_bytes())),
            ],
        };
        let id = make_key_id("AKIA", 609_629_065_308, 7);
        let key = Key::of(&credential(&id)).expect("a pair");
        assert_eq!((key.id.as_str(), key.account()), (id.as_str(), Some(609_629_065_308)));
        assert!(!format!("{key:?}").contains(&make_secret(1)));
        assert_eq!(Key::of(&credential("no id of AWS")), None);
    }
}
