//! Credentials that belong to nobody, made at run time, so that no test and no example needs a whole key in its source.
//!
//! Always compiled, because the tests of other modules, integration tests and benches all use it; nothing else does.

use super::decode::to_base32;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A small generator of pseudo-random numbers (splitmix64): the same seed gives the same credentials everywhere.
pub struct Random(u64);

impl Random {
    /// A generator that starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    #[allow(clippy::should_implement_trait, reason = "an endless generator needs no Iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// `length` characters drawn from `alphabet`.
    pub fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[(self.next() % alphabet.len() as u64) as usize])).collect()
    }

    /// `length` characters of base32.
    pub fn base32(&mut self, length: usize) -> String {
        self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    /// `length` characters of base64.
    pub fn base64(&mut self, length: usize) -> String {
        self.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
    }

    /// `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// A key id of the newer generation: `prefix`, then a body that holds `account` and 39 bits of `noise`.
pub fn make_key_id(prefix: &str, account: u64, noise: u64) -> String {
    make_id(prefix, 1 << 79 | u128::from(account) << 39 | u128::from(noise & ((1 << 39) - 1)))
}

/// A key id of the old generation, which starts with I and holds no account.
pub fn make_old_key_id(prefix: &str, noise: u64) -> String {
    make_id(prefix, 8 << 75 | u128::from(noise) << 7)
}

fn make_id(prefix: &str, body: u128) -> String {
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&body.to_be_bytes()[6..]);
    format!("{prefix}{}", String::from_utf8_lossy(&to_base32(bytes)))
}

/// A secret access key.
pub fn make_secret(seed: u64) -> String {
    Random::new(seed).base64(40)
}

/// A session token of the newest form, issued in `region`.
pub fn make_session_token(region: &str, seed: u64) -> String {
    let mut bytes = vec![0x21, 0x0a, 9];
    bytes.extend_from_slice(b"origin_ec");
    bytes.extend_from_slice(&[0x10, 0x3f, 0x1a, region.len() as u8]);
    bytes.extend_from_slice(region.as_bytes());
    bytes.extend_from_slice(&[0x22, 0x47, 0x30, 0x45]);
    bytes.extend(Random::new(seed).bytes(400));
    STANDARD.encode(bytes)
}

/// A long-term Bedrock key of `user` in `account`.
pub fn make_bedrock_key(user: &str, account: u64, seed: u64) -> String {
    let mut random = Random::new(seed);
    let serial = random.next() % 10_000;
    format!("ABSK{}", STANDARD.encode(format!("{user}+{serial}-at-{account:012}:{}", random.base64(42))))
}

/// A URL that was signed by `key_id` at `date` (`YYYYMMDDTHHMMSSZ`) and is good for `seconds`.
pub fn make_presigned_url(target: &str, key_id: &str, scope: &str, date: &str, seconds: u32, seed: u64) -> String {
    let (day, scope) = (&date[..8], scope.replace('/', "%2F"));
    let joint = if target.contains('?') { '&' } else { '?' };
    format!(
        "{target}{joint}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key_id}%2F{day}%2F{scope}%2Faws4_request\
         &X-Amz-Date={date}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        Random::new(seed).text(b"0123456789abcdef", 64)
    )
}

/// An EKS token that holds the signed `url`.
pub fn make_eks_token(url: &str) -> String {
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}

/// A short-term Bedrock key that holds the signed `url`.
pub fn make_bedrock_short_key(url: &str) -> String {
    format!("bedrock-api-key-{}", STANDARD_NO_PAD.encode(url))
}

/// An ECR login token that expires at `expiration`, in seconds since 1970.
pub fn make_ecr_token(expiration: u64, seed: u64) -> String {
    let mut random = Random::new(seed);
    STANDARD.encode(format!(
        r#"{{"payload":"{}","datakey":"{}","version":"2","type":"DATA_KEY","expiration":{expiration}}}"#,
        random.base64(400),
        random.base64(240)
    ))
}
