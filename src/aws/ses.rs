//! SMTP passwords of SES. They are derived from a secret access key, one way: a found password can be tied to a found
//! secret without asking anybody, but not turned back into one.
//!
//! Source: "Obtaining Amazon SES SMTP credentials" in the SES developer guide.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Regions where SES has an SMTP endpoint, the busiest first.
pub const REGIONS: [&str; 37] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "us-east-2",
    "ap-southeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "eu-west-2",
    "ca-central-1",
    "sa-east-1",
    "us-west-1",
    "eu-west-3",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-central-2",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-east-2",
    "af-south-1",
    "me-south-1",
    "me-central-1",
    "il-central-1",
    "ca-west-1",
    "mx-central-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "eusc-de-east-1",
    "ap-east-1",
];

/// What ties a password to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// Version 4: good in this region only.
    In(&'static str),
    /// Version 2: of any region; AWS no longer hands these out.
    Anywhere,
}

/// Whether `password` was derived from `secret`, and for where. Up to 38 short derivations: microseconds each.
pub fn matches(secret: &[u8], password: &[u8]) -> Option<Derived> {
    if password.len() != 44 {
        return None;
    }
    if version_2(secret).as_bytes() == password {
        return Some(Derived::Anywhere);
    }
    REGIONS.into_iter().find(|region| version_4(secret, region).as_bytes() == password).map(Derived::In)
}

/// The password for `region`.
pub fn version_4(secret: &[u8], region: &str) -> String {
    let first = mac(&[b"AWS4", secret].concat(), b"11111111");
    let last =
        [region.as_bytes(), b"ses", b"aws4_request", b"SendRawEmail"].iter().fold(first, |key, text| mac(&key, text));
    encode(4, last)
}

/// The password of the version before.
pub fn version_2(secret: &[u8]) -> String {
    encode(2, mac(secret, b"SendRawEmail"))
}

fn encode(version: u8, signature: [u8; 32]) -> String {
    let mut bytes = [version; 33];
    bytes[1..].copy_from_slice(&signature);
    STANDARD.encode(bytes)
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::make_secret;

    /// AWS's documented secret, in two halves.
    fn documented() -> String {
        ["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"].concat()
    }

    #[test]
    fn published_vectors() {
        let secret = documented();
        let secret = secret.as_bytes();
        assert_eq!(version_4(secret, "us-east-1"), ["BLBM/9hSUELfq8Gw+rU1Yc", "BjkOxGbhT2XG763xVLGWL9"].concat());
        assert_eq!(version_4(secret, "eu-west-1"), ["BMW5RDrXmmVs0lV7GpI4oL", "kHXpZ4stDsk6q91z1g38Pk"].concat());
        assert_eq!(version_2(secret), ["An60U4ZD3sd4fg+FvXUjay", "OipTt8LO4rUUmhpdX6ctDy"].concat());
    }

    #[test]
    fn a_password_is_tied_to_its_secret_alone() {
        let (secret, other) = (make_secret(1), make_secret(2));
        for region in REGIONS {
            let password = version_4(secret.as_bytes(), region);
            assert_eq!(matches(secret.as_bytes(), password.as_bytes()), Some(Derived::In(region)));
            assert_eq!(matches(other.as_bytes(), password.as_bytes()), None);
        }
        let password = version_2(secret.as_bytes());
        assert_eq!(matches(secret.as_bytes(), password.as_bytes()), Some(Derived::Anywhere));
        assert_eq!(matches(secret.as_bytes(), &password.as_bytes()[1..]), None);
    }
}
