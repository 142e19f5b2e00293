//! From what was typed to what is to be done: an engine plan, a place for the report, and how to write it.
//!
//! All that can be refused is refused here, before any work.

use super::args::{Args, ColorWhen, Command, Common, FormatTo, Settings};
use super::output::Output;
use super::settings;
use keysift::engine::{self, Plan};
use keysift::error::{Error, Result};
use keysift::report;
use keysift::source::repo::Environment;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A run, resolved.
pub struct Run {
    pub plan: Plan,
    pub outputs: Vec<Target>,
    pub exit_zero: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub verify: Option<super::verify::Verify>,
    /// Set by a signal: stop, and report what there is.
    pub stop: Arc<AtomicBool>,
}

/// One report to be written.
pub struct Target {
    pub format: report::Format,
    pub output: Output,
    pub options: report::Options,
}

/// How a command wants its reports written.
pub struct Writing<'a> {
    pub formats: &'a [FormatTo],
    pub file: Option<&'a Path>,
    pub color: ColorWhen,
    pub show_secrets: bool,
    pub verbosity: report::Verbosity,
    pub sarif: report::SarifChoice,
}

/// Where each report goes: those without a file of their own to `-o`, or else to standard output, of which there is one.
///
/// # Errors
/// Two reports for one place, a target that cannot be written, secrets for anything but a terminal.
pub fn targets(writing: &Writing<'_>) -> Result<Vec<Target>> {
    let human = [FormatTo { format: report::Format::Human, file: None }];
    let formats = if writing.formats.is_empty() { &human[..] } else { writing.formats };
    let mut places: Vec<Option<&Path>> = Vec::new();
    for FormatTo { format, file } in formats {
        let place = file.as_deref().or(writing.file);
        if places.contains(&place) {
            let name = format.name();
            return Err(Error::usage(match place {
                Some(file) => format!("two reports for {}: give {name} a file of its own", file.display()),
                None => format!("two reports for standard output: write --format {name}=FILE"),
            }));
        }
        places.push(place);
    }
    if let Some(file) = writing.file.filter(|file| !places.contains(&Some(file))) {
        return Err(Error::usage(format!("no report goes to {}: every --format names its own file", file.display())));
    }
    let terminal = std::io::stdout().is_terminal();
    if writing.show_secrets && (!terminal || places.iter().any(Option::is_some)) {
        return Err(Error::usage(
            "--show-secrets shows them to a person at a terminal only: standard output is none, or a report goes to a file",
        ));
    }
    let one = |(place, typed): (&Option<&Path>, &FormatTo)| {
        let to_file = place.is_some();
        let on_terminal = terminal && !to_file;
        Ok(Target {
            format: typed.format,
            output: Output::prepare(*place)?,
            options: report::Options {
                color: color(writing.color, on_terminal, to_file, |name| std::env::var_os(name)),
                show_secrets: writing.show_secrets,
                width: width(on_terminal),
                verbosity: writing.verbosity,
                sarif: writing.sarif,
                links: if links(on_terminal, |name| std::env::var_os(name)) {
                    std::env::current_dir().ok()
                } else {
                    None
                },
            },
        })
    };
    places.iter().zip(formats).map(one).collect()
}

/// Resolves a command that searches something, with the environment and the terminal as they are; `None` for any other.
///
/// # Errors
/// A combination that is refused, a target that cannot be written, a broken rule file, an unknown rule.
pub fn resolve(args: &Args) -> Result<Option<Run>> {
    let (Some(common), Some(command)) = (args.command.common(), command(&args.command)) else { return Ok(None) };
    let mut run = resolve_as(common, &common.settings, command, environment(&args.command))?;
    run.plan.store = store(&args.command);
    Ok(Some(run))
}

/// Resolves the common options, with `settings` in place of theirs, for a command that is known already.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_as(
    common: &Common,
    settings: &Settings,
    command: engine::Command,
    environment: Environment,
) -> Result<Run> {
    let resolved = settings::resolve(settings, command, environment)?;
    let verify = super::verify::resolve(common.verify, &common.how_to_verify, common.quiet, &resolved.config)?;
    let outputs = targets(&Writing {
        formats: &common.format,
        file: common.output.as_deref(),
        color: common.color,
        show_secrets: common.show_secrets,
        verbosity: verbosity(common),
        sarif: report::SarifChoice { scope: common.sarif_scope.into(), suppressed: common.sarif_suppressed.into() },
    })?;
    Ok(Run {
        exit_zero: common.exit_zero,
        quiet: common.quiet,
        verbose: common.verbose,
        verify,
        stop: Arc::default(),
        outputs,
        plan: Plan { least: common.min_confidence, budget: common.time_budget, ..resolved.plan },
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

/// Where searches of histories are remembered; nowhere without a home.
fn store(command: &Command) -> Option<PathBuf> {
    match command {
        Command::History { store: Some(file), no_store: false, full_blobs: false, .. } => Some(file.clone()),
        Command::History { store: None, no_store: false, full_blobs: false, .. } => {
            cache_folder().map(|folder| folder.join("history.redb"))
        }
        _ => None,
    }
}

/// Where this user's machine keeps what can be made again.
pub fn cache_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "keysift").map(|folders| folders.cache_dir().to_owned())
}

fn command(typed: &Command) -> Option<engine::Command> {
    Some(match typed {
        Command::Scan { paths, .. } => engine::Command::Scan { paths: paths.clone() },
        Command::History { repo, no_attribution, full_blobs, submodules, .. } => engine::Command::History {
            repo: repo.clone(),
            attribution: !no_attribution,
            full_blobs: *full_blobs,
            submodules: *submodules,
        },
        Command::Staged { repo, whole_files, .. } => {
            engine::Command::Staged { repo: repo.clone(), whole_files: *whole_files, whole_index: false }
        }
        Command::Range { spec, repo, .. } => engine::Command::Range { repo: repo.clone(), spec: spec.clone() },
        Command::Hook(_)
        | Command::Report { .. }
        | Command::Rules { .. }
        | Command::Verify(_)
        | Command::Config { .. }
        | Command::Baseline { .. } => return None,
    })
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

/// Whether the terminal is one that shows links (OSC 8). FORCE_HYPERLINK outranks what the terminal says of itself.
fn links(terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
    let text = |name: &str| env(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    match text("FORCE_HYPERLINK").as_str() {
        "" => {}
        forced => return terminal && forced != "0",
    }
    let kind = text("TERM");
    let known = ["alacritty", "foot", "tmux", "xterm-ghostty", "xterm-kitty", "wezterm"];
    let programs = ["ghostty", "Hyper", "iTerm.app", "vscode", "WezTerm"];
    terminal
        && kind != "dumb"
        && (known.iter().any(|name| kind.starts_with(name))
            || programs.contains(&text("TERM_PROGRAM").as_str())
            || text("VTE_VERSION").parse().is_ok_and(|version: u32| version >= 5_000)
            || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM"].iter().any(|name| !text(name).is_empty()))
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

    #[test]
    fn links_where_the_terminal_shows_them() {
        let with = |terminal, set: &[(&str, &str)]| {
            links(terminal, |name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value)))
        };
        assert!(!with(true, &[("TERM", "xterm-256color")]), "nobody knows whether it can");
        assert!(with(true, &[("TERM", "xterm-256color"), ("VTE_VERSION", "7402")]));
        assert!(!with(true, &[("TERM", "xterm-256color"), ("VTE_VERSION", "4600")]));
        assert!(with(true, &[("TERM", "tmux-256color")]));
        assert!(!with(false, &[("TERM", "tmux-256color")]), "a file or a pipe");
        assert!(!with(true, &[("TERM", "dumb"), ("TERM_PROGRAM", "vscode")]));
        assert!(with(true, &[("FORCE_HYPERLINK", "1")]));
        assert!(!with(true, &[("TERM", "tmux"), ("FORCE_HYPERLINK", "0")]));
    }
}
