//! A store that cannot be used: ignored with a note, and the report is that of a full search.

use super::support::git::Fixture;
use super::support::keys;
use super::support::program::{self, Ended};
use super::support::random::Random;
use super::support::run;
use super::{assert_reports, plan};
use redb::{Database, TableDefinition};
use std::fs;
use std::path::{Path, PathBuf};

/// A repository with a key in it, and a store of it.
fn remembered() -> (Fixture, tempfile::TempDir, PathBuf) {
    let (fixture, mut random) = (Fixture::new(), Random::new(20));
    for n in 0..30 {
        fixture.commit_file(&format!("folder/file{n}.txt"), format!("content {n}\n"), &format!("change {n}"));
    }
    fixture.commit_file("folder/key.env", keys::profile(&mut random), "a key");
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    let mut plan = plan(fixture.path(), 1);
    plan.store = Some(store.clone());
    assert!(run::run_plan(&plan).1.is_empty());
    (fixture, cache, store)
}

/// The program's run with this store.
fn searched(fixture: &Fixture, arguments: &[&str]) -> Ended {
    let mut command = program::keysift([&["history", "--format", "json"], arguments].concat());
    program::end(command.env_remove("KEYSIFT_NO_STORE").current_dir(fixture.path()))
}

/// The report without what may differ.
fn report(ended: &Ended) -> serde_json::Value {
    let mut report = ended.report();
    let receipt = report["receipt"].as_object_mut().expect("there is one");
    receipt.remove("duration_ms");
    receipt.remove("remembered");
    report
}

#[test]
fn what_cannot_be_used_is_ignored_with_a_note() {
    let (fixture, cache, store) = remembered();
    let full = report(&searched(&fixture, &["--no-store"]));
    assert_eq!(full["findings"].as_array().unwrap().len(), 1);
    let foreign = cache.path().join("foreign");
    fs::write(&foreign, "a thesis\n".repeat(10_000)).unwrap();
    let another = cache.path().join("another.redb");
    let database = Database::create(&another).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("of somebody")).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let newer = cache.path().join("newer.redb");
    let database = Database::create(&newer).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<&str, u64>::new("keysift")).unwrap().insert("form", 99).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let torn = cache.path().join("torn.redb");
    let bytes = fs::read(&store).unwrap();
    fs::write(&torn, &bytes[..bytes.len() / 3]).unwrap();
    let held = cache.path().join("held.redb");
    fs::copy(&store, &held).unwrap();
    let holder = Database::create(&held).unwrap();
    let cases: [(&Path, &str); 6] = [
        (&foreign, ""),
        (&another, "not a store of keysift"),
        (&newer, "another version"),
        (&torn, ""),
        (&held, "another run is using it"),
        (cache.path(), "not a regular file"),
    ];
    for (path, why) in cases {
        let before = path.is_file().then(|| fs::read(path).unwrap());
        let name = path.to_str().unwrap();
        let ended = searched(&fixture, &["--store", name]);
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.err);
        assert_eq!(report(&ended), full, "{name}");
        assert!(ended.err.contains("doing without the store") && ended.err.contains(why), "{name}: {}", ended.err);
        assert!(!ended.err.contains("internal error"), "{name}: {}", ended.err);
        assert!(before == path.is_file().then(|| fs::read(path).unwrap()), "{name} was changed");
        assert!(!searched(&fixture, &["--quiet", "--store", name]).err.contains("store"), "quiet is quiet");
    }
    drop(holder);
    assert_eq!(searched(&fixture, &["--store", held.to_str().unwrap()]).err, "", "nobody holds it any more");
}

#[test]
fn a_store_that_cannot_be_written_is_no_reason_to_fail() {
    let (fixture, cache, _) = remembered();
    let full = report(&searched(&fixture, &["--no-store"]));
    let below_a_file = cache.path().join("store.redb/below");
    // A device that is always full.
    for path in
        [below_a_file.to_str().unwrap(), "/dev/full", "/dev/full/x"].iter().filter(|_| cfg!(target_os = "linux"))
    {
        let ended = searched(&fixture, &["--store", path]);
        assert_eq!((ended.code, report(&ended)), (Some(1), full.clone()), "{path}");
        assert!(ended.err.contains("doing without the store"), "{path}: {}", ended.err);
    }
}

#[test]
fn damage_anywhere_in_it_never_gives_a_wrong_answer() {
    let (fixture, cache, store) = remembered();
    let mut plan = plan(fixture.path(), 1);
    let (full, _) = run::run_plan(&plan);
    let sound = fs::read(&store).unwrap();
    // Where something lies: most of a small database is empty.
    let used: Vec<usize> = (0..sound.len()).filter(|&at| sound[at] != 0).collect();
    let damaged = cache.path().join("damaged.redb");
    plan.store = Some(damaged.clone());
    let (mut random, mut known) = (Random::new(21), 0);
    std::panic::set_hook(Box::new(|_| ()));
    for n in 0..150 {
        let mut bytes = sound.clone();
        match n % 3 {
            0 => bytes.truncate(random.below(sound.len())),
            _ => (0..=random.below(4)).for_each(|_| bytes[*random.pick(&used)] ^= 1 << random.below(8)),
        }
        fs::write(&damaged, bytes).unwrap();
        for round in 0..2 {
            let (mut report, _) = run::run_plan(&plan);
            known += std::mem::take(&mut report.receipt.remembered);
            assert_reports(&full, &report, &format!("damage {n}, round {round}"));
        }
    }
    let _ = std::panic::take_hook();
    assert!(known > 0, "some of it was still good for something");
}

#[test]
fn it_holds_neither_secrets_nor_names() {
    let (fixture, mut random) = (Fixture::new(), Random::new(22));
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    fixture.commit_file("telling-name.env", keys::profile_of(&id, &secret), "a-telling-message");
    fixture.commit_file(&format!("names/{id}.txt"), "x", "a key id in a name");
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    let mut plan = plan(fixture.path(), 1);
    super::same(&mut plan, &store, "first");
    assert!(super::same(&mut plan, &store, "second") > 0);
    let bytes = fs::read(&store).unwrap();
    for text in [&id[..], &secret, "telling-name", "a-telling-message", "names", &fixture.path().to_string_lossy()] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "a text of {} bytes", text.len());
    }
}

#[test]
fn every_byte_anew_asks_nobody() {
    let (fixture, _cache, store) = remembered();
    let before = fs::read(&store).unwrap();
    let ended = searched(&fixture, &["--full-blobs", "--store", store.to_str().unwrap()]);
    assert!(ended.report()["receipt"].get("remembered").is_none());
    assert!(before == fs::read(&store).unwrap(), "nor does it add");
    let ended = searched(&fixture, &["--store", store.to_str().unwrap()]);
    assert!(ended.report()["receipt"]["remembered"].as_u64() > Some(60));
}

#[test]
fn by_default_it_is_in_the_cache_folder_of_the_user() {
    let (fixture, cache, _) = remembered();
    let mut command = program::keysift(["history", "-q"]);
    command.env_remove("KEYSIFT_NO_STORE").env("XDG_CACHE_HOME", cache.path()).env("HOME", cache.path());
    assert_eq!(program::end(command.current_dir(fixture.path())).code, Some(1));
    if cfg!(target_os = "linux") {
        assert!(cache.path().join("keysift/history.redb").is_file());
    }
    assert_eq!(fixture.git(&["status", "--porcelain", "--ignored"]), "", "nothing is put into the repository");
}
