//! Case 22: a repository whose refs are in reftables. It must say of everything what the same repository says that keeps
//! its refs in files; and damage to a table is told, and costs no finding.
//!
//! git writes reftables from 2.45 on. An older one refuses to make such a repository, and the case fails with its words:
//! it has not passed there. That tables are read at all is held by `tests/sources_repo.rs` without git.

use crate::rig::{Key, Outcome, harmless_with, history, key, keysift};
use crate::support::git::{self, Fixture, git_with};
use crate::support::program;
use serde_json::Value;
use std::path::PathBuf;

const REFTABLE: &str = "--ref-format=reftable";

/// A repository in which keys are at every place that a ref leads to, or that is a ref or its log.
fn story(arguments: &[&str]) -> Fixture {
    let repo = harmless_with(arguments);
    let keys: Vec<Key> = (0..10).map(|n| key(2200 + n)).collect();
    repo.commit_file("a", &keys[0].lines, "leak");
    repo.commit_file("a", "nothing\n", "removed");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("b", &keys[1].lines, "on a side branch");
    repo.git(&["branch", "gone"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("c", "main\n", "main");
    repo.git(&["tag", "-a", "-m", &format!("release\n\n{}", keys[2].lines), "v1"]);
    repo.git(&["notes", "add", "-m", &keys[3].lines]);
    for key in &keys[4..6] {
        repo.tick();
        repo.write("c", &key.lines);
        repo.git(&["stash", "-q"]);
    }
    repo.commit_file("d", &keys[6].lines, "oops");
    repo.write("d", "nothing\n");
    repo.git(&["commit", "-q", "--all", "--amend", "-m", "better"]);
    // What is older is one table from here on, and what follows changes it.
    repo.git(&["pack-refs", "--all"]);
    let head = repo.head();
    repo.git(&["update-ref", "--create-reflog", "-m", &format!("use {}", keys[7].id), "refs/heads/other", &head]);
    repo.git(&["update-ref", &format!("refs/heads/use-{}", keys[8].id), "HEAD~1"]);
    repo.git(&["branch", "-q", "-D", "gone"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/side"]);
    repo.git(&["worktree", "add", "-q", "--detach", "linked"]);
    let linked = repo.join("linked");
    std::fs::write(linked.join("e"), &keys[9].lines).unwrap();
    git_with(&linked, &["add", "e"], &[]);
    git_with(&linked, &["commit", "-q", "-m", "leak in a linked worktree"], &[]);
    repo.write("staged", key(2210).lines);
    repo.git(&["add", "staged"]);
    repo
}

/// What a report says, without its date and the folder's name.
fn told(outcome: &Outcome) -> Value {
    let mut report = outcome.report.clone();
    report["receipt"]["duration_ms"] = 0.into();
    let parts = ["findings", "gaps", "receipt", "complete"].map(|part| (part.to_string(), report[part].clone()));
    Value::Object(parts.into_iter().collect())
}

#[test]
fn case_22_reftables_say_what_files_say() {
    let (files, tables) = (story(&["--ref-format=files"]), story(&[REFTABLE]));
    assert_eq!(files.git(&["for-each-ref"]), tables.git(&["for-each-ref"]), "the same repository twice");
    for folder in [".", "linked"] {
        let [one, other] = [&files, &tables].map(|repo| history(&repo.join(folder)));
        assert_eq!(one.code, Some(1));
        assert!(one.report["findings"].as_array().unwrap().len() >= 10, "{}", one.report);
        other.complete();
        assert_eq!(told(&one), told(&other), "history of {folder}");
    }
    let id = tables.id("main~1");
    let ranges =
        ["main~2..main", "HEAD~1..HEAD", "v1..side", "main...other", "main~2..v1^{}", "origin..stash", "side..@"];
    let logged = ["main@{1}..main", "@{2}~1...HEAD@{3}", "stash@{1}^..stash", "main@{1970-01-01}..main@{now}"];
    let ranges = ranges.into_iter().chain(logged).map(str::to_string);
    let ranges = ranges.chain([format!("{}..main", &id[..12]), format!("{id}..")]);
    for range in ranges {
        let [one, other] = [&files, &tables].map(|repo| keysift(repo.path(), ["range", &range]));
        assert!(matches!(one.code, Some(0 | 1)), "{range}: {}", one.err);
        assert_eq!(told(&one), told(&other), "{range}");
    }
    for folder in [".", "linked"] {
        let [one, other] = [&files, &tables].map(|repo| keysift(&repo.join(folder), ["staged"]));
        assert_eq!((one.code, told(&one)), (other.code, told(&other)), "staged in {folder}");
    }
    keysift(tables.path(), ["range", "nowhere..main"]).refused(&["nowhere"]);
    keysift(tables.path(), ["range", "main@{100}..main"]).refused(&["main@{100}", "git reflog main"]);
    keysift(tables.path(), ["range", "@{upstream}..main"]).refused(&["@{upstream}", "git rev-parse"]);
}

#[test]
fn case_22_sha256_detached_and_unborn() {
    let key = key(2220);
    let repo = harmless_with(&[REFTABLE, "--object-format=sha256"]);
    repo.commit_file("a", &key.lines, "leak");
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["in_head"], true);
    repo.commit_file("a", "nothing\n", "removed");
    repo.git(&["checkout", "-q", "--detach", "HEAD~1"]);
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["in_head"], true);
    repo.git(&["checkout", "-q", "--orphan", "fresh"]);
    keysift(repo.path(), ["staged"]).found(&key, &["staged a:2"], "");
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["in_head"], false);
    // A bare clone from files to tables.
    repo.git(&["clone", "-q", "--bare", REFTABLE, ".", "bare.git"]);
    history(&repo.join("bare.git")).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_22_hooks_and_a_push() {
    let repo = harmless_with(&[REFTABLE]);
    repo.git(&["clone", "-q", "--bare", REFTABLE, ".", "server.git"]);
    repo.git(&["remote", "add", "origin", "server.git"]);
    repo.git(&["fetch", "-q", "origin"]);
    for name in ["pre-commit", "pre-push"] {
        let hook = repo.join(".git/hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let line = format!("#!/bin/sh\nexec '{}' hook run {name} \"$@\"\n", env!("CARGO_BIN_EXE_keysift"));
        std::fs::write(&hook, line).unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let key = key(2230);
    let stopped = |arguments: &[&str]| {
        let output = repo.try_git(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains(&key.secret), "{said}");
        assert!(output.status.success() || said.contains(" blocked, ") && said.contains("a:"), "{said}");
        !output.status.success()
    };
    repo.write("a", &key.lines);
    repo.git(&["add", "a"]);
    assert!(stopped(&["commit", "-q", "-m", "leak"]));
    assert!(!stopped(&["commit", "-q", "--no-verify", "-m", "leak"]));
    repo.write("a", "nothing\n");
    assert!(!stopped(&["commit", "-q", "-a", "-m", "removed"]));
    assert!(stopped(&["push", "-q", "origin", "main"]));
    assert!(!stopped(&["push", "-q", "--no-verify", "origin", "main"]));
    repo.commit_file("b", "harmless\n", "more");
    // What the server has already is known from the refs.
    assert!(!stopped(&["push", "-q", "origin", "main"]));
}

/// The tables of a repository, the oldest first.
fn tables(repo: &Fixture) -> Vec<PathBuf> {
    let folder = repo.join(".git/reftable");
    let list = std::fs::read_to_string(folder.join("tables.list")).unwrap();
    list.lines().map(|name| folder.join(name)).collect()
}

#[test]
fn case_22_damage_is_named_and_costs_no_finding() {
    let key = key(2240);
    let repo = harmless_with(&[REFTABLE]);
    repo.commit_file("a", &key.lines, "leak");
    repo.git(&["tag", "-a", "-m", "one", "v1"]);
    let newest = tables(&repo).pop().unwrap();
    let whole = std::fs::read(&newest).unwrap();
    let list = repo.join(".git/reftable/tables.list");
    let listed = std::fs::read(&list).unwrap();
    let check = |what: &str| {
        let found = history(repo.path());
        assert_eq!((found.code, found.places(&key)), (Some(1), vec!["commit a:2".to_string()]), "{what}");
        found.gap("ref", &["reftable"]);
    };
    let half = whole.len() / 2;
    for (what, bytes) in [("half", &whole[..half]), ("nothing", b""), ("one byte less", &whole[..whole.len() - 1])] {
        std::fs::write(&newest, bytes).unwrap();
        check(what);
        // Nobody knows what HEAD was, so all that is staged counts as new.
        keysift(repo.path(), ["staged"]).gap("ref", &["reftable"]).found_in_part(&key, &["staged a:2"], "");
        keysift(repo.path(), ["range", "HEAD~1..HEAD"]).refused(&["reftable"]);
    }
    std::fs::remove_file(&newest).unwrap();
    check("a table is gone");
    std::fs::write(&newest, &whole).unwrap();
    for lines in [&b"../../config\n"[..], b"\xff\n", b"x\nx\n", &b"0x1-0x1-1.ref\n".repeat(10_000)] {
        std::fs::write(&list, lines).unwrap();
        check(&String::from_utf8_lossy(&lines[..lines.len().min(20)]));
    }
    std::fs::remove_file(&list).unwrap();
    git::fifo(&list);
    check("a pipe for a list");
    std::fs::remove_file(&list).unwrap();
    check("no list");
    std::fs::write(&list, &listed).unwrap();
    history(repo.path()).found(&key, &["commit a:2"], "ref");
    // Flipped bytes: git too would not notice all of them.
    for at in (0..whole.len()).step_by(7) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        std::fs::write(&newest, &flipped).unwrap();
        let found = keysift(repo.path(), ["history", "."]);
        assert_eq!(found.places(&key), ["commit a:2"], "byte {at}");
    }
    // Alone it makes the result incomplete, not clean.
    let clean = harmless_with(&[REFTABLE]);
    let newest = tables(&clean).pop().unwrap();
    std::fs::write(&newest, &std::fs::read(&newest).unwrap()[..40]).unwrap();
    history(clean.path()).incomplete().gap("ref", &["reftable"]);
}

#[test]
fn case_22_tables_that_git_packs_together_meanwhile() {
    let key = key(2250);
    let repo = harmless_with(&[REFTABLE]);
    repo.commit_file("a", &key.lines, "leak");
    let folder = repo.path().to_path_buf();
    let path = folder.clone();
    let git = move |arguments: &[&str]| git::command(&folder, git::START).args(arguments).output().unwrap();
    crate::concurrency::meanwhile(
        move |_| {
            for name in ["one", "two", "three"] {
                git(&["branch", "-f", name, "HEAD"]);
            }
            git(&["pack-refs", "--all"]);
        },
        || {
            for _ in 0..15 {
                let outcome = Outcome::of(&program::run(&path, ["history", ".", "-j", "2", "--format", "json"]));
                outcome.found(&key, &["commit a:2"], "ref");
            }
        },
    );
}

#[test]
fn case_22_another_storage_is_a_gap() {
    let key = key(2260);
    let repo = harmless_with(&[]);
    repo.commit_file("a", &key.lines, "leak");
    repo.git(&["config", "extensions.refStorage", "reftable:///elsewhere"]);
    let found = crate::rig::history_uncounted(repo.path());
    found.gap("ref", &["extensions.refStorage", "reftable:///elsewhere"]);
    assert_eq!(found.places(&key), ["commit a:2"]);
}
