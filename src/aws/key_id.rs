//! Access key ids: their kinds, the account that newer ones hold, and the ids that are nobody's.
//!
//! An id is a four-letter prefix and 16 base32 characters. Since about 2019 the first 48 bits of those hold a
//! generation bit, the account (40 bits) and 7 bits of noise; older ids hold no account at all, and reading one out of
//! them gives a wrong number. The layout is known from public write-ups, not from AWS's documents.

use super::decode::base32;
use super::letter_pairs::letter_wordiness;

/// The largest account number: twelve digits.
pub const MAX_ACCOUNT: u64 = 999_999_999_999;

/// What an id's prefix says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `AKIA`: an IAM user's or the root user's key.
    LongTerm,
    /// `ASIA`: of a session; useless without its session token.
    Temporary,
    /// `ABIA`: of an STS service bearer token.
    Bearer,
    /// `ACCA`: of a context-specific credential.
    ContextSpecific,
}

/// How an id's body is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generation {
    /// Before about 2019: no account in it.
    Old,
    /// The body starts with the account.
    WithAccount,
}

/// A well-formed access key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId {
    kind: Kind,
    text: [u8; 20],
    body: [u8; 10],
}

impl KeyId {
    /// Reads an id: exactly 20 characters, a known prefix, a base32 body.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: [u8; 20] = text.try_into().ok()?;
        let kind = match &text[..4] {
            b"AKIA" => Kind::LongTerm,
            b"ASIA" => Kind::Temporary,
            b"ABIA" => Kind::Bearer,
            b"ACCA" => Kind::ContextSpecific,
            _ => return None,
        };
        let body = base32(text[4..].first_chunk().expect("20 characters without the first four are 16"))?;
        Some(Self { kind, text, body })
    }

    /// What the prefix says.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How the body is laid out.
    pub fn generation(&self) -> Generation {
        if self.head() >> 47 == 1 { Generation::WithAccount } else { Generation::Old }
    }

    /// The account that owns the key. `None` for the old generation, which does not tell it, and for a number that no
    /// account can have.
    pub fn account(&self) -> Option<u64> {
        let account = (self.head() & 0x7fff_ffff_ff80) >> 7;
        (self.generation() == Generation::WithAccount && account <= MAX_ACCOUNT).then_some(account)
    }

    /// Whether AWS can have issued this id: a possible account, or an old id, which starts with I or J. About half of
    /// all random base32 texts fail this.
    pub fn is_plausible(&self) -> bool {
        self.account().is_some() || matches!(self.text[4], b'I' | b'J')
    }

    /// The first 48 bits of the body.
    fn head(&self) -> u64 {
        self.body[..6].iter().fold(0, |bits, &byte| bits << 8 | u64::from(byte))
    }
}

/// Whether `text` is an access key id as AWS issues them and none that is written down as an example.
pub fn is_key_id(text: &[u8]) -> bool {
    KeyId::parse(text).is_some_and(|id| id.is_plausible()) && !is_placeholder(text)
}

/// Whether `text` has the form of an access key id without being one that AWS can have issued: digits that base32 does
/// not have, an impossible account, the prefix `A3T`. Worth a look, no more.
pub fn is_weak_key_id(text: &[u8]) -> bool {
    text.len() == 20
        && ([b"AKIA", b"ASIA", b"ABIA", b"ACCA"].iter().any(|prefix| text.starts_with(*prefix))
            || text.starts_with(b"A3T"))
        && text.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && !KeyId::parse(text).is_some_and(|id| id.is_plausible())
        && !is_placeholder(text)
}

/// Words that say "this is no key". Each is long enough that no random id holds it by chance.
const WORDS: [&[u8]; 16] = [
    b"EXAMPLE",
    b"SAMPLE",
    b"PLACEHOLDER",
    b"REDACTED",
    b"XXXXX",
    b"DUMMY",
    b"ACCESSKEY",
    b"YOURKEY",
    b"YOURACCESS",
    b"MYKEY",
    b"SECRET",
    b"INVALID",
    b"TESTTEST",
    b"TESTKEY",
    b"FAKEKEY",
    b"FOOBAR",
];

/// Whether `text`, of the form of a key id, is a documented example or a stand-in: one that says so in words, that
/// counts up, that repeats itself, or that is made of words alone.
pub fn is_placeholder(text: &[u8]) -> bool {
    let body = text.get(4..).unwrap_or_default();
    WORDS.iter().any(|word| body.windows(word.len()).any(|window| window == *word))
        || longest_count(body) >= 6
        || has_few_characters(body)
        || (!body.iter().any(u8::is_ascii_digit) && letter_wordiness(body) > 15)
}

/// Length of the longest stretch in which each character follows the one before it in ASCII, or 0 follows 9; or the
/// same backwards.
fn longest_count(text: &[u8]) -> usize {
    let (mut longest, mut up, mut down) = (0, 1, 1);
    for pair in text.windows(2) {
        up = if pair[1] == pair[0].wrapping_add(1) || pair == b"90" { up + 1 } else { 1 };
        down = if pair[0] == pair[1].wrapping_add(1) || pair == b"09" { down + 1 } else { 1 };
        longest = longest.max(up).max(down);
    }
    longest
}

/// Fewer than 6 different characters: of a billion random ids, one or two.
fn has_few_characters(body: &[u8]) -> bool {
    let set = body.iter().fold(0u128, |set, &byte| set | 1 << (byte & 127));
    set.count_ones() < 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Random, make_key_id, make_old_key_id};
    use proptest::prelude::*;

    fn id(prefix: &str, body: &str) -> KeyId {
        KeyId::parse(format!("{prefix}{body}").as_bytes()).expect("a well-formed id")
    }

    #[test]
    fn published_vectors() {
        for (prefix, body, account) in [
            ("ASIA", "Y34FZKBOKMUTVV7A", 609_629_065_308),
            ("ASIA", "QNZGKIQY56JQ7WML", 29_608_264_753),
            ("AKIA", "6RVFFB77RE7OLMKI", 999_999_999_999),
            ("ASIA", "QAAAAAAAGMKEM7X5", 0),
            ("AKIA", "RZPUZDIKGB2VALC4", 123_456_789_012),
            ("AKIA", "XYZDQCEN4B6JSJQI", 534_261_010_715),
            ("AKIA", "SP2TPHJSQH3FJRUX", 171_436_882_533),
            ("ASIA", "VJ2E6QGR2WZILJFM", 364_679_954_851),
        ] {
            assert_eq!(id(prefix, body).account(), Some(account), "{body}");
            assert!(id(prefix, body).is_plausible());
        }
    }

    #[test]
    fn documented_examples_are_no_keys() {
        let first = id("AKIA", "IOSFODNN7EXAMPLE");
        assert_eq!((first.generation(), first.account()), (Generation::Old, None));
        assert!(!is_key_id(b"AKIAIOSFODNN7EXAMPLE"));
        // 8 is not base32.
        assert_eq!(KeyId::parse(b"AKIAI44QH8DHBEXAMPLE"), None);
        for text in [
            "AKIAI44QH8DHBEXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "AKIAXXXXXXXXXXXXXXXX",
            "AKIAABCDEFGHIJKLMNOP",
            "AKIA1234567890ABCDEF",
            "AKIAQWQWQWQWQWQWQWQW",
            "AKIAFEDCBA9876543210",
            "ASIAPACIFICSOUTHEAST",
            "AKIAYOURACCESSKEYIDX",
        ] {
            assert!(!is_key_id(text.as_bytes()), "{text}");
            assert!(!is_weak_key_id(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn ids_of_other_things_are_not_read() {
        for prefix in ["AROA", "AIDA", "AGPA", "AIPA", "ANPA", "ANVA", "APKA", "ASCA", "akia"] {
            assert_eq!(KeyId::parse(format!("{prefix}{}", "QNZGKIQY56JQ7WML").as_bytes()), None);
        }
        for text in [&b"AKIA"[..], b"", &[b'A'; 19], &[b'A'; 21]] {
            assert_eq!(KeyId::parse(text), None);
        }
    }

    #[test]
    fn an_impossible_id_is_weak() {
        // 1 is not base32; an old id starts with I or J; the largest number in 40 bits is no account.
        for body in ["RZPUZDIKGB2VALC1", "BZPUZDIKGB2VALC4", "77777777QB2VALC4"] {
            let text = format!("AKIA{body}");
            assert!(!is_key_id(text.as_bytes()) && is_weak_key_id(text.as_bytes()), "{body}");
        }
        assert!(is_weak_key_id(format!("A3TX{}", "RZPUZDIKGB2VALC4").as_bytes()));
        assert!(!is_weak_key_id(make_key_id("AKIA", 123_456_789_012, 5).as_bytes()));
    }

    #[test]
    fn about_half_of_random_bodies_are_plausible() {
        let mut random = Random::new(7);
        let plausible = (0..10_000)
            .filter(|_| {
                let text = format!("AKIA{}", random.base32(16));
                KeyId::parse(text.as_bytes()).expect("base32").is_plausible()
            })
            .count();
        assert!((4_900..5_450).contains(&plausible), "{plausible}");
    }

    #[test]
    fn hardly_a_real_id_is_taken_for_a_stand_in() {
        let mut random = Random::new(3);
        let lost = (0..100_000)
            .filter(|_| {
                let account = random.next() % (MAX_ACCOUNT + 1);
                !is_key_id(make_key_id("AKIA", account, random.next()).as_bytes())
            })
            .count();
        assert!(lost <= 10, "{lost} of 100,000");
    }

    proptest! {
        #[test]
        fn a_made_id_gives_its_account(account in 0..=MAX_ACCOUNT, noise: u64) {
            let made = make_key_id("ASIA", account, noise);
            let id = KeyId::parse(made.as_bytes()).expect("made ids are well-formed");
            prop_assert_eq!(id.account(), Some(account));
            prop_assert_eq!(id.kind(), Kind::Temporary);
            prop_assert!(id.is_plausible());
        }

        #[test]
        fn an_old_id_never_gives_an_account(noise: u64) {
            let id = KeyId::parse(make_old_key_id("AKIA", noise).as_bytes()).expect("made ids are well-formed");
            prop_assert_eq!(id.account(), None);
            prop_assert_eq!(id.generation(), Generation::Old);
            prop_assert!(id.is_plausible());
        }

        #[test]
        fn no_input_panics(text: Vec<u8>) {
            KeyId::parse(&text);
            is_placeholder(&text);
            is_weak_key_id(&text);
        }
    }
}
