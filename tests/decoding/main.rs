//! Encoded credentials: each way to write one must give the same pair as the plain text, on the line where it stands,
//! with an excerpt that shows it in no form.

#[path = "../support/mod.rs"]
mod support;

mod containers;
mod databases;
mod forms;
mod wide;
