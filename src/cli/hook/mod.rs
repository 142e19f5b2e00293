//! `keysift hook`: git asks keysift before it commits, pushes or accepts a push.
//!
//! | file | what |
//! |---|---|
//! | `run` | what a hook calls: searches, and says why it blocks |
//! | `pushes` | which commits a push is about, from what git, pre-commit or prek tell |
//! | `place` | the folder that git takes hooks from |
//! | `global` | core.hooksPath in the user's configuration |
//! | `script` | the script that is installed, and how it is known again |
//! | `install` | install, uninstall, status |

mod global;
mod install;
mod place;
mod pushes;
mod run;
mod script;

use super::args::{HookCommand, HookName};
use super::exit::ExitCode;
use keysift::error::Result;

/// Does what was typed.
pub fn main(command: HookCommand) -> Result<ExitCode> {
    match command {
        HookCommand::Install { which } => install::install(&which),
        HookCommand::Uninstall { which } => install::uninstall(&which),
        HookCommand::Status { global } => install::status(global),
        HookCommand::Run { name, arguments, common } => run::run(name, &arguments, &common),
    }
}

impl HookName {
    const ALL: [Self; 5] = [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::CommitMsg, Self::PreReceive];

    /// The name of its file.
    fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PrePush => "pre-push",
            Self::CommitMsg => "commit-msg",
            Self::PreReceive => "pre-receive",
        }
    }
}
