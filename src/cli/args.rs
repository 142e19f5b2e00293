//! The command line: exactly what was typed, checked for form only. `plan.rs` says what it means.

use super::verify::PairArgs;
use super::verify::args::{VerifyArgs, When};
use clap::builder::RangedU64ValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use keysift::finding::Confidence;
use keysift::report::Format;
use keysift::report::document::name;
use keysift::scanner::content_size;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Find leaked credentials, AWS keys first of all, in files and in git.
#[derive(Debug, Parser)]
#[command(name = "keysift", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Search files as they lie on disk
    #[command(after_help = "Examples:\n  keysift scan\n  keysift scan src deploy.env\n  env | keysift scan -")]
    Scan {
        /// Files and folders; "-" reads standard input
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Search every object of a git repository, reachable or not
    #[command(after_help = "Examples:\n  keysift history\n  keysift history ../other.git --format json -o leaks.json")]
    History {
        /// The repository, or a folder in it
        #[arg(value_name = "REPO", default_value = ".")]
        repo: PathBuf,
        /// Do not look for the commits and paths of what is found, nor into the names of files: faster
        #[arg(long)]
        no_attribution: bool,
        /// Search every byte of every blob instead of what changed: slower, the same report
        #[arg(long)]
        full_blobs: bool,
        /// Search the histories of submodules and of other repositories within this one too, as far as they are here
        #[arg(long)]
        submodules: bool,
        /// Remember in this file what was searched, so that the next run reads only what is new [default: history.redb in
        /// your cache folder]
        #[arg(long, value_name = "FILE", env = "KEYSIFT_STORE")]
        store: Option<PathBuf>,
        /// Neither use nor remember what earlier runs have searched
        #[arg(long, env = "KEYSIFT_NO_STORE")]
        no_store: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Search what `git commit` would record now
    #[command(after_help = "Example, as .git/hooks/pre-commit:\n  #!/bin/sh\n  exec keysift staged")]
    Staged {
        /// The repository, or a folder in it
        #[arg(value_name = "REPO", default_value = ".")]
        repo: PathBuf,
        /// Report all that the staged files hold, not only what the commit adds
        #[arg(long)]
        whole_files: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Search what HEAD adds over BASE, merge commits included
    #[command(after_help = "Examples:\n  keysift range origin/main..HEAD\n  keysift range main...topic ../repo")]
    Range {
        /// Two or three dots mean what git means by them
        #[arg(value_name = "BASE..HEAD")]
        spec: String,
        /// The repository, or a folder in it
        #[arg(value_name = "REPO", default_value = ".")]
        repo: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Ask AWS whether one key is live; the key comes from a prompt or standard input
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(PairArgs),
    /// Have git ask keysift before it commits, pushes or accepts a push
    #[command(subcommand)]
    Hook(HookCommand),
    /// Convert, merge or compare reports that were written with --format json
    Report {
        #[command(subcommand)]
        action: super::report::Action,
    },
    /// List and show the rules, and test those of a file
    Rules {
        #[command(subcommand)]
        action: super::rules::Action,
    },
    /// Show the configuration, or make one of another tool's
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Keep a list of findings that are dealt with
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
}

/// What to do about hooks.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Put keysift into a repository's hooks; hooks that are there keep running, before it
    #[command(after_help = "Examples:\n  keysift hook install\n  keysift hook install --global pre-commit pre-push")]
    Install {
        #[command(flatten)]
        which: Hooks,
    },
    /// Take keysift out again and put back what was there before
    Uninstall {
        #[command(flatten)]
        which: Hooks,
    },
    /// Say which hooks run keysift here
    Status {
        /// Of the hooks for all repositories of this user
        #[arg(long)]
        global: bool,
    },
    /// What a hook calls: search what git is about to do, as git tells it
    #[command(after_help = "Example, as .git/hooks/pre-push:\n  #!/bin/sh\n  exec keysift hook run pre-push -- \"$@\"")]
    Run {
        /// The hook's name; `auto` asks the variables of pre-commit and prek
        #[arg(value_name = "HOOK")]
        name: RunName,
        /// What git gave to the hook
        #[arg(value_name = "ARGUMENT")]
        arguments: Vec<std::ffi::OsString>,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Hooks, as typed.
#[derive(Debug, Clone, clap::Args)]
pub struct Hooks {
    /// For all repositories of this user, by core.hooksPath
    #[arg(long)]
    pub global: bool,
    /// Which hooks [default: pre-commit, pre-merge-commit and pre-push; pre-receive in a bare repository; all that are
    /// there to uninstall]
    #[arg(value_name = "HOOK")]
    pub names: Vec<HookName>,
}

/// The hooks that keysift can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum HookName {
    PreCommit,
    PreMergeCommit,
    PrePush,
    CommitMsg,
    PreReceive,
}

/// What `hook run` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunName {
    Auto,
    PreCommit,
    PreMergeCommit,
    PrePush,
    CommitMsg,
    PreReceive,
}

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

impl Command {
    /// The options that every command has that searches.
    pub fn common(&self) -> Option<&Common> {
        match self {
            Self::Config { .. } | Self::Baseline { .. } => None,
            Self::Scan { common, .. }
            | Self::History { common, .. }
            | Self::Staged { common, .. }
            | Self::Range { common, .. } => Some(common),
            Self::Hook(HookCommand::Run { common, .. }) => Some(common),
            Self::Hook(_) | Self::Report { .. } | Self::Rules { .. } | Self::Verify(_) => None,
        }
    }
}

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

/// What configuration files can say as well, and which of them count.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Settings {
    /// Read this configuration file too; it outranks the repository's .keysift.toml
    #[arg(long, value_name = "FILE", env = "KEYSIFT_CONFIG", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Do without the .keysift.toml and .keysift-baseline of what is scanned: for changes that you do not trust
    #[arg(long, env = "KEYSIFT_NO_REPO_CONFIG", help_heading = "Configuration")]
    pub no_repo_config: bool,
    /// Report what markers such as `keysift:allow` allow
    #[arg(long, env = "KEYSIFT_NO_MARKERS", help_heading = "Configuration")]
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
    /// Use only this rule (repeatable)
    #[arg(long = "rule", value_name = "ID", help_heading = "Rules")]
    pub only_rules: Vec<String>,
    /// Do without this rule (repeatable)
    #[arg(long = "no-rule", value_name = "ID", help_heading = "Rules")]
    pub without_rules: Vec<String>,

    /// Number of threads [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N", env = "KEYSIFT_THREADS", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024), help_heading = "Limits")]
    pub threads: Option<usize>,
    /// Leave out content larger than this (bytes, or with K, M, G); the report names it [default: 256M]
    #[arg(long, value_name = "SIZE", value_parser = content_size, env = "KEYSIFT_MAX_CONTENT", help_heading = "Limits")]
    pub max_content: Option<u64>,
    /// Search at most so much of what one archive unpacks to (zip, gzip, tar); the report names it if that cuts it
    /// [default: 128M]
    #[arg(long, value_name = "SIZE", value_parser = content_size, env = "KEYSIFT_MAX_UNPACKED", help_heading = "Limits")]
    pub max_unpacked: Option<u64>,
    /// Report at most so many credentials, the worst ones first [default: 100000]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..), env = "KEYSIFT_MAX_FINDINGS", help_heading = "Limits")]
    pub max_findings: Option<usize>,
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

const VERIFY_EXAMPLES: &str = "\
Exit status: 1 if it is live, 0 if it is not, 3 if there is no answer, 2 for wrong usage.

Examples:
  keysift verify
  pbpaste | keysift verify --format json";

const EXIT_CODES: &str = "\
Exit status:
    0  nothing found, and everything was read
    1  credentials found (0 with --exit-zero)
    2  wrong usage, broken configuration, or the report cannot be written
    3  nothing found, but something could not be read: the report names it
  130  interrupted; the report holds what was found until then
A closed pipe (keysift ... | head) ends quietly with the status of the finished run.

Example:
  keysift history .";

fn confidence(typed: &str) -> Result<Confidence, String> {
    let all = [Confidence::Low, Confidence::Medium, Confidence::High];
    all.into_iter().find(|known| name(known) == typed).ok_or("use low, medium or high".to_string())
}

/// Parses a time such as `90s`, `4m` or `1h30m`.
fn duration(typed: &str) -> Result<Duration, String> {
    let expected = || "expected a time such as 90s, 4m or 1h30m".to_string();
    let (mut rest, mut seconds, mut largest) = (typed, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let mut after = rest[digits..].chars();
        let unit = match after.next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(expected()),
        };
        // From large to small, each once.
        if unit >= largest {
            return Err(expected());
        }
        largest = unit;
        let number: u64 = rest[..digits].parse().map_err(|_| expected())?;
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(expected)?;
        rest = after.as_str();
    }
    match seconds {
        0 => Err(format!("{}, and more than nothing", expected())),
        1..=31_536_000 => Ok(Duration::from_secs(seconds)),
        _ => Err("at most a year".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn defaults() {
        let args = parse("keysift scan").unwrap();
        let Command::Scan { paths, common } = args.command else { panic!("not a scan") };
        assert_eq!(paths, [PathBuf::from(".")]);
        assert_eq!((common.format, common.color), (vec![], ColorWhen::Auto));
        let limits = keysift::scanner::Limits::default();
        assert_eq!((common.settings.max_content, common.settings.max_findings), (None, None));
        assert_eq!(
            (limits.max_content, limits.max_findings, limits.max_unpacked),
            (256 << 20, 100_000, 128 << 20),
            "as the help says"
        );
    }

    #[test]
    fn formats_and_their_files() {
        let args = parse("keysift scan --format sarif=a=b.sarif --format json").unwrap();
        let formats = args.command.common().expect("a scan has them").format.clone();
        let to = |format, file: Option<&str>| FormatTo { format, file: file.map(PathBuf::from) };
        assert_eq!(formats, [to(Format::Sarif, Some("a=b.sarif")), to(Format::Json, None)]);
        assert!(parse("keysift scan --format sarif=").is_err());
    }

    #[test]
    fn repeatable_options_and_positions() {
        let args = parse("keysift range --rule a a..b --rule b --no-rule c -j 3 -o x repo").unwrap();
        let Command::Range { spec, repo, common } = args.command else { panic!("not a range") };
        assert_eq!((spec.as_str(), repo), ("a..b", PathBuf::from("repo")));
        assert_eq!(
            (common.settings.only_rules, common.settings.without_rules),
            (vec!["a".into(), "b".into()], vec!["c".into()])
        );
        assert_eq!(common.settings.threads, Some(3));
        assert!(matches!(parse("keysift scan - a").unwrap().command, Command::Scan { paths, .. } if paths.len() == 2));
    }

    #[test]
    fn time_budgets() {
        for (typed, seconds) in [("90s", 90), ("4m", 240), ("1h30m", 5400), ("1h2m3s", 3723)] {
            assert_eq!(duration(typed), Ok(Duration::from_secs(seconds)), "{typed}");
        }
        for wrong in [
            "",
            "0s",
            "0h0m",
            "4",
            "m",
            "4 m",
            "-4m",
            "1.5h",
            "1m1h",
            "1m1m",
            "99999999999999999999s",
            "400d",
            "9000h",
            "4é",
        ] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "keysift nonsense",
            "keysift range",
            "keysift history a b",
            "keysift scan --format yaml",
            "keysift scan -j 0",
            "keysift scan -q -v",
            "keysift scan --max-findings 0",
            "keysift scan --min-confidence none",
            "keysift scan --full-blobs",
            "keysift staged --no-attribution",
            "keysift scan --store x",
            "keysift history --time-budget 4",
        ] {
            assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
