//! What a panic may say: where it happened. Its text could quote the content that is being searched.

use super::message;
use std::panic::{self, Location};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sources catch panics object by object, so one fault can strike a million times.
const TOLD_AT_MOST: usize = 5;

/// Replaces the standard hook, which prints the text.
pub fn install() {
    let told = AtomicUsize::new(0);
    panic::set_hook(Box::new(move |panic| {
        // redb panics at a damaged file; the store tells of that in its own words.
        if panic.location().is_some_and(|location| location.file().contains("/redb-")) {
            return;
        }
        if told.fetch_add(1, Ordering::Relaxed) < TOLD_AT_MOST {
            message::error(text(panic.location()));
        }
    }));
}

fn text(location: Option<&Location>) -> String {
    let place = location.map_or("an unknown place".to_string(), ToString::to_string);
    format!(
        "internal error at {place}, a fault in keysift: please report it (details are withheld, they could hold a secret)"
    )
}
