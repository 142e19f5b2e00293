//! The real pre-commit, prek, lefthook and husky, with the words of `docs/hooks.md`.

use super::{blocked, pair, passed};
use crate::support::git::{Fixture, START, command};
use crate::support::tools;
use std::path::{Path, PathBuf};
use std::process::Output;

/// The repository that keysift is developed in, without its history: what hook managers clone.
fn manifest() -> Fixture {
    let fixture = Fixture::new();
    fixture.write(".pre-commit-hooks.yaml", std::fs::read(".pre-commit-hooks.yaml").unwrap());
    fixture.commit("manifest");
    fixture
}

/// Runs a program in the fixture as a user would: keysift and the tools on the PATH, the fixture's folder as home.
fn run(fixture: &Fixture, words: &[&str]) -> Output {
    let tools = tools::python("pre-commit").parent().unwrap().to_owned();
    let node = tools::node("lefthook").parent().unwrap().to_owned();
    let keysift = Path::new(env!("CARGO_BIN_EXE_keysift")).parent().unwrap().to_owned();
    let usual = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<PathBuf>>();
    let path = std::env::join_paths([vec![keysift, tools, node], usual].concat()).unwrap();
    let git = command(fixture.path(), START);
    let mut command = std::process::Command::new(words[0]);
    // The variables of an isolated git.
    for (name, value) in git.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(&words[1..]).current_dir(fixture.path()).env("PATH", path).output().expect("the program starts")
}

fn framework(program: &str) -> Fixture {
    let manifest = manifest();
    let fixture = Fixture::new();
    fixture.write(".git/info/exclude", "*.git\n.cache\n.local\n");
    let config = format!(
        "repos:\n- repo: file://{}\n  rev: {}\n  hooks:\n  - id: keysift-system\n",
        manifest.path().display(),
        manifest.head()
    );
    fixture.write(".pre-commit-config.yaml", config);
    fixture.git(&["add", "-A"]);
    let types = ["-t", "pre-commit", "-t", "pre-merge-commit", "-t", "pre-push"];
    // The hooks are fetched while the manifest is there.
    passed(&run(&fixture, &[&[program, "install", "--install-hooks"], &types[..]].concat()));
    fixture
}

fn frameworks_block(program: &str) {
    let fixture = framework(program);
    passed(&run(&fixture, &["git", "commit", "-qm", "configuration"]));
    fixture.git(&["init", "-q", "--bare", "origin.git"]);
    fixture.git(&["remote", "add", "origin", &fixture.join("origin.git").display().to_string()]);

    fixture.write("key", pair(30));
    fixture.git(&["add", "key"]);
    blocked(&run(&fixture, &["git", "commit", "-qm", "x"]), "key:");
    blocked(&run(&fixture, &["git", "commit", "-qm", "x", "key"]), "key:");
    fixture.git(&["commit", "-qnm", "a key"]);
    fixture.git(&["rm", "-q", "key"]);
    fixture.git(&["commit", "-qnm", "taken out"]);
    // Pushes the root commit as well: no FROM and TO then.
    blocked(&run(&fixture, &["git", "push", "-q", "origin", "main"]), "key:");
    fixture.git(&["push", "-q", "--no-verify", "origin", "main"]);
    fixture.write("clean", "x\n");
    fixture.git(&["add", "clean"]);
    passed(&run(&fixture, &["git", "commit", "-qm", "clean"]));
    passed(&run(&fixture, &["git", "push", "-q", "origin", "main"]));

    // Two refs: the framework tells of the first one only.
    fixture.git(&["checkout", "-q", "-b", "one"]);
    fixture.write("one", "x\n");
    fixture.git(&["add", "one"]);
    fixture.git(&["commit", "-qnm", "one"]);
    fixture.git(&["checkout", "-q", "-b", "two", "main"]);
    fixture.write("two", pair(31));
    fixture.git(&["add", "two"]);
    fixture.git(&["commit", "-qnm", "two"]);
    blocked(&run(&fixture, &["git", "push", "-q", "origin", "one", "two"]), "two:");

    // A run by hand with nothing staged looks at all that is tracked.
    blocked(&run(&fixture, &[program, "run", "--all-files"]), "two:");
    fixture.git(&["checkout", "-q", "one"]);
    passed(&run(&fixture, &[program, "run", "--all-files"]));
}

#[test]
fn pre_commit() {
    frameworks_block("pre-commit");
}

#[test]
fn prek() {
    frameworks_block("prek");
}

#[test]
fn the_manifest_is_one() {
    let fixture = manifest();
    passed(&run(&fixture, &["pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"]));
    let text = std::fs::read_to_string(".pre-commit-hooks.yaml").unwrap();
    for id in ["keysift", "keysift-src", "keysift-system"] {
        assert!(text.contains(&format!("- id: {id}\n")), "{id}");
    }
}

/// The block of `docs/hooks.md` that begins with a comment naming `file`.
fn recipe(file: &str) -> String {
    let text = std::fs::read_to_string("docs/hooks.md").unwrap();
    let start = text.find(&format!("    # {file}\n")).unwrap_or_else(|| panic!("docs/hooks.md has no {file}"));
    let lines = text[start..].lines().take_while(|line| line.starts_with("    "));
    lines.map(|line| format!("{}\n", &line[4..])).collect()
}

fn a_manager_blocks(fixture: &Fixture) {
    fixture.git(&["init", "-q", "--bare", "origin.git"]);
    fixture.git(&["remote", "add", "origin", &fixture.join("origin.git").display().to_string()]);
    fixture.write("clean", "x\n");
    fixture.git(&["add", "clean"]);
    passed(&run(fixture, &["git", "commit", "-qm", "clean"]));
    passed(&run(fixture, &["git", "push", "-q", "origin", "main"]));
    fixture.write("key", pair(32));
    fixture.git(&["add", "key"]);
    blocked(&run(fixture, &["git", "commit", "-qm", "x"]), "key:");
    fixture.git(&["commit", "-qnm", "a key"]);
    blocked(&run(fixture, &["git", "push", "-q", "origin", "main"]), "key:");
}

#[test]
fn lefthook_by_its_recipe() {
    let fixture = Fixture::new();
    fixture.write(".git/info/exclude", "*.git\n");
    fixture.write("lefthook.yml", recipe("lefthook.yml"));
    passed(&run(&fixture, &["lefthook", "install"]));
    a_manager_blocks(&fixture);
    let ended = super::hook(fixture.path(), fixture.path(), &["install"]);
    assert!(ended.code == Some(2) && ended.err.contains("lefthook"), "{}", ended.err);
}

#[test]
fn husky_by_its_recipe() {
    let fixture = Fixture::new();
    fixture.write(".git/info/exclude", "*.git\n");
    passed(&run(&fixture, &["husky"]));
    for name in ["pre-commit", "pre-push"] {
        fixture.write(&format!(".husky/{name}"), recipe(&format!(".husky/{name}")));
    }
    a_manager_blocks(&fixture);
    let ended = super::hook(fixture.path(), fixture.path(), &["install"]);
    assert!(ended.code == Some(2) && ended.err.contains("husky"), "{}", ended.err);
}
