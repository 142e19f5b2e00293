//! Complete or loud: every place in git, every shape of repository, every hostile input, one fixture a case.
//!
//! The numbers are those of the table in `docs/security.md`. Each case makes what it is about by itself, runs the real
//! program on it, and checks the finding, the place, the exit status, the receipt and what must hold always
//! (`rig.rs`). What another test file holds in more depth is checked here once all the same, from outside.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod archives;
mod bytes;
mod concurrency;
mod damage;
mod hooks;
mod hostile;
mod nested;
mod output;
mod places;
mod reftable;
mod rig;
mod shapes;
mod traps;
