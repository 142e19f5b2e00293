//! Signed URLs and the tokens that are made of one: S3 links, RDS logins, EKS tokens, short-term Bedrock keys. Each is a
//! bearer credential until it expires, and says when that is and who signed it.

use super::time::parse_amz_date;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What a signed URL says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Key id of the signer: an identifier, not a leaked key.
    pub key_id: String,
    pub region: Option<String>,
    pub service: Option<String>,
    /// Seconds since 1970.
    pub expires_at: Option<i64>,
    /// The database user of an RDS login.
    pub user: Option<String>,
}

/// An EKS cluster takes a token for this long, whatever the URL in it says.
const EKS_SECONDS: i64 = 15 * 60;

/// Reads a URL or a query string, whole or in part: signed with version 4 (`X-Amz-…`) or version 2 (`AWSAccessKeyId`);
/// plain, percent-encoded once or twice, or with JSON's and HTML's escapes.
pub fn parse(text: &[u8]) -> Option<Signed> {
    parse_v4(text).or_else(|| parse_v2(text))
}

/// Reads `k8s-aws-v1.` and base64url.
pub fn parse_eks_token(text: &[u8]) -> Option<Signed> {
    let url = decode(text.strip_prefix(b"k8s-aws-v1.")?)?;
    let signed_at = parameter(&url, b"X-Amz-Date").and_then(parse_amz_date);
    parse_v4(&url).map(|signed| Signed { expires_at: signed_at.map(|at| at + EKS_SECONDS), ..signed })
}

/// Reads `bedrock-api-key-` and base64; the short-term key of Claude Platform is the same with a name of its own.
pub fn parse_short_term_key(text: &[u8]) -> Option<Signed> {
    let encoded =
        text.strip_prefix(b"bedrock-api-key-").or_else(|| text.strip_prefix(b"aws-external-anthropic-api-key-"))?;
    parse_v4(&decode(encoded)?)
}

fn parse_v4(text: &[u8]) -> Option<Signed> {
    let mut scope = pieces(parameter(text, b"X-Amz-Credential")?);
    let key_id = word(scope.next()?)?;
    let _day = scope.next();
    let (region, service) = (scope.next().and_then(word), scope.next().and_then(word));
    let signed_at = parameter(text, b"X-Amz-Date").and_then(parse_amz_date);
    let seconds = parameter(text, b"X-Amz-Expires").and_then(number);
    let expires_at = signed_at.zip(seconds).and_then(|(at, seconds)| at.checked_add(seconds));
    Some(Signed { key_id, region, service, expires_at, user: parameter(text, b"DBUser").and_then(word) })
}

fn parse_v2(text: &[u8]) -> Option<Signed> {
    let key_id = word(parameter(text, b"AWSAccessKeyId")?)?;
    let expires_at = parameter(text, b"Expires").and_then(number);
    Some(Signed { key_id, region: None, service: None, expires_at, user: None })
}

/// The value of the query parameter `name`, still encoded. Names count in any case: some SDKs write `x-amz-date`.
fn parameter<'t>(text: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let mut from = 0;
    loop {
        let start = from + text[from..].windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))?;
        let rest = &text[start + name.len()..];
        // `Expires` is also the end of `X-Amz-Expires`.
        let whole_name = start == 0
            || !(text[start - 1].is_ascii_alphanumeric() && !is_escape_end(&text[..start]) || text[start - 1] == b'-');
        let equals = [&b"="[..], b"%3D", b"%3d", b"%253D", b"\\u003d", b"\\u003D"]
            .iter()
            .find_map(|sign| rest.strip_prefix(*sign));
        match equals {
            Some(value) if whole_name => return Some(&value[..value_end(value)]),
            _ => from = start + 1,
        }
    }
}

/// Whether `text` ends in an escaped `&` or `?`: then what follows begins a name.
fn is_escape_end(text: &[u8]) -> bool {
    [&b"%26"[..], b"%3F", b"%3f", b"%2526", b"%253F", b"u0026"].iter().any(|escape| text.ends_with(escape))
}

fn value_end(value: &[u8]) -> usize {
    (0..value.len())
        .find(|&at| {
            matches!(
                value[at],
                b'&' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>' | b'#' | b'|' | b')' | b']' | b',' | 0..=b' '
            ) || [&b"%26"[..], b"%2526"].iter().any(|escape| value[at..].starts_with(escape))
        })
        .unwrap_or(value.len())
}

/// The parts of a credential scope, between `/`, `%2F` or `%252F`.
fn pieces(scope: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(scope);
    std::iter::from_fn(move || {
        let text = rest?;
        let separators = [&b"/"[..], b"%2F", b"%2f", b"%252F", b"%252f"];
        let cut = (0..text.len()).find_map(|at| {
            let separator = separators.iter().find(|separator| text[at..].starts_with(separator))?;
            Some((at, at + separator.len()))
        });
        let (piece, after) = cut.map_or((text, None), |(end, next)| (&text[..end], Some(&text[next..])));
        rest = after;
        Some(piece)
    })
}

/// A short word of harmless characters: what is shown in a report.
fn word(text: &[u8]) -> Option<String> {
    let harmless = (1..=64).contains(&text.len())
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@+".contains(byte));
    harmless.then(|| String::from_utf8_lossy(text).into_owned())
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|number| *number >= 0)
}

/// Decodes base64 of either alphabet, padded or not.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{make_bedrock_short_key, make_eks_token, make_key_id, make_presigned_url};
    use proptest::prelude::*;

    fn url(target: &str, scope: &str, seconds: u32) -> (String, String) {
        let id = make_key_id("ASIA", 609_629_065_308, 1);
        (make_presigned_url(target, &id, scope, "20260131T120000Z", seconds, 3), id)
    }

    #[test]
    fn a_url_in_every_dress() {
        let (url, key_id) = url("https://bucket.s3.amazonaws.com/a.txt", "eu-west-1/s3", 3_600);
        let expected = Signed {
            key_id,
            region: Some("eu-west-1".into()),
            service: Some("s3".into()),
            expires_at: Some(1_769_864_400),
            user: None,
        };
        let encoded = url.replace('%', "%25").replace('&', "%26").replace('=', "%3D").replace('?', "%3F");
        for dressed in [
            url.clone(),
            url.replace("%2F", "/"),
            url.replace('&', "\\u0026"),
            url.replace('&', "&amp;"),
            url.replace("X-Amz", "x-amz"),
            format!("\"url\": \"{url}\", \"next\": 1"),
            encoded,
        ] {
            assert_eq!(parse(dressed.as_bytes()), Some(expected.clone()), "{dressed}");
        }
    }

    #[test]
    fn version_two() {
        let url = format!(
            "https://b.s3.amazonaws.com/x?AWSAccessKeyId={}&Expires=1141889120&Signature=vjbyPxybdZaNmGa",
            "AKIAX"
        );
        let signed = parse(url.as_bytes()).expect("signed");
        assert_eq!((signed.key_id.as_str(), signed.expires_at), ("AKIAX", Some(1_141_889_120)));
        assert_eq!(parse(b"https://example.com/?Expires=12"), None);
    }

    #[test]
    fn an_rds_login() {
        let (url, _) =
            url("db.example.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app_user", "us-east-1/rds-db", 900);
        let signed = parse(url.as_bytes()).expect("signed");
        assert_eq!((signed.user.as_deref(), signed.service.as_deref()), (Some("app_user"), Some("rds-db")));
        assert_eq!(signed.expires_at, Some(1_769_860_800 + 900));
    }

    #[test]
    fn tokens_that_hold_a_url() {
        let (url, key_id) = url("https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity", "us-east-1/sts", 60);
        let token = parse_eks_token(make_eks_token(&url).as_bytes()).expect("a token");
        assert_eq!((token.expires_at, &token.key_id), (Some(1_769_860_800 + 900), &key_id));
        let key = parse_short_term_key(make_bedrock_short_key(&url).as_bytes()).expect("a key");
        assert_eq!((key.expires_at, &key.key_id), (Some(1_769_860_860), &key_id));
        let head = "k8s-aws-v1.";
        assert_eq!(parse_eks_token(format!("{head}####").as_bytes()), None);
        assert_eq!(parse_short_term_key(b"bedrock-api-key-AAAA"), None);
    }

    proptest! {
        #[test]
        fn no_input_panics(text: Vec<u8>, value in ".{0,60}") {
            parse(&text);
            parse(format!("X-Amz-Credential={value}&X-Amz-Date={value}&X-Amz-Expires={value}").as_bytes());
            parse_eks_token(format!("k8s-aws-v1.{value}").as_bytes());
        }
    }
}
