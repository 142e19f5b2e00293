//! Cases 26 and 27, and what a repository names without holding it: submodules, nested repositories, gitlinks, what git
//! LFS keeps elsewhere; and names of files, which are content too.

use crate::rig::{Key, Outcome, harmless, history, key, keysift, scan};
use crate::support::git::{self, Fixture, START};
use serde_json::json;
use std::path::Path;

/// The objects that git counts in a repository.
fn counted(folder: &Path) -> u64 {
    let listed = git::git(folder, START, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    listed.lines().count() as u64
}

/// A history with everything within it, searched with one thread and with four.
fn deep(repo: &Path) -> Outcome {
    let [one, four] = ["1", "4"].map(|threads| keysift(repo, ["history", "--submodules", "-j", threads]));
    assert_eq!(one.report["findings"], four.report["findings"], "one thread and four");
    assert_eq!((&one.report["gaps"], one.code), (&four.report["gaps"], four.code));
    one
}

/// A repository whose first commit holds `key`, with the submodule `libs/inner` that holds it.
fn with_submodule(key: &Key) -> (Fixture, Fixture) {
    let (inner, outer) = (harmless(), harmless());
    inner.commit_file("conf", &key.lines, "the key");
    inner.commit_file("conf", "nothing\n", "gone");
    outer.git(&["submodule", "--quiet", "add", &inner.path().display().to_string(), "libs/inner"]);
    outer.commit("a submodule");
    (outer, inner)
}

#[test]
fn case_26_a_submodule_is_named_and_searched_where_that_is_asked_for() {
    let key = key(26);
    let (outer, inner) = with_submodule(&key);
    let shallow = history(outer.path());
    shallow.clean();
    assert_eq!(shallow.report["receipt"]["nested"], json!(["libs/inner"]));
    let deep = deep(outer.path());
    deep.found(&key, &["commit libs/inner/conf:2"], "ref");
    assert_eq!(deep.count("seen"), counted(outer.path()) + counted(inner.path()), "all of both");
    assert_eq!(deep.report["receipt"]["nested"], json!(null));
    let exposure = &deep.finding(&key)["exposure"];
    assert_eq!(exposure["introduced"][0]["path"], "libs/inner/conf");
    assert_eq!(exposure["in_head"], false);
    assert!(exposure["refs"].as_array().unwrap().contains(&json!("libs/inner:refs/heads/main")), "{exposure}");

    // The work tree is gone, what git keeps is not.
    outer.git(&["submodule", "--quiet", "deinit", "--force", "libs/inner"]);
    let kept = history(outer.path());
    assert_eq!(kept.clean().report["receipt"]["nested"], json!([".git/modules/libs/inner"]));
    self::deep(outer.path()).found(&key, &["commit .git/modules/libs/inner/conf:2"], "ref");

    // Nothing of it is here: the commits that are named are told.
    std::fs::remove_dir_all(outer.join(".git/modules")).unwrap();
    assert_eq!(history(outer.path()).clean().report["receipt"]["nested"], json!(["inner"]));
    self::deep(outer.path()).incomplete().gap("nested", &["inner", "1 of", "git submodule update"]);
}

#[test]
fn case_26_a_submodule_of_a_submodule_and_a_commit_that_it_lacks() {
    let key = key(126);
    let (middle, inner) = with_submodule(&key);
    let outer = harmless();
    outer.git(&["submodule", "--quiet", "add", &middle.path().display().to_string(), "m"]);
    outer.git(&["submodule", "--quiet", "update", "--init", "--recursive"]);
    outer.commit("a submodule");
    assert_eq!(history(outer.path()).clean().report["receipt"]["nested"], json!(["m", "m/libs/inner"]));
    let all = deep(outer.path());
    all.found(&key, &["commit m/libs/inner/conf:2"], "ref");
    let sum = counted(outer.path()) + counted(middle.path()) + counted(inner.path());
    assert_eq!(all.count("seen"), sum, "all three");

    let other = inner.commit_file("more", "more\n", "not fetched by anybody");
    outer.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{other},m2")]);
    outer.git(&["commit", "--quiet", "--message", "a commit that is not here"]);
    deep(outer.path()).found_in_part(&key, &["commit m/libs/inner/conf:2"], "ref").gap("nested", &["m2", "1 of"]);
}

#[test]
fn case_26_the_same_key_in_both_is_one_finding() {
    let key = key(226);
    let (outer, _inner) = with_submodule(&key);
    outer.commit_file("also", &key.lines, "here too");
    let all = deep(outer.path());
    all.found(&key, &["commit also:2", "commit libs/inner/conf:2"], "ref");
    assert_eq!(all.report["findings"].as_array().unwrap().len(), 1, "{}", all.report["findings"]);
    let exposure = &all.finding(&key)["exposure"];
    assert_eq!((exposure["in_head"].clone(), exposure["path_count"].clone()), (json!(true), json!(2)));
}

#[test]
fn case_27_a_nested_repository_is_named_and_searched_where_that_is_asked_for() {
    let (outer, key) = (harmless(), key(27));
    let inner = outer.join("vendor/inner");
    std::fs::create_dir_all(&inner).unwrap();
    git::git(&inner, START, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(inner.join("conf"), &key.lines).unwrap();
    git::git(&inner, START, &["add", "conf"]);
    git::git(&inner, START, &["commit", "--quiet", "--message", "the key"]);
    std::fs::write(inner.join("conf"), "nothing\n").unwrap();
    // Its files are files; its history is its own.
    let files = scan(outer.path());
    assert_eq!(files.clean().report["receipt"]["nested"], json!(["vendor/inner"]));
    assert_eq!(history(outer.path()).clean().report["receipt"]["nested"], json!(["vendor/inner"]));
    deep(outer.path()).found(&key, &["commit vendor/inner/conf:2"], "ref");
    let words = crate::support::program::run(outer.path(), ["history"]).out;
    assert!(words.contains("Not entered: the history of vendor/inner") && words.contains("--submodules"), "{words}");
}

#[test]
fn case_27_a_git_file_that_leads_elsewhere_is_not_followed() {
    let (outer, other, key) = (harmless(), harmless(), key(127));
    other.commit_file("conf", &key.lines, "somebody else's");
    outer.write("trap/.git", format!("gitdir: {}\n", other.join(".git").display()));
    std::fs::create_dir_all(outer.join("empty/.git")).unwrap();
    let named = history(outer.path());
    assert_eq!(named.clean().report["receipt"]["nested"], json!(["empty", "trap"]));
    let all = deep(outer.path());
    all.incomplete().gap("nested", &["trap", "lies elsewhere"]).gap("nested", &["empty", "no repository"]);
}

#[test]
fn gitlinks_of_a_commit_and_of_the_index_are_counted() {
    let (repo, commit) = (harmless(), "1".repeat(40));
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},some/where")]);
    let staged = keysift(repo.path(), ["staged"]);
    assert_eq!((staged.clean().skipped("submodule"), staged.count("seen")), (1, 1));
    repo.git(&["commit", "--quiet", "--message", "a link"]);
    assert_eq!(history(repo.path()).clean().report["receipt"]["nested"], json!(["where"]));
}

/// A git LFS pointer to content with this hash.
fn pointer(oid: &str) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 1000\n")
}

/// Puts content where git LFS keeps it; its name is not checked.
fn keep(store: &Path, oid: &str, content: &[u8]) {
    let folder = store.join(&oid[..2]).join(&oid[2..4]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(oid), content).unwrap();
}

#[test]
fn what_git_lfs_keeps_is_searched_where_it_is_and_a_gap_where_not() {
    let (repo, key) = (harmless(), key(70));
    let (here, absent) = ("12".repeat(32), "34".repeat(32));
    repo.commit_file("big.bin", pointer(&here), "kept elsewhere");
    // A delta of a pointer is a pointer as well.
    for n in 0..30 {
        let other = format!("{:0>64x}", n + 1);
        keep(&repo.join(".git/lfs/objects"), &other, b"harmless");
        repo.commit_file("big.bin", pointer(&other), "another");
    }
    repo.git(&["repack", "-adq"]);
    history(repo.path()).incomplete().gap("object", &["git lfs fetch"]);
    keep(&repo.join(".git/lfs/objects"), &here, format!("\n\n{}{}", key.lines, "long line\n".repeat(99)).as_bytes());
    let found = history(repo.path());
    found.found(&key, &["commit big.bin:4"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["in_head"], false);
    assert_eq!(keysift(repo.path(), ["history", "--full-blobs"]).report["findings"], found.report["findings"]);

    repo.write("big.bin", pointer(&here));
    assert_eq!(scan(repo.path()).places(&key), ["file big.bin:4"]);
    repo.git(&["add", "--all"]);
    assert_eq!(keysift(repo.path(), ["staged"]).places(&key), ["staged big.bin:4"]);
    repo.commit("back");
    let range = keysift(repo.path(), ["range", "HEAD~1..HEAD"]);
    assert_eq!((range.code, range.places(&key)), (Some(1), vec!["commit big.bin:4".to_string()]));

    repo.write("other.bin", pointer(&absent));
    scan(repo.path()).gap("file", &["other.bin", "git lfs fetch"]);
    repo.git(&["add", "--all"]);
    keysift(repo.path(), ["staged"]).incomplete().gap("object", &["git lfs fetch"]);
    let limited = keysift(repo.path(), ["history", "--max-content", "900"]);
    limited.gap("limit", &["git LFS keeps"]);
}

#[test]
fn pointers_without_content_are_counted_and_borrowed_content_is_found() {
    let (repo, key) = (harmless(), key(71));
    for n in 0..40 {
        repo.write(&format!("{n}.bin"), pointer(&format!("{:0>64x}", n + 1)));
    }
    repo.commit("many");
    let many = history(repo.path());
    many.incomplete().gap("object", &["40 pointers"]);
    assert_eq!(many.report["gaps"].as_array().unwrap().len(), 21);

    let (oid, borrower) = ("56".repeat(32), tempfile::tempdir().unwrap());
    let lender = harmless();
    lender.commit_file("big.bin", pointer(&oid), "kept elsewhere");
    keep(&lender.join(".git/lfs/objects"), &oid, key.lines.as_bytes());
    let url = lender.path().display().to_string();
    git::git(borrower.path(), START, &["clone", "--quiet", "--shared", &url, "clone"]);
    history(&borrower.path().join("clone")).found(&key, &["commit big.bin:2"], "ref");
    // Nor is a store that the configuration names passed over.
    let named = harmless();
    named.commit_file("big.bin", pointer(&oid), "kept elsewhere");
    named.git(&["config", "lfs.storage", "else/where"]);
    keep(&named.join(".git/else/where/objects"), &oid, key.lines.as_bytes());
    history(named.path()).found(&key, &["commit big.bin:2"], "ref");
}

/// A key whose secret can be a part of a file's name, and that name.
fn named() -> (Key, String) {
    let key = (200..).map(key).find(|key| !key.secret.contains('/')).expect("every second one is");
    let name = format!("aws_access_key_id={} aws_secret_access_key={}", key.id, key.secret);
    (key, name)
}

#[test]
fn a_key_in_the_name_of_a_file_or_folder_is_found_and_hidden() {
    let (repo, (key, name)) = (harmless(), named());
    repo.commit_file(&format!("conf/{name}"), "nothing in it\n", "a name");
    let commit = repo.commit_file(&format!("{name}/inner/file"), "nothing in it\n", "a folder");
    repo.git(&["rm", "-rq", &name]);
    repo.commit("the folder is gone");
    let shown = name.replace(&key.secret, "***");
    let found = history(repo.path());
    found.found(&key, &[&format!("commit conf/{shown}:1")], "ref");
    let finding = found.finding(&key);
    assert_eq!(finding["location"]["in_name"], true);
    assert_eq!(finding["exposure"]["in_head"], true);
    repo.git(&["rm", "-rq", "conf"]);
    repo.commit("all gone");
    repo.git(&["repack", "-adq"]);
    let gone = history(repo.path());
    assert_eq!(gone.finding(&key)["exposure"]["in_head"], false);
    assert_eq!(gone.finding(&key)["exposure"]["path_count"], 2);

    let range = keysift(repo.path(), ["range", &format!("{commit}~1..{commit}")]);
    assert_eq!((range.code, range.places(&key)), (Some(1), vec![format!("commit {shown}:1")]));
    assert_eq!(range.finding(&key)["location"]["in_name"], true);

    let folder = format!("{name}/x");
    repo.write(&folder, "nothing in it\n");
    assert_eq!(scan(repo.path()).places(&key), [format!("file {shown}:1")]);
    repo.git(&["add", "--all"]);
    let staged = keysift(repo.path(), ["staged"]);
    assert_eq!((staged.code, staged.places(&key)), (Some(1), vec![format!("staged {shown}:1")]));
    for format in ["human", "sarif", "csv", "junit", "markdown", "gitlab", "sonarqube", "github"] {
        let ended = crate::support::program::run(repo.path(), ["history", "--format", format]);
        assert!(!ended.out.contains(&key.secret) && !ended.err.contains(&key.secret), "{format}");
    }
}

#[test]
fn a_link_to_a_key_is_found_by_its_target() {
    let (repo, (key, name)) = (harmless(), named());
    std::os::unix::fs::symlink(&name, repo.join("link")).unwrap();
    assert_eq!(scan(repo.path()).places(&key), ["file link:1"]);
    repo.commit("a link");
    history(repo.path()).found(&key, &["commit link:1"], "ref");
}
