//! Detection: every rule's examples, AWS keys in every carrier, pairs across files and commits, what is chosen by
//! confidence, the prefilter against a plain search, and that verdicts are local.

#[path = "../support/mod.rs"]
mod support;

mod across;
mod carriers;
mod command;
mod confidence;
mod local;
mod no_secrets;
mod prefilter;
mod rules;
mod statements;
mod variants;
