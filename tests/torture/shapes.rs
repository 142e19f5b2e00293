//! Cases 19 to 30: every shape of repository. Case 22 is in `reftable.rs`.

use crate::rig::{Key, harmless, harmless_with, history, history_uncounted, key, keysift, scan};
use crate::support::git::{Fixture, git_with};
use crate::support::program;
use std::path::Path;

/// A repository with a key in its first commit and four more commits.
fn leaking(key: &Key) -> Fixture {
    let repo = harmless();
    repo.commit_file("a", &key.lines, "leak");
    for n in 0..4 {
        repo.commit_file("a", format!("clean {n}\n"), "go on");
    }
    repo
}

fn url(repo: &Path) -> String {
    format!("file://{}", repo.display())
}

#[test]
fn case_19_a_shallow_clone_names_its_boundary_and_how_to_get_the_rest() {
    let key = key(19);
    let repo = leaking(&key);
    repo.git(&["clone", "-q", "--depth=2", &url(repo.path()), "shallow"]);
    let boundary = repo.id("HEAD~1");
    let found = history(&repo.join("shallow"));
    found.incomplete().gap("history", &[&boundary, "git fetch --unshallow"]);
}

#[test]
fn case_20_a_partial_clone_counts_what_is_absent_and_asks_nobody() {
    let key = key(20);
    let repo = leaking(&key);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url(repo.path()), "partial"]);
    let partial = repo.join("partial");
    git_with(&partial, &["config", "remote.origin.url", "https://192.0.2.1/nowhere.git"], &[]);
    let found = history_uncounted(&partial);
    // Six blobs: the file in five versions and the harmless one. The rig's own count would ask git, and git the remote.
    found.incomplete().gap("history", &["partial clone"]);
    assert_eq!(found.report["gaps"].as_array().unwrap().len(), 6, "{}", found.report["gaps"]);
    let listed = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
    assert_eq!(found.count("seen"), git_with(&partial, &listed, &[]).lines().count() as u64);
    // Without attribution the trees are not read, so nobody knows what is absent: that is said instead.
    keysift(&partial, ["history", ".", "--no-attribution"]).incomplete().gap("history", &["partial clone"]);
}

#[test]
fn case_21_sha256() {
    let key = key(21);
    let repo = harmless_with(&["--object-format=sha256"]);
    repo.commit_file("a", &key.lines, "leak");
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        history(repo.path()).found(&key, &["commit a:2"], "ref");
    }
}

#[test]
fn case_23_a_linked_worktree_from_both_sides() {
    let key = key(23);
    let repo = harmless();
    repo.git(&["worktree", "add", "-q", "--detach", "linked"]);
    let linked = repo.join("linked");
    std::fs::write(linked.join("a"), &key.lines).unwrap();
    git_with(&linked, &["add", "a"], &[]);
    git_with(&linked, &["commit", "-q", "-m", "leak"], &[]);
    for folder in [repo.path(), &linked] {
        history(folder).found(&key, &["commit a:2"], "ref");
    }
    std::fs::write(linked.join("b"), key.lines.replace("default", "other")).unwrap();
    git_with(&linked, &["add", "b"], &[]);
    keysift(&linked, ["staged", "--whole-files"]).found(&key, &["staged b:2"], "");
    keysift(repo.path(), ["staged", "--whole-files"]).clean();
}

#[test]
fn case_24_an_alternate_is_read_and_its_loss_is_a_gap() {
    let key = key(24);
    let repo = leaking(&key);
    repo.git(&["clone", "-q", "--bare", "--shared", ".", "borrower.git"]);
    let borrower = repo.join("borrower.git");
    history(&borrower).found(&key, &["commit a:2"], "ref");
    std::fs::rename(repo.join(".git/objects"), repo.join(".git/gone")).unwrap();
    history(&borrower).incomplete().gap("object", &["borrows"]).gap("ref", &["refs/heads/main", "missing"]);
}

#[test]
fn case_25_multi_pack_index_bitmap_and_commit_graph_change_nothing() {
    let key = key(25);
    let repo = leaking(&key);
    repo.git(&["repack", "-dq"]);
    repo.commit_file("b", "later\n", "later");
    repo.git(&["repack", "-dq", "--write-midx", "--write-bitmap-index"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert!(repo.join(".git/objects/pack/multi-pack-index").exists());
    assert!(repo.join(".git/objects/info/commit-graph").exists());
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_28_a_pushed_quarantine_is_read_through_the_environment() {
    let key = key(28);
    let repo = harmless();
    repo.git(&["clone", "-q", "--bare", ".", "server.git"]);
    // A hook, because only in pre-receive does git hand out the quarantine.
    let hook = repo.join("server.git/hooks/pre-receive");
    let line = format!(
        "#!/bin/sh\nread old new ref\n\"{}\" history . --format json >report.json\necho $? >code\n\"{0}\" range $old..$new \
         --format json >range.json\nexit 0\n",
        env!("CARGO_BIN_EXE_keysift")
    );
    std::fs::write(&hook, line).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repo.commit_file("a", &key.lines, "leak");
    repo.git(&["push", "-q", "server.git", "main"]);
    assert_eq!(std::fs::read_to_string(repo.join("server.git/code")).unwrap().trim(), "1");
    for name in ["report.json", "range.json"] {
        let text = std::fs::read_to_string(repo.join("server.git").join(name)).unwrap();
        assert!(text.contains(&key.id) && !text.contains(&key.secret), "{name}: {text}");
    }
}

#[test]
fn case_29_an_empty_repository_is_clean_and_no_repository_is_an_error() {
    let repo = Fixture::new();
    let found = history(repo.path());
    found.clean();
    assert_eq!(found.count("seen"), 0);
    let people = program::run(repo.path(), ["history"]);
    assert_eq!(people.code, Some(0));
    assert!(people.out.contains("0 objects"), "{}", people.out);
    keysift(repo.path(), ["staged"]).clean();
    let nothing = tempfile::tempdir().unwrap();
    for command in [&["history"][..], &["staged"], &["range", "a..b"]] {
        keysift(nothing.path(), command).refused(&["no git repository"]);
    }
}

#[test]
fn case_30_an_unknown_extension_is_a_gap_and_an_unknown_version_an_error() {
    let key = key(30);
    let repo = leaking(&key);
    repo.git(&["config", "extensions.sparkle", "true"]);
    let found = history(repo.path());
    found.found_in_part(&key, &["commit a:2"], "ref").gap("repository", &["extensions.sparkle"]);
    let clean = harmless();
    clean.git(&["config", "extensions.sparkle", "true"]);
    history(clean.path()).incomplete();
    clean.git(&["config", "core.repositoryformatversion", "2"]);
    history_uncounted(clean.path()).refused(&["repositoryformatversion 2"]);
}

/// Beyond the list: the index in the shapes that large repositories have.
#[test]
fn split_and_sparse_indexes() {
    let key = key(31_000);
    let repo = harmless();
    for folder in ["in", "out"] {
        repo.write(&format!("{folder}/file"), "content\n");
    }
    repo.commit("folders");
    repo.git(&["update-index", "--split-index"]);
    repo.write("in/leak", &key.lines);
    repo.git(&["add", "in/leak"]);
    keysift(repo.path(), ["staged"]).found(&key, &["staged in/leak:2"], "");
    repo.git(&["update-index", "--no-split-index"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    keysift(repo.path(), ["staged"]).found(&key, &["staged in/leak:2"], "");
    history(repo.path()).found(&key, &["blob :2"], "nothing");
    scan(repo.path()).found(&key, &["file in/leak:2"], "");
}
