//! A panic on purpose, which says all of the content that is being searched: tests hold that nothing of it comes out. It
//! is in no release build.

use std::sync::atomic::{AtomicBool, Ordering};

static ARMED: AtomicBool = AtomicBool::new(false);
/// What content must hold to strike. Put together so that this file does not.
const WORD: &str = concat!("panic", "-on-this-content");

/// From now on, searching content that holds the word panics.
pub fn arm() {
    ARMED.store(true, Ordering::Relaxed);
}

/// Panics if it is to.
pub(super) fn strike(content: &[u8]) {
    if ARMED.load(Ordering::Relaxed) && memchr::memmem::find(content, WORD.as_bytes()).is_some() {
        panic!("while searching {}", String::from_utf8_lossy(content));
    }
}
