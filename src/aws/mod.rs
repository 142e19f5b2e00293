//! What is known about AWS credentials: pure functions and data, no I/O. The checks that detection calls often do not
//! allocate.
//!
//! | module | what it knows | where it is known from |
//! |---|---|---|
//! | [`key_id`] | kinds of access key ids, the account in them | IAM user guide (prefixes); public write-ups (account) |
//! | [`accounts`] | canary accounts | lists of public scanners |
//! | [`partitions`] | regions and hosts | endpoint data of AWS's SDKs |
//! | [`secret_key`] | what makes 40 characters a secret | trials on random keys and on real text |
//! | [`session_token`] | the frame of a session token | looking at tokens; undocumented |
//! | [`presigned`] | signed URLs, RDS, EKS and short-term Bedrock tokens | Signature Version 4 documents |
//! | [`bedrock`] | long-term keys of Bedrock and Claude Platform | looking at keys; undocumented |
//! | [`ses`] | SMTP passwords that derive from a secret | SES developer guide |
//! | [`ecr`] | expiry of registry logins | looking at tokens; undocumented |
//!
//! [`facts()`] puts it together for a finding. AppSync keys and the rows of a key CSV hold nothing that could be told
//! without asking AWS.

pub mod accounts;
pub mod bedrock;
mod decode;
pub mod ecr;
mod facts;
pub mod key_id;
pub mod letter_pairs;
pub mod partitions;
pub mod presigned;
pub mod secret_key;
pub mod ses;
pub mod session_token;
#[doc(hidden)]
pub mod testing;
pub mod time;

pub use facts::{Facts, facts, facts_with_canaries};
