//! Whether a block that looks like a private key holds one: whole, and neither encrypted nor a stub.
//!
//! Three forms: a PEM block, in whatever quoting its lines stand; base64 of such a block; bare base64 of DER.

use crate::aws::letter_pairs::wordiness;
use crate::aws::secret_key::entropy;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How the base64 of an OpenSSH key begins.
const OPENSSH: &[u8] = b"b3BlbnNzaC1rZXktdjE";
/// The same with a cipher named `none`, but for its last letter, which shares a character with what follows.
const OPENSSH_OPEN: &[u8] = b"b3BlbnNzaC1rZXktdjEAAAAABG5vbm";
/// How base64 of a PEM file begins: with a block, or with what OpenSSL writes before those of a PKCS #12 file.
const ENCODED_PEM: [&[u8]; 2] = [b"LS0tLS1CRUdJTi", b"QmFnIEF0dHJpYnV0ZXMK"];

const BEGIN: &[u8] = b"-----BEGIN";

/// The shortest key, Ed25519 in PKCS #8, has 64 characters.
const SHORTEST: usize = 56;
/// Without any known beginning, a block must be this long to count.
const SHORTEST_UNKNOWN: usize = 200;
/// Bits per character. The curve's name and a few zeros lower it in short keys; no stub of words reaches it.
const MIN_ENTROPY: f32 = 4.5;

/// Whether `text` holds a private key that can be used as it stands.
pub fn is_private_key(text: &[u8]) -> bool {
    if ENCODED_PEM.iter().any(|start| text.starts_with(start)) {
        return decode(text).is_some_and(|pem| private_block(&pem).is_some_and(is_block));
    }
    match memchr::memmem::find(text, BEGIN) {
        Some(begin) => is_block(&text[begin..]),
        None => holds_key(text, &[]),
    }
}

/// The first private block of a bundle, which may begin with certificates.
fn private_block(pem: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find_iter(pem, BEGIN).map(|begin| &pem[begin..]).find(|block| {
        let header = block[BEGIN.len()..].iter().position(|&byte| byte == b'-').unwrap_or(0);
        contains(&block[..BEGIN.len() + header], b"PRIVATE KEY")
    })
}

fn is_block(block: &[u8]) -> bool {
    if contains(block, b"ENCRYPTED") || contains(block, b"DEK-Info") {
        return false;
    }
    let Some(kind) = memchr::memmem::find(&block[BEGIN.len()..], b"-----") else { return false };
    let (header, body) = block.split_at(BEGIN.len() + kind + 5);
    let end = memchr::memmem::find(body, b"-----").unwrap_or(body.len());
    let mut payload = Vec::with_capacity(end);
    let checksum = |line: &[u8]| line.len() == 5 && line[0] == b'=';
    for line in lines(&body[..end]) {
        // `Version:`, `Comment:` and the like stand before the payload.
        if !line.contains(&b':') && !checksum(line) {
            collect(line, &mut payload);
        }
    }
    holds_key(&payload, header)
}

/// The lines of a block, whether they end in line feeds or in `\n` as a string literal has it.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let cut = (0..rest.len()).find_map(|at| match rest[at..] {
            [b'\n' | b'\r', ..] => Some((at, at + 1)),
            [b'\\', b'n' | b'r', ..] => Some((at, at + 2)),
            _ => None,
        });
        let (end, next) = cut.unwrap_or((rest.len(), rest.len()));
        let line = &rest[..end];
        rest = &rest[next..];
        Some(line)
    })
}

/// Appends a line's payload: its longest stretch of base64. Quotes, indentation, comment signs and `+` between string
/// literals stand apart from it; a `+` or `-` of a diff does not.
fn collect(line: &[u8], payload: &mut Vec<u8>) {
    let in_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let longest = line.split(|byte| !in_base64(byte)).max_by_key(|stretch| stretch.len()).unwrap_or_default();
    let longest = if payload.is_empty() { without_signs(longest) } else { longest };
    // A word on its own is a remark, unless it can be the payload's last line.
    if longest.len() >= 20 || (longest.len() >= 2 && !payload.is_empty() && wordiness(longest) < 0) {
        payload.extend_from_slice(longest);
    }
}

/// `stretch` without the signs before its first letter or digit: a payload begins with a letter.
fn without_signs(stretch: &[u8]) -> &[u8] {
    let signs = stretch.iter().take_while(|byte| matches!(byte, b'+' | b'/')).count();
    &stretch[signs..]
}

/// Whether base64 text is a key's encoding. `header` may be empty.
fn holds_key(payload: &[u8], header: &[u8]) -> bool {
    if payload.len() < SHORTEST
        || contains(payload, b"EXAMPLE")
        || entropy(payload) < MIN_ENTROPY
        || wordiness(&payload[payload.len() - SHORTEST..]) > 20
    {
        return false;
    }
    if payload.starts_with(OPENSSH) {
        return payload.starts_with(OPENSSH_OPEN);
    }
    let Some(bytes) = decode(payload) else { return payload.len() >= SHORTEST_UNKNOWN };
    if contains(header, b"PGP") {
        return !is_encrypted_pgp(&bytes);
    }
    match der_length(&bytes) {
        // A document shows the first lines of a key and cuts the rest.
        Some(length) => bytes.len() * 10 >= length * 9,
        None => payload.len() >= SHORTEST_UNKNOWN,
    }
}

/// How long a DER sequence says that it is, its head included.
fn der_length(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [0x30, short @ 0..=0x7f, ..] => Some(2 + usize::from(short)),
        [0x30, 0x81, length, ..] => Some(3 + usize::from(length)),
        [0x30, 0x82, high, low, ..] => Some(4 + (usize::from(high) << 8 | usize::from(low))),
        _ => None,
    }
}

/// Whether the first packet of an OpenPGP key is a secret key behind a passphrase (RFC 9580, 5.5.3). In doubt it is not.
fn is_encrypted_pgp(bytes: &[u8]) -> bool {
    pgp_usage(bytes).is_some_and(|usage| usage != 0)
}

/// The octet that says how the secret part of a version 4 key is protected: 0 for not at all.
fn pgp_usage(bytes: &[u8]) -> Option<u8> {
    let (&tag, rest) = bytes.split_first()?;
    let (kind, head) = if tag & 0x40 != 0 {
        let head = match *rest.first()? {
            0..=191 => 1,
            192..=223 => 2,
            255 => 5,
            _ => return None,
        };
        (tag & 0x3f, head)
    } else {
        (tag >> 2 & 0x0f, [1, 2, 4].get(usize::from(tag & 3)).copied()?)
    };
    let body = rest.get(head..)?;
    // Secret key or secret subkey, version 4: version, four bytes of time, algorithm.
    if !matches!(kind, 5 | 7) || body.first() != Some(&4) {
        return None;
    }
    let mut rest = body.get(6..)?;
    let (curve, numbers) = match body.get(5)? {
        1..=3 => (false, 2),
        16 => (false, 3),
        17 => (false, 4),
        18 | 19 | 22 => (true, 1),
        25..=28 => (false, 0),
        _ => return None,
    };
    if curve {
        rest = rest.get(1 + usize::from(*rest.first()?)..)?;
    }
    for _ in 0..numbers {
        let bits = usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?);
        rest = rest.get(2 + bits.div_ceil(8)..)?;
    }
    match body.get(5)? {
        18 => rest = rest.get(1 + usize::from(*rest.first()?)..)?,
        25 | 27 => rest = rest.get(32..)?,
        26 => rest = rest.get(56..)?,
        28 => rest = rest.get(57..)?,
        _ => {}
    }
    rest.first().copied()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Decodes base64 up to its padding; what is left over at the end is cut, because blocks get damaged there.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().position(|&byte| byte == b'=').unwrap_or(text.len());
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(&text[..end - usize::from(end % 4 == 1)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::Random;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    /// A block of `kind` whose payload is `bytes`, in lines of 64 characters that `wrap` dresses.
    fn block(kind: &str, bytes: &[u8], wrap: impl Fn(&str) -> String) -> String {
        let encoded = STANDARD.encode(bytes);
        let payload = encoded.as_bytes().chunks(64).map(|line| wrap(std::str::from_utf8(line).expect("ASCII")));
        let first = wrap(&format!("-----BEGIN {kind}-----"));
        let last = format!("-----END {kind}-----");
        format!("{first}{}{last}", payload.collect::<String>())
    }

    /// A DER sequence of `length` bytes and a version, as an RSA key begins.
    fn der(length: u16) -> Vec<u8> {
        let mut bytes = vec![0x30, 0x82];
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&[2, 1, 0, 2, 0x82, 1, 1, 0]);
        bytes.extend(Random::new(u64::from(length)).bytes(usize::from(length) - 8));
        bytes
    }

    const RSA: &str = "RSA PRIVATE KEY";

    #[test]
    fn a_key_in_every_dress() {
        let der = der(1_190);
        for wrap in [
            |line: &str| format!("{line}\n"),
            |line: &str| format!("{line}\r\n"),
            |line: &str| format!("{line}\\n"),
            |line: &str| format!("      {line}\n"),
            |line: &str| format!("    \"{line}\\n\" +\n"),
            |line: &str| format!("   + \"{line} \\n\"\n"),
            |line: &str| format!("> {line}\n"),
            |line: &str| format!("# {line}\n"),
            |line: &str| format!("'{line}',\n"),
        ] {
            let text = block(RSA, &der, wrap);
            assert!(is_private_key(text.as_bytes()), "{}", wrap("line"));
        }
        let text = block(RSA, &der, |line| format!("{line}\n")).replacen("-----\n", "----- not for production\n", 1);
        assert!(is_private_key(text.as_bytes()));
    }

    #[test]
    fn short_keys_and_bare_ones() {
        let mut ed25519 = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        ed25519.extend(Random::new(1).bytes(32));
        assert!(is_private_key(block("PRIVATE KEY", &ed25519, |line| format!("{line}\n")).as_bytes()));
        assert!(is_private_key(STANDARD.encode(der(1_190)).as_bytes()));
        let pem = block(RSA, &der(1_190), |line| format!("{line}\n"));
        assert!(is_private_key(STANDARD.encode(pem).as_bytes()));
        let bundle = block("CERTIFICATE", &der(290), |line| format!("{line}\n"))
            + &block("PRIVATE KEY", &ed25519, |line| format!("{line}\n"));
        assert!(is_private_key(STANDARD.encode(bundle).as_bytes()));
        let public = block("PUBLIC KEY", &der(290), |line| format!("{line}\n"));
        assert!(!is_private_key(STANDARD.encode(public).as_bytes()));
    }

    #[test]
    fn encrypted_blocks_are_not_reported() {
        let marked = block(RSA, &der(1_190), |line| format!("{line}\n")).replacen(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            1,
        );
        assert!(!is_private_key(marked.as_bytes()));
        for (cipher, open) in [("none", true), ("aes256-ctr", false)] {
            let mut bytes = b"openssh-key-v1\0".to_vec();
            bytes.extend_from_slice(&(cipher.len() as u32).to_be_bytes());
            bytes.extend_from_slice(cipher.as_bytes());
            bytes.extend(Random::new(2).bytes(400));
            let text = block("OPENSSH PRIVATE KEY", &bytes, |line| format!("{line}\n"));
            assert_eq!(is_private_key(text.as_bytes()), open, "{cipher}");
        }
    }

    #[test]
    fn pgp_keys_by_their_protection() {
        for (usage, open) in [(0, true), (254, false), (255, false)] {
            // An old-style header of a secret key, version 4, RSA with a modulus of 64 bits and an exponent.
            let mut bytes = vec![0x95, 1, 0, 4, 0, 0, 0, 0, 1, 0, 64, 1, 2, 3, 4, 5, 6, 7, 8, 0, 17, 1, 0, 1, usage];
            bytes.extend(Random::new(3).bytes(240));
            let text = block("PGP PRIVATE KEY BLOCK", &bytes, |line| format!("{line}\n"))
                .replacen("-----\n", "-----\nVersion: GnuPG v2\n\n", 1)
                .replace("-----END", "=aB3d\n-----END");
            assert_eq!(is_private_key(text.as_bytes()), open, "{usage}");
        }
    }

    #[test]
    fn stubs_are_not_reported() {
        let whole = block(RSA, &der(1_190), |line| format!("{line}\n"));
        let cut = format!("{}\n...\n-----END {RSA}-----", &whole[..220]);
        for text in [
            format!("-----BEGIN {RSA}-----\n...\n-----END {RSA}-----"),
            format!("-----BEGIN {RSA}-----\n\" . wordwrap($key, 64, \"\\n\", true) . \"\n-----END {RSA}-----"),
            format!("-----BEGIN {RSA}-----\n{}\n-----END {RSA}-----", "MIIEpAIBAAKCAQEAxxxxxxxxxxxx".repeat(20)),
            format!(
                "-----BEGIN {RSA}-----\nPasteTheContentsOfYourPrivateKeyFileInThisPlaceAndThenSaveTheFile\n-----END {RSA}-----"
            ),
            cut,
            whole.replacen("\nMII", "\nEXAMPLEMII", 1),
        ] {
            assert!(!is_private_key(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes: Vec<u8>, text in "[A-Za-z0-9+/=\\\\n\n-]{0,300}") {
            is_private_key(&bytes);
            is_private_key(text.as_bytes());
            for kind in [RSA, "PGP PRIVATE KEY BLOCK"] {
                is_private_key(format!("-----BEGIN {kind}-----{text}").as_bytes());
                is_private_key(block(kind, &bytes, |line| format!("{line}\n")).as_bytes());
            }
            is_encrypted_pgp(&bytes);
        }
    }
}
