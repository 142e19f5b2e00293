//! Credentials that travel with a request: the password or token in a URL's userinfo, Basic and Bearer headers.

use super::{Assigned, looks};
use crate::finding::Confidence;

/// Longest user name and password of a URL.
const PART: usize = 100;

/// Passwords that say that the user name is the token, as GitHub and GitLab have it.
const NO_PASSWORD: [&[u8]; 4] = [b"", b"x-oauth-basic", b"x-oauth-token", b"x"];

/// What documentation has for a password.
const PLACEHOLDERS: [&[u8]; 4] = [b"password", b"pass", b"passwd", b"<password>"];

/// `scheme://user:password@host` or `https://token@host`, the anchor being at `://`.
pub fn in_url(window: &[u8], anchor: usize) -> Option<Assigned> {
    let start = anchor + 3;
    let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>/?#,;|\\(){}[]".contains(b);
    let rest = &window[start..window.len().min(start + 2 * PART)];
    // A password may hold what else ends a URL, but a host and path never an `@` so early.
    let mut length = rest.iter().position(|b| *b == b'@')?;
    let Some(colon) = rest[..length].iter().position(|b| *b == b':').or_else(|| {
        // A mail address is a user name too: `smtp://bob@mail.example:password@host`.
        let address = rest[length + 1..].iter().position(|b| stop(b) || *b == b'@' || *b == b':')? + length + 1;
        let second = rest[address..].iter().position(|b| stop(b) || *b == b'@')? + address;
        (rest[address] == b':' && rest[second] == b'@').then(|| {
            length = second;
            address
        })
    }) else {
        return token_in_url(window, anchor, &rest[..length], rest.get(length + 1));
    };
    let (user, password) = (&rest[..colon], &rest[colon + 1..length]);
    if NO_PASSWORD.contains(&password) {
        return token_in_url(window, anchor, user, rest.get(length + 1));
    }
    if user.iter().any(stop) || password.iter().any(|b| b.is_ascii_whitespace() || b"\"'`<>/|\\{}".contains(b)) {
        return None;
    }
    let host = rest.get(length + 1)?;
    if !(host.is_ascii_alphanumeric() || b"[%$({".contains(host)) {
        return None;
    }
    if password.len() < 4 || looks::is_no_secret(password) || password == user || password[0] == b'$' {
        return None;
    }
    let evidence = looks::evidence(password);
    let confidence = match evidence {
        10.. if password.len() >= 8 => Confidence::Medium,
        // Nobody writes prose here: a word that is hardly one counts.
        -3.. => Confidence::Low,
        _ => return None,
    };
    Some(Assigned { value: start + colon + 1..start + length, confidence })
}

/// A token that stands alone in the userinfo of a web address. Elsewhere what stands there is a user's name.
fn token_in_url(window: &[u8], anchor: usize, token: &[u8], host: Option<&u8>) -> Option<Assigned> {
    let start = anchor + 3;
    let web = [&b"http"[..], b"https"].iter().any(|scheme| window[..anchor].ends_with(scheme));
    let whole = token.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.~".contains(b));
    if !web || !whole || token.len() < 16 || !host?.is_ascii_alphanumeric() || looks::is_no_secret(token) {
        return None;
    }
    // What a DSN of Sentry holds is public: it goes to every browser.
    let address = &window[start + token.len()..];
    let end = address.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>".contains(b)).unwrap_or(address.len());
    if memchr::memmem::find(&address[..end], b"sentry").is_some() || is_dsn(&address[..end], token) {
        return None;
    }
    (looks::evidence(token) >= 14)
        .then(|| Assigned { value: start..start + token.len(), confidence: Confidence::Medium })
}

/// `@host/123` behind 32 digits of hex: the form of a Sentry DSN on a host of one's own.
fn is_dsn(address: &[u8], token: &[u8]) -> bool {
    let last = address.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let numbered = address.contains(&b'/') && !last.is_empty() && last.iter().all(u8::is_ascii_digit);
    numbered && token.len() == 32 && token.iter().all(u8::is_ascii_hexdigit)
}

/// `Authorization: Basic …` and `Bearer …`, the anchor being at the scheme's name.
pub fn in_header(window: &[u8], anchor: usize) -> Option<Assigned> {
    if anchor > 0 && window[anchor - 1].is_ascii_alphanumeric() && !window[..anchor].ends_with(b"\\n") {
        return None;
    }
    let basic = window[anchor].eq_ignore_ascii_case(&b'b') && window.get(anchor + 1)?.eq_ignore_ascii_case(&b'a');
    let word = if basic { 5 } else { 6 };
    let gap = window.get(anchor + word..)?.iter().take(4).take_while(|b| **b == b' ').count();
    if gap == 0 {
        return None;
    }
    let start = anchor + word + gap;
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-.~".contains(b);
    let length = window[start..].iter().take_while(|b| is_token(b)).count();
    let text = &window[start..start + length];
    if basic {
        return basic_value(window, anchor, text)
            .map(|confidence| Assigned { value: start..start + length, confidence });
    }
    if text.len() < 12 || looks::is_no_secret(text) || looks::evidence(text) < 12 {
        return None;
    }
    Some(Assigned { value: start..start + length, confidence: Confidence::Medium })
}

/// How sure it is that `text` behind `Basic` is a credential. What it decodes to is `user:password`; some services want a
/// key of their own there, which looks random.
fn basic_value(window: &[u8], anchor: usize, text: &[u8]) -> Option<Confidence> {
    use base64::Engine as _;
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&text[..text.len() - padding]).ok();
    let plain = |decoded: &[u8]| std::str::from_utf8(decoded).is_ok_and(|text| !text.contains(char::is_control));
    if let Some((decoded, colon)) = decoded.as_deref().and_then(|d| Some((d, d.iter().position(|b| *b == b':')?))) {
        let password = decoded[colon + 1..].trim_ascii_end();
        if PLACEHOLDERS.contains(&password) {
            return None;
        }
        if text.len() >= 8 && !password.is_empty() && plain(decoded.trim_ascii_end()) {
            return Some(Confidence::Medium);
        }
    }
    let header = window[..anchor].trim_ascii_end();
    let header = header[header.len().saturating_sub(24)..].to_ascii_lowercase();
    let opaque = text.len() >= 10 && padding < 3 && !looks::is_no_secret(text) && {
        let least = if padding > 0 && decoded.is_some() { 6 } else { 14 };
        looks::evidence(&text[..text.len() - padding]) >= least
    };
    (opaque && memchr::memmem::find(&header, b"authorization").is_some()).then_some(Confidence::Low)
}
