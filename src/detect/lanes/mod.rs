//! The prefilter. Lane one (`runs`) finds the beginnings of long runs of token characters by byte classes; lane two
//! (`literals`) finds the few words that runs cannot show. What they cost does not depend on how many rules there are.
//!
//! Both say where to look, not what is there: too much is fine, too little is not. `tests/prefilter.rs` holds them
//! against a plain search.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub mod buckets;
pub mod literals;
pub mod portable;
pub mod runs;
