//! What is asked about: a key id, and what came with it.

use crate::aws::key_id::KeyId;
use crate::aws::partitions::{self, Partition};
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

/// The partitions, other than AWS's main one, that `text` names by a region or a host.
pub fn partitions_in(text: &str) -> Vec<&'static Partition> {
    let mut named = Vec::new();
    let mut add = |partition: Option<&'static Partition>| {
        if let Some(partition) = partition.filter(|partition| partition.public && partition.name != "aws")
            && !named.contains(&partition)
        {
            named.push(partition);
        }
    };
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        add(partitions::of_region(word));
        // As in `arn:aws-cn:…`.
        add(partitions::PARTITIONS.iter().find(|partition| partition.name == word));
    }
    for (suffix, name) in [("amazonaws.com.cn", "aws-cn"), ("amazonaws.eu", "aws-eusc")] {
        let partition = partitions::PARTITIONS.iter().find(|partition| partition.name == name);
        add(partition.filter(|_| text.contains(suffix)));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{make_key_id, make_secret};
    use crate::finding::RuleIndex;

    #[test]
    fn text_names_partitions() {
        let names = |text| partitions_in(text).iter().map(|partition| partition.name).collect::<Vec<_>>();
        assert_eq!(names("region = cn-northwest-1"), ["aws-cn"]);
        assert_eq!(names("endpoint=https://s3.us-gov-west-1.amazonaws.com"), ["aws-us-gov"]);
        assert_eq!(names("role: arn:aws-us-gov:iam::1:role/x and s3.amazonaws.com.cn"), ["aws-us-gov", "aws-cn"]);
        assert_eq!(names("eusc-de-east-1 eusc-de-east-1 x.amazonaws.eu"), ["aws-eusc"]);
        assert_eq!(names("us-east-1, eu-west-1, arn:aws:s3:::x"), [""; 0]);
        assert_eq!(names("us-iso-east-1"), [""; 0], "nobody outside can reach those");
    }

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
        assert_eq!(Key::of(&credential("LTAI5tQUFEXAMPLE")), None);
    }
}
