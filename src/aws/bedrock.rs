//! Long-term keys of Bedrock (`ABSK…`) and of Claude Platform on AWS (`AEAA…`): base64 of the IAM user that was made
//! for the key, its account, and a secret.

use super::accounts;
use super::decode::base64;

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Name of the IAM user, without the serial number that is joined to it.
    pub user: String,
    pub account: u64,
}

/// Bytes that are decoded: names have 64 characters at most, and the secret need not be read whole.
const HEAD: usize = 240;
/// Bytes of a secret, at least.
const MIN_SECRET: usize = 16;

/// Whether `text` is a long-term key: its structure holds.
pub fn is_long_term_key(text: &[u8]) -> bool {
    let mut buffer = [0; HEAD];
    split(text, &mut buffer).is_some()
}

/// The owner of a long-term key.
pub fn owner(text: &[u8]) -> Option<Owner> {
    let mut buffer = [0; HEAD];
    let (user, account) = split(text, &mut buffer)?;
    Some(Owner { user: std::str::from_utf8(user).ok()?.to_owned(), account })
}

/// User and account of `<user>(+<digits>)-at-<12 digits>:<secret>`.
fn split<'b>(text: &[u8], buffer: &'b mut [u8; HEAD]) -> Option<(&'b [u8], u64)> {
    let whole = if let Some(encoded) = text.strip_prefix(b"ABSK") {
        base64(encoded, buffer)?
    } else if text.starts_with(b"AEAA") {
        // The frame around the text starts with the length; the name in it is fixed.
        let framed = base64(text, buffer)?;
        &framed[framed.windows(10).position(|window| window == b"AeaApiKey-")?..]
    } else {
        return None;
    };
    let colon = whole.iter().position(|&byte| byte == b':')?;
    let at = colon.checked_sub(16).filter(|at| &whole[*at..at + 4] == b"-at-")?;
    let account = accounts::parse(&whole[at + 4..colon])?;
    let mut user = &whole[..at];
    if let Some(plus) = user.iter().rposition(|&byte| byte == b'+')
        && user[plus + 1..].iter().all(u8::is_ascii_digit)
    {
        user = &user[..plus];
    }
    let named = (1..=96).contains(&user.len())
        && user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(byte));
    (named && whole.len() - colon > MIN_SECRET).then_some((user, account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Random, make_bedrock_key};
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn user_and_account_are_read() {
        let key = make_bedrock_key("BedrockAPIKey-x7k2", 29_608_264_753, 1);
        assert!(is_long_term_key(key.as_bytes()));
        assert_eq!(owner(key.as_bytes()), Some(Owner { user: "BedrockAPIKey-x7k2".into(), account: 29_608_264_753 }));
    }

    #[test]
    fn a_framed_claude_platform_key() {
        let mut framed = vec![0, 0x40, 0, 0x3a];
        framed.extend_from_slice(format!("AeaApiKey-q1w2-at-609629065308:{}", Random::new(1).base64(40)).as_bytes());
        let key = STANDARD.encode(framed);
        let owner = owner(key.as_bytes()).expect("its owner");
        assert!(key.starts_with("AEAA"));
        assert_eq!((owner.user.as_str(), owner.account), ("AeaApiKey-q1w2", 609_629_065_308));
    }

    #[test]
    fn other_base64_is_no_key() {
        for inner in
            ["user-at-12345678901:abcdefghijklmnopqrstuvwxyz", "no separator here", "a-at-123456789012:short", ""]
        {
            assert!(!is_long_term_key(format!("ABSK{}", STANDARD.encode(inner)).as_bytes()), "{inner}");
        }
        assert!(!is_long_term_key(format!("ABSK{}", Random::new(6).base64(120)).as_bytes()));
    }

    proptest! {
        #[test]
        fn no_input_panics(text: Vec<u8>, inner: Vec<u8>) {
            owner(&text);
            owner(format!("ABSK{}", STANDARD.encode(inner)).as_bytes());
        }
    }
}
