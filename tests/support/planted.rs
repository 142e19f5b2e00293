//! Words for random contents: what the rules themselves say they find and do not find, and fresh AWS credentials.

use super::keys;
use super::random::Random;
use keysift::rule::RuleSet;

/// A dictionary for `content::assemble`: a handful of examples of random rules, positive and negative, and AWS pairs,
/// together and apart.
pub fn words(random: &mut Random, rules: &RuleSet) -> Vec<Vec<u8>> {
    let examples: Vec<&String> =
        rules.iter().flat_map(|(_, rule)| rule.text.positive.iter().chain(&rule.text.negative)).collect();
    let mut words: Vec<Vec<u8>> = Vec::new();
    if !examples.is_empty() {
        // The braces split a key in the rule file so that the file holds none whole.
        words.extend((0..8).map(|_| random.pick(&examples).replace("{}", "").into_bytes()));
    }
    let (id, secret) = (keys::key_id(random), keys::secret(random));
    words.push(keys::profile_of(&id, &secret).into_bytes());
    words.push(format!("aws_access_key_id={id}").into_bytes());
    words.push(format!("AWS_SECRET_ACCESS_KEY=\"{secret}\"").into_bytes());
    words.push(format!("aws_session_token = {}", keys::session_token(random)).into_bytes());
    words.push(secret.into_bytes());
    words.push(keys::temporary_key_id(random).into_bytes());
    words
}
