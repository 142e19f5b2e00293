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
        if panic.location().is_some_and(|location| is_of_redb(location.file())) {
            return;
        }
        if told.fetch_add(1, Ordering::Relaxed) < TOLD_AT_MOST {
            message::error(text(panic.location()));
        }
    }));
}

/// Whether a source file is redb's: in cargo's registry it lies in a folder that ends in the version, among vendored
/// sources in one that does not, and on Windows behind backslashes.
fn is_of_redb(file: &str) -> bool {
    let version =
        |folder: &str| folder.strip_prefix("redb-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    file.split(['/', '\\']).any(|folder| folder == "redb" || version(folder))
}

fn text(location: Option<&Location>) -> String {
    let place = location.map_or("an unknown place".to_string(), ToString::to_string);
    format!(
        "internal error at {place}, a fault in keysift: please report it (details are withheld, they could hold a secret)"
    )
}

#[cfg(test)]
mod tests {
    use super::is_of_redb;

    #[test]
    fn redb_is_known_wherever_its_sources_lie() {
        for file in [
            "/home/ada/.cargo/registry/src/index-0123/redb-4.1.0/src/db.rs",
            r"C:\Users\Ada\.cargo\registry\src\index-0123\redb-4.1.0\src\db.rs",
            "vendor/redb/src/db.rs",
            r"vendor\redb\src\tree_store\page_store\cached_file.rs",
        ] {
            assert!(is_of_redb(file), "{file}");
        }
        for file in [
            "src/cli/panic.rs",
            r"src\source\history\store\file.rs",
            "/src/infraredb-1.0/lib.rs",
            "redb-tools/src/a.rs",
        ] {
            assert!(!is_of_redb(file), "{file}");
        }
    }
}
