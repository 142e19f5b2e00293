//! How fast to ask: a token bucket for all threads, a limit for the run, and a fuse for a broken network.
//!
//! The rate changes while we ask (halved when AWS says "too fast", slowly raised again), which the limiters of the
//! governor crate cannot do: their quota is fixed when they are made.

use super::clock::Clock;
use super::settings::{FAILURES, Settings};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Shared by all threads of a run.
pub struct Pace {
    state: Mutex<State>,
    /// The rate to come back to, in requests a second.
    top: f64,
    max_calls: u64,
}

struct State {
    /// Requests that may go at once; below zero when some wait for theirs.
    tokens: f64,
    at: Duration,
    rate: f64,
    calls: u64,
    failures: u32,
}

impl State {
    fn fuse(&self) -> Result<(), String> {
        if self.failures < FAILURES {
            return Ok(());
        }
        Err(format!("not asked: the network failed {FAILURES} times in a row"))
    }
}

/// The rate never falls below this part of what the user allows.
const LOWEST: f64 = 1.0 / 32.0;
/// By how much of the top rate a success raises the rate.
const RAISE: f64 = 1.0 / 20.0;

impl Pace {
    /// A full bucket: one second's worth of requests may go at once.
    pub fn new(settings: &Settings, clock: &dyn Clock) -> Self {
        let top = settings.rate;
        let state = State { tokens: top.max(1.0), at: clock.now(), rate: top, calls: 0, failures: 0 };
        Self { state: Mutex::new(state), top, max_calls: settings.max_calls }
    }

    /// Waits for a turn and gives the time waited.
    ///
    /// # Errors
    /// The reason why nothing more may be asked.
    pub fn turn(&self, clock: &dyn Clock, stop: &AtomicBool) -> Result<Duration, String> {
        let wait = {
            let mut state = self.state.lock().expect("no panic while holding this lock");
            if stop.load(Ordering::Relaxed) {
                return Err("not asked: interrupted".to_owned());
            }
            state.fuse()?;
            if state.calls >= self.max_calls {
                return Err(format!(
                    "not asked: the limit of {} calls a run was reached; raise it with --verify-max",
                    self.max_calls
                ));
            }
            state.calls += 1;
            let now = clock.now();
            let gained = now.saturating_sub(state.at).as_secs_f64() * state.rate;
            state.tokens = (state.tokens + gained).min(state.rate.max(1.0)) - 1.0;
            state.at = now;
            if state.tokens < 0.0 { Duration::from_secs_f64(-state.tokens / state.rate) } else { Duration::ZERO }
        };
        if !wait.is_zero() {
            clock.sleep(wait, stop);
            if stop.load(Ordering::Relaxed) {
                return Err("not asked: interrupted".to_owned());
            }
            // The fuse may have blown meanwhile.
            let mut state = self.state.lock().expect("no panic while holding this lock");
            state.fuse().inspect_err(|_| state.calls -= 1)?;
        }
        Ok(wait)
    }

    /// AWS answered.
    pub fn answered(&self) {
        let mut state = self.state.lock().expect("no panic while holding this lock");
        state.failures = 0;
        state.rate = (state.rate + self.top * RAISE).min(self.top);
    }

    /// AWS said that we are too fast.
    pub fn throttled(&self) {
        let mut state = self.state.lock().expect("no panic while holding this lock");
        state.failures = 0;
        state.rate = (state.rate / 2.0).max(self.top * LOWEST);
    }

    /// Nobody answered.
    pub fn failed(&self) {
        self.state.lock().expect("no panic while holding this lock").failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::testing::Virtual;

    fn pace(rate: f64, max_calls: u64) -> (Pace, Virtual) {
        let clock = Virtual::default();
        (Pace::new(&Settings { rate, max_calls, ..Settings::default() }, &clock), clock)
    }

    #[test]
    fn a_hundred_calls_at_five_a_second_take_nineteen_seconds() {
        let (pace, clock) = pace(5.0, 1000);
        let stop = AtomicBool::new(false);
        assert!((0..100).all(|_| pace.turn(&clock, &stop).is_ok()));
        assert_eq!(clock.now().as_millis(), 19_000, "a second's worth goes at once");
    }

    #[test]
    fn throttling_halves_the_rate_and_success_raises_it_slowly() {
        let (pace, _) = pace(8.0, 1000);
        let rate = || pace.state.lock().expect("not poisoned").rate;
        pace.throttled();
        pace.throttled();
        assert_eq!(rate(), 2.0);
        pace.answered();
        assert_eq!(rate(), 2.4);
        (0..100).for_each(|_| pace.answered());
        assert_eq!(rate(), 8.0, "never above what the user allows");
        (0..100).for_each(|_| pace.throttled());
        assert_eq!(rate(), 0.25, "never to a standstill");
    }

    #[test]
    fn a_run_has_a_limit() {
        let (pace, clock) = pace(100.0, 2);
        let stop = AtomicBool::new(false);
        assert!(pace.turn(&clock, &stop).is_ok() && pace.turn(&clock, &stop).is_ok());
        assert!(pace.turn(&clock, &stop).expect_err("the third is one too many").contains("limit of 2 calls"));
    }

    #[test]
    fn failures_in_a_row_blow_the_fuse_and_an_answer_between_does_not() {
        let (pace, clock) = pace(100.0, 1000);
        let stop = AtomicBool::new(false);
        (0..4).for_each(|_| pace.failed());
        pace.answered();
        (0..4).for_each(|_| pace.failed());
        assert!(pace.turn(&clock, &stop).is_ok());
        pace.failed();
        assert!(pace.turn(&clock, &stop).expect_err("five in a row").contains("network failed 5 times"));
    }

    /// A clock in whose time the network fails.
    struct Failing<'p>(&'p Pace, Virtual);

    impl Clock for Failing<'_> {
        fn now(&self) -> Duration {
            self.1.now()
        }

        fn wall(&self) -> std::time::SystemTime {
            self.1.wall()
        }

        fn sleep(&self, time: Duration, stop: &AtomicBool) {
            (0..FAILURES).for_each(|_| self.0.failed());
            self.1.sleep(time, stop);
        }
    }

    #[test]
    fn who_waits_while_the_fuse_blows_does_not_ask() {
        let (pace, clock) = pace(1.0, 1000);
        let stop = AtomicBool::new(false);
        assert!(pace.turn(&clock, &stop).is_ok());
        let clock = Failing(&pace, clock);
        assert!(pace.turn(&clock, &stop).expect_err("it failed meanwhile").contains("network failed 5 times"));
        assert_eq!(pace.state.lock().expect("not poisoned").calls, 1);
    }

    #[test]
    fn an_interrupt_ends_it() {
        let (pace, clock) = pace(1.0, 1000);
        assert!(pace.turn(&clock, &AtomicBool::new(true)).expect_err("stopped").contains("interrupted"));
    }
}
