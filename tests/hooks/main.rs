//! keysift in git's hooks, under hook managers, and as a GitHub Action: everything is driven by the real programs.

#[path = "../support/mod.rs"]
mod support;

mod action;
mod install;
mod managers;
mod rows;

use std::path::Path;
use std::process::{Command, Output};
use support::git::Fixture;
use support::program::{self, Ended};
use support::random::Random;

/// A file with a fresh pair; `seed` tells two of them apart.
fn pair(seed: u64) -> String {
    support::keys::profile(&mut Random::new(seed))
}

/// Runs `keysift hook` with these words in `folder`, with a home folder of its own.
fn hook(folder: &Path, home: &Path, words: &[&str]) -> Ended {
    let mut command = program::keysift([&["hook"], words].concat());
    program::end(at_home(command.current_dir(folder), home))
}

/// Takes the configuration of whoever runs the tests away, but lets there be one.
fn at_home<'c>(command: &'c mut Command, home: &Path) -> &'c mut Command {
    command
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_CONFIG_GLOBAL")
        .env_remove("XDG_CONFIG_HOME")
}

/// A repository with a first commit and these hooks.
fn hooked(names: &[&str]) -> Fixture {
    let fixture = Fixture::new();
    fixture.commit_file("first", "nothing\n", "first");
    installed(fixture.path(), names);
    fixture
}

fn installed(folder: &Path, names: &[&str]) {
    let ended = hook(folder, folder, &[&["install"], names].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Git was stopped by keysift, which says where the key is and shows nothing of it.
#[track_caller]
fn blocked(output: &Output, place: &str) {
    let said = said(output);
    assert!(!output.status.success(), "git was not stopped: {said}");
    assert!(said.contains("keysift: ") && said.contains(" blocked, "), "{said}");
    assert!(said.contains(place), "{place} is not in: {said}");
}

#[track_caller]
fn passed(output: &Output) {
    assert!(output.status.success(), "git was stopped: {}", said(output));
}
