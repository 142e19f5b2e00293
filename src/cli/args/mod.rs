//! The command line: exactly what was typed, checked for form only. `plan.rs` says what it means.
//!
//! | file | what |
//! |---|---|
//! | `common` | what every command understands that searches |
//! | `settings` | what configuration files can say as well |
//! | `hook`, `config`, `baseline` | what these commands take |
//! | `duration` | times such as 90s |

mod baseline;
mod common;
mod config;
mod duration;
mod hook;
mod settings;

pub use baseline::{BaselineCommand, BaselineFields, BaselineTarget};
pub use common::{ColorWhen, Common, FormatTo, ScopeOf, SuppressedHow};
pub use config::{ConfigCommand, ConfigImport};
pub use hook::{HookCommand, HookName, Hooks, RunName};
pub use settings::Settings;

use super::verify::PairArgs;
use clap::builder::BoolishValueParser;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

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
        #[arg(long, env = "KEYSIFT_NO_STORE", value_parser = BoolishValueParser::new())]
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use keysift::report::Format;

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
        assert_eq!((limits.max_content, limits.max_findings, limits.max_unpacked), (256 << 20, 100_000, 128 << 20));
        for (option, value) in [
            ("max_content", limits.max_content),
            ("max_unpacked", limits.max_unpacked),
            ("max_findings", limits.max_findings as u64),
        ] {
            let scan = Args::command().find_subcommand("scan").expect("there is one").clone();
            let help = scan.get_arguments().find(|argument| argument.get_id() == option).and_then(|a| a.get_help());
            let help = help.expect("it has help").to_string();
            let stated = help.rsplit_once("[default: ").and_then(|(_, rest)| rest.strip_suffix(']')).expect("stated");
            assert_eq!(keysift::scanner::content_size(stated), Ok(value), "{help}");
        }
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
