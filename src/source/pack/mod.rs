//! Packs: reading them at the speed of inflating, one walk over each delta tree.
//!
//! `file` opens a pack and lists its entries, `delta` reads a delta's instructions, `walk` rebuilds every object of a
//! kind once, base before child, on all threads, and shows each to a visitor.

pub mod delta;
pub mod file;
pub mod inflate;
pub mod walk;
