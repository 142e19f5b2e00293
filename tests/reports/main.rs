//! Reports as others read them: Microsoft's validator, a browser, parsers of the other formats, git filter-repo; and what
//! is done with reports afterwards.

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod browser;
mod commands;
mod consumers;
mod hostile;
mod sarif;
