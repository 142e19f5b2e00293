//! The command line: reads arguments, terminal and environment, runs the engine, writes the report, exits.

mod args;
mod exit;
mod hook;
mod message;
mod output;
mod panic;
mod plan;
mod progress;
mod signal;

use args::{Args, Command};
use clap::Parser;
use exit::ExitCode;
use keysift::error::{Error, Result};
use keysift::finding::Report;
use keysift::scanner::Progress;
use keysift::{engine, report};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The program.
pub fn main() -> ExitCode {
    panic::install();
    keysift::mapped::survive_truncation();
    let outcome = match Args::try_parse() {
        // The hook has told of a panic.
        Ok(args) => catch_unwind(AssertUnwindSafe(|| run(args))).unwrap_or(Ok(ExitCode::Failed)),
        Err(stop) => usage(&stop),
    };
    outcome.unwrap_or_else(|error| {
        message::error(error.to_string());
        ExitCode::Failed
    })
}

fn run(args: Args) -> Result<ExitCode> {
    let Some(run) = plan::resolve(&args)? else {
        return match args.command {
            Command::Hook(command) => hook::main(command),
            _ => unreachable!("all other commands search something"),
        };
    };
    let report = search(&run)?;
    publish(&report, &run)?;
    Ok(ExitCode::of(&report, run.exit_zero))
}

/// Runs the engine, with progress on a terminal, until a signal says to stop.
fn search(run: &plan::Run) -> Result<Report> {
    let stop = Arc::new(AtomicBool::new(false));
    signal::install(Arc::clone(&stop));
    if run.verbose {
        let version = env!("CARGO_PKG_VERSION");
        message::note(format!("version {version}, {} rules, {} threads", run.plan.rules.len(), run.plan.threads));
    }
    let progress = Arc::new(Progress::default());
    let bar = progress::Bar::start(Arc::clone(&progress), run.quiet);
    let result = engine::run(&run.plan, &progress, &stop);
    drop(bar);
    result
}

/// Writes the report to where the user wants it.
fn publish(report: &Report, run: &plan::Run) -> Result<()> {
    let written = run.output.write(|to| report::write(run.format, report, &run.options, to))?;
    if written == output::Written::Whole && !run.quiet {
        tell(report, run);
    }
    Ok(())
}

/// What a person wants to know who does not see the report itself.
fn tell(report: &Report, run: &plan::Run) {
    if let Some(file) = run.output.file() {
        let (findings, gaps) = (count(report.findings.len(), "finding"), count(report.gaps.len(), "gap"));
        message::note(format!("{findings}, {gaps}: see {}", file.display()));
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
