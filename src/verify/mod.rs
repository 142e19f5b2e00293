//! Verification: is a found key live? One careful question to AWS's Security Token Service.
//!
//! `sts:GetCallerIdentity` needs no permission and changes nothing. It is signed here, so the secret never leaves: what
//! is sent is the key id, a signature and, for temporary keys, the session token. `docs/verification.md` tells users what
//! is sent where and what a verdict means.
//!
//! A [`Plan`] says what would be asked before anything is; [`Plan::ask`] asks. Below that:
//!
//! | module | what it does |
//! |---|---|
//! | [`plan`] | which keys, which not, how many calls |
//! | [`run`] | keys of one id in series, ids in parallel |
//! | [`ask`] | one pair: partitions, a wrong clock, a signature confirmed |
//! | [`call`] | one request with its retries |
//! | [`answer`] | what a response means |
//! | [`pace`], [`retry`] | how fast, how often |
//! | [`endpoint`], [`sign`], [`http`] | where, signed, sent |
//! | [`cache`], [`log`] | what is remembered, what is told |
//! | [`operator`] | the same from IAM, with the operator's credentials instead of the leaked ones |

pub mod answer;
pub mod ask;
pub mod cache;
pub mod call;
pub mod clock;
pub mod endpoint;
pub mod http;
pub mod key;
pub mod log;
pub mod operator;
pub mod pace;
pub mod plan;
pub mod retry;
pub mod run;
pub mod settings;
pub mod sign;
#[cfg(test)]
mod testing;

pub use key::Key;
pub use plan::Plan;
pub use settings::Settings;
