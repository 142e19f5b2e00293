//! ECR login tokens: base64 of a JSON object that names its own expiry, or of `AWS:` and such a token, as a docker
//! configuration stores it.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "type")]
    kind: String,
    expiration: i64,
}

/// When the token expires, in seconds since 1970. `None` for anything that is no ECR token.
pub fn expiration(text: &[u8]) -> Option<i64> {
    let decoded = decode(text)?;
    let json = match decoded.strip_prefix(b"AWS:") {
        Some(inner) => decode(inner)?,
        None => decoded,
    };
    let token: Token = serde_json::from_slice(&json).ok()?;
    token.kind.ends_with("DATA_KEY").then_some(token.expiration)
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::make_ecr_token;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn the_expiry_is_read_from_both_forms() {
        let token = make_ecr_token(1_800_000_000, 1);
        assert!(token.starts_with(concat!("eyJwYXls", "b2FkIjoi")));
        assert_eq!(expiration(token.as_bytes()), Some(1_800_000_000));
        let stored = STANDARD.encode(format!("AWS:{token}"));
        assert_eq!(expiration(stored.as_bytes()), Some(1_800_000_000));
    }

    #[test]
    fn other_json_is_no_token() {
        for json in [r#"{"payload":"x","expiration":5}"#, r#"{"type":"JWT","expiration":5}"#, "{}", "no"] {
            assert_eq!(expiration(STANDARD.encode(json).as_bytes()), None);
        }
        assert_eq!(expiration(b"eyJwYXlsb2FkIjoi!"), None);
    }
}
