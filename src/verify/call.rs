//! One request, signed afresh for every attempt, retried within bounds.

use super::answer::{Answer, understand};
use super::clock::Clock;
use super::endpoint::Endpoint;
use super::http::{NetworkError, Reply, Transport};
use super::log::Log;
use super::pace::Pace;
use super::retry::{Failure, Quota, delay};
use super::sign::{self, Credentials};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// What all calls of a run share.
pub struct Caller<'a> {
    pub transport: &'a dyn Transport,
    pub clock: &'a dyn Clock,
    pub pace: &'a Pace,
    pub quota: &'a Quota,
    pub log: &'a Log,
    pub stop: &'a AtomicBool,
    /// Attempts for one question, at least 1.
    pub attempts: u32,
    /// What AWS's clock is ahead of ours, in seconds.
    pub offset: &'a AtomicI64,
}

/// The answer to a call that AWS gave, with the body that holds the details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub answer: Answer,
    pub code: Option<String>,
    pub reply: Reply,
}

impl Caller<'_> {
    /// Posts `body` and gives AWS's answer.
    ///
    /// # Errors
    /// Why there is none: words for a user. Such a failure says nothing about the key.
    pub fn call(&self, endpoint: &Endpoint, body: &str, credentials: &Credentials) -> Result<Told, String> {
        let mut paid = None;
        let mut attempt = 0;
        loop {
            let waited = self.pace.turn(self.clock, self.stop)?;
            self.log.waited(waited);
            let headers = sign::headers(endpoint, body, credentials, self.time()).map_err(|error| error.to_string())?;
            let start = self.clock.now();
            let result = self.transport.post(&endpoint.url, &headers, body);
            let took = self.clock.now().saturating_sub(start);
            let (failure, why, asked) = match result {
                Ok(reply) => {
                    let (answer, code) = understand(&reply);
                    self.told(endpoint, credentials, attempt, &reply, code.as_deref(), took);
                    match answer {
                        Answer::Retry(failure, why) => {
                            if failure == Failure::Throttled {
                                self.pace.throttled()
                            } else {
                                self.pace.answered()
                            }
                            (Some(failure), why, reply.retry_after)
                        }
                        // A portal is a network that does not work.
                        Answer::Nothing(_) if !reply.request_id => {
                            self.pace.failed();
                            return Ok(Told { answer, code, reply });
                        }
                        answer => {
                            self.pace.answered();
                            self.quota.refund(paid);
                            return Ok(Told { answer, code, reply });
                        }
                    }
                }
                Err(NetworkError { why, may_pass }) => {
                    self.pace.failed();
                    self.log.attempt(json!({
                        "event": "attempt", "key_id": credentials.id, "host": endpoint.host, "attempt": attempt + 1,
                        "error": why, "ms": took.as_millis() as u64,
                    }));
                    (may_pass.then_some(Failure::Transient), why, None)
                }
            };
            attempt += 1;
            let Some(failure) = failure else { return Err(why) };
            if attempt >= self.attempts {
                return Err(format!("{why} ({attempt} attempts)"));
            }
            paid = Some(self.quota.pay(failure).ok_or_else(|| format!("{why}; too many failures for more retries"))?);
            let wait = delay(failure, attempt - 1, fastrand::f64(), asked);
            self.log.retry(&credentials.id, failure, wait);
            self.clock.sleep(wait, self.stop);
        }
    }

    fn told(&self, at: &Endpoint, by: &Credentials, attempt: u32, reply: &Reply, code: Option<&str>, took: Duration) {
        let mut event = json!({
            "event": "attempt", "key_id": by.id, "host": at.host, "partition": at.partition, "attempt": attempt + 1,
            "status": reply.status, "ms": took.as_millis() as u64,
        });
        if let Some(code) = code {
            event["code"] = json!(code);
        }
        self.log.attempt(event);
    }

    /// AWS's time, as far as we know it.
    pub fn time(&self) -> SystemTime {
        let offset = self.offset.load(Ordering::Relaxed);
        let by = Duration::from_secs(offset.unsigned_abs());
        let wall = self.clock.wall();
        if offset < 0 { wall.checked_sub(by).unwrap_or(wall) } else { wall + by }
    }

    /// Takes over the clock of whoever sent `reply`; whether it had one.
    pub fn set_clock(&self, reply: &Reply) -> bool {
        let Some(theirs) = reply.date else { return false };
        let ours = self.clock.wall();
        let offset = match theirs.duration_since(ours) {
            Ok(ahead) => ahead.as_secs() as i64,
            Err(behind) => -(behind.duration().as_secs() as i64),
        };
        self.offset.store(offset, Ordering::Relaxed);
        true
    }
}
