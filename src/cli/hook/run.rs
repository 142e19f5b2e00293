//! `keysift hook run`: searches what git is about to do and says in a dozen lines why it must not.

use super::pushes;
use crate::cli::args::{Common, RunName};
use crate::cli::exit::ExitCode;
use crate::cli::{plan, publish, search};
use keysift::engine::Command;
use keysift::error::{Error, GapKind, Result};
use keysift::finding::Report;
use keysift::report::{self, Format, Gate};
use keysift::source::repo::Environment;
use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;

/// Runs one hook. The exit status is the program's usual one, and git stops at anything but 0.
///
/// # Errors
/// Whatever keeps keysift from an answer; git stops at that too.
pub fn run(name: RunName, arguments: &[OsString], common: &Common) -> Result<ExitCode> {
    if common.verify.is_some() {
        return Err(Error::usage("--verify is refused in a git hook: run it by hand, or in CI"));
    }
    let environment = Environment::from_lookup(|name| std::env::var_os(name));
    let Some((gate, command)) = task(name, arguments)? else { return Ok(ExitCode::Clean) };
    let by_git = environment.index_file.is_some();
    // What a push brings must not say what counts in it: on a server the operator's configuration alone does.
    let mut trusting = common.settings.clone();
    trusting.no_repo_config |= gate == Gate::Receive;
    let mut run = plan::resolve_as(common, &trusting, command, environment)?;
    // Nobody watches a commit of 15 ms.
    run.quiet |= gate != Gate::Push;
    let mut report = search(&run)?;
    if name == RunName::Auto && gate == Gate::Commit && report.receipt.seen == 0 && !by_git {
        // `pre-commit run --all-files`: nothing is staged, and no commit is being made.
        run.plan.command = staged(true);
        report = search(&run)?;
    }
    if gate == Gate::Commit {
        // Without HEAD all that is staged is taken for new, so nothing was left out.
        report.gaps.retain(|gap| gap.kind != GapKind::Ref);
    }
    let to_file = run.outputs.iter().all(|target| target.output.file().is_some());
    let wanted = to_file || run.outputs.iter().any(|target| target.format != Format::Human);
    if wanted {
        publish(&report, &run)?;
    }
    let code = ExitCode::of(&report, run.exit_zero);
    if code != ExitCode::Clean && (to_file || !wanted) {
        tell(&report, gate, &run.outputs[0].options);
    }
    Ok(code)
}

/// Says why git stops here. What cannot be said does not let anything pass.
fn tell(report: &Report, gate: Gate, options: &report::Options) {
    let _ = report::write_blocked(report, gate, options, &mut std::io::stderr().lock());
}

/// What to search, and what waits for the answer; `None` if there is nothing to be searched.
fn task(name: RunName, arguments: &[OsString]) -> Result<Option<(Gate, Command)>> {
    let first = || arguments.first().map(|argument| argument.to_string_lossy().into_owned());
    Ok(match name {
        RunName::PreCommit | RunName::PreMergeCommit => Some((Gate::Commit, staged(false))),
        RunName::CommitMsg => {
            let file = arguments.first().ok_or_else(|| {
                Error::usage(
                    "commit-msg: the file of the message is missing. Write: keysift hook run commit-msg -- \"$1\"",
                )
            })?;
            Some((Gate::Message, Command::Message { repo: PathBuf::from("."), file: file.into() }))
        }
        RunName::PrePush => {
            let remote = first().unwrap_or_else(|| "origin".into());
            pushes::pre_push(&standard_input()?, &remote)?.map(|command| (Gate::Push, command))
        }
        RunName::PreReceive => pushes::pre_receive(&standard_input()?)?.map(|command| (Gate::Receive, command)),
        RunName::Auto => {
            let push = pushes::of_framework(|name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()));
            Some(push.map_or((Gate::Commit, staged(false)), |command| (Gate::Push, command)))
        }
    })
}

fn staged(whole_index: bool) -> Command {
    Command::Staged { repo: PathBuf::from("."), whole_files: false, whole_index }
}

/// What git tells: at most some 200 bytes for each ref that is pushed.
fn standard_input() -> Result<String> {
    let mut input = Vec::new();
    let read = std::io::stdin().lock().take(1 << 30).read_to_end(&mut input);
    read.map_err(|error| Error::io("cannot read standard input", error))?;
    Ok(String::from_utf8_lossy(&input).into_owned())
}
