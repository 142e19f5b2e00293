//! The progress bar: on standard error, when that is a terminal and the work lasts longer than half a second.
//!
//! The work only adds to counters. A thread of its own sleeps, looks at them and draws, so a short run pays for one
//! thread that never wakes.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keysift::scanner::Progress;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const SHOW_AFTER: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);

/// A bar that may or may not show itself. Dropping it clears it.
pub struct Bar {
    thread: Option<JoinHandle<bool>>,
    done: Arc<AtomicBool>,
}

impl Bar {
    /// Starts watching `progress`, unless the user wants quiet or nobody would see it.
    pub fn start(progress: Arc<Progress>, quiet: bool) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let thread = if quiet || !std::io::stderr().is_terminal() {
            None
        } else {
            let done = Arc::clone(&done);
            // A bar is a courtesy: no thread, no bar.
            thread::Builder::new().name("progress".into()).spawn(move || watch(&progress, &done)).ok()
        };
        Self { thread, done }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Draws until `done`; says whether it came to that.
fn watch(progress: &Progress, done: &AtomicBool) -> bool {
    let start = Instant::now();
    while start.elapsed() < SHOW_AFTER {
        if done.load(Ordering::Acquire) {
            return false;
        }
        thread::park_timeout(SHOW_AFTER.saturating_sub(start.elapsed()));
    }
    let unknown = style("{spinner} {msg} {human_pos} [{elapsed}]");
    let known = style("{spinner} {msg} {bar:30} {human_pos}/{human_len} [{elapsed}, {eta} left]");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(unknown.clone())
        .with_elapsed(start.elapsed());
    let mut shown = None;
    while !done.load(Ordering::Acquire) {
        let phase = progress.phase.lock().map_or("", |phase| *phase);
        let total = progress.total.load(Ordering::Relaxed);
        if shown != Some((phase, total)) {
            if shown.is_some_and(|(before, _)| before != phase) {
                bar.reset_eta();
            }
            if total == 0 {
                bar.unset_length();
                bar.set_style(unknown.clone());
            } else {
                bar.set_length(total);
                bar.set_style(known.clone());
            }
            shown = Some((phase, total));
        }
        bar.set_message(progress.words());
        bar.set_position(progress.done.load(Ordering::Relaxed));
        bar.tick();
        thread::park_timeout(REDRAW);
    }
    bar.finish_and_clear();
    true
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("both templates are constants that the tests build")
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_has_ended_draws_nothing() {
        assert!(!watch(&Progress::default(), &AtomicBool::new(true)));
    }

    /// Both templates are built, with and without a known total.
    #[test]
    fn a_long_run_draws() {
        let (progress, done) = (Progress::default(), AtomicBool::new(false));
        progress.start("walking", 0);
        let drew = thread::scope(|scope| {
            let bar = scope.spawn(|| watch(&progress, &done));
            thread::sleep(SHOW_AFTER + REDRAW * 3);
            progress.start("scanning", 10);
            progress.add(3);
            thread::sleep(REDRAW * 3);
            done.store(true, Ordering::Release);
            bar.join().expect("draws without a panic")
        });
        assert!(drew);
    }
}
