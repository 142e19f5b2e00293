//! What several test files share: fixtures made by the real git, random packs, random keys.

// Each test file is a crate of its own and uses only a part of this.
#![allow(dead_code)]

pub mod content;
pub mod delta;
pub mod git;
pub mod hidden;
pub mod keys;
pub mod lines;
pub mod pack;
pub mod planted;
pub mod program;
pub mod random;
pub mod reftable;
pub mod repository;
pub mod run;
pub mod scanner;
pub mod seven_bits;
pub mod tools;
