//! What configuration files can say as well, and which of them count.

use clap::builder::BoolishValueParser;
use keysift::scanner::content_size;
use std::path::PathBuf;

/// The options that say it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Settings {
    /// Read this configuration file too; it outranks the repository's .keysift.toml
    #[arg(long, value_name = "FILE", env = "KEYSIFT_CONFIG", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Do without the .keysift.toml and .keysift-baseline of what is scanned: for changes that you do not trust
    #[arg(long, env = "KEYSIFT_NO_REPO_CONFIG", value_parser = BoolishValueParser::new(), help_heading = "Configuration")]
    pub no_repo_config: bool,
    /// Report what markers such as `keysift:allow` allow
    #[arg(long, env = "KEYSIFT_NO_MARKERS", value_parser = BoolishValueParser::new(), help_heading = "Configuration")]
    pub no_markers: bool,
    /// Leave out what this baseline lists [default: .keysift-baseline at the root of the repository]
    #[arg(long, value_name = "FILE", env = "KEYSIFT_BASELINE", help_heading = "Configuration")]
    pub baseline: Option<PathBuf>,
    /// Report what the baseline lists
    #[arg(long, conflicts_with = "baseline", help_heading = "Configuration")]
    pub no_baseline: bool,

    /// Add rules from a folder of TOML files, or from a file; a rule of the same id is replaced
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// Use only this rule; `*` stands for any text: aws-* (repeatable)
    #[arg(long = "rule", value_name = "ID", help_heading = "Rules")]
    pub only_rules: Vec<String>,
    /// Do without this rule, or those of a name with `*` (repeatable)
    #[arg(long = "no-rule", value_name = "ID", help_heading = "Rules")]
    pub without_rules: Vec<String>,

    /// Number of threads [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N", env = "KEYSIFT_THREADS", value_parser = threads, help_heading = "Limits")]
    pub threads: Option<usize>,
    /// Leave out content larger than this (bytes, or with K, M, G); the report names it [default: 256M]
    #[arg(long, value_name = "SIZE", value_parser = content_size, env = "KEYSIFT_MAX_CONTENT", help_heading = "Limits")]
    pub max_content: Option<u64>,
    /// Search at most so much of what one archive unpacks to (zip, gzip, tar); the report names it if that cuts it
    /// [default: 128M]
    #[arg(long, value_name = "SIZE", value_parser = content_size, env = "KEYSIFT_MAX_UNPACKED", help_heading = "Limits")]
    pub max_unpacked: Option<u64>,
    /// Report at most so many credentials, the worst ones first [default: 100000]
    #[arg(long, value_name = "N", value_parser = findings, env = "KEYSIFT_MAX_FINDINGS", help_heading = "Limits")]
    pub max_findings: Option<usize>,
}

fn threads(typed: &str) -> Result<usize, String> {
    typed.parse().ok().filter(|n| (1..=1024).contains(n)).ok_or("a number from 1 to 1024 is wanted".to_string())
}

fn findings(typed: &str) -> Result<usize, String> {
    typed.parse().ok().filter(|&n| n > 0).ok_or("a number of at least 1 is wanted".to_string())
}
