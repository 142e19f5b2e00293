//! A time budget: the run is stopped in time to report what there is by then.

use super::{Command, Plan};
use crate::error::{Gap, GapKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Of a budget so much is left to write down what was learned, and the report: a twentieth, at most this.
const SHARE: u32 = 20;
const MOST: Duration = Duration::from_secs(10);
/// In a large history that takes up to a second, however small the budget is: of a small one it gets more.
const SHARE_OF_SMALL: u32 = 4;
const MOST_OF_SMALL: Duration = Duration::from_secs(1);

/// What is left for the end of a run.
fn reserve(budget: Duration) -> Duration {
    (budget / SHARE).min(MOST).max((budget / SHARE_OF_SMALL).min(MOST_OF_SMALL))
}

/// Does `work`; sets `stop` when most of `budget` is over, and then the flag that `work` is given.
pub fn within<T>(budget: Option<Duration>, stop: &AtomicBool, work: impl FnOnce(&AtomicBool) -> T) -> T {
    let over = AtomicBool::new(false);
    let Some(budget) = budget else { return work(&over) };
    let time = budget.saturating_sub(reserve(budget));
    let (done, ended) = (Mutex::new(false), Condvar::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let done = done.lock().expect("no panic while holding this lock");
            let (done, _) = ended.wait_timeout_while(done, time, |done| !*done).expect("no panic while holding it");
            // Who interrupts first is told so.
            if !*done && !stop.load(Ordering::Relaxed) {
                over.store(true, Ordering::Relaxed);
                stop.store(true, Ordering::Relaxed);
            }
        });
        // Dropped in a panic, too: the thread must not be waited for until the budget is over.
        let _end = End { done: &done, ended: &ended };
        work(&over)
    })
}

struct End<'a> {
    done: &'a Mutex<bool>,
    ended: &'a Condvar,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if let Ok(mut done) = self.done.lock() {
            *done = true;
        }
        self.ended.notify_all();
    }
}

/// Says of what was interrupted because the budget was over that it was that, and how it goes on.
pub fn explain(gaps: &mut [Gap], plan: &Plan, over: &AtomicBool) {
    if !over.load(Ordering::Relaxed) {
        return;
    }
    let remembers = plan.store.is_some() && matches!(plan.command, Command::History { full_blobs: false, .. });
    let next = if remembers { "the next run goes on from here" } else { "the next run starts anew" };
    for gap in gaps.iter_mut().filter(|gap| gap.kind == GapKind::Interrupted) {
        gap.kind = GapKind::Limit;
        gap.why = format!("the time budget is over: {}; {next}", gap.why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_has_its_time() {
        let millis = |budget| reserve(Duration::from_millis(budget)).as_millis();
        assert_eq!([0, 100, 2_000, 10_000, 240_000, 3_600_000].map(millis), [0, 25, 500, 1_000, 10_000, 10_000]);
    }

    #[test]
    fn the_budget_stops_what_goes_on_and_nothing_else() {
        let stop = AtomicBool::new(false);
        within(Some(Duration::from_millis(60)), &stop, |over| {
            while !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            assert!(over.load(Ordering::Relaxed), "it was the budget");
        });
        let stop = AtomicBool::new(false);
        within(Some(Duration::from_secs(3600)), &stop, |_| ());
        assert!(!stop.load(Ordering::Relaxed), "there was time left");
        let stop = AtomicBool::new(true);
        within(Some(Duration::ZERO), &stop, |over| {
            std::thread::yield_now();
            assert!(!over.load(Ordering::Relaxed), "somebody else interrupted first");
        });
    }
}
