//! What `keysift hook` takes.

use super::Common;
use clap::{Subcommand, ValueEnum};

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
