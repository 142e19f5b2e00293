//! Structure checks that a regex cannot express: check digits, encodings, documented examples.

use super::model::Check;
use crate::aws;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whether `secret` has the structure that `check` asks for.
pub fn passes(check: Check, secret: &[u8]) -> bool {
    match check {
        Check::AwsKeyId => aws::key_id::is_key_id(secret),
        Check::AwsKeyIdWeak => aws::key_id::is_weak_key_id(secret),
        Check::AwsSecret => secret.try_into().is_ok_and(aws::secret_key::is_secret_key),
        Check::AwsSessionToken => aws::session_token::is_session_token(secret),
        Check::AwsBedrock => aws::bedrock::is_long_term_key(secret),
        Check::Crc32Base62 => crc32_base62(secret),
        Check::Jwt => is_jwt(secret),
        Check::PrivateKey => super::private_key::is_private_key(secret),
    }
}

/// GitHub and npm tokens: `prefix_`, a body, and the CRC-32 of the body as six base62 digits (`0-9A-Za-z`).
fn crc32_base62(secret: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body_start = secret.iter().rposition(|&b| b == b'_').map_or(0, |i| i + 1);
    let Some(split) = secret.len().checked_sub(6).filter(|&s| s > body_start) else { return false };
    let mut rest = libdeflater::crc32(&secret[body_start..split]);
    let mut expected = [b'0'; 6];
    for slot in expected.iter_mut().rev() {
        *slot = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    secret[split..] == expected
}

/// A JSON Web Token: header and payload decode to JSON objects, and the header names an algorithm.
fn is_jwt(secret: &[u8]) -> bool {
    let mut parts = secret.split(|&b| b == b'.');
    let object = |part: Option<&[u8]>| -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part?).ok()?).ok()
    };
    object(parts.next()).is_some_and(|header| header.contains_key("alg")) && object(parts.next()).is_some()
}
