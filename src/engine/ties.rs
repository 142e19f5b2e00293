//! SMTP passwords of SES and the AWS secrets that they were derived from. The derivation goes one way and needs nobody to
//! be asked: who finds both knows that one key opens both doors, and that the password dies with it.

use crate::aws::ses::{self, Derived};
use crate::finding::{Confidence, Finding, PartKind};

/// So many secrets and so many passwords are held against each other; a try takes some tens of microseconds.
const TRIED: usize = 50;
/// Names of the facts: of a password, and of the key.
const DERIVED_FROM: &str = "derived_from";
const SMTP_PASSWORD: &str = "ses_smtp_password";

/// Notes in both findings where a password was derived from a secret. Such a password is no guess any more.
pub(super) fn tie(findings: &mut [Finding]) {
    let of_length = |length: usize| {
        let wanted = |finding: &Finding| secret(finding).is_some_and(|secret| secret.len() == length);
        (0..findings.len()).filter(|&index| wanted(&findings[index])).collect::<Vec<usize>>()
    };
    let keys = of_length(40);
    // The first byte of a password is its version.
    let mut passwords = of_length(44);
    passwords.retain(|&index| secret(&findings[index]).is_some_and(|text| matches!(text[0], b'A' | b'B')));
    let mut ties = Vec::new();
    for &password in passwords.iter().take(TRIED) {
        for &key in keys.iter().take(TRIED) {
            let texts = secret(&findings[key]).zip(secret(&findings[password]));
            if let Some(derived) = texts.and_then(|(key, password)| ses::matches(key, password)) {
                ties.push((key, password, derived));
            }
        }
    }
    for (key, password, derived) in ties {
        let region = match derived {
            Derived::In(region) => region,
            Derived::Anywhere => "any region",
        };
        let told = format!("{} ({region})", name(&findings[key]));
        let back = format!("{} ({region})", name(&findings[password]));
        findings[password].facts.insert(DERIVED_FROM.into(), told);
        findings[password].confidence = Confidence::High;
        findings[key].facts.insert(SMTP_PASSWORD.into(), back);
    }
}

fn secret(finding: &Finding) -> Option<&[u8]> {
    let mut parts = finding.credential.parts.iter();
    parts.find(|(kind, _)| *kind == PartKind::Secret).map(|(_, text)| text.expose())
}

/// What a finding is called in another one: its key id, or its fingerprint.
fn name(finding: &Finding) -> String {
    let id = finding.credential.parts.iter().find(|(kind, _)| *kind == PartKind::KeyId);
    id.map_or_else(|| finding.fingerprint.clone(), |(_, id)| String::from_utf8_lossy(id.expose()).into_owned())
}
