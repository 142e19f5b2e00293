//! Time, behind a trait, so that a test of an hour's waiting takes no time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// What tells the time and waits.
pub trait Clock: Sync {
    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;
    /// The time of day, as this machine believes it.
    fn wall(&self) -> SystemTime;
    /// Waits, or less when `stop` is set meanwhile.
    fn sleep(&self, time: Duration, stop: &AtomicBool);
}

/// The machine's clock.
pub struct System(Instant);

impl System {
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for System {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration, stop: &AtomicBool) {
        let end = Instant::now() + time;
        while !stop.load(Ordering::Relaxed) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // Ctrl-C is noticed within this time.
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}
