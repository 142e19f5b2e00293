//! Secret access keys: 30 random bytes in base64, 40 characters without any mark of their own. What tells one from
//! the many other texts of that form is that it is random, and that something near it speaks of AWS.
//!
//! Each filter here was weighed on random keys: all together lose fewer than 4 in 10,000 of them.

use super::decode::base64;
use super::letter_pairs::wordiness;

/// Bits per character. Of 200,000 random keys 0.011 % are below; a SHA-1 in hex never exceeds 3.97.
const MIN_ENTROPY: f32 = 4.25;
/// Half bits. Of 100,000 random keys some 3 are above; identifiers and paths are above 60.
const MAX_WORDINESS: i32 = 5;

/// Whether `text` can be a secret access key and is no example.
pub fn is_secret_key(text: &[u8; 40]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && has_both_cases(text)
        && entropy(text) >= MIN_ENTROPY
        && !is_placeholder(text)
        && wordiness(text) <= MAX_WORDINESS
        && !decodes_to_text(text)
}

/// How much `text` looks like a secret access key, from 0 (not at all) to 1: for ranking several candidates near one
/// key id. A real key has above 0.9 in 99 of 100 cases.
pub fn secret_score(text: &[u8]) -> f32 {
    if text.len() < 16 || is_placeholder(text) {
        return 0.0;
    }
    let length = text.len() as f32;
    // Random text of 40 characters scores -103 on average, with a deviation of 25.
    let random = 1.0 / (1.0 + ((wordiness(text) as f32 * 40.0 / length) / 8.0 + 1.5).exp());
    // The entropy that random base64 of this length reaches, nearly; 4.87 at 40 characters.
    let reachable = (length.log2() - 0.45).min(6.0);
    let varied = ((entropy(text) - reachable + 1.2) / 0.6).clamp(0.0, 1.0);
    let shaped = if decodes_to_text(text) { 0.2 } else { 1.0 };
    random * varied * shaped
}

/// Shannon entropy in bits per character.
pub fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0u16; 256];
    for &byte in text {
        counts[usize::from(byte)] = counts[usize::from(byte)].saturating_add(1);
    }
    let length = text.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f32::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// Words that stand in for a secret, in lower case. By chance, one of them is in 1 of 10 million random keys.
const WORDS: [&[u8]; 14] = [
    b"example",
    b"secretkey",
    b"accesskey",
    b"placeholder",
    b"redacted",
    b"changeme",
    b"yoursecret",
    b"youraws",
    b"xxxxxx",
    b"awssecret",
    b"mysecret",
    b"notreal",
    b"fakekey",
    b"fakesecret",
];

/// How AWS's documented secrets begin; people replace their end.
const DOCUMENTED: [&[u8]; 2] = [b"wJalrXUtnFEMI", b"je7MtGbClwBF"];

/// Whether `text` is documented, says that it is no secret, counts up, or repeats itself.
pub fn is_placeholder(text: &[u8]) -> bool {
    DOCUMENTED.iter().any(|start| text.starts_with(start))
        || WORDS.iter().any(|word| text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word)))
        || counts_up(text)
        || (text.len() >= 16 && text.len().is_multiple_of(2) && text[..text.len() / 2] == text[text.len() / 2..])
}

/// Six characters in a row, each one after the other in ASCII, or 0 after 9; or the same one six times.
fn counts_up(text: &[u8]) -> bool {
    let (mut steps, mut same) = (0, 0);
    for pair in text.windows(2) {
        steps = if pair[1] == pair[0].wrapping_add(1) || pair == b"90" { steps + 1 } else { 0 };
        same = if pair[1] == pair[0] { same + 1 } else { 0 };
        if steps >= 5 || same >= 5 {
            return true;
        }
    }
    false
}

/// At least three letters of either case: base32, base36 and hexadecimal texts have one only.
fn has_both_cases(text: &[u8]) -> bool {
    text.iter().filter(|byte| byte.is_ascii_uppercase()).count() >= 3
        && text.iter().filter(|byte| byte.is_ascii_lowercase()).count() >= 3
}

/// Whether `text` is the base64 of something readable, such as the ids of some web services, or a piece of such base64
/// that begins anywhere in it, or DER.
fn decodes_to_text(text: &[u8]) -> bool {
    text.starts_with(b"MII") || (0..4).any(|phase| text.get(phase..).is_some_and(is_encoded_text))
}

/// Whether nearly all that base64 decodes to is printable. By chance, of 30 bytes, never.
fn is_encoded_text(text: &[u8]) -> bool {
    let mut buffer = [0; 30];
    let Some(decoded) = base64(&text[..text.len().min(40)], &mut buffer) else { return false };
    let readable = decoded.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')).count();
    decoded.len() >= 12 && readable * 30 >= decoded.len() * 26
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Random, make_secret};
    use ::base64::Engine as _;
    use proptest::prelude::*;

    fn judge(text: &str) -> bool {
        is_secret_key(text.as_bytes().try_into().unwrap_or_else(|_| panic!("{} characters", text.len())))
    }

    #[test]
    fn random_keys_pass() {
        let lost = (0..50_000).filter(|seed| !judge(&make_secret(*seed))).count();
        assert!(lost <= 20, "{lost} of 50,000");
    }

    #[test]
    fn hex_paths_names_and_examples_do_not() {
        for text in [
            ["da39a3ee5e6b4b0d3255", "bfef95601890afd80709"],
            ["DA39A3EE5E6B4B0D3255", "BFEF95601890AFD80709"],
            ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"],
            ["je7MtGbClwBF/2Zp9Utk", "/h3yCo8nvbEXAMPLEKEY"],
            ["MultiTypeNumberFallback", "WithStringKeyword"],
            ["com/actions/checkout/", "blob/main/CHANGELOG"],
            ["MyStack/Provider/Role/", "DefaultPol/Resource"],
            ["ABCDEFGHIJKLMNOPQRSTU", "VWXYZabcdefghijklmn"],
            ["Zr4tQ9xLm2Vb8KsYw3Hd", "Zr4tQ9xLm2Vb8KsYw3Hd"],
            ["YourSecretAccessKeyGo", "esHere1234567890abc"],
            ["MIIEvQIBADANBgkqhkiG9", "w0BAQEFAASCBKcwggS"],
        ] {
            let text = text.concat();
            let text = &format!("{text:a<40}")[..40];
            assert!(!judge(text), "{text}");
        }
    }

    #[test]
    fn encoded_text_is_no_key() {
        let encode = |text: &str| ::base64::engine::general_purpose::STANDARD.encode(text);
        assert!(!judge(&encode("017:PullRequestReview261942907")));
        // A line cut out of more base64 begins at any of four places.
        let more = encode("https://host.example/path?X-Amz-Signature=3052671a46c53c4f036e2e54b37efcb625");
        for from in 0..=more.len() - 40 {
            assert!(!judge(&more[from..from + 40]), "{from}");
        }
    }

    #[test]
    fn the_score_ranks() {
        let mut low = 0;
        for seed in 0..2_000 {
            low += usize::from(secret_score(make_secret(seed).as_bytes()) < 0.9);
        }
        assert!(low <= 40, "{low} of 2,000 random keys score below 0.9");
        let mut random = Random::new(5);
        for other in [
            "com/actions/checkout/blob/main/CHANGELOG".to_owned(),
            random.text(b"0123456789abcdef", 40),
            "MultiTypeNumberFallbackWithStringKeyword".to_owned(),
        ] {
            assert!(secret_score(other.as_bytes()) < 0.3, "{other}");
        }
        assert_eq!(secret_score(b""), 0.0);
    }

    proptest! {
        #[test]
        fn no_input_panics(text: [u8; 32], more: Vec<u8>) {
            let mut whole = [0; 40];
            whole[..32].copy_from_slice(&text);
            is_secret_key(&whole);
            prop_assert!((0.0..=1.0).contains(&secret_score(&more)));
        }

        #[test]
        fn a_hash_in_hex_is_never_a_key(text in "[0-9a-f]{40}") {
            prop_assert!(!judge(&text));
        }
    }
}
