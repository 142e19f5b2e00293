//! What `keysift config` takes.

use super::Settings;
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// What can be done with configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the effective values, and where each comes from
    Show {
        /// What would be scanned
        #[arg(value_name = "PATH", default_value = ".")]
        path: PathBuf,
        /// Write JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Carry over what gitleaks, detect-secrets or trufflehog were told, and say what could not be
    #[command(
        after_help = "Examples:\n  keysift config import .gitleaks.toml -o .keysift.toml\n  keysift config import .gitleaksignore .secrets.baseline --repo ."
    )]
    Import(ConfigImport),
}

/// What to carry over, and where to.
#[derive(Debug, clap::Args)]
pub struct ConfigImport {
    /// .gitleaks.toml, .gitleaksignore, .secrets.baseline, or a list of path regexes such as trufflehog's --exclude-paths
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What the files are, where their names do not tell
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<ImportKind>,
    /// Search this repository with its whole history for the findings that the files name by place or hash, and add
    /// them to its baseline
    #[arg(long, value_name = "REPO")]
    pub repo: Option<PathBuf>,
    /// Write the configuration to FILE, which must not be there yet [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace FILE
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// Files of other tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    Gitleaks,
    GitleaksIgnore,
    DetectSecrets,
    ExcludePaths,
}

impl From<ImportKind> for keysift::config::Kind {
    fn from(typed: ImportKind) -> Self {
        match typed {
            ImportKind::Gitleaks => Self::Gitleaks,
            ImportKind::GitleaksIgnore => Self::GitleaksIgnore,
            ImportKind::DetectSecrets => Self::DetectSecrets,
            ImportKind::ExcludePaths => Self::ExcludePaths,
        }
    }
}
