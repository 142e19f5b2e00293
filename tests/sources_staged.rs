//! What `git commit` would record now.

mod support;

use keysift::error::{Error, GapKind};
use keysift::finding::Harvest;
use keysift::origin::Origin;
use keysift::source::repo::Environment;
use keysift::source::staged::{Options, run};
use std::path::{Path, PathBuf};
use support::git::{Fixture, fifo, git_with};
use support::scanner::Surroundings;

fn staged_with(options: Options) -> (Vec<String>, Harvest) {
    let surroundings = Surroundings::default();
    let harvest =
        run(&options, &surroundings.scanner(), &surroundings.credentials, &surroundings.context()).expect("it runs");
    let receipt = &harvest.receipt;
    assert_eq!(receipt.seen, receipt.scanned + receipt.skipped.values().sum::<u64>(), "{receipt:?}");
    let words = surroundings.words(&harvest.sightings);
    (words.into_iter().map(|word| word.split(':').next().unwrap().to_owned()).collect(), harvest)
}

fn staged(folder: impl AsRef<Path>) -> (Vec<String>, Harvest) {
    staged_with(Options { repo: folder.as_ref().to_owned(), ..Options::default() })
}

#[test]
fn a_staged_key_is_found_and_an_unstaged_one_is_not() {
    let fixture = Fixture::new();
    fixture.commit_file("a/b", "nothing", "first");
    fixture.write("a/b", "KEY1");
    assert!(staged(fixture.path()).0.is_empty());
    fixture.git(&["add", "a/b"]);
    fixture.write("a/b", "nothing any more");
    let (words, harvest) = staged(fixture.join("a"));
    assert_eq!(words, ["KEY1 at a/b"]);
    assert!(
        matches!(&harvest.sightings[0].origin, Origin::Staged { blob, .. } if format!("{blob}") == fixture.id(":a/b"))
    );
    assert_eq!((harvest.receipt.scanned, harvest.gaps.len()), (1, 0));
    assert_eq!(harvest.head.unwrap().to_string(), fixture.head());
}

#[test]
fn only_what_the_commit_adds_is_told_unless_whole_files_are_wanted() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "KEY1\n", "first");
    fixture.write("a", "line\nKEY1\nKEY2\n");
    fixture.git(&["add", "-A"]);
    assert_eq!(staged(fixture.path()).0, ["KEY2 at a"]);
    let whole = Options { repo: fixture.path().into(), whole_files: true, ..Options::default() };
    assert_eq!(staged_with(whole).0, ["KEY1 at a", "KEY2 at a"]);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let fixture = Fixture::new();
    assert_eq!(staged(fixture.path()).1.receipt.seen, 0);
    fixture.write("x/y/z", "KEY1");
    fixture.write(".env", "KEY2");
    fixture.git(&["add", "-A"]);
    assert_eq!(staged(fixture.path()).0, ["KEY2 at .env", "KEY1 at x/y/z"].map(String::from));
}

#[test]
fn renames_with_edits_deletions_and_modes_bring_in_what_is_new() {
    let fixture = Fixture::new();
    fixture.write("old", "KEY1");
    fixture.write("folder/deep/old", "KEY2");
    fixture.write("gone", "KEY3");
    fixture.write("mode", "KEY4");
    fixture.commit("first");
    fixture.git(&["mv", "old", "new"]);
    fixture.write("new", "KEY1 KEY5");
    fixture.git(&["mv", "folder", "moved"]);
    fixture.git(&["rm", "-q", "gone"]);
    fixture.git(&["add", "-A"]);
    fixture.git(&["update-index", "--chmod=+x", "mode"]);
    let (words, harvest) = staged(fixture.path());
    assert_eq!(words, ["KEY5 at new"]);
    assert_eq!(harvest.receipt.scanned, 2, "the two that moved; the other two brought no content");
}

#[test]
fn links_are_text_and_what_records_no_content_is_counted() {
    let fixture = Fixture::new();
    fixture.commit_file("file", "x", "first");
    std::os::unix::fs::symlink("to-KEY1", fixture.join("link")).unwrap();
    std::fs::remove_file(fixture.join("file")).unwrap();
    std::os::unix::fs::symlink("to-KEY2", fixture.join("file")).unwrap();
    fixture.git(&["add", "-A"]);
    fixture.write("later", "KEY3");
    fixture.git(&["add", "-N", "later"]);
    let module = fixture.head();
    fixture.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{module},module")]);
    let (words, harvest) = staged(fixture.path());
    assert_eq!(words, ["KEY2 at file", "KEY1 at link"]);
    assert_eq!(harvest.receipt.skipped["intent to add"], 1);
    assert_eq!(harvest.receipt.skipped["submodule"], 1);
}

#[test]
fn both_sides_of_a_conflict_are_searched() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "base KEY1\n", "first");
    fixture.git(&["checkout", "-qb", "side"]);
    fixture.commit_file("a", "theirs KEY2\n", "second");
    fixture.git(&["checkout", "-q", "main"]);
    fixture.commit_file("a", "ours\n", "third");
    assert!(!fixture.try_git(&["merge", "side"]).status.success());
    assert_eq!(staged(fixture.path()).0, ["KEY2 at a"]);
    fixture.write("a", "resolved KEY3\n");
    fixture.git(&["add", "a"]);
    assert_eq!(staged(fixture.path()).0, ["KEY3 at a"]);
}

#[test]
fn the_index_that_git_hands_to_a_hook_is_the_one() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "first");
    let hook = "#!/bin/sh\ncp \"$GIT_INDEX_FILE\" copy-of-index\nexit 1\n";
    fixture.write(".git/hooks/pre-commit", hook);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(fixture.join(".git/hooks/pre-commit"), mode).unwrap();
    fixture.write("a", "KEY1");
    for arguments in [&["commit", "-qam", "x"][..], &["commit", "-qm", "x", "a"], &["commit", "-qm", "x", "-i", "a"]] {
        assert!(!fixture.try_git(arguments).status.success());
        let index = fixture.join("copy-of-index");
        let environment = Environment { index_file: Some(index.clone()), ..Environment::default() };
        let options = Options { repo: fixture.path().into(), environment, ..Options::default() };
        assert_eq!(staged_with(options).0, ["KEY1 at a"], "{arguments:?}");
        std::fs::remove_file(index).unwrap();
    }
}

#[test]
fn linked_worktrees_git_dir_and_sha256() {
    for format in ["sha1", "sha256"] {
        let fixture = Fixture::with(&["--object-format", format]);
        fixture.commit_file("a", "x", "first");
        fixture.git(&["worktree", "add", "-q", "linked"]);
        let linked = fixture.join("linked");
        std::fs::write(linked.join("b"), "KEY1").unwrap();
        git_with(&linked, &["add", "b"], &[]);
        assert!(staged(fixture.path()).0.is_empty());
        assert_eq!(staged(&linked).0, ["KEY1 at b"]);
        let environment =
            Environment { git_dir: Some(fixture.join(".git/worktrees/linked")), ..Environment::default() };
        let options = Options { repo: PathBuf::from("."), environment, ..Options::default() };
        assert_eq!(staged_with(options).0, ["KEY1 at b"]);
    }
}

#[test]
fn a_remembered_tree_and_none_give_the_same_answer() {
    let fixture = Fixture::new();
    for n in 0..40 {
        fixture.write(&format!("{}/{}/f{n}", n % 3, n % 5), format!("text {n}"));
        fixture.write(&format!("{}.c", n % 3), "text");
        fixture.write(&format!("{}0/file", n % 3), "text");
    }
    fixture.commit("first");
    fixture.write("1/1/f1", "KEY1");
    fixture.write("1.d", "KEY2");
    fixture.write("10/new/folder", "KEY3");
    std::fs::remove_dir_all(fixture.join("2")).unwrap();
    fixture.write("2", "KEY4");
    fixture.git(&["add", "-A"]);
    let expected = ["KEY2 at 1.d", "KEY1 at 1/1/f1", "KEY3 at 10/new/folder", "KEY4 at 2"];
    assert_eq!(staged(fixture.path()).0, expected);
    // Without the extension nothing is known, with it everything is.
    fixture.git(&["read-tree", &fixture.git(&["write-tree"])]);
    assert_eq!(staged(fixture.path()).0, expected);
    fixture.git(&["update-index", "--force-remove", "2"]);
    fixture.git(&["update-index", "--add", "2"]);
    assert_eq!(staged(fixture.path()).0, expected);
    fixture.git(&["update-index", "--index-version", "4"]);
    assert_eq!(staged(fixture.path()).0, expected);
    fixture.git(&["update-index", "--split-index"]);
    fixture.write("3", "KEY5");
    fixture.git(&["add", "3"]);
    assert_eq!(staged(fixture.path()).0.len(), 5);
}

#[test]
fn folders_outside_of_a_sparse_checkout_are_compared() {
    let fixture = Fixture::new();
    fixture.write("in/a", "x");
    fixture.write("out/deep/b", "y");
    fixture.commit("first");
    fixture.write("out/deep/b", "KEY1");
    let second = fixture.commit("second");
    fixture.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    assert!(
        fixture.git(&["ls-files", "--sparse"]).contains("out/\n")
            || fixture.git(&["ls-files", "--sparse"]).ends_with("out/")
    );
    assert_eq!(staged(fixture.path()).1.receipt.seen, 0);
    fixture.git(&["update-ref", "HEAD", &format!("{second}~1")]);
    assert_eq!(staged(fixture.path()).0, ["KEY1 at out/deep/b"]);
}

#[test]
fn an_index_that_is_no_file_is_an_error_and_a_missing_head_tree_is_a_gap() {
    let fixture = Fixture::new();
    fixture.commit_file("folder/a", "KEY1", "first");
    fixture.write("b", "KEY2");
    fixture.git(&["add", "-A"]);
    let tree = fixture.id("HEAD^{tree}");
    std::fs::remove_file(fixture.join(format!(".git/objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    let (words, harvest) = staged(fixture.path());
    assert_eq!(words, ["KEY2 at b", "KEY1 at folder/a"]);
    assert_eq!((harvest.gaps.len(), harvest.gaps[0].kind), (1, GapKind::Object));

    let index = fixture.join(".git/index");
    std::fs::write(&index, "garbage").unwrap();
    let surroundings = Surroundings::default();
    let options = Options { repo: fixture.path().into(), ..Options::default() };
    let result = run(&options, &surroundings.scanner(), &surroundings.credentials, &surroundings.context());
    assert!(matches!(result, Err(Error::Repository(_))));
    std::fs::remove_file(&index).unwrap();
    fifo(&index);
    let result = run(&options, &surroundings.scanner(), &surroundings.credentials, &surroundings.context());
    assert!(matches!(result, Err(Error::Repository(text)) if text.contains("regular")));
}

#[test]
fn a_staged_blob_that_is_missing_is_a_gap() {
    let fixture = Fixture::new();
    fixture.write("a", "KEY1");
    fixture.write("b", "KEY2");
    fixture.git(&["add", "-A"]);
    let blob = fixture.id(":a");
    std::fs::remove_file(fixture.join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    let (words, harvest) = staged(fixture.path());
    assert_eq!(words, ["KEY2 at b"]);
    assert_eq!(harvest.gaps[0].what, blob);
    assert_eq!(harvest.receipt.skipped["unreadable"], 1);
}
