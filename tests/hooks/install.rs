//! Installing: what is there is kept and runs, what is not understood is refused, and everything can be undone.

use super::{at_home, blocked, hook, pair, passed};
use crate::support::git::{Fixture, START, command};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// All files below a folder, with their content and mode.
fn everything(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let content = match kind {
                _ if kind.is_dir() => {
                    waiting.push(path.clone());
                    Vec::new()
                }
                _ if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                _ => fs::read(&path).unwrap(),
            };
            found.insert(path.display().to_string(), (content, path.symlink_metadata().unwrap().permissions().mode()));
        }
    }
    found
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn ok(folder: &Path, home: &Path, words: &[&str]) -> String {
    let ended = hook(folder, home, words);
    assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.err);
    ended.out
}

fn refused(folder: &Path, home: &Path, words: &[&str]) -> String {
    let ended = hook(folder, home, words);
    assert_eq!(ended.code, Some(2), "{words:?}: {}{}", ended.out, ended.err);
    ended.err
}

#[test]
fn a_hook_that_is_there_runs_first_and_comes_back() {
    let fixture = Fixture::new();
    let folder = fixture.join(".git/hooks");
    executable(&folder.join("pre-commit"), "#!/bin/sh\necho \"before $#\" >>ran\n[ ! -f refuse ]\n");
    executable(&folder.join("pre-push"), "#!/bin/sh\necho \"$1\" >>ran\ncat >>ran\n");
    fs::write(folder.join("commit-msg"), "#!/bin/sh\nexit 1\n").unwrap();
    let before = everything(&folder);
    ok(fixture.path(), fixture.path(), &["install", "pre-commit", "pre-push", "commit-msg"]);
    let status = ok(fixture.path(), fixture.path(), &["status"]);
    assert!(status.contains("pre-commit        keysift, after the hook that was there before"), "{status}");
    ok(fixture.path(), fixture.path(), &["install", "pre-commit"]);

    fixture.write("file", "x\n");
    fixture.git(&["add", "file"]);
    passed(&fixture.try_git(&["commit", "-m", "git ran no commit-msg hook before, and runs none now"]));
    assert_eq!(fs::read_to_string(fixture.join("ran")).unwrap(), "before 0\n");
    fixture.write("refuse", "");
    assert!(!fixture.try_git(&["commit", "--allow-empty", "-m", "x"]).status.success());
    fs::remove_file(fixture.join("refuse")).unwrap();
    fixture.git(&["init", "-q", "--bare", "there.git"]);
    passed(&fixture.try_git(&["push", "-q", "there.git", "main"]));
    let ran = fs::read_to_string(fixture.join("ran")).unwrap();
    let line = format!("there.git\nrefs/heads/main {} refs/heads/main {}\n", fixture.head(), "0".repeat(40));
    assert!(ran.ends_with(&line), "{ran}");
    fixture.write("key", pair(20));
    fixture.git(&["add", "key"]);
    blocked(&fixture.try_git(&["commit", "-m", "x"]), "key:");

    ok(fixture.path(), fixture.path(), &["uninstall"]);
    assert_eq!(everything(&folder), before);
}

#[test]
fn folders_that_were_made_go_again() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.join(".git/hooks")).unwrap();
    let before = everything(&fixture.join(".git"));
    ok(fixture.path(), fixture.path(), &["install", "pre-push"]);
    ok(fixture.path(), fixture.path(), &["install", "pre-commit"]);
    ok(fixture.path(), fixture.path(), &["uninstall", "pre-push"]);
    ok(fixture.path(), fixture.path(), &["uninstall", "pre-commit"]);
    assert_eq!(everything(&fixture.join(".git")), before);
}

#[test]
fn what_is_not_understood_is_refused_and_nothing_is_written() {
    let hooks: [(&str, &str); 4] = [
        ("#!/bin/sh\nexec tools/$(basename \"$0\") \"$@\"\n", "its own name"),
        ("#!/bin/sh\ncall_lefthook run \"pre-push\" \"$@\"\n", "lefthook"),
        ("#!/bin/sh\nkeysift staged\n", "names keysift already"),
        ("#!/usr/bin/env sh\n. husky.sh\n", "husky"),
    ];
    for (text, why) in hooks {
        let fixture = Fixture::new();
        executable(&fixture.join(".git/hooks/pre-push"), text);
        let before = everything(&fixture.join(".git"));
        let err = refused(fixture.path(), fixture.path(), &["install"]);
        assert!(err.contains(why), "{err}");
        assert_eq!(everything(&fixture.join(".git")), before);
    }
    let fixture = Fixture::new();
    fs::create_dir(fixture.join(".git/hooks/pre-commit")).unwrap();
    refused(fixture.path(), fixture.path(), &["install"]);
    ok(fixture.path(), fixture.path(), &["install", "pre-push"]);
    let path = fixture.join(".git/hooks/pre-push");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "echo more\n").unwrap();
    assert!(refused(fixture.path(), fixture.path(), &["uninstall"]).contains("changed since"));
    assert!(path.exists());
    assert_eq!(hook(Path::new("/"), fixture.path(), &["install"]).code, Some(2), "no repository");
}

#[test]
fn a_hooks_path_of_the_repository_is_where_hooks_go() {
    let fixture = Fixture::new();
    fixture.write("included", "[core]\n\thooksPath = tools/hooks\n");
    fixture.git(&["config", "include.path", "../included"]);
    let said = ok(fixture.path(), fixture.path(), &["install"]);
    assert!(said.contains("tools/hooks") && said.contains("commit them"), "{said}");
    let text = fs::read_to_string(fixture.join("tools/hooks/pre-commit")).unwrap();
    assert!(text.contains("\nkeysift=keysift\n"), "others have it elsewhere: {text}");
    fixture.git(&["add", "-A"]);
    let program = Path::new(env!("CARGO_BIN_EXE_keysift")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    fixture.write("key", pair(21));
    fixture.git(&["add", "key"]);
    let commit = |path: &str| {
        command(fixture.path(), START).args(["commit", "-m", "x"]).env("PATH", path).output().expect("git runs")
    };
    blocked(&commit(&path), "key:");
    let without = commit(&std::env::var("PATH").unwrap());
    assert!(!without.status.success() && super::said(&without).contains("not found, so nothing was searched"));
    ok(fixture.path(), fixture.path(), &["uninstall"]);
    assert!(!fixture.join("tools").exists());
}

#[test]
fn the_script_works_copied_by_hand() {
    let fixture = Fixture::new();
    let script = fs::read_to_string("hooks/keysift-hook").unwrap();
    executable(&fixture.join(".git/hooks/pre-commit"), &script);
    fixture.write("key", pair(22));
    fixture.git(&["add", "key"]);
    let program = Path::new(env!("CARGO_BIN_EXE_keysift")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let commit = command(fixture.path(), START).args(["commit", "-m", "x"]).env("PATH", path).output().expect("git");
    blocked(&commit, "key:");
}

#[test]
fn global_hooks_pass_on_to_those_of_each_repository() {
    let fixture = Fixture::new();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for start in ["[user]\n\tname = Ada\n", "[user]\n\tname = Ada", ""] {
        fs::write(home.join(".gitconfig"), start).unwrap();
        if start.is_empty() {
            fs::remove_file(home.join(".gitconfig")).unwrap();
        }
        let before = everything(home);
        ok(fixture.path(), home, &["install", "--global", "pre-commit"]);
        let git = |words: &[&str]| {
            let mut git = command(fixture.path(), START);
            at_home(&mut git, home).args(words).output().expect("git runs")
        };
        executable(&fixture.join(".git/hooks/pre-commit"), "#!/bin/sh\necho own >>ran\n");
        executable(&fixture.join(".git/hooks/post-commit"), "#!/bin/sh\necho post >>ran\n");
        let _ = fs::remove_file(fixture.join("ran"));
        fixture.write("file", format!("{start}x\n"));
        passed(&git(&["add", "file"]));
        passed(&git(&["commit", "-m", "x"]));
        assert_eq!(fs::read_to_string(fixture.join("ran")).unwrap(), "own\npost\n");
        passed(&git(&["worktree", "add", "--force", "-B", "side", "linked"]));
        fixture.write("linked/key", pair(23));
        passed(&git(&["-C", "linked", "add", "key"]));
        blocked(&git(&["-C", "linked", "commit", "-m", "x"]), "key:");
        assert_eq!(fs::read_to_string(fixture.join("linked/ran")).unwrap(), "own\n", "the hook of the main worktree");
        passed(&git(&["worktree", "remove", "--force", "linked"]));
        let status = ok(fixture.path(), home, &["status"]);
        assert!(status.contains("keysift is in the hooks for all repositories"), "{status}");

        ok(fixture.path(), home, &["install", "--global", "pre-push"]);
        ok(fixture.path(), home, &["uninstall", "--global", "pre-commit"]);
        let status = ok(fixture.path(), home, &["status", "--global"]);
        assert!(status.contains("pre-push          keysift\n"), "{status}");
        assert!(status.contains("pre-commit        passes on"), "{status}");
        ok(fixture.path(), home, &["uninstall", "--global", "pre-push"]);
        assert_eq!(everything(home), before);
    }
}

#[test]
fn a_global_hooks_path_that_is_there_is_used_and_stays() {
    let fixture = Fixture::new();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    fs::write(home.join(".gitconfig"), "[core]\n\thooksPath = ~/my hooks\n").unwrap();
    executable(&home.join("my hooks/pre-commit"), "#!/bin/sh\ntrue\n");
    let before = everything(home);
    let err = refused(fixture.path(), home, &["install"]);
    assert!(err.contains("--global"), "{err}");
    ok(fixture.path(), home, &["install", "--global", "pre-commit"]);
    assert!(home.join("my hooks/pre-commit.before-keysift").exists());
    ok(fixture.path(), home, &["uninstall", "--global"]);
    assert_eq!(everything(home), before);
}
