//! The plan and the sums, in words.

use keysift::verify::Settings;
use keysift::verify::http::Network;
use keysift::verify::log::Sums;
use keysift::verify::operator;
use keysift::verify::plan::Numbers;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// At most so many accounts are listed.
const LISTED: usize = 10;

/// What would be asked.
pub fn plan(numbers: &Numbers, settings: &Settings, network: &Network) -> String {
    let Numbers { pairs, asked, cached, calls, .. } = numbers;
    let mut text = format!("verification: {}, {asked} to ask, {cached} cached", count(*pairs, "distinct pair"));
    let accounts = numbers.accounts.iter().map(|(account, keys)| match keys {
        1 => account.clone(),
        keys => format!("{account} ({keys} keys)"),
    });
    let mut accounts: Vec<String> = accounts.collect();
    let more = accounts.len().saturating_sub(LISTED);
    accounts.truncate(LISTED);
    if more > 0 {
        accounts.push(format!("and {more} more"));
    }
    if numbers.without_account > 0 {
        accounts.push(format!("{} whose id tells none", numbers.without_account));
    }
    line(&mut text, "accounts", &accounts.join(", "));
    line(&mut text, "canaries, left alone", &reasons(&numbers.canaries));
    line(&mut text, "not to be asked", &reasons(&numbers.left_out));
    if *asked == 0 {
        text += "\n  no calls";
        return text;
    }
    let hosts: Vec<&str> = numbers.hosts.iter().map(String::as_str).collect();
    let named = if settings.sts_endpoint.is_some() { " (named by the environment)" } else { "" };
    line(&mut text, "hosts", &format!("{}{named}", hosts.join(", ")));
    let url = settings.sts_endpoint.clone().unwrap_or_else(|| format!("https://{}/", hosts[0]));
    if let Some(proxy) = network.proxy_of(&url) {
        // Only the host: the address may hold a password.
        let host = proxy.split_once("://").map_or(proxy, |(_, rest)| rest).rsplit('@').next().unwrap_or_default();
        line(&mut text, "proxy", host.trim_end_matches('/'));
    }
    let most = if calls.1 > calls.0 { format!(" (at most {} without retries)", calls.1) } else { String::new() };
    let limit =
        if calls.0 > numbers.max_calls { format!("; only {} are allowed", numbers.max_calls) } else { String::new() };
    let rate = settings.rate;
    let calls = count(calls.0 as usize, "call");
    line(&mut text, "calls", &format!("{calls}{most}, {} at {rate} a second{limit}", seconds(numbers.time)));
    text
}

/// What would be asked with the operator's own credentials.
pub fn operator(numbers: &operator::Numbers, options: &operator::Options) -> String {
    let mut text = format!(
        "verification as {}: {}, {} to ask IAM about; no leaked key is used",
        options.who,
        count(numbers.ids, "distinct id"),
        numbers.asked
    );
    line(&mut text, "not to be asked", &reasons(&numbers.left_out));
    let hosts: Vec<&str> = numbers.hosts.iter().map(String::as_str).collect();
    line(&mut text, "hosts", &hosts.join(", "));
    line(&mut text, "calls", &format!("at most {}, and one to become {}", numbers.asked * 2, options.who));
    text
}

/// What it came to.
pub fn sums(sums: &Sums) -> String {
    let Sums { calls, retries, throttled, waited_ms } = *sums;
    let waited = seconds(Duration::from_millis(waited_ms));
    let (calls, retries) = (count(calls as usize, "call"), format!("{retries} of them retries"));
    format!("verification: {calls}, {retries}, {throttled} throttled; waited {waited}")
}

fn reasons(reasons: &BTreeMap<String, usize>) -> String {
    let one = |(reason, keys): (&String, &usize)| format!("{keys} ({})", reason.trim_start_matches("not asked: "));
    reasons.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn line(text: &mut String, label: &str, what: &str) {
    if !what.is_empty() {
        let _ = write!(text, "\n  {label}: {what}");
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => "less than a second".to_owned(),
        seconds @ 1..120 => format!("about {seconds} s"),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
