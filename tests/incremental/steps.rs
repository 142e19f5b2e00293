//! What people do to a repository between two searches, one after the other, by the real git.

use super::support::git::{Fixture, git};
use super::support::keys;
use super::support::random::Random;
use super::support::run::RULES;
use super::{plan, same};
use keysift::rule::RuleSet;
use std::fs;
use std::sync::Arc;

#[test]
fn each_step_gives_the_report_of_a_full_search() {
    let (fixture, mut random) = (Fixture::new(), Random::new(7));
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    let mut plan = plan(fixture.path(), 2);
    let lines = |n: usize| (0..400).map(|line| format!("line {line} of {n}\n")).collect::<String>();
    for n in 0..40 {
        fixture.write(&format!("src/folder {}/file{n}.txt", n % 5), lines(n));
        fixture.commit_file("count", n.to_string(), &format!("change {n}"));
    }
    fixture.commit_file("deploy/secret.env", keys::profile(&mut random), "a key comes in");
    fixture.git(&["tag", "--annotate", "v1", "--message", "one"]);
    let mut step = |what: &str| same(&mut plan, &store, what);

    assert_eq!(step("the first search"), 0);
    let all = step("nothing changed");
    assert!(all > 80, "{all} blobs, commits and tags were remembered");

    fixture.commit_file("src/folder 1/file1.txt", lines(1) + &keys::profile(&mut random), "another key, and a change");
    assert_eq!(step("a new commit"), all);
    fixture.write("amended.txt", keys::profile(&mut random));
    fixture.git(&["add", "--all"]);
    fixture.git(&["commit", "--quiet", "--amend", "--message", "amended"]);
    step("an amended commit");
    fixture.git(&["rm", "--quiet", "deploy/secret.env"]);
    fixture.commit("the key goes");
    step("a removal");
    fixture.git(&["branch", "side", "HEAD~3"]);
    step("a new ref");
    fixture.git(&["branch", "-D", "side"]);
    fixture.git(&["tag", "-d", "v1"]);
    step("deleted refs");

    let before = step("before packing");
    fixture.git(&["gc", "--quiet"]);
    assert_eq!(step("loose objects turned into a pack"), before, "and all of it is known");
    assert_eq!(step("after packing"), before);
    fixture.commit_file("src/more.txt", keys::profile(&mut random), "after packing");
    step("a commit after packing");
    fixture.git(&["repack", "-adfq", "--depth=2"]);
    step("packed anew");
    fixture.git(&["update-ref", "-d", "ORIG_HEAD"]);
    fixture.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    fixture.git(&["reflog", "expire", "--expire=now", "--all"]);
    fixture.git(&["gc", "--quiet", "--prune=now"]);
    step("unreachable objects are gone");
}

#[test]
fn an_object_that_was_missing_and_comes_is_found_where_it_belongs() {
    let (fixture, mut random) = (Fixture::new(), Random::new(8));
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    fixture.write("a/b/key.env", keys::profile(&mut random));
    let commit = fixture.commit("with a key");
    fixture.commit_file("other.txt", "nothing", "more");
    let mut plan = plan(fixture.path(), 2);
    // The blob, the tree that leads to it, the commit.
    for id in [fixture.id(&format!("{commit}:a/b/key.env")), fixture.id(&format!("{commit}:a/b")), commit] {
        let path = fixture.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        let away = cache.path().join("away");
        fs::rename(&path, &away).unwrap();
        same(&mut plan, &store, "missing");
        same(&mut plan, &store, "still missing: the gap is told again");
        fs::rename(&away, &path).unwrap();
        assert!(same(&mut plan, &store, "it came") > 0);
        same(&mut plan, &store, "it is there");
        // Damaged, then sound again.
        let sound = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &sound[..sound.len() / 2]).unwrap();
        let other = cache.path().join(format!("{id}.redb"));
        same(&mut plan, &other, "damaged");
        same(&mut plan, &other, "still damaged");
        fs::write(&path, sound).unwrap();
        same(&mut plan, &other, "sound again");
        same(&mut plan, &other, "and still");
    }
}

#[test]
fn objects_of_others_and_content_of_lfs() {
    let (lender, borrower, mut random) = (Fixture::new(), Fixture::new(), Random::new(9));
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    lender.commit_file("lent.env", keys::profile(&mut random), "a key to lend");
    borrower.commit_file("own.txt", "nothing", "own");
    let mut plan = plan(borrower.path(), 1);
    same(&mut plan, &store, "before borrowing");
    let line = format!("{}\n", lender.join(".git/objects").display());
    fs::write(borrower.join(".git/objects/info/alternates"), line).unwrap();
    assert!(same(&mut plan, &store, "an alternate came") > 0);
    same(&mut plan, &store, "with an alternate");
    fs::remove_file(borrower.join(".git/objects/info/alternates")).unwrap();
    same(&mut plan, &store, "the alternate went");

    // What LFS keeps may come later, while the pointer's bytes stay.
    let oid = "5e".repeat(32);
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 100\n");
    borrower.commit_file("big.bin", pointer, "a pointer");
    same(&mut plan, &store, "content that LFS has not fetched");
    same(&mut plan, &store, "still not");
    let folder = borrower.join(format!(".git/lfs/objects/{}/{}", &oid[..2], &oid[2..4]));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&oid), keys::profile(&mut random)).unwrap();
    same(&mut plan, &store, "LFS has fetched it");
    same(&mut plan, &store, "and it is searched again");
}

#[test]
fn rules_of_before_do_not_count_for_others() {
    let (fixture, mut random) = (Fixture::new(), Random::new(10));
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    fixture.commit_file("key.env", keys::profile(&mut random), "a key");
    let mut plan = plan(fixture.path(), 2);
    let one = RuleSet::embedded().select(&["private-key".to_string()], &[]).expect("there is such a rule");
    plan.rules = Arc::new(one);
    assert_eq!(same(&mut plan, &store, "one rule"), 0);
    assert!(same(&mut plan, &store, "one rule again") > 0);
    plan.rules = Arc::clone(&RULES);
    assert_eq!(same(&mut plan, &store, "all rules"), 0, "what one rule found says nothing about others");
    assert!(same(&mut plan, &store, "all rules again") > 0);
    plan.limits.max_unpacked += 1;
    assert_eq!(same(&mut plan, &store, "another limit"), 0);
    plan.limits.max_findings -= 1;
    assert!(same(&mut plan, &store, "a limit that changes nothing in an object") > 0);
}

#[test]
fn submodules_are_remembered_too() {
    let (outer, inner, mut random) = (Fixture::new(), Fixture::new(), Random::new(11));
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    inner.commit_file("inner.env", keys::profile(&mut random), "a key within");
    outer.commit_file("outer.txt", "nothing", "outer");
    git(
        outer.path(),
        super::support::git::START,
        &["submodule", "--quiet", "add", &inner.path().display().to_string(), "sub"],
    );
    outer.commit("with a submodule");
    let mut plan = plan(outer.path(), 2);
    same(&mut plan, &store, "named only");
    same(&mut plan, &store, "named only, again");
    let keysift::engine::Command::History { submodules, .. } = &mut plan.command else { unreachable!() };
    *submodules = true;
    same(&mut plan, &store, "entered");
    let all = same(&mut plan, &store, "entered again");
    assert!(all >= 4, "{all} objects of both are remembered");
}
