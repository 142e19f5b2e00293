//! Rules: the model of an entry, the loader with its checks, the embedded set.
//!
//! A rule is text until its trigger has fired: its regex is compiled on first use, so a set of hundreds costs a run
//! no more than the handful that is needed.

mod check;
mod gate;
mod load;
pub mod model;
pub mod private_key;
mod set;
pub mod stats;

pub use check::passes;
pub(crate) use load::check_rules;
pub use load::{Written, parse_file, read_ahead, read_path, rule_files, written};
pub use model::RuleText;
pub use set::{Pattern, Rule, RuleSet};
