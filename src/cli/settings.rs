//! From configuration files, environment and options to a plan: options outrank KEYSIFT_* variables (the argument
//! parser has seen to that), these outrank files, and of files the one that is named outranks the repository's, which
//! outranks the user's.

use super::args::Settings;
use keysift::allow::Folders;
use keysift::baseline::{self, Baseline};
use keysift::config::{self, Config, Trust};
use keysift::engine::{Command, Plan};
use keysift::error::{Error, Result};
use keysift::finding::Confidence;
use keysift::rule::{self, RuleSet};
use keysift::scanner::Limits;
use keysift::source::repo::{Environment, Repo};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// All that is decided.
pub struct Resolved {
    pub plan: Plan,
    pub config: Config,
    /// Where the baseline lies or would lie, and how messages name it.
    pub baseline: (PathBuf, String),
    /// Root of the work tree, or the scanned folder.
    pub root: Option<PathBuf>,
}

/// Resolves `settings` for `command`.
///
/// # Errors
/// A broken configuration, rule file or baseline.
pub fn resolve(settings: &Settings, command: Command, environment: Environment) -> Result<Resolved> {
    // Beside what is read here first.
    rule::read_ahead();
    let current = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    let root = root(&command, &environment, &current);
    let config = read(settings, root.as_deref())?;
    let rules = config.rules(RuleSet::load(&settings.rules)?)?;
    let rules = Arc::new(rules.select(&settings.only_rules, &settings.without_rules)?);
    let folders = Folders { root: root.clone(), current };
    let allow = config.allowances(&rules, !settings.no_markers, folders)?;
    let place = baseline_place(settings, &config, root.as_deref());
    let explicit = settings.baseline.is_some() || config.baseline.is_some();
    let baseline = match &place {
        _ if settings.no_baseline || settings.no_repo_config && !explicit => None,
        (path, name) => {
            let read = Baseline::read(path, name, &today())?;
            if read.is_none() && settings.baseline.is_some() {
                let text = format!("baseline {name}: there is no such file; `keysift baseline create` makes one");
                return Err(Error::usage(text));
            }
            read
        }
    };
    let defaults = Limits::default();
    let limits = Limits {
        max_content: settings.max_content.or(config.max_content.as_ref().map(|v| v.0)).unwrap_or(defaults.max_content),
        max_unpacked: (settings.max_unpacked.or(config.max_unpacked.as_ref().map(|v| v.0)))
            .unwrap_or(defaults.max_unpacked),
        max_findings: (settings.max_findings.or(config.max_findings.as_ref().map(|v| v.0)))
            .unwrap_or(defaults.max_findings),
    };
    let threads = settings.threads.or(config.threads.as_ref().map(|v| v.0)).unwrap_or_else(processors);
    let (least, store, budget) = (Confidence::Low, None, None);
    let plan = Plan { rules, threads, limits, environment, allow, baseline, command, least, store, budget };
    Ok(Resolved { plan, config, baseline: place, root })
}

/// The user's own configuration.
///
/// # Errors
/// What is wrong in it, with its line.
pub fn own() -> Result<Config> {
    let mut config = Config::default();
    if let Some(path) = user_file() {
        config.add(&path, &path.to_string_lossy(), Trust::User)?;
    }
    Ok(config)
}

/// The configuration files, the weakest first.
fn read(settings: &Settings, root: Option<&Path>) -> Result<Config> {
    let mut config = own()?;
    if let Some(root) = root.filter(|_| !settings.no_repo_config) {
        config.add(&root.join(config::FILE), config::FILE, Trust::Repository).map_err(|error| {
            Error::usage(format!("{error} (--no-repo-config does without the repository's configuration)"))
        })?;
    }
    if let Some(path) = &settings.config
        && !config.add(path, &path.to_string_lossy(), Trust::User)?
    {
        return Err(Error::usage(format!("{}: there is no such configuration file", path.display())));
    }
    Ok(config)
}

/// The user's own configuration: `keysift/config.toml` where the platform keeps such files.
fn user_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) { folder("APPDATA") } else { None };
    let base = folder("XDG_CONFIG_HOME").or(base).or_else(|| folder("HOME").map(|home| home.join(".config")));
    Some(base?.join("keysift").join("config.toml"))
}

fn baseline_place(settings: &Settings, config: &Config, root: Option<&Path>) -> (PathBuf, String) {
    match (&settings.baseline, &config.baseline) {
        (Some(path), _) | (None, Some((path, _))) => (path.clone(), path.to_string_lossy().into_owned()),
        (None, None) => (root.unwrap_or(Path::new("")).join(baseline::FILE), baseline::FILE.to_string()),
    }
}

/// The folder that the configuration of what is scanned lies in: the root of the work tree, or where there is no
/// repository the folder itself. Two repositories have none in common; a bare one has none.
fn root(command: &Command, environment: &Environment, current: &Path) -> Option<PathBuf> {
    match command {
        Command::Scan { paths } => {
            let mut roots = paths.iter().map(|path| {
                let folder = match path.parent() {
                    _ if path.as_os_str() == "-" => Path::new("."),
                    Some(parent) if !path.is_dir() => parent,
                    _ => path,
                };
                let folder = std::fs::canonicalize(current.join(folder)).ok()?;
                work_tree(&folder, &Environment::default()).or(Some(folder))
            });
            let first = roots.next()??;
            roots.all(|root| root.as_ref() == Some(&first)).then_some(first)
        }
        Command::History { repo, .. }
        | Command::Staged { repo, .. }
        | Command::Range { repo, .. }
        | Command::Push { repo, .. }
        | Command::Message { repo, .. } => {
            // In a hook of a linked work tree git names the git directory only; the work tree is where it runs us.
            work_tree(repo, environment).or_else(|| {
                environment.git_dir.as_ref()?;
                current.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
            })
        }
    }
}

fn work_tree(folder: &Path, environment: &Environment) -> Option<PathBuf> {
    let repo = Repo::open(folder, environment, &Limits::default()).ok()?;
    std::fs::canonicalize(repo.layout().work_tree.as_ref()?).ok()
}

/// Today, `YYYY-MM-DD` in UTC.
pub fn today() -> String {
    baseline::date(days_since_1970())
}

/// Days since 1970-01-01 in UTC.
pub fn days_since_1970() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
    (seconds / 86_400) as i64
}

/// Processors that this process may use: affinity and control groups count.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
