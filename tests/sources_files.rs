//! Files on disk and standard input.

mod support;

use keysift::error::{Error, GapKind};
use keysift::finding::{Confidence, Credential, Credentials, Harvest, Hit, PartKind, RuleIndex};
use keysift::origin::Origin;
use keysift::scanner::{Scanner, Worker};
use keysift::secret::Secret;
use keysift::source::files::{Options, run_with};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::git::{Fixture, fifo};
use support::scanner::Surroundings;

/// Scans `paths`, which are relative to `folder` in the results.
fn scan_with(surroundings: &Surroundings, folder: &Path, paths: &[&str], stdin: &[u8]) -> (Vec<String>, Harvest) {
    let options = Options { paths: paths.iter().map(|path| folder.join(path)).collect() };
    let options = if paths == ["-"] { Options { paths: vec!["-".into()] } } else { options };
    let scanner = surroundings.scanner();
    let harvest =
        run_with(&options, &mut &stdin[..], &scanner, &surroundings.credentials, &surroundings.context()).unwrap();
    let prefix = format!("{}/", folder.display());
    let words = surroundings.words(&harvest.sightings).iter().map(|word| word.replace(&prefix, "")).collect();
    let words = sorted(words);
    let receipt = &harvest.receipt;
    assert_eq!(receipt.seen, receipt.scanned + receipt.skipped.values().sum::<u64>(), "{receipt:?}");
    (words, harvest)
}

fn scan(folder: &Path, paths: &[&str]) -> (Vec<String>, Harvest) {
    let (words, harvest) = scan_with(&Surroundings::default(), folder, paths, b"");
    let (single, alone) = scan_with(&Surroundings { threads: 1, ..Default::default() }, folder, paths, b"");
    assert_eq!((&words, &harvest.gaps, &harvest.receipt), (&single, &alone.gaps, &alone.receipt), "one thread differs");
    (words, harvest)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn hidden_files_binary_files_and_ignore_files_of_others_hide_nothing() {
    let folder = folder(&[
        (".env", "KEY1"),
        (".aws/credentials", "x\n KEY2"),
        (".ignore", "*\n"),
        (".rgignore", "*\n"),
        (".gitignore", "*\n"),
        ("binary", "\0\0KEY3\0"),
        ("a/b/c/d", "KEY4 KEY4"),
    ]);
    let (words, harvest) = scan(folder.path(), &[""]);
    let expected = [
        "KEY1 at .env:1:1",
        "KEY2 at .aws/credentials:2:2",
        "KEY3 at binary:1:3",
        "KEY4 at a/b/c/d:1:1",
        "KEY4 at a/b/c/d:1:6",
    ];
    assert_eq!(words, expected);
    assert!(harvest.gaps.is_empty());
    assert_eq!((harvest.receipt.seen, harvest.receipt.scanned), (7, 7));
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

#[test]
fn gitignore_counts_in_a_repository_but_not_for_tracked_files() {
    let fixture = Fixture::new();
    fixture.write("tracked.log", "KEY1");
    fixture.write("out/tracked", "KEY2");
    fixture.write("out/deep/tracked", "KEY3");
    fixture.write("nothing", "KEY4");
    fixture.commit("first");
    fixture.write(".gitignore", "*.log\nout/\n");
    fixture.write("sub/.gitignore", "!kept.log\n/only-here\n");
    fixture.write("sub/kept.log", "KEY5");
    fixture.write("sub/only-here", "KEY6");
    fixture.write("sub/deep/only-here", "KEY7");
    fixture.write("untracked.log", "KEY8");
    fixture.write("out/untracked", "KEY9");
    fixture.write(".git/info/exclude", "excluded\n");
    fixture.write("excluded", "KEY10");
    let (words, harvest) = scan(fixture.path(), &[""]);
    let found: Vec<&str> = words.iter().map(|word| word.split(' ').next().unwrap()).collect();
    assert_eq!(
        sorted(found.iter().map(|word| word.to_string()).collect()),
        ["KEY1", "KEY2", "KEY3", "KEY4", "KEY5", "KEY7"]
    );
    assert_eq!(harvest.receipt.skipped["ignored by .gitignore"], 4);

    // The rules above a folder count in it, and what the user names is searched whatever they say.
    let (words, _) = scan(fixture.path(), &["sub", "untracked.log"]);
    assert_eq!(words, ["KEY5 at sub/kept.log:1:1", "KEY7 at sub/deep/only-here:1:1", "KEY8 at untracked.log:1:1"]);
    let (words, _) = scan(fixture.path(), &["out"]);
    assert_eq!(words.len(), 3);
}

#[test]
fn a_repository_in_a_repository_has_its_own_rules_and_git_folders_are_counted() {
    let fixture = Fixture::new();
    fixture.write(".gitignore", "*.log\n");
    fixture.write("inner/a.log", "KEY1");
    fixture.write("inner/b.txt", "KEY2");
    support::git::git(&fixture.join("inner"), 0, &["init", "-q"]);
    fixture.write("inner/.gitignore", "b.txt\n");
    let (words, harvest) = scan(fixture.path(), &[""]);
    assert_eq!(words, ["KEY1 at inner/a.log:1:1"]);
    assert_eq!(harvest.receipt.skipped["git folder (see `keysift history`)"], 2);
}

#[test]
fn a_fake_git_folder_gives_ignore_rules_no_force() {
    let folder = folder(&[(".gitignore", "*\n"), (".git/HEAD", "x"), ("a", "KEY1")]);
    assert_eq!(scan(folder.path(), &[""]).0, ["KEY1 at a:1:1"]);
}

#[test]
fn special_files_are_counted_and_links_are_text() {
    let start = Instant::now();
    let fixture = Fixture::new();
    fixture.write("target/file", "KEY1");
    for name in ["pipe", ".ignore", ".gitattributes"] {
        fifo(fixture.join(name));
    }
    std::os::unix::net::UnixListener::bind(fixture.join("socket")).unwrap();
    for (target, link) in [
        ("/dev/zero", "zero"),
        ("/proc/self/mem", "memory"),
        ("target", "folder-link"),
        ("loop", "loop"),
        ("nowhere-KEY2", "dangling"),
    ] {
        symlink(target, fixture.join(link)).unwrap();
    }
    std::fs::create_dir(fixture.join("sub")).unwrap();
    fifo(fixture.join("sub/.gitignore"));
    std::fs::create_dir(fixture.join("sub2")).unwrap();
    symlink("/dev/zero", fixture.join("sub2/.gitignore")).unwrap();
    let (words, harvest) = scan(fixture.path(), &[""]);
    assert_eq!(words, ["KEY1 at target/file:1:1", "KEY2 at dangling:1:9"]);
    assert_eq!(harvest.receipt.skipped["FIFO"], 4);
    assert_eq!(harvest.receipt.skipped["socket"], 1);
    assert!(harvest.gaps.is_empty());

    // Named by the user, what cannot be read is missed, and a link is followed.
    let (_, harvest) = scan(fixture.path(), &["pipe"]);
    assert!(harvest.gaps[0].why.contains("FIFO"));
    let (words, _) = scan(fixture.path(), &["folder-link"]);
    assert_eq!(words, ["KEY1 at folder-link/file:1:1"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn names_may_be_any_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"n\xff\n\x1b[31m");
    std::fs::write(folder.path().join(name), "KEY1").unwrap();
    let (_, harvest) = scan(folder.path(), &[""]);
    assert!(harvest.sightings[0].origin.path().unwrap().ends_with(b"/n\xff\n\x1b[31m"));
}

#[test]
fn overlapping_arguments_search_a_file_once() {
    let folder = folder(&[("a/x", "KEY1"), ("a/b/y", "KEY2"), ("c", "KEY3")]);
    symlink(folder.path().join("a"), folder.path().join("link")).unwrap();
    let (words, harvest) = scan(folder.path(), &["a/b/y", "", "a", "c", "c", "link"]);
    assert_eq!(words, ["KEY1 at a/x:1:1", "KEY2 at a/b/y:1:1", "KEY3 at c:1:1"]);
    assert_eq!(harvest.receipt.seen, 4, "and the link's own text");
}

#[test]
fn a_path_that_does_not_exist_is_wrong_usage() {
    let surroundings = Surroundings::default();
    let options = Options { paths: vec![PathBuf::from("does-not-exist-anywhere")] };
    let scanner = surroundings.scanner();
    let result = run_with(&options, &mut &b""[..], &scanner, &surroundings.credentials, &surroundings.context());
    assert!(matches!(result, Err(Error::Usage(text)) if text.contains("does-not-exist-anywhere")));
}

#[test]
fn paths_are_given_back_as_typed() {
    // The test program runs in the package's folder.
    let surroundings = Surroundings::default();
    let typed = |paths: &[&str]| {
        let options = Options { paths: paths.iter().map(PathBuf::from).collect() };
        let mut files = Vec::new();
        let scanner = SupportFile(&surroundings.credentials);
        let harvest =
            run_with(&options, &mut &b""[..], &scanner, &surroundings.credentials, &surroundings.context()).unwrap();
        files.extend(harvest.sightings.iter().map(|s| String::from_utf8_lossy(s.origin.path().unwrap()).into_owned()));
        files
    };
    assert!(typed(&["./tests/../tests/support/"]).contains(&"tests/../tests/support/mod.rs".into()));
    assert_eq!(typed(&["./tests/support/./mod.rs"]), ["tests/support/mod.rs"]);
    assert!(typed(&[]).contains(&"tests/support/mod.rs".into()));
}

/// Finds the first byte of this folder's `support/mod.rs`.
struct SupportFile<'c>(&'c Credentials);

impl Scanner for SupportFile<'_> {
    type Worker<'s>
        = SupportFile<'s>
    where
        Self: 's;

    fn worker(&self) -> SupportFile<'_> {
        SupportFile(self.0)
    }
}

impl Worker for SupportFile<'_> {
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        if content.starts_with(b"//! What several test files share") {
            let parts = vec![(PartKind::KeyId, Secret::new(b"/"))];
            let credential = self.0.intern(Credential { rule: RuleIndex(0), parts });
            hits.push(Hit { start: 0, end: 1, credential, confidence: Confidence::Low });
        }
    }
}

#[test]
fn standard_input_is_bounded() {
    let surroundings = Surroundings::default();
    let (_, harvest) = scan_with(&surroundings, Path::new(""), &["-"], b"one\nKEY1");
    assert_eq!(harvest.sightings[0].origin, Origin::Stdin);
    assert_eq!((harvest.sightings[0].place.line, harvest.receipt.bytes), (2, 8));

    let mut surroundings = Surroundings::default();
    surroundings.limits.max_content = 6;
    let (words, harvest) = scan_with(&surroundings, Path::new(""), &["-"], b"KEY1 KEY2");
    assert_eq!((words.len(), harvest.gaps[0].kind), (1, GapKind::Limit));
}

#[test]
fn what_is_too_large_is_a_gap() {
    let mut surroundings = Surroundings::default();
    surroundings.limits.max_content = 100;
    let folder = folder(&[("large", &"KEY1 ".repeat(21)), ("small", &"KEY2 ".repeat(20))]);
    let (words, harvest) = scan_with(&surroundings, folder.path(), &[""], b"");
    assert_eq!(words.len(), 20);
    assert_eq!((harvest.gaps.len(), harvest.gaps[0].kind), (1, GapKind::Limit));
    assert_eq!(harvest.receipt.skipped["too large"], 1);
}

#[test]
fn unreadable_files_and_folders_are_gaps() {
    let folder = folder(&[("closed", "KEY1"), ("shut/x", "KEY2"), ("open", "KEY3")]);
    for name in ["closed", "shut"] {
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o000)).unwrap();
    }
    if std::fs::read(folder.path().join("closed")).is_ok() {
        return; // Run as root: no file is closed to us.
    }
    let (words, harvest) = scan(folder.path(), &[""]);
    std::fs::set_permissions(folder.path().join("shut"), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(words, ["KEY3 at open:1:1"]);
    assert_eq!(harvest.gaps.len(), 2);
}

#[test]
fn a_stop_ends_the_walk_and_says_so() {
    let surroundings = Surroundings::default();
    surroundings.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let folder = folder(&[("a", "KEY1")]);
    let (words, harvest) = scan_with(&surroundings, folder.path(), &[""], b"");
    assert!(words.is_empty());
    assert_eq!(harvest.gaps[0].kind, GapKind::Interrupted);
}

#[test]
fn many_files_in_many_folders_are_all_found_once() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..600 {
        let path = folder.path().join(format!("{}/{}/file{n}", n % 7, n % 11));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("{}KEY{n}\n", "x\n".repeat(n * 40))).unwrap();
    }
    let (words, harvest) = scan(folder.path(), &[""]);
    assert_eq!(words.len(), 600);
    assert_eq!(harvest.receipt.scanned, 600);
    assert!(words.contains(&"KEY599 at 4/5/file599:23961:1".to_string()));
}
