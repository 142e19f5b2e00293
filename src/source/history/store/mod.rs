//! What is remembered from one search of a history to the next, so that only new objects are read.
//!
//! | file | what |
//! |---|---|
//! | `file` | the file on disk, in which records lie under a repository and a rule set |
//! | `segment` | one record: facts about objects, by full ids |
//! | `locate` | which objects of this run a record is about |
//! | `memory` | what earlier runs know, and what this one learns |
//! | `memory/keeping` | what a run writes while it goes on |
//! | `batch`, `draft` | from what threads learn to a record |
//! | `forest` | what is known of trees |
//!
//! A fact is what follows from an object's bytes under a rule set: that nothing was found in it, or that something was
//! (then it is read and searched again, so no secret is kept), and what a commit or tag names. What may change while the
//! bytes stay, as content that git LFS keeps does, is looked at every time.

mod batch;
mod draft;
mod file;
mod forest;
mod locate;
mod memory;
mod segment;

pub use batch::Batch;
pub use forest::Passed;
pub use memory::{End, Ended, Known, Memory, Passing};

use std::path::PathBuf;

/// Where the store is, and under what its records hold.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file; it and its folder are made where they are missing.
    pub file: PathBuf,
    /// A digest of all that decides what is found in an object.
    pub rules: [u8; 32],
    /// Bytes of all records together, about.
    pub limit: u64,
}

/// The limit unless somebody says otherwise.
pub const LIMIT: u64 = 1 << 30;
