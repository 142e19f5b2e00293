//! Credentials that travel with a request: the password in a URL's userinfo, Basic and Bearer headers.

use super::{Assigned, looks};
use crate::finding::Confidence;

/// Longest user name and password of a URL.
const PART: usize = 100;

/// `scheme://user:password@host`, the anchor being at `://`.
pub fn in_url(window: &[u8], anchor: usize) -> Option<Assigned> {
    let start = anchor + 3;
    let stop = |b: &u8| b.is_ascii_whitespace() || b"\"'`<>/?#,;|\\(){}[]".contains(b);
    let rest = &window[start..window.len().min(start + 2 * PART)];
    // A password may hold what else ends a URL, but a host and path never an `@` so early.
    let length = rest.iter().position(|b| *b == b'@')?;
    let colon = rest[..length].iter().position(|b| *b == b':')?;
    let (user, password) = (&rest[..colon], &rest[colon + 1..length]);
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
        1.. => Confidence::Low,
        _ => return None,
    };
    Some(Assigned { value: start + colon + 1..start + length, confidence })
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
        // What it decodes to is `user:password`.
        use base64::Engine as _;
        let trimmed = text.len() - text.iter().rev().take_while(|b| **b == b'=').count();
        let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&text[..trimmed]).ok()?;
        let colon = decoded.iter().position(|b| *b == b':')?;
        let printable = decoded.iter().all(|b| (0x20..0x7f).contains(b));
        return (text.len() >= 8 && printable && colon + 1 < decoded.len())
            .then_some(Assigned { value: start..start + length, confidence: Confidence::Medium });
    }
    if text.len() < 12 || looks::is_no_secret(text) || looks::evidence(text) < 12 {
        return None;
    }
    Some(Assigned { value: start..start + length, confidence: Confidence::Medium })
}
