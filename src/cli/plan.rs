//! From what was typed to what is to be done: an engine plan, a place for the report, and how to write it.
//!
//! All that can be refused is refused here, before any work.

use super::args::{Args, ColorWhen, Command, Common, Format};
use super::output::Output;
use keysift::engine::{self, Plan};
use keysift::error::{Error, Result};
use keysift::report;
use keysift::rule::RuleSet;
use keysift::scanner::Limits;
use keysift::source::repo::Environment;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::Arc;

/// A run, resolved.
pub struct Run {
    pub plan: Plan,
    pub output: Output,
    pub format: report::Format,
    pub options: report::Options,
    pub exit_zero: bool,
    pub quiet: bool,
    pub verbose: bool,
}

/// Resolves a command that searches something, with the environment and the terminal as they are; `None` for any other.
///
/// # Errors
/// A combination that is refused, a target that cannot be written, a broken rule file, an unknown rule.
pub fn resolve(args: &Args) -> Result<Option<Run>> {
    let (Some(common), Some(command)) = (args.command.common(), command(&args.command)) else { return Ok(None) };
    resolve_as(common, command, environment(&args.command)).map(Some)
}

/// Resolves the common options for a command that is known already.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_as(common: &Common, command: engine::Command, environment: Environment) -> Result<Run> {
    let terminal = std::io::stdout().is_terminal() && common.output.is_none();
    if common.show_secrets && !terminal {
        return Err(Error::usage(
            "--show-secrets shows them to a person at a terminal only: standard output is none, or -o is given",
        ));
    }
    let output = Output::prepare(common.output.as_deref())?;
    let rules = RuleSet::load(&common.rules)?.select(&common.only_rules, &common.without_rules)?;
    let options = report::Options {
        color: color(common.color, terminal, common.output.is_some(), |name| std::env::var_os(name)),
        show_secrets: common.show_secrets,
        width: width(terminal),
        verbosity: verbosity(common),
    };
    Ok(Run {
        format: match common.format {
            Format::Human => report::Format::Human,
            Format::Json => report::Format::Json,
            Format::Jsonl => report::Format::Jsonl,
            Format::Sarif => report::Format::Sarif,
        },
        exit_zero: common.exit_zero,
        quiet: common.quiet,
        verbose: common.verbose,
        options,
        output,
        plan: Plan {
            rules: Arc::new(rules),
            threads: common.threads.unwrap_or_else(processors),
            limits: Limits { max_content: common.max_content, max_findings: common.max_findings },
            environment,
            command,
        },
    })
}

/// What git says of the repository it started us in. It counts for that repository only, not for one that the user
/// named otherwise.
fn environment(command: &Command) -> Environment {
    match command {
        Command::History { repo, .. } | Command::Staged { repo, .. } | Command::Range { repo, .. }
            if repo.as_os_str() == "." =>
        {
            Environment::from_lookup(|name| std::env::var_os(name))
        }
        _ => Environment::default(),
    }
}

fn command(typed: &Command) -> Option<engine::Command> {
    Some(match typed {
        Command::Scan { paths, .. } => engine::Command::Scan { paths: paths.clone() },
        Command::History { repo, no_attribution, full_blobs, .. } => {
            engine::Command::History { repo: repo.clone(), attribution: !no_attribution, full_blobs: *full_blobs }
        }
        Command::Staged { repo, whole_files, .. } => {
            engine::Command::Staged { repo: repo.clone(), whole_files: *whole_files, whole_index: false }
        }
        Command::Range { spec, repo, .. } => engine::Command::Range { repo: repo.clone(), spec: spec.clone() },
        Command::Hook(_) => return None,
    })
}

/// Processors that this process may use: affinity and control groups count.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn verbosity(common: &Common) -> report::Verbosity {
    match (common.quiet, common.verbose) {
        (true, _) => report::Verbosity::Quiet,
        (_, true) => report::Verbosity::Verbose,
        _ => report::Verbosity::Normal,
    }
}

/// Columns of the terminal; where there is none, what the report takes as normal.
fn width(terminal: bool) -> usize {
    let size = if terminal { terminal_size::terminal_size() } else { None };
    size.map_or(report::Options::default().width, |(columns, _)| usize::from(columns.0))
}

/// Whether to use colour. The option outranks the environment; NO_COLOR outranks what asks for colour. A file gets
/// colour only when the option says "always".
fn color(when: ColorWhen, terminal: bool, to_file: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let on = |name: &str| set(name).is_some_and(|value| value != "0");
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if set("NO_COLOR").is_some() || to_file => false,
        ColorWhen::Auto if on("FORCE_COLOR") || on("CLICOLOR_FORCE") => true,
        ColorWhen::Auto => {
            let refused = |name: &str, value: &str| env(name).is_some_and(|v| v == value);
            terminal && !refused("FORCE_COLOR", "0") && !refused("CLICOLOR", "0") && !refused("TERM", "dumb")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(terminal: bool, set: &[(&str, &str)]) -> bool {
        let env = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        color(ColorWhen::Auto, terminal, false, env)
    }

    #[test]
    fn colour() {
        assert!(auto(true, &[]));
        assert!(!auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]), "empty means not set, as no-color.org says");
        assert!(!auto(true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(auto(false, &[("FORCE_COLOR", "1")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("FORCE_COLOR", "0")]));
        assert!(!auto(true, &[("CLICOLOR", "0")]));
        assert!(auto(true, &[("CLICOLOR", "1")]));
        assert!(!auto(true, &[("TERM", "dumb")]));
    }

    #[test]
    fn the_option_outranks_the_environment_and_files_stay_plain() {
        let force = |_: &str| Some(OsString::from("1"));
        assert!(color(ColorWhen::Always, false, true, force));
        assert!(!color(ColorWhen::Never, true, false, force));
        let forced = |name: &str| (name == "FORCE_COLOR").then(|| OsString::from("1"));
        assert!(!color(ColorWhen::Auto, false, true, forced));
    }
}
