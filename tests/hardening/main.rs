//! What `docs/security.md` says of how keysift is made: inputs of the fuzz targets, and the supply chain.

mod seeds;
mod supply;
