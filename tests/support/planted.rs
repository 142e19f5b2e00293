//! Words for random contents: what the rules themselves say they find and do not find, and fresh AWS credentials.

use super::keys;
use super::random::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keysift::rule::{RuleText, written};
use std::sync::LazyLock;

/// The texts in which each rule must find something. The embedded rules come without them.
pub static POSITIVE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| examples(|rule| &rule.positive));
/// Those in which it must find nothing.
static NEGATIVE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| examples(|rule| &rule.negative));

fn examples(of: fn(&RuleText) -> &Vec<String>) -> Vec<Vec<u8>> {
    let files = written().expect("the built-in rules are read");
    let rules = files.iter().flat_map(|(_, rules)| rules).map(|written| &written.rule);
    // The braces split a key in the rule file so that the file holds none whole.
    rules.flat_map(of).map(|example| example.replace("{}", "").into_bytes()).collect()
}

/// A dictionary for `content::assemble`: a handful of examples of random rules, positive and negative, and AWS pairs,
/// together and apart.
pub fn words(random: &mut Random) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = (0..6).map(|_| random.pick(&POSITIVE).clone()).collect();
    words.extend((0..2).map(|_| random.pick(&NEGATIVE).clone()));
    let (id, secret) = (keys::key_id(random), keys::secret(random));
    words.push(keys::profile_of(&id, &secret).into_bytes());
    words.push(format!("aws_access_key_id={id}").into_bytes());
    words.push(format!("AWS_SECRET_ACCESS_KEY=\"{secret}\"").into_bytes());
    words.push(format!("aws_session_token = {}", keys::session_token(random)).into_bytes());
    words.extend(encoded(&id, &secret));
    words.push(secret.into_bytes());
    words.push(keys::temporary_key_id(random).into_bytes());
    words
}

/// The pair in forms that are decoded: short ones, one over several lines, one longer than any window of a plain rule.
fn encoded(id: &str, secret: &str) -> Vec<Vec<u8>> {
    let profile = STANDARD.encode(keys::profile_of(id, secret));
    let lines: Vec<&[u8]> = profile.as_bytes().chunks(64).collect();
    let (first, rest) = secret.split_at(17);
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let padded = STANDARD.encode(format!("{}{}", "a line of text\n".repeat(30), keys::profile_of(id, secret)));
    vec![
        format!("AWS_ACCESS_KEY_ID: {}", STANDARD.encode(id)).into_bytes(),
        format!("AWS_SECRET_ACCESS_KEY: {}", STANDARD.encode(secret)).into_bytes(),
        profile.clone().into_bytes(),
        lines.join(&b"\n  "[..]),
        padded.into_bytes(),
        format!("aws_secret = {hex}").into_bytes(),
        format!("aws_secret={}&", secret.replace('/', "%2F").replace('+', "\\u002b")).into_bytes(),
        format!("aws: {percent}").into_bytes(),
        format!("aws = \"{first}\" + \"{rest}\"").into_bytes(),
        format!("id = '{}' . '{}'", &id[..4], &id[4..]).into_bytes(),
        format!("Content-Transfer-Encoding: quoted-printable\n\naws=3D{first}=\n{rest}\n--x\n").into_bytes(),
        b"&quot;\\/%2F\\x41".to_vec(),
    ]
}
