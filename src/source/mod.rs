//! Sources: where content comes from. Each gives back a `Harvest`; none knows what is looked for.

mod changes;
mod collect;
pub mod files;
pub mod history;
mod index;
pub(crate) mod lfs;
pub mod message;
pub mod pack;
mod parts;
pub mod range;
pub mod repo;
mod search;
pub mod sight;
pub mod staged;
pub mod text;
mod trees;

pub use collect::{Collected, Collector};
pub use search::{Failed, Search};
