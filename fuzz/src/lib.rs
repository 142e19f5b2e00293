//! What the fuzz targets do with their input, one module each. `tests/seeds.rs` feeds the committed seeds, and every
//! input that once made a target fail, to the same functions, so that targets do not rot and mistakes do not come back.

pub mod archive;
pub mod config;
pub mod decode;
pub mod delta;
pub mod history;
mod input;
#[path = "../../tests/support/keys.rs"]
#[allow(dead_code)]
mod keys;
#[path = "../../tests/support/lines.rs"]
mod lines;
pub mod matcher;
pub mod pack;
#[path = "../../tests/support/random.rs"]
#[allow(dead_code)]
mod random;
pub mod reftable;
mod repository;
pub mod rules;
#[path = "../../tests/support/seven_bits.rs"]
mod seven_bits;
pub mod sqlite;
#[path = "../../tests/support/reftable.rs"]
#[allow(dead_code)]
mod tables;
#[path = "../../tests/support/pack.rs"]
#[allow(dead_code)]
mod writer;

/// A target.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 10] = [
    ("archive", archive::run),
    ("config", config::run),
    ("decode", decode::run),
    ("delta", delta::run),
    ("history", history::run),
    ("matcher", matcher::run),
    ("pack", pack::run),
    ("reftable", reftable::run),
    ("rules", rules::run),
    ("sqlite", sqlite::run),
];
