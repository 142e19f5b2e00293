//! Every way to git's hooks, each with a planted key, and what must not stop anybody (cases 61 to 64).

use super::{blocked, hooked, installed, pair, passed, said};
use crate::support::git::{Fixture, command};
use std::io::Write;
use std::process::{Output, Stdio};

const COMMIT: [&str; 2] = ["pre-commit", "pre-merge-commit"];

/// A repository with the hooks and two tracked files, one of them with a key that is not staged.
fn with_an_unstaged_key() -> Fixture {
    let fixture = hooked(&COMMIT);
    fixture.write("other", "x\n");
    fixture.write("folder/file", "x\n");
    fixture.commit("second");
    fixture.write("folder/file", pair(1));
    fixture
}

#[test]
fn every_way_to_commit_a_key_is_blocked() {
    let rows: [&[&str]; 9] = [
        &["commit", "-am", "x"],
        &["commit", "-m", "x", "-i", "folder/file"],
        &["commit", "-m", "x", "folder/file"],
        &["commit", "-m", "x", "--only", "folder/file"],
        &["-C", "folder", "commit", "-am", "x"],
        &["-C", "folder", "commit", "-m", "x", "file"],
        &["commit", "--amend", "--no-edit", "-a"],
        &["commit", "--amend", "--no-edit", "folder/file"],
        &["commit", "--allow-empty", "-am", "x"],
    ];
    for row in rows {
        let fixture = with_an_unstaged_key();
        let head = fixture.head();
        blocked(&fixture.try_git(row), "folder/file:");
        assert_eq!(fixture.head(), head, "{row:?}");
        fixture.write("folder/file", "y\n");
        passed(&fixture.try_git(row));
    }
}

#[test]
fn staged_keys_are_blocked_and_unstaged_ones_are_not() {
    let fixture = with_an_unstaged_key();
    fixture.write("other", "y\n");
    fixture.git(&["add", "other"]);
    passed(&fixture.try_git(&["commit", "-m", "the key is not staged"]));
    fixture.git(&["add", "folder/file"]);
    fixture.write("folder/file", "x\n");
    let output = fixture.try_git(&["commit", "-m", "the key is staged"]);
    blocked(&output, "folder/file:");
    let said = said(&output);
    for word in ["fix", "git add", "keysift:allow[", "--no-verify", "keysift baseline update"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(said.lines().count() <= 12, "{said}");
    passed(&fixture.try_git(&["commit", "--no-verify", "-m", "git's own way on"]));
}

#[test]
fn a_part_chosen_by_hand_is_what_counts() {
    let patch = |fixture: &Fixture| -> Output {
        let mut git = command(fixture.path(), crate::support::git::START);
        git.args(["commit", "-p", "-m", "x"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = git.spawn().expect("git starts");
        child.stdin.take().expect("was asked for").write_all(b"y\n").expect("git reads");
        child.wait_with_output().expect("git ends")
    };
    blocked(&patch(&with_an_unstaged_key()), "folder/file:");
    let clean = with_an_unstaged_key();
    clean.write("folder/file", "y\n");
    passed(&patch(&clean));
}

#[test]
fn what_records_no_content_passes() {
    let fixture = hooked(&COMMIT);
    fixture.write("tool", "x\n");
    fixture.write("old", format!("{}# a line\n", pair(2)));
    fixture.git(&["add", "-A"]);
    fixture.git(&["commit", "-q", "--no-verify", "-m", "known"]);
    fixture.write("later", pair(3));
    fixture.git(&["add", "--intent-to-add", "later"]);
    fixture.git(&["update-index", "--chmod=+x", "tool"]);
    passed(&fixture.try_git(&["commit", "-m", "a mode"]));
    fixture.git(&["mv", "old", "new"]);
    fixture.write("new", format!("{}# another line\n", pair(2)));
    fixture.git(&["add", "new"]);
    passed(&fixture.try_git(&["commit", "-m", "a rename with an edit"]));
    fixture.git(&["rm", "-q", "new"]);
    passed(&fixture.try_git(&["commit", "-m", "taken away"]));
}

#[test]
fn merges_are_searched_clean_or_not() {
    let fixture = hooked(&COMMIT);
    fixture.git(&["checkout", "-qb", "side"]);
    fixture.write("key", pair(4));
    fixture.write("first", "theirs\n");
    fixture.git(&["add", "-A"]);
    fixture.git(&["commit", "-q", "--no-verify", "-m", "side"]);
    fixture.git(&["checkout", "-q", "main"]);
    fixture.commit_file("ours", "x\n", "ours");
    blocked(&fixture.try_git(&["merge", "--no-edit", "side"]), "key:");
    fixture.git(&["reset", "-q", "--hard"]);
    fixture.commit_file("first", "ours\n", "a conflict");
    assert!(!fixture.try_git(&["merge", "--no-edit", "side"]).status.success());
    fixture.git(&["rm", "-qf", "key"]);
    fixture.write("first", format!("both\n{}", pair(5)));
    fixture.git(&["add", "first"]);
    blocked(&fixture.try_git(&["commit", "--no-edit"]), "first:");
    fixture.write("first", "both\n");
    fixture.git(&["add", "first"]);
    passed(&fixture.try_git(&["commit", "--no-edit"]));
}

#[test]
fn linked_worktrees_and_submodules_have_hooks() {
    let fixture = hooked(&COMMIT);
    fixture.git(&["worktree", "add", "-q", "linked"]);
    fixture.write("linked/folder/key", pair(6));
    fixture.git(&["-C", "linked", "add", "-A"]);
    blocked(&fixture.try_git(&["-C", "linked", "commit", "-m", "x"]), "folder/key:");
    blocked(&fixture.try_git(&["-C", "linked/folder", "commit", "-m", "x"]), "folder/key:");

    let outer = Fixture::new();
    let url = format!("file://{}", fixture.path().display());
    outer.git(&["submodule", "--quiet", "add", &url, "inner"]);
    installed(&outer.join("inner"), &COMMIT);
    outer.write("inner/key", pair(6));
    outer.git(&["-C", "inner", "add", "-A"]);
    blocked(&outer.try_git(&["-C", "inner", "commit", "-m", "x"]), "key:");
}

#[test]
fn the_first_commit_and_an_empty_one() {
    let fixture = Fixture::new();
    installed(fixture.path(), &COMMIT);
    passed(&fixture.try_git(&["commit", "--allow-empty", "-m", "nothing yet"]));
    fixture.write("key", pair(7));
    fixture.git(&["add", "key"]);
    blocked(&fixture.try_git(&["commit", "-m", "x"]), "key:");
}

#[test]
fn no_home_no_identity_and_no_object_written() {
    let fixture = hooked(&COMMIT);
    fixture.write("key", pair(8));
    fixture.git(&["add", "key"]);
    let objects = fixture.object_count();
    let ended = crate::support::program::end(
        crate::support::program::keysift(["hook", "run", "pre-commit"]).current_dir(fixture.path()).env_remove("HOME"),
    );
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(fixture.object_count(), objects);
}

#[test]
fn what_cannot_be_read_does_not_pass() {
    let fixture = hooked(&COMMIT);
    fixture.write("gone", "nothing\n");
    fixture.git(&["add", "gone"]);
    let id = fixture.id(":gone");
    std::fs::remove_file(fixture.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
    blocked(&fixture.try_git(&["commit", "-m", "x"]), &id);
}

#[test]
fn a_hook_that_searched_nothing_of_what_is_staged_does_not_pass() {
    let fixture = hooked(&COMMIT);
    fixture.write("staged", "nothing\n");
    fixture.git(&["add", "staged"]);
    let hook = |more: &[&str], index: Option<&str>| {
        let mut command = crate::support::program::keysift([&["hook", "run", "pre-commit"], more].concat());
        index.map(|index| command.env("GIT_INDEX_FILE", fixture.join(index)));
        crate::support::program::end(command.current_dir(fixture.path()))
    };
    assert_eq!(hook(&[], None).code, Some(0));
    let limited = hook(&["--max-content", "1"], None);
    assert_eq!(limited.code, Some(3), "{}", limited.err);
    assert!(limited.err.contains("staged") && limited.err.contains("limit"), "{}", limited.err);
    let whole = std::fs::read(fixture.join(".git/index")).unwrap();
    for (name, content) in [("empty", &b""[..]), ("garbage", b"garbage"), ("half", &whole[..whole.len() / 2])] {
        fixture.write(&format!(".git/{name}"), content);
        let ended = hook(&[], Some(&format!(".git/{name}")));
        assert_eq!(ended.code, Some(2), "{name}: {}", ended.err);
    }
    assert_eq!(hook(&[], Some(".git/objects")).code, Some(2), "a folder");
}

#[test]
fn a_message_with_a_key_is_blocked_and_the_diff_below_it_is_not_read() {
    let fixture = hooked(&["commit-msg"]);
    let key = pair(9);
    blocked(&fixture.try_git(&["commit", "--allow-empty", "-m", &format!("subject\n\n{key}")]), "COMMIT_EDITMSG:");
    passed(&fixture.try_git(&["commit", "--allow-empty", "-m", "subject"]));
    fixture.write("key", &key);
    fixture.git(&["add", "key"]);
    passed(&fixture.try_git(&["-c", "core.editor=echo subject >", "commit", "--verbose"]));
}

/// A repository with `origin`, a bare clone of its first commit.
fn with_remote(names: &[&str]) -> Fixture {
    let fixture = hooked(names);
    fixture.write(".git/info/exclude", "*.git\n");
    fixture.git(&["clone", "-q", "--bare", ".", "origin.git"]);
    fixture.git(&["remote", "add", "origin", &fixture.join("origin.git").display().to_string()]);
    fixture.git(&["fetch", "-q", "origin"]);
    fixture
}

#[test]
fn a_push_is_searched_for_what_the_remote_has_not() {
    let fixture = with_remote(&["pre-push"]);
    fixture.commit_file("key", pair(10), "a key");
    fixture.commit_file("key", "taken out\n", "no key any more");
    blocked(&fixture.try_git(&["push", "-q", "origin", "main"]), "key:");
    blocked(&fixture.try_git(&["push", "-q", "origin", "HEAD:refs/heads/other"]), "key:");
    blocked(&fixture.try_git(&["push", "-q", &fixture.join("origin.git").display().to_string(), "main"]), "key:");
    fixture.git(&["push", "-q", "--no-verify", "origin", "main"]);
    fixture.commit_file("next", "x\n", "next");
    passed(&fixture.try_git(&["push", "-q", "origin", "main"]));
    passed(&fixture.try_git(&["push", "-q", "origin", "main:refs/heads/again"]));
    passed(&fixture.try_git(&["push", "-q", "origin", ":refs/heads/again"]));
    passed(&fixture.try_git(&["push", "-q", "origin", "main"]));
}

#[test]
fn what_runs_no_hook_before_a_commit_is_found_by_the_push() {
    let ways: [&[&[&str]]; 3] = [
        &[&["cherry-pick", "side"]],
        &[&["rebase", "-q", "main", "side"]],
        &[&["cherry-pick", "-n", "side"], &["commit", "-qnm", "x"]],
    ];
    for way in ways {
        let fixture = with_remote(&["pre-commit", "pre-push"]);
        fixture.git(&["checkout", "-qb", "side"]);
        fixture.write("key", pair(11));
        fixture.git(&["add", "key"]);
        fixture.git(&["commit", "-qnm", "side"]);
        fixture.git(&["checkout", "-q", "main"]);
        fixture.commit_file("ours", "x\n", "ours");
        way.iter().for_each(|step| drop(fixture.git(step)));
        blocked(&fixture.try_git(&["push", "-q", "origin", "HEAD:refs/heads/new"]), "key:");
    }
    let fixture = with_remote(&["pre-push"]);
    fixture.write("key", pair(12));
    fixture.git(&["add", "key"]);
    fixture.git(&["commit", "-qnm", "key"]);
    fixture.git(&["push", "-qn", "--no-verify", "origin", "main"]);
    fixture.git(&["rm", "-q", "key"]);
    fixture.git(&["commit", "-qnm", "gone"]);
    fixture.git(&["push", "-q", "--no-verify", "origin", "main"]);
    fixture.git(&["revert", "--no-edit", "HEAD"]);
    blocked(&fixture.try_git(&["push", "-q", "origin", "main"]), "key:");
}

#[test]
fn several_refs_tags_and_what_tags_are_on() {
    let fixture = with_remote(&["pre-push"]);
    fixture.git(&["checkout", "-qb", "one"]);
    fixture.commit_file("one", "x\n", "one");
    fixture.git(&["checkout", "-qb", "two", "main"]);
    fixture.commit_file("two", pair(13), "two");
    blocked(&fixture.try_git(&["push", "-q", "origin", "one", "two"]), "two:");
    passed(&fixture.try_git(&["push", "-q", "origin", "one"]));
    fixture.git(&["tag", "-a", "noted", "-m", &format!("tag\n\n{}", pair(14)), "main"]);
    blocked(&fixture.try_git(&["push", "-q", "origin", "noted"]), "message of tag");
    fixture.write("loose", pair(15));
    let blob = fixture.git(&["hash-object", "-w", "loose"]);
    fixture.git(&["tag", "on-a-blob", &blob]);
    blocked(&fixture.try_git(&["push", "-q", "origin", "on-a-blob"]), &blob[..7]);
}

#[test]
fn a_server_refuses_what_is_in_quarantine() {
    let fixture = with_remote(&["commit-msg"]);
    let server = fixture.join("origin.git");
    installed(&server, &[]);
    let refs = || fixture.git(&["-C", "origin.git", "for-each-ref"]);
    let before = refs();
    fixture.commit_file("key", pair(16), "a key");
    fixture.commit_file("key", "taken out\n", "no key any more");
    let output = fixture.try_git(&["push", "-q", "origin", "main", "main:refs/heads/new"]);
    blocked(&output, "remote: ");
    assert!(said(&output).contains("key:"), "{}", said(&output));
    assert_eq!(refs(), before);
    fixture.git(&["reset", "-q", "--hard", "HEAD~2"]);
    fixture.commit_file("clean", "x\n", "clean");
    passed(&fixture.try_git(&["push", "-q", "origin", "main", "main:refs/heads/new"]));
    assert_ne!(refs(), before);
}
