//! How to ask. Everything has a default that is safe to use on somebody else's network.

use crate::aws::partitions::Partition;
use std::time::Duration;

/// What the user may decide about verification. Nothing in it is read from the environment: the command line does that.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests a second, at most.
    pub rate: f64,
    /// Requests a run, at most; retries count.
    pub max_calls: u64,
    /// Attempts for one question, the first one included.
    pub attempts: u32,
    /// For how long a request may take to connect.
    pub connect_timeout: Duration,
    /// For how long a request may take in all.
    pub timeout: Duration,
    /// Pause before a signature that did not match is tried again, and between two secrets of one id: a change of secrets
    /// within seconds can give a false mismatch.
    pub spacing: Duration,
    /// Whether keys of canary accounts are asked as well.
    pub canaries: bool,
    /// Accounts, beside the known ones, that are canaries.
    pub canary_accounts: Vec<u64>,
    /// Where not empty: only keys of these accounts are asked.
    pub accounts: Vec<u64>,
    /// Where not empty: ask these partitions, whatever stands near a key.
    pub partitions: Vec<&'static Partition>,
    /// Ask here instead of AWS's own hosts.
    pub sts_endpoint: Option<String>,
    /// The same for IAM, which only the operator's own credentials are used with.
    pub iam_endpoint: Option<String>,
    pub fips: bool,
    pub dual_stack: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: 5.0,
            max_calls: 100,
            attempts: 3,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(5),
            spacing: Duration::from_secs(2),
            canaries: false,
            canary_accounts: Vec::new(),
            accounts: Vec::new(),
            partitions: Vec::new(),
            sts_endpoint: None,
            iam_endpoint: None,
            fips: false,
            dual_stack: false,
        }
    }
}

/// At most so many secrets are tried for one id.
pub const SECRETS_TRIED: usize = 5;
/// Ids that are asked about at the same time, at most.
pub const THREADS: usize = 8;
/// Network failures in a row after which no more is asked.
pub const FAILURES: u32 = 5;
/// A body is read this far, in bytes; AWS's answers are much shorter.
pub const BODY: u64 = 64 << 10;
