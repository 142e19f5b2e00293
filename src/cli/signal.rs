//! Ctrl-C and requests to end: the first asks the run to stop and report what it has, the second ends it at once.

use super::exit::ExitCode;
use super::message;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sets `stop` on the first signal. Where a signal is already ignored or handled (under `nohup`, or in the background of
/// a script) nothing is changed: then it is not for us to come back to life on a hang-up.
pub fn install(stop: Arc<AtomicBool>) {
    let handler = move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(ExitCode::Interrupted as i32);
        }
        message::note("interrupted: reporting what was found so far; once more to end at once");
    };
    // Without a handler a signal ends the process, which harms nothing: reports are written atomically.
    let _ = ctrlc::try_set_handler(handler);
}
