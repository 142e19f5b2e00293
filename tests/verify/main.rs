//! Verification from end to end: the program against a strict stand-in for STS, and against a server that records every
//! byte. One binary and one stand-in for all, because both take their time to start.

#[path = "../support/mod.rs"]
mod support;

mod recorded;
mod recorder;
mod stand_in;
mod stood_in;
mod weather;
