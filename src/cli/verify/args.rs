//! The options of verification, exactly as typed.

use clap::ValueEnum;
use clap::builder::RangedU64ValueParser;
use keysift::aws::accounts;
use keysift::aws::partitions::{PARTITIONS, Partition};
use std::path::PathBuf;
use std::time::Duration;

/// Whether to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Tell what would be asked, then ask
    Ask,
    /// Tell what would be asked, and ask nothing
    Plan,
}

/// How to ask.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Verification")]
pub struct VerifyArgs {
    /// Calls a second, at most [default: 5]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub verify_rate: Option<f64>,
    /// Calls a run, at most; what is not asked is unknown [default: 100]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub verify_max: Option<u64>,
    /// Give up on a call after this time [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub verify_timeout: Option<Duration>,
    /// For how long answers of earlier runs count, as 30m, 2h, 7d [default: 1h if live, 7d if not]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub verify_cache_ttl: Option<Duration>,
    /// Neither read nor remember answers
    #[arg(long, conflicts_with = "verify_cache_ttl")]
    pub no_verify_cache: bool,
    /// Ask about keys of canary accounts as well: their owner is alarmed
    #[arg(long)]
    pub verify_canaries: bool,
    /// Ask only about keys of this account (repeatable)
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub verify_account: Vec<u64>,
    /// Ask this partition, such as aws-cn, whatever stands near a key (repeatable)
    #[arg(long, value_name = "NAME", value_parser = partition)]
    pub verify_partition: Vec<&'static Partition>,
    /// Use your own credentials instead of the leaked keys, and ask IAM about them
    #[arg(long, value_name = "PROFILE|ROLE_ARN")]
    pub verify_as: Option<String>,
    /// Write what happens to FILE, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub verify_log: Option<PathBuf>,
}

impl VerifyArgs {
    /// The name of an option that was given.
    pub fn first_given(&self) -> Option<&'static str> {
        [
            (self.verify_rate.is_some(), "--verify-rate"),
            (self.verify_max.is_some(), "--verify-max"),
            (self.verify_timeout.is_some(), "--verify-timeout"),
            (self.verify_cache_ttl.is_some(), "--verify-cache-ttl"),
            (self.no_verify_cache, "--no-verify-cache"),
            (self.verify_canaries, "--verify-canaries"),
            (!self.verify_account.is_empty(), "--verify-account"),
            (!self.verify_partition.is_empty(), "--verify-partition"),
            (self.verify_as.is_some(), "--verify-as"),
            (self.verify_log.is_some(), "--verify-log"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.01..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected calls a second, such as 5 or 0.5".to_owned()),
    }
}

/// A number and one of s, m, h, d; a bare number is seconds.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        unit => return Err(format!("`{unit}` is no unit; use s, m, h or d")),
    };
    let number = digits.parse::<u64>().ok().filter(|number| *number < 100_000);
    number
        .map(|number| Duration::from_secs(number * unit))
        .ok_or_else(|| "expected a time such as 30s, 10m, 2h or 7d".to_owned())
}

fn account(text: &str) -> Result<u64, String> {
    let plain = text.replace('-', "");
    accounts::parse(plain.as_bytes()).ok_or_else(|| "an account has twelve digits".to_owned())
}

fn partition(text: &str) -> Result<&'static Partition, String> {
    PARTITIONS.iter().find(|partition| partition.name == text).ok_or_else(|| {
        let names: Vec<&str> = PARTITIONS.iter().map(|partition| partition.name).collect();
        format!("there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rates_and_accounts() {
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(time("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(time("0s"), Ok(Duration::ZERO));
        for wrong in ["", "d", "-1h", "1.5h", "2w", "99999999999d"] {
            assert!(time(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(rate("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "nan", "inf", "x"] {
            assert!(rate(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(account("0123-4567-8901"), Ok(12_345_678_901));
        assert!(account("123").is_err());
        assert_eq!(partition("aws-cn").map(|partition| partition.sts_region), Ok("cn-north-1"));
        assert!(partition("mars").is_err_and(|why| why.contains("aws-us-gov")));
    }
}
