//! Cases 53 and 65 to 68: others write, delete and forbid while a scan reads.

use crate::rig::{Outcome, harmless, history, history_uncounted, key, keysift, not_as_root};
use crate::support::program;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

/// The pack is cut as soon as the kernel says that the program has mapped it, while it reads some 30 MB.
#[cfg(target_os = "linux")]
#[test]
fn case_53_a_pack_that_is_truncated_while_it_is_read_is_a_gap_and_no_signal() {
    let key = key(53);
    let repo = harmless();
    let mut random = crate::support::random::Random::new(53);
    for n in 0..30 {
        repo.write(&format!("noise{n}"), random.bytes(1 << 20));
    }
    repo.commit_file("a", &key.lines, "leak");
    repo.git(&["-c", "core.compression=0", "repack", "-adfq"]);
    let mut files = std::fs::read_dir(repo.join(".git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let pack = files.find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    let whole = std::fs::read(&pack).unwrap();
    let mut told = 0;
    for _ in 0..10 {
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, &whole).unwrap();
        let mut command = program::keysift(["history", ".", "-j", "2", "--format", "json"]);
        command.current_dir(repo.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let maps = format!("/proc/{}/maps", child.id());
        let name = pack.file_name().unwrap().to_str().unwrap();
        while std::fs::read_to_string(&maps).is_ok_and(|maps| !maps.is_empty() && !maps.contains(name)) {}
        std::fs::OpenOptions::new().write(true).open(&pack).unwrap().set_len(8192).unwrap();
        let outcome = Outcome::of(&child.wait_with_output().unwrap().into());
        outcome.hides(&key);
        assert!(matches!(outcome.code, Some(1 | 3)), "{:?}", outcome.code);
        if outcome.report["complete"] == true {
            outcome.finding(&key);
        } else {
            told += usize::from(outcome.report["gaps"].to_string().contains("became shorter"));
        }
    }
    assert!(told > 0, "the pack was never cut in time, so this test shows nothing");
}

/// Does `work` in one thread while `change` is done again and again in another.
pub fn meanwhile(change: impl Fn(usize) + Sync, work: impl FnOnce()) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                change(n);
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn case_65_gc_commit_and_repack_during_a_scan() {
    let key = key(65);
    let repo = harmless();
    repo.commit_file("a", &key.lines, "leak");
    for n in 0..20 {
        repo.commit_file("b", format!("{n}\n").repeat(200), "more");
    }
    let folder = repo.path().to_path_buf();
    let git = move |arguments: &[&str]| {
        crate::support::git::command(&folder, crate::support::git::START).args(arguments).output().unwrap();
    };
    let path = repo.path().to_path_buf();
    meanwhile(
        move |n| {
            git(&["commit", "-q", "--allow-empty", "-m", "more"]);
            git([&["repack", "-adq"][..], &["gc", "-q", "--prune=now"], &["repack", "-dq"]][n % 3]);
        },
        || {
            for _ in 0..15 {
                let ended = program::run(&path, ["history", ".", "-j", "2", "--format", "json"]);
                let outcome = Outcome::of(&ended);
                outcome.hides(&key);
                // A pack that goes between being listed and being opened is told; the key is there at any moment, so
                // without a gap it must be found.
                assert!(outcome.report["complete"] == false || outcome.code == Some(1), "{}", outcome.report);
            }
        },
    );
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

#[test]
fn case_66_files_that_vanish_grow_or_become_links_are_counted() {
    let key = key(66);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    for n in 0..200 {
        std::fs::write(path.join(format!("f{n}")), "words\n").unwrap();
    }
    std::fs::write(path.join("stays"), &key.lines).unwrap();
    let changing = path.clone();
    meanwhile(
        move |n| {
            let file = changing.join(format!("f{}", n % 200));
            let _ = std::fs::remove_file(&file);
            match n % 3 {
                0 => drop(std::os::unix::fs::symlink("stays", &file)),
                1 => drop(std::fs::write(&file, "more words\n".repeat(n % 5000))),
                _ => {}
            }
        },
        || {
            for _ in 0..15 {
                let ended = program::run(&path, ["scan", ".", "--format", "json"]);
                Outcome::of(&ended).found_in_part(&key, &["file stays:2"], "");
            }
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn case_67_what_may_not_be_read_is_a_gap() {
    use std::os::unix::fs::PermissionsExt;
    let repo = harmless();
    repo.write("closed", "words\n");
    repo.write("folder/inside", "words\n");
    let object = repo.id("HEAD:readme.txt");
    let object = repo.join(format!(".git/objects/{}/{}", &object[..2], &object[2..]));
    for path in [repo.join("closed"), repo.join("folder"), object] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o000)).unwrap();
    }
    std::fs::set_permissions(repo.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let run = |command: &str| {
        let mut started = not_as_root();
        program::isolate(&mut started);
        started.args([command, ".", "--format", "json"]).current_dir(repo.path()).stdin(Stdio::null());
        Outcome::of(&crate::rig::end(&mut started))
    };
    run("scan").incomplete().gap("file", &["closed"]).gap("file", &["folder"]);
    run("history").incomplete();
    std::fs::set_permissions(repo.join("folder"), PermissionsExt::from_mode(0o755)).unwrap();
}

/// What searches remember is one file of the user's, whichever of them comes first.
#[test]
fn case_68_two_scans_share_what_they_remember() {
    let key = key(68);
    let repo = harmless();
    for n in 0..40 {
        repo.commit_file("b", format!("{n}\n"), "more");
    }
    repo.commit_file("a", &key.lines, "leak");
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    let path = repo.path();
    let search = || {
        let mut command = program::keysift(["history", "-j", "2", "--format", "json", "--store"]);
        Outcome::of(&crate::rig::end(command.arg(&store).env_remove("KEYSIFT_NO_STORE").current_dir(path)))
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..3 {
                    search().found(&key, &["commit a:2"], "ref");
                }
                history_uncounted(path).found(&key, &["commit a:2"], "ref");
                keysift(path, ["scan"]).found(&key, &["file a:2"], "");
            });
        }
    });
    let last = search();
    last.found(&key, &["commit a:2"], "ref");
    assert!(last.count("remembered") > 40, "{}", last.report["receipt"]);
    assert_eq!(last.count("seen"), repo.object_count() as u64);
}
