//! What `keysift baseline` takes.

use super::Settings;
use clap::Subcommand;
use std::path::PathBuf;

/// What can be done with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Record all that is found now, so that only what is new is reported
    #[command(after_help = "Example:\n  keysift baseline create --owner jane --reason \"before we began\"")]
    Create {
        #[command(flatten)]
        target: BaselineTarget,
        #[command(flatten)]
        fields: BaselineFields,
    },
    /// Add what is new; entries that are there keep what they say
    Update {
        #[command(flatten)]
        target: BaselineTarget,
        #[command(flatten)]
        fields: BaselineFields,
    },
    /// Take out entries that have expired or match nothing any more
    Prune {
        #[command(flatten)]
        target: BaselineTarget,
    },
    /// Go through findings that nobody has judged: real, false, test, later
    Audit {
        #[command(flatten)]
        target: BaselineTarget,
        /// Who answers for the entries
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
}

/// What a baseline is about.
#[derive(Debug, clap::Args)]
pub struct BaselineTarget {
    /// A repository, whose whole history is searched, or else a folder
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub settings: Settings,
}

/// What new entries say.
#[derive(Debug, clap::Args)]
pub struct BaselineFields {
    /// Who answers for the new entries
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Why they may be left out
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// From when on they are reported again: a day (2027-01-31) or a number of days (90d)
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
}
