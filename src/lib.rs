//! keysift finds leaked credentials, AWS keys first of all, in files and in git.
//!
//! Layers, each importing only what lies below it (held by `tests/layers.rs`):
//!
//! - L3 `engine`: the order of the stages
//! - L2 `source`, `detect`, `verify`, `report`: siblings that never import one another
//! - L1 `rule`, `finding`, `verdict`, `scanner`, `decode`, `container`, `aws`, `fingerprint`, `allow`, `config`, `baseline`
//! - L0 `blob`, `calendar`, `line_hash`, `mapped`, `origin`, `secret`, `error`, `private`, `regular`, `similar`

pub mod allow;
pub mod aws;
pub mod baseline;
pub mod blob;
mod calendar;
pub mod config;
pub mod container;
pub mod decode;
pub mod detect;
pub mod engine;
pub mod error;
pub mod finding;
pub mod fingerprint;
pub mod line_hash;
pub mod mapped;
pub mod origin;
mod private;
mod regular;
pub mod report;
pub mod rule;
pub mod scanner;
pub mod secret;
mod similar;
pub mod source;
pub mod verdict;
pub mod verify;
