//! Session tokens: base64 of a framed message whose first field names the issuer.
//!
//! Byte 1 is 0x0a, byte 2 a length, then that many bytes of a tag. In the newest kind the issuing region follows
//! (field 3 of the same encoding). Known from looking at tokens; AWS documents nothing but "do not rely on it".

use super::decode::base64;
use super::letter_pairs::wordiness;
use super::secret_key::entropy;

/// Issuers that were seen.
const TAGS: [&[u8]; 3] = [b"aws", b"er/aws", b"origin_ec"];
/// Characters. Real ones have 300 at least and 1,500 and more at most; what was cut for a document is shorter.
const MIN_LENGTH: usize = 160;

/// Whether `text`, padding included or not, is a session token and no documented example.
pub fn is_session_token(text: &[u8]) -> bool {
    let mut buffer = [0; 96];
    let whole =
        text.len() >= MIN_LENGTH && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte));
    if !whole || after_tag(text, &mut buffer).is_none() {
        return false;
    }
    // The end is ciphertext: a document's stand-in is words, or the same few characters over and over.
    let end = &text[text.len() - 80..];
    !text.windows(7).any(|window| window.eq_ignore_ascii_case(b"example")) && entropy(end) >= 4.5 && wordiness(end) < 0
}

/// The region that issued the token, where it says so.
pub fn region(text: &[u8]) -> Option<String> {
    let mut buffer = [0; 96];
    let mut rest = after_tag(text, &mut buffer)?;
    // Field 2 is a small number; field 3 the region.
    if let [0x10, more @ ..] = rest {
        let end = more.iter().position(|byte| byte & 0x80 == 0)?;
        rest = &more[end + 1..];
    }
    let [0x1a, length, more @ ..] = rest else { return None };
    let region = std::str::from_utf8(more.get(..usize::from(*length))?).ok()?;
    super::partitions::is_region(region).then(|| region.to_owned())
}

/// What follows the issuer's tag in the first bytes of a token.
fn after_tag<'b>(text: &[u8], buffer: &'b mut [u8; 96]) -> Option<&'b [u8]> {
    let [_, 0x0a, length, rest @ ..] = base64(&text[..text.len().min(128)], buffer)? else { return None };
    let (tag, rest) = rest.split_at_checked(usize::from(*length))?;
    TAGS.contains(&tag).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Random, make_session_token};
    use proptest::prelude::*;

    #[test]
    fn every_known_head_is_known() {
        let mut random = Random::new(2);
        for head in ["IQoJb3JpZ2luX2Vj", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "FQoDYXdz", "AQoDYXdz"] {
            for length in [300, 700, 1_600] {
                let token = format!("{head}{}", random.base64(length));
                assert!(is_session_token(token.as_bytes()), "{head}");
                assert!(is_session_token(format!("{token}==").as_bytes()));
            }
            assert!(!is_session_token(head.as_bytes()));
        }
    }

    #[test]
    fn documented_ones_are_not() {
        let mut random = Random::new(4);
        for (head, end) in [
            ("AQoDYXdzEPT//////////wEXAMPLE", ""),
            ("FwoGZXIvYXdz", "VERYLONGSTRINGVERYLONGSTRINGVERYLONGSTRINGVERYLONGSTRINGVERYLONGSTRINGVERYLONG"),
            ("IQoJb3JpZ2luX2IQoJb3JpZ2luX2IQoJb3JpZ2luX2IQ", ""),
        ] {
            let token = format!("{head}{}{end}", random.base64(300));
            assert!(!is_session_token(token.as_bytes()), "{head}");
        }
        assert!(!is_session_token(format!("FwoGZXIvYXdz{}", "X".repeat(400)).as_bytes()));
    }

    #[test]
    fn the_region_is_read() {
        let token = make_session_token("eu-central-1", 9);
        assert!(is_session_token(token.as_bytes()));
        assert_eq!(region(token.as_bytes()).as_deref(), Some("eu-central-1"));
        assert_eq!(region(format!("FwoGZXIvYXdz{}", Random::new(1).base64(300)).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "[A-Za-z0-9+/=_-]{0,200}", bytes: Vec<u8>) {
            for head in ["", "IQoJb3JpZ2luX2Vj", "AQoDYXdz"] {
                let token = format!("{head}{text}");
                is_session_token(token.as_bytes());
                region(token.as_bytes());
            }
            is_session_token(&bytes);
            region(&bytes);
        }
    }
}
