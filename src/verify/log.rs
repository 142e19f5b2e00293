//! What happened, event by event: JSON lines for `--verify-log`, and the sums at the end. No secret is ever in an event.

use super::retry::Failure;
use crate::aws::time::iso_8601;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where events go, and what they add up to. Shared by all threads.
#[derive(Default)]
pub struct Log {
    out: Option<Mutex<Out>>,
    calls: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    waited_ms: AtomicU64,
}

struct Out {
    to: Box<dyn Write + Send>,
    error: Option<std::io::Error>,
}

/// The sums of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Requests sent, retries included.
    pub calls: u64,
    pub retries: u64,
    pub throttled: u64,
    /// Time waited for turns and between attempts, summed over the threads.
    pub waited_ms: u64,
}

impl Log {
    /// A log that writes each event as one line.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out: Some(Mutex::new(Out { to: out, error: None })), ..Self::default() }
    }

    /// An attempt, with its result.
    pub fn attempt(&self, event: Value) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.event(event);
    }

    /// A retry is due after `wait`.
    pub fn retry(&self, key_id: &str, failure: Failure, wait: Duration) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.waited(wait);
        let throttled = failure == Failure::Throttled;
        if throttled {
            self.throttled.fetch_add(1, Ordering::Relaxed);
            self.event(json!({ "event": "throttle", "key_id": key_id }));
        }
        self.event(json!({ "event": "retry", "key_id": key_id, "wait_ms": wait.as_millis() as u64 }));
    }

    /// Time that was waited.
    pub fn waited(&self, time: Duration) {
        self.waited_ms.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }

    /// Writes an event with the time it happened at.
    pub fn event(&self, mut event: Value) {
        let Some(out) = &self.out else { return };
        event["time"] = json!(now());
        let mut out = out.lock().expect("no panic while holding this lock");
        if out.error.is_none() {
            let line = format!("{event}\n");
            out.error = out.to.write_all(line.as_bytes()).and_then(|()| out.to.flush()).err();
        }
    }

    /// What it adds up to so far.
    pub fn sums(&self) -> Sums {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Sums {
            calls: load(&self.calls),
            retries: load(&self.retries),
            throttled: load(&self.throttled),
            waited_ms: load(&self.waited_ms),
        }
    }

    /// Ends the log.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(self) -> std::io::Result<Sums> {
        let sums = self.sums();
        let Sums { calls, retries, throttled, waited_ms } = sums;
        self.event(json!({
            "event": "summary", "calls": calls, "retries": retries, "throttled": throttled, "waited_ms": waited_ms,
        }));
        match self.out.map(|out| out.into_inner().expect("no panic while holding this lock")) {
            Some(Out { error: Some(error), .. }) => Err(error),
            _ => Ok(sums),
        }
    }
}

/// The time of day, as reports write it.
pub fn now() -> String {
    written(SystemTime::now())
}

/// `time`, as reports write it.
pub fn written(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    iso_8601(seconds as i64).unwrap_or_default()
}
