//! What is known about whether a credential still works.
//!
//! There is no bool in here on purpose: "the network failed" and "AWS says no" are different answers, and a scanner that
//! mixes them up calls live keys dead.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer to "does it work?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// AWS took the signature: id and secret (and token) work.
    Live,
    /// The id is an active key by what its account's IAM says. The secret was not tried.
    IdActive,
    /// The id is live, but the secret is not its own.
    WrongSecret,
    /// AWS does not know the id, or its account's IAM calls it inactive: deleted, deactivated, or of another partition.
    Inactive,
    /// The session that the key belongs to has ended.
    Expired,
    /// The key of a canary account: it was not asked, because any use raises an alarm.
    Canary,
    /// There is no answer, for the reason given. Never a reason to worry less.
    Unknown,
}

/// A verdict with what the answer told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Verification {
    pub verdict: Verdict,
    /// Why, in words a user can act on. Always there for `Unknown` and `Canary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// AWS's error code, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Account that the key belongs to, twelve digits, as AWS says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Who the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The partition that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The host that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// When it answered: `2026-01-31T23:59:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// Whether the answer is one of an earlier run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// What IAM told beside: `user`, `status`, `created`, `last_used`, `last_used_service`, `last_used_region`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Verification {
    /// A verdict without any details.
    pub fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: None,
            code: None,
            account: None,
            arn: None,
            user_id: None,
            partition: None,
            host: None,
            checked: None,
            cached: false,
            facts: BTreeMap::new(),
        }
    }

    /// No answer, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown).because(reason)
    }

    /// The same with a reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}
