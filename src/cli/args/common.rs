//! What every command understands that searches.

use super::Settings;
use super::duration::duration;
use crate::cli::verify::args::{VerifyArgs, When};
use clap::ValueEnum;
use keysift::finding::Confidence;
use keysift::report::Format;
use keysift::report::document::name;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What every command understands.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// How to write the report: human (the default), json, jsonl, sarif, html, csv, junit, gitlab, sonarqube, github or
    /// markdown; with =FILE into that file, and several times for several reports
    #[arg(long, value_name = "FORMAT[=FILE]", help_heading = "Report")]
    pub format: Vec<FormatTo>,
    /// Write the report to FILE, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub output: Option<PathBuf>,
    /// What SARIF holds: what is still in HEAD, or what only the history has, too
    #[arg(long, value_name = "SCOPE", default_value = "all", help_heading = "Report")]
    pub sarif_scope: ScopeOf,
    /// What SARIF makes of what is left out: results marked as suppressed, or none, as GitHub code scanning needs it
    #[arg(long, value_name = "HOW", default_value = "mark", help_heading = "Report")]
    pub sarif_suppressed: SuppressedHow,
    /// When to use colour; NO_COLOR, FORCE_COLOR and CLICOLOR are honoured
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub color: ColorWhen,
    /// Show the secrets themselves; only on a terminal
    #[arg(long, help_heading = "Report")]
    pub show_secrets: bool,
    /// Leave out findings that are less likely true: low (the default) leaves out nothing, medium and high do
    #[arg(long, value_name = "LEVEL", value_parser = confidence, default_value = "low", hide_default_value = true, help_heading = "Report")]
    pub min_confidence: Confidence,
    /// Exit with 0 instead of 1 when something is found
    #[arg(long, help_heading = "Report")]
    pub exit_zero: bool,
    /// Findings and errors only: no summary, no notes, no progress bar
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
    /// All places and gaps in the human report; notes on standard error
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Report")]
    pub verbose: bool,

    /// Ask AWS whether the key pairs that were found are live; "plan" only tells what would be asked
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "ask", help_heading = "Verification")]
    pub verify: Option<When>,
    #[command(flatten)]
    pub how_to_verify: VerifyArgs,

    /// Stop in time to report what was found by then, after 90s, 4m or 1h30m. `history` goes on from there next time
    #[arg(long, value_name = "TIME", value_parser = duration, env = "KEYSIFT_TIME_BUDGET", help_heading = "Limits")]
    pub time_budget: Option<Duration>,

    #[command(flatten)]
    pub settings: Settings,
}

/// A report format, as typed, and where that report goes if not where the others go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatTo {
    pub format: Format,
    pub file: Option<PathBuf>,
}

impl FromStr for FormatTo {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let (name, file) = match typed.split_once('=') {
            Some((_, "")) => return Err("a file name is missing after `=`".to_string()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (typed, None),
        };
        Ok(Self { format: name.parse()?, file })
    }
}

/// What a SARIF report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeOf {
    Head,
    All,
}

impl From<ScopeOf> for keysift::report::SarifScope {
    fn from(typed: ScopeOf) -> Self {
        match typed {
            ScopeOf::Head => Self::Head,
            ScopeOf::All => Self::All,
        }
    }
}

/// What a SARIF report makes of what is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SuppressedHow {
    Mark,
    Omit,
}

impl From<SuppressedHow> for keysift::report::SarifSuppressed {
    fn from(typed: SuppressedHow) -> Self {
        match typed {
            SuppressedHow::Mark => Self::Mark,
            SuppressedHow::Omit => Self::Omit,
        }
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

fn confidence(typed: &str) -> Result<Confidence, String> {
    let all = [Confidence::Low, Confidence::Medium, Confidence::High];
    all.into_iter().find(|known| name(known) == typed).ok_or("use low, medium or high".to_string())
}
