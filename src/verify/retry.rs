//! When to try again: AWS's standard retry mode as its SDKs have it since 2026.
//!
//! The crates for this (backon was tried) add jitter to a delay; AWS's mode multiplies the whole delay by a random
//! number, takes its base from the kind of failure, pays for retries out of one quota, and hears what the server asks
//! for. That is less code than bending theirs.

use std::sync::Mutex;
use std::time::Duration;

/// Why an attempt failed, as far as retries care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server has too much to do.
    Throttled,
    /// The network or the server stumbled.
    Transient,
}

/// No wait is longer, save for what the server asks on top.
const LONGEST: Duration = Duration::from_secs(20);
/// What the server asks for counts up to this much above our own delay.
const ASKED_ABOVE: Duration = Duration::from_secs(5);

/// How long to wait before the retry after attempt number `attempt` (from 0). `random` is from 0 to 1; `asked` is what
/// `x-amz-retry-after` says.
pub fn delay(failure: Failure, attempt: u32, random: f64, asked: Option<Duration>) -> Duration {
    let base = match failure {
        Failure::Throttled => Duration::from_secs(1),
        Failure::Transient => Duration::from_millis(50),
    };
    let own = base.saturating_mul(1 << attempt.min(16)).min(LONGEST).mul_f64(random.clamp(0.0, 1.0));
    asked.map_or(own, |asked| own.max(asked.min(own + ASKED_ABOVE)))
}

/// Tokens that retries are paid with, shared by all calls of a run: when everything fails, retries stop first.
pub struct Quota(Mutex<u32>);

/// What a quota holds at most.
const CAPACITY: u32 = 500;

impl Quota {
    pub fn new() -> Self {
        Self(Mutex::new(CAPACITY))
    }

    /// Pays for a retry; what was paid, or `None` when there is not enough left.
    pub fn pay(&self, failure: Failure) -> Option<u32> {
        let price = match failure {
            Failure::Throttled => 5,
            Failure::Transient => 14,
        };
        let mut left = self.0.lock().expect("no panic while holding this lock");
        *left = left.checked_sub(price)?;
        Some(price)
    }

    /// A call succeeded: what its last retry cost comes back, or one token where there was none.
    pub fn refund(&self, paid: Option<u32>) {
        let mut left = self.0.lock().expect("no panic while holding this lock");
        *left = (*left + paid.unwrap_or(1)).min(CAPACITY);
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn delays_double_from_their_base_to_the_cap() {
        let full = |failure| (0..7).map(|i| delay(failure, i, 1.0, None)).collect::<Vec<_>>();
        assert_eq!(full(Failure::Throttled), [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000].map(MS));
        assert_eq!(full(Failure::Transient)[..3], [50, 100, 200].map(MS));
        assert_eq!(delay(Failure::Throttled, 1, 0.25, None), MS(500));
        assert_eq!(delay(Failure::Throttled, 1, 0.0, None), MS(0));
        assert_eq!(delay(Failure::Throttled, u32::MAX, 1.0, None), MS(20_000));
    }

    #[test]
    fn what_the_server_asks_counts_within_five_seconds() {
        assert_eq!(delay(Failure::Transient, 0, 1.0, Some(MS(700))), MS(700));
        assert_eq!(delay(Failure::Transient, 0, 1.0, Some(MS(10))), MS(50), "not sooner than our own delay");
        assert_eq!(delay(Failure::Transient, 0, 1.0, Some(MS(60_000))), MS(5050));
    }

    #[test]
    fn the_quota_runs_out_and_is_refunded() {
        let quota = Quota::new();
        let paid = std::iter::from_fn(|| quota.pay(Failure::Transient)).count();
        assert_eq!(paid, 500 / 14);
        assert_eq!(quota.pay(Failure::Throttled), Some(5), "10 tokens are left");
        quota.refund(Some(14));
        assert_eq!(quota.pay(Failure::Transient), Some(14));
        for _ in 0..1000 {
            quota.refund(None);
        }
        assert_eq!(std::iter::from_fn(|| quota.pay(Failure::Throttled)).count(), 100, "never more than it holds");
    }
}
