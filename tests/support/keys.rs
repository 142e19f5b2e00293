//! Random AWS credentials that look right to every offline check, made at run time so that no source file holds a
//! whole one. They belong to nobody: the account is random and the secret is noise.

use super::random::Random;
use base64::Engine;

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A long-term key id: `AKIA` and a body that decodes to a random account.
pub fn key_id(random: &mut Random) -> String {
    let account = random.next() % 1_000_000_000_000;
    key_id_of("AKIA", account, random)
}

/// A temporary key id.
pub fn temporary_key_id(random: &mut Random) -> String {
    let account = random.next() % 1_000_000_000_000;
    key_id_of("ASIA", account, random)
}

/// A key id of `account` with a four-letter prefix. The body's first 6 bytes hold a generation bit of 1, the account
/// and 7 free bits; the other 4 bytes are free.
pub fn key_id_of(prefix: &str, account: u64, random: &mut Random) -> String {
    assert!(account <= 999_999_999_999, "an account id has 12 digits");
    loop {
        let head = (1 << 47) | (account << 7) | (random.next() & 0x7f);
        let mut body = head.to_be_bytes()[2..].to_vec();
        body.extend(random.bytes(4));
        let id = [prefix.as_bytes(), &base32(&body)].concat();
        // Real bodies fall below this in 0.3 of 100 cases, and a detector may take those for placeholders.
        if entropy(&id) > 3.2 {
            return String::from_utf8(id).expect("base32 is ASCII");
        }
    }
}

/// A secret access key: 40 characters of base64 with the entropy and the digits of a usual one.
pub fn secret(random: &mut Random) -> String {
    loop {
        let text = random.text(BASE64, 40);
        let digits = text.iter().filter(|c| c.is_ascii_digit()).count();
        if entropy(&text) > 4.5 && digits >= 3 {
            return String::from_utf8(text).expect("base64 is ASCII");
        }
    }
}

/// A session token of the newest kind: a version byte, a tagged `origin_ec`, and 370 bytes of noise, in base64.
pub fn session_token(random: &mut Random) -> String {
    let mut bytes = b"\x21\x0a\x09origin_ec".to_vec();
    bytes.extend(random.bytes(370));
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The lines of a credentials file for a fresh pair.
pub fn profile(random: &mut Random) -> String {
    profile_of(&key_id(random), &secret(random))
}

/// The lines of a credentials file for a given pair.
pub fn profile_of(key_id: &str, secret: &str) -> String {
    format!("[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n")
}

fn base32(bytes: &[u8]) -> Vec<u8> {
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    (0..bytes.len() * 8 / 5)
        .map(|group| (0..5).fold(0, |value, i| value << 1 | bit(group * 5 + i)))
        .map(|value| BASE32[usize::from(value)])
        .collect()
}

/// Shannon entropy in bits per character.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    for &c in text {
        counts[usize::from(c)] += 1;
    }
    let of = |count: usize| count as f64 / text.len() as f64;
    counts.iter().filter(|&&count| count > 0).map(|&count| -of(count) * of(count).log2()).sum()
}
