//! Histories made by the real git, each with one thing that a history can do to a credential, and what the report says
//! of it. Every history is searched three ways (one thread, several, every byte of every blob), and all three must
//! give the same report.

mod support;

use keysift::finding::{Event, Exposure, Reachable, Report, Tier};
use std::path::Path;
use support::git::{self, Fixture};
use support::keys;
use support::random::Random;
use support::run::{self, How, exposure_of, finding_of};

/// A fresh pair, and the lines of a credentials file: a header, then the id, then the secret, whose line is the pair's.
struct Pair {
    id: String,
    secret: String,
    profile: String,
}

fn pair(seed: u64) -> Pair {
    let mut random = Random::new(seed);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let profile = keys::profile_of(&id, &secret);
    Pair { id, secret, profile }
}

/// Searches `repo` in three ways that must agree, and checks the receipt against git's own count.
fn search(repo: &Path) -> Report {
    let report = run::history(repo, run::USUAL);
    let text = run::json(&report);
    assert_eq!(text, run::json(&run::history(repo, How { threads: 1, ..run::USUAL })), "one thread and two");
    assert_eq!(text, run::json(&run::history(repo, How { threads: 5, ..run::USUAL })), "five threads and two");
    assert_eq!(
        text,
        run::json(&run::history(repo, How { full_blobs: true, ..run::USUAL })),
        "every byte and the changed ones"
    );
    let listed = git::git(repo, git::START, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    let receipt = &report.receipt;
    assert_eq!(receipt.seen, listed.lines().count() as u64, "objects seen");
    assert_eq!(receipt.seen, receipt.scanned + receipt.skipped.values().sum::<u64>(), "{receipt:?}");
    report
}

/// `(commit, path, line)` of each event.
fn events(events: &[Event]) -> Vec<(String, String, u32)> {
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    events.iter().map(|event| (event.commit.id.to_string(), text(&event.path), event.line)).collect()
}

fn at(commit: &str, path: &str, line: u32) -> (String, String, u32) {
    (commit.to_string(), path.to_string(), line)
}

/// A repository with one commit without anything in it.
fn clean() -> Fixture {
    let repo = Fixture::new();
    repo.commit_file("readme.txt", "hello\n", "start");
    repo
}

fn assert_complete(report: &Report) {
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
}

#[test]
fn added_and_kept() {
    let (repo, key) = (clean(), pair(1));
    let added = repo.commit_file("app/config", format!("# settings\n\n{}", key.profile), "add settings");
    repo.commit_file("readme.txt", "hello again\n", "say more");
    let report = search(repo.path());
    assert_complete(&report);
    assert_eq!(finding_of(&report, &key.secret).tier, Tier::Pair);
    let exposure = exposure_of(&report, &key.secret);
    assert_eq!(events(&exposure.introduced), [at(&added, "app/config", 5)]);
    assert_eq!(exposure.introduced[0].blob.to_string(), repo.id("HEAD:app/config"));
    assert_eq!(exposure.introduced[0].commit.author, "Ada Author");
    assert_eq!(exposure.introduced[0].commit.time, git::START + 120);
    assert_eq!(exposure.introduced[0].commit.offset, 3600);
    assert_eq!(exposure.introduced[0].commit.summary, "add settings");
    assert_eq!(
        (exposure.in_head, exposure.ref_count, exposure.commit_count, exposure.path_count, exposure.reachable),
        (true, 1, 2, 1, Reachable::Ref)
    );
    assert!(exposure.removed.is_empty());
    assert_eq!(exposure.refs, ["refs/heads/main"]);
}

#[test]
fn in_the_root_commit() {
    let (repo, key) = (Fixture::new(), pair(2));
    let root = repo.commit_file("a", &key.profile, "start");
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&root, "a", 3)]);
}

#[test]
fn removed_again() {
    let (repo, key) = (clean(), pair(3));
    let added = repo.commit_file("config", format!("\n{}", key.profile), "add");
    repo.commit_file("readme.txt", "more\n", "more");
    let removed = repo.commit_file("config", "[default]\n", "remove");
    let report = search(repo.path());
    let exposure = exposure_of(&report, &key.secret);
    assert_eq!(events(&exposure.introduced), [at(&added, "config", 4)]);
    assert_eq!(events(&exposure.removed), [at(&removed, "config", 4)]);
    assert_eq!((exposure.in_head, exposure.commit_count, exposure.reachable), (false, 2, Reachable::Ref));
    // The history of the branch still holds it.
    assert_eq!(exposure.refs, ["refs/heads/main"]);
}

#[test]
fn a_deleted_file_is_a_removal() {
    let (repo, key) = (clean(), pair(4));
    repo.commit_file("deep/er/config", &key.profile, "add");
    std::fs::remove_dir_all(repo.join("deep")).unwrap();
    let removed = repo.commit("drop the folder");
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.removed), [at(&removed, "deep/er/config", 3)]);
    assert!(!exposure.in_head);
}

#[test]
fn brought_in_on_two_branches() {
    let (repo, key) = (clean(), pair(5));
    repo.git(&["branch", "other"]);
    let here = repo.commit_file("config", &key.profile, "add here");
    repo.git(&["checkout", "--quiet", "other"]);
    let there = repo.commit_file("config", &key.profile, "add there");
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&here, "config", 3), at(&there, "config", 3)]);
    assert_eq!(exposure.refs, ["refs/heads/main", "refs/heads/other"]);
    assert_eq!((exposure.ref_count, exposure.commit_count, exposure.path_count), (2, 2, 1));

    // A merge of the two brings nothing new.
    repo.git(&["merge", "--quiet", "--no-edit", "main"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&here, "config", 3), at(&there, "config", 3)]);
    assert_eq!((events(&exposure.removed), exposure.commit_count), (vec![], 3));
}

#[test]
fn a_removal_that_is_reverted_is_a_second_introduction() {
    let (repo, key) = (clean(), pair(6));
    let added = repo.commit_file("config", &key.profile, "add");
    let removed = repo.commit_file("config", "nothing\n", "remove");
    repo.tick();
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let again = repo.head();
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&added, "config", 3), at(&again, "config", 3)]);
    assert_eq!(events(&exposure.removed), [at(&removed, "config", 3)]);
    assert!(exposure.in_head);
    assert_eq!(exposure.commit_count, 2);
}

#[test]
fn a_merge_that_drops_it() {
    let (repo, key) = (clean(), pair(7));
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    let added = repo.commit_file("config", &key.profile, "add on topic");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.commit_file("readme.txt", "main goes on\n", "go on");
    repo.tick();
    repo.git(&["merge", "--quiet", "--no-edit", "--strategy=ours", "topic"]);
    let merge = repo.head();
    repo.git(&["branch", "--quiet", "-D", "topic"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&added, "config", 3)]);
    assert_eq!(events(&exposure.removed), [at(&merge, "config", 3)]);
    assert_eq!((exposure.in_head, exposure.commit_count), (false, 1));
    assert_eq!(exposure.refs, ["refs/heads/main"]);
}

#[test]
fn a_merge_that_brings_it_in_by_itself() {
    let (repo, key) = (clean(), pair(8));
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.commit_file("topic.txt", "topic\n", "topic");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.commit_file("main.txt", "main\n", "main");
    repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "topic"]);
    repo.write("main.txt", format!("main\n{}", key.profile));
    let merge = repo.commit("merge topic");
    assert_eq!(repo.git(&["rev-list", "--parents", "-n", "1", "HEAD"]).split(' ').count(), 3, "it is a merge");
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&merge, "main.txt", 4)]);
    assert_eq!((exposure.in_head, exposure.commit_count), (true, 1));
}

#[test]
fn an_octopus_keeps_what_one_arm_brings() {
    let (repo, key) = (clean(), pair(9));
    let mut added = String::new();
    for arm in ["one", "two", "three"] {
        repo.git(&["checkout", "--quiet", "-b", arm, "main"]);
        let content = if arm == "two" { key.profile.clone() } else { "quiet\n".to_string() };
        let commit = repo.commit_file(arm, content, arm);
        if arm == "two" {
            added = commit;
        }
    }
    repo.git(&["checkout", "--quiet", "main"]);
    repo.tick();
    repo.git(&["merge", "--quiet", "--no-edit", "one", "two", "three"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(events(&exposure.introduced), [at(&added, "two", 3)]);
    assert_eq!((events(&exposure.removed), exposure.in_head, exposure.commit_count), (vec![], true, 2));
    assert_eq!(exposure.refs, ["refs/heads/main", "refs/heads/two"]);
}

#[test]
fn renamed_and_edited() {
    let (repo, key) = (clean(), pair(10));
    let added = repo.commit_file("old.ini", format!("{}\n{}", key.profile, "filler\n".repeat(50)), "add");
    repo.git(&["mv", "old.ini", "new.ini"]);
    repo.commit("rename");
    repo.commit_file("new.ini", format!("# edited\n{}\n{}", key.profile, "filler\n".repeat(50)), "edit");
    let report = search(repo.path());
    let exposure = exposure_of(&report, &key.secret);
    // It never left the tree, so it came in once and did not go.
    assert_eq!(events(&exposure.introduced), [at(&added, "old.ini", 3)]);
    assert_eq!(events(&exposure.removed), []);
    assert_eq!((exposure.in_head, exposure.commit_count, exposure.path_count), (true, 3, 2));
}

#[test]
fn one_blob_at_three_paths_in_five_commits() {
    let (repo, key) = (clean(), pair(11));
    let added = repo.commit_file("b/one", &key.profile, "one");
    repo.commit_file("a/two", &key.profile, "two");
    repo.commit_file("c", &key.profile, "three");
    repo.commit_file("other", "x\n", "other");
    repo.commit_file("other", "y\n", "other");
    let report = search(repo.path());
    let with_secret =
        report.findings.iter().filter(|f| f.credential.parts.iter().any(|(_, p)| p.expose() == key.secret.as_bytes()));
    assert_eq!(with_secret.count(), 1, "one finding for one credential");
    let exposure = exposure_of(&report, &key.secret);
    assert_eq!(events(&exposure.introduced)[0], at(&added, "b/one", 3));
    assert_eq!((exposure.commit_count, exposure.path_count, exposure.in_head), (5, 3, true));
}

#[test]
fn amended_away_is_in_the_reflog_only() {
    let (repo, key) = (clean(), pair(12));
    let added = repo.commit_file("config", &key.profile, "add");
    std::fs::remove_file(repo.join("config")).unwrap();
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--amend", "--allow-empty", "--message", "amended"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(exposure.reachable, Reachable::Reflog);
    assert_eq!(events(&exposure.introduced), [at(&added, "config", 3)]);
    assert_eq!((exposure.in_head, exposure.ref_count), (false, 0));
    assert!(exposure.refs.is_empty());

    // Without the reflog the commit dangles: nothing reaches it, and it is found all the same.
    repo.git(&["reflog", "expire", "--expire=all", "--all"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(exposure.reachable, Reachable::Nothing);
    assert_eq!((exposure.in_head, exposure.ref_count), (false, 0));
}

#[test]
fn staged_and_forgotten_is_reachable_from_nothing() {
    let (repo, key) = (clean(), pair(13));
    repo.write("config", &key.profile);
    let blob = repo.git(&["hash-object", "-w", "config"]);
    let report = search(repo.path());
    assert_complete(&report);
    let exposure = exposure_of(&report, &key.secret);
    assert_eq!(exposure.reachable, Reachable::Nothing);
    assert_eq!((events(&exposure.introduced), exposure.commit_count), (vec![], 0));
    assert_eq!(finding_of(&report, &key.secret).primary.origin.object().unwrap().to_string(), blob);
}

#[test]
fn refs_of_every_kind_reach() {
    let (repo, key) = (clean(), pair(14));
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    let added = repo.commit_file("config", &key.profile, "add");
    for name in ["refs/remotes/origin/side", "refs/pull/7/head", "refs/tags/light", "refs/custom/x"] {
        repo.git(&["update-ref", name, &added]);
    }
    repo.git(&["tag", "--annotate", "heavy", "--message", "a release", &added]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["branch", "--quiet", "-D", "side"]);
    repo.git(&["pack-refs", "--all"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    let expected =
        ["refs/custom/x", "refs/pull/7/head", "refs/remotes/origin/side", "refs/tags/heavy", "refs/tags/light"];
    assert_eq!((exposure.refs.as_slice(), exposure.ref_count), (expected.map(String::from).as_slice(), 5));
    assert_eq!((exposure.in_head, exposure.reachable), (false, Reachable::Ref));
}

#[test]
fn many_refs_are_counted_and_a_part_is_listed() {
    let (repo, key) = (clean(), pair(15));
    let added = repo.commit_file("config", &key.profile, "add");
    for n in 0..30 {
        repo.git(&["update-ref", &format!("refs/heads/b{n:02}"), &added]);
    }
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!(exposure.ref_count, 31);
    assert_eq!(exposure.refs.len(), keysift::finding::REFS_SHOWN);
    assert!(exposure.refs.is_sorted());
}

#[test]
fn stashes_with_untracked_files() {
    let (repo, key, untracked) = (clean(), pair(16), pair(17));
    repo.write("readme.txt", format!("hello\n{}", key.profile));
    repo.write("new.txt", &untracked.profile);
    repo.tick();
    repo.git(&["stash", "--quiet", "--include-untracked"]);
    let report = search(repo.path());
    for (key, path) in [(&key, "readme.txt"), (&untracked, "new.txt")] {
        let exposure = exposure_of(&report, &key.secret);
        assert_eq!(
            (exposure.refs.as_slice(), exposure.reachable),
            (["refs/stash".to_string()].as_slice(), Reachable::Ref)
        );
        assert_eq!(events(&exposure.introduced)[0].1, path);
        assert!(!exposure.in_head);
    }
    // An older stash lives in the reflog of refs/stash alone.
    let older = pair(18);
    repo.git(&["stash", "drop", "--quiet"]);
    repo.write("readme.txt", &older.profile);
    repo.git(&["stash", "--quiet"]);
    repo.write("readme.txt", "something else\n");
    repo.tick();
    repo.git(&["stash", "--quiet"]);
    let exposure = exposure_of(&search(repo.path()), &older.secret).clone();
    assert_eq!((exposure.ref_count, exposure.reachable), (0, Reachable::Reflog));
}

#[test]
fn notes_tags_and_messages_are_read() {
    let (repo, note, message, tag, tagged) = (clean(), pair(19), pair(20), pair(21), pair(22));
    repo.git(&["notes", "add", "--message", &note.profile]);
    let commit = repo.commit_file("x", "x\n", &format!("work\n\n{}", message.profile));
    repo.git(&["tag", "--annotate", "v1", "--message", &tag.profile]);
    repo.write("loose.txt", &tagged.profile);
    let blob = repo.git(&["hash-object", "-w", "loose.txt"]);
    std::fs::remove_file(repo.join("loose.txt")).unwrap();
    repo.git(&["tag", "blob", &blob]);
    let report = search(repo.path());
    assert_complete(&report);
    let exposure = exposure_of(&report, &note.secret);
    assert_eq!((exposure.refs.as_slice(), exposure.in_head), (["refs/notes/commits".to_string()].as_slice(), false));
    let object = |key: &Pair| finding_of(&report, &key.secret).primary.origin.object().unwrap().to_string();
    assert_eq!(object(&message), commit);
    assert_eq!(object(&tag), repo.id("v1"));
    assert_eq!(object(&tagged), blob);
    for (key, refs) in [
        (&message, vec!["refs/heads/main", "refs/tags/v1"]),
        (&tag, vec!["refs/tags/v1"]),
        (&tagged, vec!["refs/tags/blob"]),
    ] {
        let exposure = exposure_of(&report, &key.secret);
        assert_eq!((exposure.refs.iter().map(String::as_str).collect(), exposure.reachable), (refs, Reachable::Ref));
    }
}

#[test]
fn how_objects_are_stored_changes_nothing() {
    let (repo, keys) = (clean(), [pair(23), pair(24), pair(25)]);
    let filler: String = (0..300).map(|n| format!("line {n} of a file long enough for deltas\n")).collect();
    repo.commit_file("file", &filler, "filler");
    for (n, key) in keys.iter().enumerate() {
        let (before, after) = filler.split_at(400 * (n + 1));
        repo.commit_file("file", format!("{before}{}{after}", key.profile), "edit");
        repo.commit_file("other", format!("{n}\n"), "other");
    }
    repo.git(&["branch", "second", "HEAD~2"]);
    let told = |report: &Report| {
        let mut text = Vec::new();
        for key in &keys {
            let finding = finding_of(report, &key.secret);
            text.push(format!("{} {:?} {:?}", finding.fingerprint, finding.places, finding.exposure));
        }
        text
    };
    let loose = search(repo.path());
    repo.git(&["repack", "--quiet"]);
    let both = search(repo.path());
    repo.git(&["prune-packed"]);
    repo.commit_file("last", "last\n", "last");
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.git(&["reflog", "expire", "--expire=all", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    let packed = search(repo.path());
    // Once more into a second pack, and a multi-pack-index over both.
    repo.git(&["repack", "--quiet", "-a", "--depth=1", "-f"]);
    repo.git(&["multi-pack-index", "write"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    let repacked = search(repo.path());
    for report in [&loose, &both, &packed, &repacked] {
        assert_complete(report);
        // The interned numbers in a place depend on timing; everything a reader sees does not.
        assert_eq!(strip_numbers(&told(report)), strip_numbers(&told(&loose)));
    }
}

/// Takes `CredentialIndex(7)` out of debug text.
fn strip_numbers(texts: &[String]) -> Vec<String> {
    let strip = |text: &String| {
        text.split("CredentialIndex(").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
    };
    texts.iter().map(strip).collect()
}

#[test]
fn objects_in_two_packs_and_loose_count_once() {
    let (repo, key) = (clean(), pair(26));
    repo.commit_file("config", &key.profile, "add");
    repo.git(&["repack", "--quiet", "-a"]);
    let first = pack_files(&repo);
    repo.commit_file("more", "more\n", "more");
    // Without -d the older pack stays, and the newer one holds everything again.
    repo.git(&["repack", "--quiet", "-a"]);
    assert!(pack_files(&repo) > first, "there are two packs");
    let report = search(repo.path());
    // Once, at its two parts.
    assert_eq!(finding_of(&report, &key.secret).place_count, 2);
    assert_eq!(exposure_of(&report, &key.secret).commit_count, 2);
}

fn pack_files(repo: &Fixture) -> usize {
    std::fs::read_dir(repo.join(".git/objects/pack")).unwrap().count()
}

#[test]
fn an_alternate_is_read_and_its_absence_is_a_gap() {
    let (origin, key) = (clean(), pair(27));
    let added = origin.commit_file("config", &key.profile, "add");
    let clone = Fixture::new();
    clone.git(&["clone", "--quiet", "--shared", origin.path().to_str().unwrap(), "copy"]);
    let copy = clone.join("copy");
    let report = search(&copy);
    assert_complete(&report);
    assert_eq!(events(&exposure_of(&report, &key.secret).introduced), [at(&added, "config", 3)]);

    std::fs::write(copy.join(".git/objects/info/alternates"), "/nowhere/objects\n").unwrap();
    let report = run::history(&copy, run::USUAL);
    assert!(!report.is_complete(), "what the refs name is not there");
}

#[test]
fn repositories_of_any_shape_give_the_same_answer() {
    let (repo, key) = (clean(), pair(28));
    let added = repo.commit_file("sub/config", &key.profile, "add");
    repo.git(&["worktree", "add", "--quiet", "--detach", "linked", "HEAD"]);
    let linked_commit = {
        let linked = repo.join("linked");
        std::fs::write(linked.join("extra"), "only in the work tree's HEAD\n").unwrap();
        git::git(&linked, git::START, &["add", "extra"]);
        git::git(&linked, git::START, &["commit", "--quiet", "--message", "detached"]);
        git::git(&linked, git::START, &["rev-parse", "HEAD"])
    };
    let bare = Fixture::new();
    bare.git(&["clone", "--quiet", "--mirror", repo.path().to_str().unwrap(), "bare.git"]);
    for path in
        [repo.path().to_path_buf(), repo.join("sub"), repo.join("linked"), repo.join(".git"), bare.join("bare.git")]
    {
        let report = run::history(&path, run::USUAL);
        assert_complete(&report);
        let exposure = exposure_of(&report, &key.secret);
        assert_eq!(events(&exposure.introduced), [at(&added, "sub/config", 3)], "{}", path.display());
        assert!(exposure.in_head, "{}", path.display());
    }
    // From the linked work tree HEAD is the detached commit.
    let report = run::history(&repo.join("linked"), run::USUAL);
    assert_eq!(report.head.unwrap().to_string(), linked_commit);
}

#[test]
fn an_unborn_head_and_an_empty_repository() {
    let (repo, key) = (Fixture::new(), pair(29));
    let report = search(repo.path());
    assert_complete(&report);
    assert_eq!((report.findings.len(), report.receipt.seen), (0, 0));

    repo.commit_file("config", &key.profile, "add");
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    let exposure = exposure_of(&search(repo.path()), &key.secret).clone();
    assert_eq!((exposure.in_head, exposure.refs.as_slice()), (false, ["refs/heads/main".to_string()].as_slice()));
}

#[test]
fn replace_refs_and_grafts_hide_nothing() {
    let (repo, key) = (clean(), pair(30));
    let added = repo.commit_file("config", &key.profile, "add");
    let clean_tree = repo.id("HEAD~1^{tree}");
    let removed = repo.commit_file("config", "gone\n", "remove");
    let stand_in = repo.git(&["commit-tree", &clean_tree, "-m", "nothing here"]);
    repo.git(&["replace", &added, &stand_in]);
    std::fs::write(repo.join(".git/info/grafts"), format!("{removed}\n")).unwrap();
    let report = run::history(repo.path(), run::USUAL);
    let exposure: &Exposure = exposure_of(&report, &key.secret);
    assert_eq!(events(&exposure.introduced), [at(&added, "config", 3)]);
    assert_eq!(events(&exposure.removed), [at(&removed, "config", 3)]);
}

#[test]
fn a_shallow_clone_says_that_it_is_not_whole() {
    let (origin, key) = (clean(), pair(31));
    origin.commit_file("config", &key.profile, "add");
    origin.commit_file("config", "gone\n", "remove");
    let clone = Fixture::new();
    let url = format!("file://{}", origin.path().display());
    clone.git(&["clone", "--quiet", "--depth=1", &url, "copy"]);
    let report = run::history(&clone.join("copy"), run::USUAL);
    assert!(report.findings.is_empty());
    assert!(!report.is_complete(), "the history behind the boundary was not read");
}

#[test]
fn sha256_repositories_are_read() {
    let (repo, key) = (Fixture::with(&["--object-format=sha256"]), pair(32));
    repo.commit_file("readme.txt", "hello\n", "start");
    let added = repo.commit_file("config", &key.profile, "add");
    assert_eq!(added.len(), 64);
    repo.git(&["gc", "--quiet"]);
    let report = search(repo.path());
    assert_complete(&report);
    assert_eq!(events(&exposure_of(&report, &key.secret).introduced), [at(&added, "config", 3)]);
}

#[test]
fn a_report_holds_no_secret() {
    let (repo, key) = (clean(), pair(33));
    repo.commit_file("config", &key.profile, &format!("add {}", key.secret));
    repo.commit_file(&format!("named-{}", key.secret.replace('/', "_")), "x\n", "hide it in a name");
    let text = run::json(&search(repo.path()));
    assert!(text.contains(&key.id), "the key id is shown");
    assert!(!text.contains(&key.secret), "the secret is not");
}
