//! The prefilter: one [`sweep`] over a text with two lanes. Lane one ([`runs`]) finds the beginnings of long runs of token
//! characters; lane two ([`words`]) finds the few words that runs cannot show, and the signs of encoded text. What they cost
//! does not depend on how many rules there are.
//!
//! Both say where to look, not what is there: too much is fine, too little is not. `tests/detection/prefilter.rs` holds
//! them against a plain search.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
pub mod runs;
pub mod sweep;
mod tables;
pub mod words;

pub use tables::Sign;
