//! The command line: reads arguments, terminal and environment, runs the engine, writes the report, exits.

mod args;
mod audit;
mod baseline;
mod config;
mod exit;
mod hook;
mod import;
mod message;
mod output;
mod panic;
mod plan;
mod progress;
mod report;
mod rules;
mod settings;
mod signal;
mod verify;

use args::{Args, Command};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use exit::ExitCode;
use keysift::error::{Error, Result};
use keysift::finding::Report;
use keysift::report::Format;
use keysift::report::document::{Document, Secrets};
use keysift::scanner::Progress;
use keysift::{engine, report as reports};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The program.
pub fn main() -> ExitCode {
    panic::install();
    #[cfg(debug_assertions)]
    if std::env::var_os("KEYSIFT_PANIC").is_some() {
        keysift::detect::fault::arm();
    }
    keysift::mapped::survive_truncation();
    let parsed = Args::command().try_get_matches().and_then(|typed| Ok((Args::from_arg_matches(&typed)?, typed)));
    let outcome = match parsed {
        // The hook has told of a panic.
        Ok((args, typed)) => catch_unwind(AssertUnwindSafe(|| dispatch(args, &typed))).unwrap_or(Ok(ExitCode::Failed)),
        Err(stop) => usage(&stop),
    };
    outcome.unwrap_or_else(|error| {
        message::error(error.to_string());
        ExitCode::Failed
    })
}

fn dispatch(args: Args, typed: &ArgMatches) -> Result<ExitCode> {
    match args.command {
        Command::Config { command } => config::run(command, typed),
        Command::Baseline { command } => baseline::run(command),
        _ => run(args),
    }
}

fn run(args: Args) -> Result<ExitCode> {
    let Some(run) = plan::resolve(&args)? else {
        return match args.command {
            Command::Hook(command) => hook::main(command),
            Command::Report { action } => report::run(action),
            Command::Rules { action } => rules::run(action),
            Command::Verify(pair) => verify::run_pair(&pair, &AtomicBool::new(false)),
            _ => unreachable!("all other commands search something"),
        };
    };
    let mut report = search(&run)?;
    let plan = verified(&mut report, &run)?;
    publish(&report, &run)?;
    if let Some(plan) = plan {
        let on_stdout = |target: &plan::Target| target.output.file().is_none();
        let for_people = run.outputs.iter().all(|target| target.format == Format::Human || !on_stdout(target));
        verify::tell_plan(&plan, for_people)?;
    }
    let code = ExitCode::of(&report, run.exit_zero);
    // The process ends here: taking hundreds of rules apart is time that a commit would wait for. The report is not
    // forgotten: secrets in it are overwritten when it is dropped.
    std::mem::forget(run);
    Ok(code)
}

/// Runs the engine, with progress on a terminal, until a signal says to stop.
fn search(run: &plan::Run) -> Result<Report> {
    signal::install(Arc::clone(&run.stop));
    if run.verbose {
        let version = env!("CARGO_PKG_VERSION");
        message::note(format!("version {version}, {} rules, {} threads", run.plan.rules.len(), run.plan.threads));
    }
    let forgets = run.plan.store.is_none() && matches!(run.plan.command, engine::Command::History { .. });
    if run.plan.budget.is_some() && forgets && !run.quiet {
        message::note(
            "without a store nothing is remembered: if the time budget ends this run, the next one starts anew",
        );
    }
    let progress = Arc::new(Progress::default());
    let bar = progress::Bar::start(Arc::clone(&progress), run.quiet);
    let result = engine::run(&run.plan, &progress, &run.stop);
    drop(bar);
    if !run.quiet {
        progress.notes().into_iter().for_each(message::note);
    }
    result
}

/// Asks AWS where that is wanted. Gives what it would ask, where only that was to be told.
fn verified(report: &mut Report, run: &plan::Run) -> Result<Option<String>> {
    match &run.verify {
        Some(verify) => verify.report(report, &Arc::default(), &run.stop),
        None => Ok(None),
    }
}

/// Writes the reports to where the user wants them.
fn publish(found: &Report, run: &plan::Run) -> Result<()> {
    let mut whole = true;
    for plan::Target { format, output, options } in &run.outputs {
        let written = match format {
            Format::Sarif => report::write_sarif(&Document::new(found, Secrets::Hidden), output, options),
            _ => output.write(|to| reports::write(*format, found, options, to)),
        };
        whole &= written? == output::Written::Whole;
        if *format == Format::Github {
            job_summary(|to| reports::write(Format::Markdown, found, &reports::Options::default(), to))?;
        }
    }
    if whole && !run.quiet {
        tell(found, run);
    }
    Ok(())
}

/// Adds what `write` writes to the summary of the GitHub Actions job that this runs in, if it does.
fn job_summary(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let append = || write(&mut std::fs::File::options().append(true).create(true).open(&path)?);
    append().map_err(|e| Error::io("cannot add to the job summary that GITHUB_STEP_SUMMARY names", e))
}

/// What a person wants to know who does not see the report itself.
fn tell(report: &Report, run: &plan::Run) {
    let files: Vec<String> =
        run.outputs.iter().filter_map(|target| target.output.file()).map(|file| file.display().to_string()).collect();
    if !files.is_empty() {
        let (findings, gaps) = (count(report.findings.len(), "finding"), count(report.gaps.len(), "gap"));
        message::note(format!("{findings}, {gaps}: see {}", files.join(", ")));
    }
    if run.verbose {
        let receipt = &report.receipt;
        message::note(format!(
            "searched {} of {} objects or files, {} bytes, in {} ms",
            receipt.scanned, receipt.seen, receipt.bytes, receipt.duration_ms
        ));
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Prints what the argument parser has to say: help and version on standard output, errors on standard error.
fn usage(stop: &clap::Error) -> Result<ExitCode> {
    match stop.print() {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => return Err(Error::io("cannot write to standard output", e)),
        _ => {}
    }
    Ok(if stop.use_stderr() { ExitCode::Failed } else { ExitCode::Clean })
}
