//! Cases 61 to 64: what git hands a hook in each kind of commit, with a plain script as hook. Every kind is tried with a
//! staged key, which must stop it, and then without, which must pass.

use crate::rig::{end, harmless, key, not_as_root, snapshot};
use crate::support::git::{self, Fixture};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

/// A repository whose pre-commit and pre-merge-commit hooks are `keysift staged`.
fn guarded() -> Fixture {
    let repo = harmless();
    repo.commit_file("dir/tracked", "one\n", "tracked");
    for name in ["pre-commit", "pre-merge-commit"] {
        let hook = repo.join(".git/hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\nexec '{}' staged\n", env!("CARGO_BIN_EXE_keysift"))).unwrap();
        std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    }
    repo
}

fn commit(repo: &Fixture, folder: &str, arguments: &[&str]) -> Output {
    git::command(&repo.join(folder), git::START + 1000).args(arguments).output().unwrap()
}

#[test]
fn case_61_every_kind_of_commit_is_stopped_by_a_key_and_passes_without() {
    // The folder it is typed in, the arguments, and whether the file is staged before.
    let kinds: [(&str, &[&str], bool); 9] = [
        (".", &["commit", "-q", "-m", "plain"], true),
        (".", &["commit", "-q", "--amend", "-m", "amend"], true),
        (".", &["commit", "-q", "-a", "-m", "all"], false),
        (".", &["commit", "-q", "-i", "dir/tracked", "-m", "include"], false),
        (".", &["commit", "-q", "-m", "path", "dir/tracked"], false),
        (".", &["commit", "-q", "--only", "-m", "only", "dir/tracked"], false),
        ("dir", &["commit", "-q", "-m", "from a subfolder"], true),
        ("dir", &["commit", "-q", "-m", "path from a subfolder", "tracked"], false),
        ("linked", &["commit", "-q", "-a", "-m", "in a linked worktree"], false),
    ];
    for (n, (folder, arguments, staged)) in kinds.into_iter().enumerate() {
        let (repo, key) = (guarded(), key(6100 + n as u64));
        repo.git(&["worktree", "add", "-q", "--detach", "linked"]);
        let file = if folder == "linked" { "linked/dir/tracked" } else { "dir/tracked" };
        for (content, passes) in [(key.lines.as_str(), false), ("harmless\n", true)] {
            repo.write(file, content);
            if staged {
                repo.git(&["add", "dir/tracked"]);
            }
            let output = commit(&repo, folder, arguments);
            let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.success(), passes, "{arguments:?} in {folder}: {text}");
            assert!(passes || text.contains(&key.id), "{arguments:?}: another reason: {text}");
            assert!(!text.contains(&key.secret));
        }
    }
}

#[test]
fn case_61_the_end_of_a_conflicted_merge_and_a_clean_merge() {
    let (repo, key) = (guarded(), key(6150));
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("dir/tracked", "side\n", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("dir/tracked", "main\n", "main");
    assert!(!commit(&repo, ".", &["merge", "-q", "side"]).status.success());
    repo.write("dir/tracked", &key.lines);
    repo.git(&["add", "dir/tracked"]);
    assert!(!commit(&repo, ".", &["commit", "-q", "-m", "merged"]).status.success());
    repo.write("dir/tracked", "both\n");
    repo.git(&["add", "dir/tracked"]);
    assert!(commit(&repo, ".", &["commit", "-q", "-m", "merged"]).status.success());

    // A branch whose key came past the hook is stopped when it is merged without conflict.
    repo.git(&["checkout", "-q", "-b", "leak"]);
    repo.write("leak", &key.lines);
    repo.git(&["add", "leak"]);
    repo.git(&["commit", "-q", "--no-verify", "-m", "leak"]);
    repo.git(&["checkout", "-q", "main"]);
    assert!(!commit(&repo, ".", &["merge", "-q", "--no-ff", "-m", "merge", "leak"]).status.success());
}

#[test]
fn case_62_the_index_counts_and_not_the_files() {
    let (repo, key) = (guarded(), key(62));
    repo.write("dir/tracked", &key.lines);
    repo.git(&["add", "dir/tracked"]);
    repo.write("dir/tracked", "clean\n");
    assert!(!commit(&repo, ".", &["commit", "-q", "-m", "staged key"]).status.success());
    repo.git(&["add", "dir/tracked"]);
    repo.write("dir/tracked", &key.lines);
    assert!(commit(&repo, ".", &["commit", "-q", "-m", "unstaged key"]).status.success());
}

#[test]
fn case_63_entries_without_content_and_renames() {
    let (repo, key) = (guarded(), key(63));
    repo.write("later", &key.lines);
    repo.git(&["add", "--intent-to-add", "later"]);
    repo.write("readme.txt", "changed\n");
    repo.git(&["add", "readme.txt"]);
    assert!(commit(&repo, ".", &["commit", "-q", "-m", "intent to add"]).status.success());
    repo.git(&["rm", "-q", "--cached", "later"]);
    repo.git(&["update-index", "--chmod=+x", "readme.txt"]);
    assert!(commit(&repo, ".", &["commit", "-q", "-m", "mode only"]).status.success());
    repo.git(&["rm", "-q", "--cached", "readme.txt"]);
    assert!(commit(&repo, ".", &["commit", "-q", "-m", "delete"]).status.success());
    repo.git(&["mv", "dir/tracked", "dir/renamed"]);
    repo.write("dir/renamed", format!("one\n{}", key.lines));
    repo.git(&["add", "dir/renamed"]);
    assert!(!commit(&repo, ".", &["commit", "-q", "-m", "rename with a key"]).status.success());
}

#[test]
fn case_64_no_home_no_identity_and_nothing_is_written() {
    let (repo, key) = (guarded(), key(64));
    repo.write("dir/tracked", &key.lines);
    repo.git(&["add", "dir/tracked"]);
    let before = snapshot(repo.path());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_keysift"))
        .arg("staged")
        .env_clear()
        .current_dir(repo.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(before == snapshot(repo.path()), "something was written");
}

/// Sets the permissions of everything below a folder, and of itself: of files, and of folders and programs.
fn allow(folder: &Path, files: u32, folders: u32) {
    for (path, mode, ..) in snapshot(folder) {
        let executable = mode & 0o170_000 == 0o040_000 || mode & 0o100 != 0;
        let mode = if executable { folders } else { files };
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
}

#[test]
fn case_64_a_repository_that_may_only_be_read() {
    let (repo, committed, staged) = (harmless(), key(640), key(641));
    repo.commit_file("a", &committed.lines, "leak");
    repo.write("b", &staged.lines);
    repo.git(&["add", "b"]);
    allow(repo.path(), 0o444, 0o555);
    let before = snapshot(repo.path());
    let run = |arguments: &[&str]| {
        let mut command = not_as_root();
        // No HOME, no identity, nothing.
        command.env_clear().args(arguments).current_dir(repo.path()).stdin(Stdio::null());
        end(&mut command)
    };
    // Who may write there shows nothing.
    assert_eq!(run(&["staged", "--output", "report"]).code, Some(2), "this user may write into the repository");
    for (arguments, key) in [
        (&["staged"][..], &staged),
        (&["hook", "run", "pre-commit"], &staged),
        (&["history", "."], &committed),
        (&["range", "HEAD~1..HEAD"], &committed),
        (&["scan", "."], &staged),
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {}", ended.err);
        let said = format!("{}{}", ended.out, ended.err);
        let shows =
            said.contains(&key.id) || arguments[0] == "hook" && said.contains("blocked") && said.contains("b:3");
        assert!(shows && !said.contains(&key.secret), "{arguments:?}: {said}");
    }
    assert!(before == snapshot(repo.path()), "something was written");
    allow(repo.path(), 0o644, 0o755);
}
