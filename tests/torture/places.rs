//! Cases 1 to 18: every place of a history that a key can be in. `tests/history_repos.rs` holds in depth which commits
//! are named; here the whole program says where, and what still reaches it.

use crate::rig::{Key, harmless, history, key, keysift};
use crate::support::git::Fixture;

/// A harmless repository and the key of a case.
fn case(number: u64) -> (Fixture, Key) {
    (harmless(), key(number))
}

#[test]
fn case_01_in_the_root_commit_and_removed_since() {
    let (repo, key) = (Fixture::new(), key(1));
    repo.commit_file("a", &key.lines, "first");
    repo.commit_file("a", "nothing\n", "second");
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["in_head"], false);
}

#[test]
fn case_02_only_the_merge_commit_itself_holds_it() {
    let (repo, key) = case(2);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("b", "side\n", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("c", "main\n", "main");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    repo.write("evil", &key.lines);
    let merge = repo.commit("merge");
    let found = history(repo.path());
    found.found(&key, &["commit evil:2"], "ref");
    assert_eq!(found.finding(&key)["location"]["commit"], merge);
}

#[test]
fn case_03_it_came_with_the_resolution_of_a_conflict() {
    let (repo, key) = case(3);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_file("readme.txt", "side\n", "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit_file("readme.txt", "main\n", "main");
    assert!(!repo.try_git(&["merge", "-q", "side"]).status.success(), "they conflict");
    repo.write("readme.txt", format!("both\n{}", key.lines));
    repo.commit("merge");
    history(repo.path()).found(&key, &["commit readme.txt:3"], "ref");
}

#[test]
fn case_04_an_octopus_brings_it_in() {
    let (repo, key) = case(4);
    for arm in ["one", "two", "three"] {
        repo.git(&["checkout", "-q", "-b", arm, "main"]);
        repo.commit_file(arm, arm, arm);
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "one", "two", "three"]);
    repo.write("evil", &key.lines);
    repo.commit("octopus");
    assert_eq!(repo.git(&["log", "-1", "--format=%p"]).split(' ').count(), 4);
    history(repo.path()).found(&key, &["commit evil:2"], "ref");
}

#[test]
fn case_05_a_rename_with_an_edit_brings_it_in() {
    let (repo, key) = case(5);
    let long: String = (0..200).map(|n| format!("line {n}\n")).collect();
    repo.commit_file("old", &long, "old");
    repo.git(&["mv", "old", "new"]);
    repo.commit_file("new", format!("{long}{}", key.lines), "renamed");
    history(repo.path()).found(&key, &["commit new:202"], "ref");
}

#[test]
fn case_06_in_a_note() {
    let (repo, key) = case(6);
    repo.git(&["notes", "add", "-m", &key.lines]);
    let found = history(repo.path());
    found.complete();
    assert_eq!(found.finding(&key)["exposure"]["refs"][0], "refs/notes/commits");
    assert_eq!(found.finding(&key)["location"]["kind"], "commit");
}

#[test]
fn case_07_in_a_stash_an_older_stash_and_a_stashed_new_file() {
    let repo = harmless();
    let [old, new, untracked] = [71, 72, 73].map(key);
    repo.write("readme.txt", &old.lines);
    repo.git(&["stash", "-q"]);
    repo.write("readme.txt", &new.lines);
    repo.write("untracked", &untracked.lines);
    repo.tick();
    repo.git(&["stash", "-q", "--include-untracked"]);
    let found = history(repo.path());
    found.found(&old, &["commit readme.txt:2"], "reflog");
    found.found(&new, &["commit readme.txt:2"], "ref");
    found.found(&untracked, &["commit untracked:2"], "ref");
}

#[test]
fn case_08_amended_away_it_is_in_the_reflog_only() {
    let (repo, key) = case(8);
    repo.commit_file("a", &key.lines, "oops");
    repo.write("a", "nothing\n");
    repo.git(&["commit", "-q", "--all", "--amend", "-m", "better"]);
    history(repo.path()).found(&key, &["commit a:2"], "reflog");
}

#[test]
fn case_09_added_and_unstaged_it_dangles() {
    let (repo, key) = case(9);
    repo.write("a", &key.lines);
    repo.git(&["add", "a"]);
    repo.git(&["rm", "-q", "--cached", "a"]);
    history(repo.path()).found(&key, &["blob :2"], "nothing");
}

#[test]
fn case_10_in_the_message_of_a_commit_and_of_a_tag() {
    let repo = harmless();
    let [commit, tag] = [101, 102].map(key);
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("deploy\n\n{}", commit.lines)]);
    repo.git(&["tag", "-a", "v1", "-m", &format!("release\n\n{}", tag.lines)]);
    let found = history(repo.path());
    found.complete();
    assert_eq!(found.finding(&commit)["location"]["kind"], "commit-message");
    assert_eq!(found.finding(&tag)["location"]["kind"], "tag-message");
}

#[test]
fn case_11_a_tag_names_a_blob() {
    let (repo, key) = case(11);
    repo.write("a", &key.lines);
    let blob = repo.git(&["hash-object", "-w", "a"]);
    repo.git(&["tag", "blob", &blob]);
    repo.git(&["tag", "-a", "annotated", &blob, "-m", "of a blob"]);
    history(repo.path()).found(&key, &["blob :2"], "ref");
}

#[test]
fn case_12_only_below_refs_pull() {
    let (repo, key) = case(12);
    repo.git(&["checkout", "-q", "-b", "fork"]);
    let head = repo.commit_file("a", &key.lines, "from a fork");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["update-ref", "refs/pull/7/head", &head]);
    repo.git(&["branch", "-q", "-D", "fork"]);
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["refs"], serde_json::json!(["refs/pull/7/head"]));
}

#[test]
fn case_13_a_replace_ref_hides_it_from_git() {
    let (repo, key) = case(13);
    repo.commit_file("a", &key.lines, "first");
    let hidden = repo.id("HEAD:a");
    repo.write("harmless", "nothing to see\n");
    let harmless = repo.git(&["hash-object", "-w", "harmless"]);
    repo.git(&["replace", &hidden, &harmless]);
    assert_eq!(repo.git(&["cat-file", "blob", &hidden]), "nothing to see");
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_14_a_graft_cuts_it_off() {
    let (repo, key) = case(14);
    repo.commit_file("a", &key.lines, "first");
    let last = repo.commit_file("a", "nothing\n", "second");
    repo.write(".git/info/grafts", format!("{last}\n"));
    assert_eq!(repo.git(&["rev-list", "HEAD"]).lines().count(), 1);
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_15_a_file_becomes_a_link_and_a_file_again() {
    let repo = harmless();
    let [file, again] = [151, 153].map(key);
    repo.commit_file("a", &file.lines, "file");
    std::fs::remove_file(repo.join("a")).unwrap();
    // A link's target is one line; what stands in it counts as content.
    let link = key(152);
    let target = format!("aws_access_key_id={}&aws_secret_access_key={}", link.id, link.secret.replace('/', "+"));
    std::os::unix::fs::symlink(target, repo.join("a")).unwrap();
    repo.commit("link");
    std::fs::remove_file(repo.join("a")).unwrap();
    repo.commit_file("a", &again.lines, "file again");
    let found = history(repo.path());
    found.found(&file, &["commit a:2"], "ref").found(&again, &["commit a:2"], "ref");
    assert_eq!(found.finding(&link)["location"]["path"], "a");
}

#[test]
fn case_16_head_is_unborn_and_it_is_on_another_branch() {
    let (repo, key) = case(16);
    repo.commit_file("a", &key.lines, "first");
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_17_a_detached_head_is_all_that_reaches_it() {
    let (repo, key) = case(17);
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit_file("a", &key.lines, "detached");
    std::fs::remove_dir_all(repo.join(".git/logs")).unwrap();
    let found = history(repo.path());
    found.found(&key, &["commit a:2"], "ref");
    assert_eq!(found.finding(&key)["exposure"]["refs"], serde_json::json!(["HEAD"]));
}

#[test]
fn case_18_one_blob_at_three_paths_in_five_commits_is_one_finding() {
    let (repo, key) = case(18);
    let first = repo.commit_file("one", &key.lines, "one");
    repo.commit_file("two", &key.lines, "two");
    repo.commit_file("three", &key.lines, "three");
    std::fs::remove_file(repo.join("one")).unwrap();
    repo.commit("without one");
    repo.commit_file("one", &key.lines, "one again");
    // The rig compares one thread with four.
    let found = history(repo.path());
    found.complete();
    assert_eq!(found.report["findings"].as_array().unwrap().len(), 1, "{}", found.report);
    let finding = found.finding(&key);
    assert_eq!(finding["exposure"]["introduced"][0]["commit"], first);
    assert_eq!((&finding["exposure"]["path_count"], &finding["exposure"]["commit_count"]), (&3.into(), &5.into()));
}

#[test]
fn in_the_name_of_a_branch() {
    let (repo, key) = case(901);
    let name = format!("refs/heads/use-{}", key.id);
    repo.git(&["update-ref", &name, "HEAD"]);
    repo.git(&["pack-refs", "--all"]);
    let with_lives = history(repo.path());
    for found in [&with_lives, &keysift(repo.path(), ["history", ".", "--no-attribution"])] {
        found.complete();
        let place = &found.finding(&key)["location"];
        assert_eq!((&place["kind"], &place["path"]), (&"ref".into(), &name.as_str().into()));
        assert_eq!((&place["line"], &place["column"]), (&1.into(), &16.into()));
    }
    assert_eq!(with_lives.finding(&key)["exposure"]["reachable"], "ref");
}

#[test]
fn in_a_reflog_that_remembers_what_was_said() {
    let repo = harmless();
    let [amended, update, cloned] = [902, 903, 904].map(key);
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("add {}", amended.id)]);
    repo.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "better"]);
    let head = repo.head();
    repo.git(&["update-ref", "--create-reflog", "-m", &format!("use {}", update.id), "refs/heads/other", &head]);
    let log = repo.join(".git/logs/refs/remotes/origin/HEAD");
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let password = cloned.secret.replace(['/', '+'], "x");
    let said = format!("clone: from https://ada:{password}@git.example");
    let line = format!("{} {head} Ada <ada@example.com> 1600000000 +0000\t{said}\n", "0".repeat(40));
    std::fs::write(&log, line).unwrap();
    let found = history(repo.path());
    found.complete();
    // The commit that was amended is still there, and tells it.
    assert_eq!(found.finding(&amended)["location"]["kind"], "commit-message");
    let place = &found.finding(&update)["location"];
    assert_eq!((&place["kind"], &place["path"]), (&"reflog".into(), &"logs/refs/heads/other".into()));
    assert_eq!(found.finding(&update)["exposure"]["reachable"], "reflog");
    let findings = found.report["findings"].as_array().unwrap();
    let url = findings.iter().find(|finding| finding["rule_id"] == "url-password");
    let url = url.expect("the address that was cloned from is told");
    assert_eq!(url["location"]["path"], "logs/refs/remotes/origin/HEAD");
    assert!(!found.report.to_string().contains(&password) && !found.err.contains(&password));
}
