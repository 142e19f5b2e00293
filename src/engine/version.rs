//! What decides which credentials an object gives, as a digest: what is remembered under it holds.
//!
//! Allow-lists, markers and the baseline do not count: they are applied to what was found.

use super::Plan;
use sha2::{Digest, Sha256};

/// A digest of the sources that search, which the build script makes: nobody has to remember to raise a number.
const SOURCES: &str = env!("KEYSIFT_SOURCES");

/// The digest for `plan`.
pub fn of(plan: &Plan) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(SOURCES);
    plan.rules.digest(&mut digest);
    digest.update(plan.limits.max_content.to_be_bytes());
    digest.update(plan.limits.max_unpacked.to_be_bytes());
    digest.finalize().into()
}
