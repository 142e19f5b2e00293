//! Verification as the command line has it: options, environment, refusals, the plan in words, `keysift verify`.

mod announce;
pub mod args;
mod environment;
mod pair;
mod refuse;

use super::message;
use super::progress::Bar;
use args::{VerifyArgs, When};
use keysift::config::Config;
use keysift::engine::verdicts;
use keysift::error::{Error, Result};
use keysift::finding::Report;
use keysift::scanner::Progress;
use keysift::verdict::Verification;
use keysift::verify::cache::Cache;
use keysift::verify::clock::System;
use keysift::verify::http::{Http, Network};
use keysift::verify::log::Log;
use keysift::verify::operator::{self, Operator};
use keysift::verify::run::Tools;
use keysift::verify::{Key, Plan, Settings};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use pair::{PairArgs, run as run_pair};

/// Verification, resolved: what was typed and what the environment says.
pub struct Verify {
    settings: Settings,
    network: Network,
    /// Whether to ask, or only to plan.
    ask: bool,
    cache: Option<(PathBuf, keysift::verify::cache::Ages)>,
    log: Option<PathBuf>,
    operator: Option<operator::Options>,
    quiet: bool,
}

/// Prints a plan that was all that was asked for. It follows a report for people; programs find their document alone on
/// standard output.
pub fn tell_plan(plan: &str, for_people: bool) -> Result<()> {
    if !for_people {
        message::note(plan);
        return Ok(());
    }
    match writeln!(std::io::stdout(), "\n{}", message::escape(plan)) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot write to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Resolves the options; `None` when nothing is to be verified.
///
/// # Errors
/// Options without `--verify`, a place where verification is refused, an environment that makes no sense.
pub fn resolve(when: Option<When>, args: &VerifyArgs, quiet: bool, config: &Config) -> Result<Option<Verify>> {
    let Some(when) = when else {
        return match args.first_given() {
            Some(name) => Err(Error::usage(format!("{name} does nothing without --verify"))),
            None => Ok(None),
        };
    };
    let lookup = |name: &str| std::env::var_os(name);
    if let Some(why) = refuse::reason(lookup) {
        return Err(Error::Usage(why));
    }
    environment::resolve(when, args, config, quiet, lookup).map(Some)
}

impl Verify {
    /// Asks about the keys of `report` and writes the verdicts into it. Gives the plan in words where only a plan was
    /// asked for.
    ///
    /// # Errors
    /// What the user must mend before anything can be asked, or a log that cannot be written.
    pub fn report(&self, report: &mut Report, progress: &Arc<Progress>, stop: &AtomicBool) -> Result<Option<String>> {
        let found = verdicts::keys(report, self.operator.is_some());
        let (indices, keys): (Vec<usize>, Vec<Key>) = found.into_iter().map(|found| (found.finding, found.key)).unzip();
        let (answers, done) = self.keys(keys, progress, stop)?;
        verdicts::apply(report, indices.into_iter().zip(answers));
        Ok(done)
    }

    /// Asks about `keys`.
    fn keys(
        &self,
        keys: Vec<Key>,
        progress: &Arc<Progress>,
        stop: &AtomicBool,
    ) -> Result<(Vec<Verification>, Option<String>)> {
        let http = Http::new(&self.settings, self.network.clone()).map_err(Error::Usage)?;
        let cache = self.open_cache();
        let log = self.open_log()?;
        let clock = System::new();
        let tools = Tools { transport: &http, clock: &clock, cache: cache.as_ref(), log: &log, progress, stop };
        if let Some(options) = &self.operator {
            let operator = Operator::new(options, &self.settings);
            let text = announce::operator(&operator.numbers(&keys), options);
            if !self.ask {
                let answers = keys.iter().map(|_| Verification::unknown("not asked: this was a plan only")).collect();
                return Ok((answers, Some(text)));
            }
            self.note(&text);
            let bar = Bar::start(Arc::clone(progress), self.quiet);
            let answers = operator.ask(&keys, &http, &tools).map_err(Error::Usage)?;
            drop(bar);
            return self.finish(answers, log);
        }
        let plan = Plan::new(keys, &self.settings, cache.as_ref());
        let text = announce::plan(&plan.numbers(), &self.settings, &self.network);
        if !self.ask {
            return Ok((plan.unasked(), Some(text)));
        }
        self.note(&text);
        let bar = Bar::start(Arc::clone(progress), self.quiet);
        let answers = plan.ask(&tools);
        drop(bar);
        self.finish(answers, log)
    }

    fn finish(&self, answers: Vec<Verification>, log: Log) -> Result<(Vec<Verification>, Option<String>)> {
        let path = self.log.clone().unwrap_or_default();
        let sums = log.finish().map_err(|error| Error::io(format!("cannot write {}", path.display()), error))?;
        if sums.calls > 0 {
            self.note(&announce::sums(&sums));
        }
        Ok((answers, None))
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            message::note(text);
        }
    }

    fn open_cache(&self) -> Option<Cache> {
        let (folder, ages) = self.cache.as_ref().filter(|_| self.operator.is_none())?;
        match Cache::open(folder, *ages) {
            Ok(cache) => Some(cache),
            Err(error) => {
                self.note(&format!("no cache of verdicts: {}: {error}", folder.display()));
                None
            }
        }
    }

    fn open_log(&self) -> Result<Log> {
        let Some(path) = &self.log else { return Ok(Log::default()) };
        let mut options = std::fs::OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| Error::io(format!("cannot write {}", path.display()), error))?;
        Ok(Log::to(Box::new(file)))
    }
}
