//! What comes out: a planted secret in no form, through no format and no flag; and a report that cannot be written is
//! an error that leaves the old one whole. Device, pipe and interrupt are held by `tests/cli_output.rs` and
//! `tests/cli_interrupt.rs`.

use crate::rig::{Key, Outcome, as_root, end, harmless, key};
use crate::support::git::Fixture;
use crate::support::hidden::{assert_hidden, forms};
use crate::support::program::{self, Ended};
use std::path::Path;
use std::process::{Command, Stdio};

/// The values of `--format`, as the program itself lists them.
fn formats() -> Vec<String> {
    let refused = program::run(Path::new("/"), ["scan", "-", "--format", "nothing"]).err;
    let list = refused.split_once("there are ").expect("the message lists them").1;
    let list = list.lines().next().expect("a line");
    let formats: Vec<String> = list.split(", ").map(|name| name.trim().to_string()).collect();
    assert!(formats.len() >= 4, "{formats:?}");
    formats
}

/// A repository with a secret in every place that a report tells of: content, names of files and refs, authors, messages,
/// a tag, links, broken objects' names, and configuration.
fn planted() -> (Fixture, Key) {
    let (repo, key) = (harmless(), key(7000));
    let flat = key.secret.replace('/', "_");
    let line = format!("aws_access_key_id={} aws_secret_access_key={}", key.id, key.secret);
    repo.write("a", &key.lines);
    repo.write("b.json", format!("{{\"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"}}\n", key.id, key.secret));
    repo.write("twice", format!("{line} and {line}\n{}\n", key.secret));
    repo.write("url", format!("https://user:{}@example.com/{}\n", key.secret.replace('/', "%2F"), key.secret));
    repo.commit(&format!("message {line}"));
    repo.git(&["tag", "-a", "v1", "-m", &line]);
    repo.git(&["branch", &format!("topic-{flat}")]);
    repo.git(&["config", "remote.origin.url", &format!("https://u:{flat}@example.com/x.git")]);
    std::os::unix::fs::symlink(&line, repo.join("link")).unwrap();
    repo.commit("link");
    repo.write("staged", format!("[other]\n{line}\n"));
    repo.git(&["add", "staged"]);
    (repo, key)
}

#[test]
fn a_secret_comes_out_in_no_form_through_no_format_and_no_flag() {
    let (repo, key) = planted();
    let forms = forms(&key.secret);
    let commands: [&[&str]; 7] = [
        &["scan", "."],
        &["scan", "a", "b.json", "twice", "url"],
        &["history", "."],
        &["history", ".", "--no-attribution"],
        &["history", ".", "--full-blobs"],
        &["staged", ".", "--whole-files"],
        &["range", "HEAD~2..HEAD", "."],
    ];
    let flags: [&[&str]; 5] = [&[], &["-v", "--color", "always"], &["-q"], &["--exit-zero"], &["--max-findings", "1"]];
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("report");
    for format in formats() {
        for command in commands {
            for flags in flags {
                let what = format!("{command:?} {flags:?} {format}");
                let mut run = program::keysift(command);
                run.args(flags).args(["--format", &format]).env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace");
                let ended = end(run.current_dir(repo.path()));
                assert!(matches!(ended.code, Some(0 | 1)), "{what}: {:?} {}", ended.code, ended.err);
                assert!(flags == ["--exit-zero"] || ended.code == Some(1), "{what}: nothing is found");
                assert_hidden(&what, ended.out.as_bytes(), &forms);
                assert_hidden(&what, ended.err.as_bytes(), &forms);
            }
        }
        let ended = program::run(repo.path(), ["history", "--format", &format, "-o", file.to_str().unwrap()]);
        assert_eq!(ended.code, Some(1), "{format}: {}", ended.err);
        assert_hidden(&format, &std::fs::read(&file).unwrap(), &forms);
    }
}

#[test]
fn a_baseline_and_what_is_said_of_it_hide_the_secret() {
    let (repo, key) = planted();
    let forms = forms(&key.secret);
    let created = program::run(repo.path(), ["baseline", "create", "--owner", "jane", "--reason", "old"]);
    assert_eq!(created.code, Some(0), "{}", created.err);
    let path = repo.join(".keysift-baseline");
    assert!(std::fs::read_to_string(&path).unwrap().lines().count() > 1, "something is recorded");
    assert_hidden("a baseline", &std::fs::read(&path).unwrap(), &forms);
    for arguments in [&["baseline", "update"][..], &["history", "-v"], &["scan", "-v"], &["config", "show"]] {
        let ended = program::run(repo.path(), arguments);
        assert_hidden(&format!("{arguments:?}"), format!("{}{}", ended.out, ended.err).as_bytes(), &forms);
    }
}

/// A panic that quotes the content which is being searched: nothing of it comes out, the rest is found, and the report
/// says that something is missing.
#[test]
fn a_panic_tells_nothing_of_what_is_searched() {
    let (repo, lost, found) = (harmless(), key(7010), key(7011));
    let forms = forms(&lost.secret);
    let word = ["panic", "-on-this-content"].concat();
    repo.write("a", format!("{}{word}\n", lost.lines));
    repo.write("b", &found.lines);
    repo.commit(&format!("message {word} {}", lost.secret));
    // A delta and a loose object, a message and a tag: every way to a scanner.
    repo.write("a", format!("{}{word}\n{}", lost.lines, "more\n".repeat(50)));
    repo.commit("a longer one");
    repo.git(&["repack", "-adfq"]);
    repo.git(&["tag", "-a", "v1", "-m", &format!("{word} {}", lost.secret)]);
    repo.write("c", format!("{}{word}\nloose\n", lost.lines));
    repo.git(&["add", "c"]);
    repo.write("d.json", format!("{{\"key\": \"{} {word}\"}}", lost.secret));
    let commands: [&[&str]; 6] = [
        &["scan"],
        &["history"],
        &["history", "--no-attribution"],
        &["history", "--full-blobs"],
        &["staged", "--whole-files"],
        &["range", "HEAD~1..HEAD"],
    ];
    for format in formats() {
        for command in commands {
            let what = format!("{command:?} {format}");
            let mut run = program::keysift(command);
            run.args(["--format", &format, "-v"]).env("KEYSIFT_PANIC", "1").env("RUST_BACKTRACE", "full");
            let ended = end(run.current_dir(repo.path()));
            assert!(ended.err.contains("internal error at"), "{what}: nothing panicked: {}", ended.err);
            assert!(matches!(ended.code, Some(1 | 3)), "{what}: {:?} {}", ended.code, ended.err);
            assert_hidden(&what, ended.out.as_bytes(), &forms);
            assert_hidden(&what, ended.err.as_bytes(), &forms);
            if format == "json" {
                let report = ended.report();
                assert_eq!(report["complete"], false, "{what}");
                let receipt = &report["receipt"];
                let skipped = receipt["skipped"].as_object().unwrap().values();
                let skipped: u64 = skipped.filter_map(serde_json::Value::as_u64).sum();
                assert_eq!(receipt["seen"].as_u64(), Some(receipt["scanned"].as_u64().unwrap() + skipped), "{what}");
                let finds = !matches!(command[0], "staged" | "range");
                assert_eq!(ended.out.contains(&found.id), finds, "{what}: {}", ended.out);
            }
        }
    }
}

/// Standard error holds what was typed wrong, never what a file says.
#[test]
fn errors_hide_what_they_are_about() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(7001);
    let forms = forms(&key.secret);
    for content in [key.lines.clone(), format!("[[rule]]\nid = \"{}\"\nregex = '(' ", key.secret)] {
        std::fs::write(folder.path().join("rules.toml"), content).unwrap();
        let ended = program::run(folder.path(), ["scan", "--rules", "rules.toml"]);
        assert_eq!(ended.code, Some(2));
        assert_hidden("a rule file", ended.err.as_bytes(), &forms[..1]);
    }
    let repo = harmless();
    repo.write(".git/config", format!("[core\n{}", key.lines));
    assert_hidden("configuration", program::run(repo.path(), ["history"]).err.as_bytes(), &forms);
}

/// Runs `arguments` again and again, each time with one call failing from its n-th time on, as on a full disk: until a run
/// does not fail any more, since there is no n-th time, and some times more. Calls `check` with what failed and the end of
/// the run; returns how many runs failed.
#[cfg(target_os = "linux")]
fn failing(folder: &Path, calls: &[&str], arguments: &[&str], check: &dyn Fn(&str, &Ended)) -> usize {
    let mut failures = 0;
    for call in calls {
        for nth in 1.. {
            let mut traced = Command::new("strace");
            program::isolate(&mut traced);
            traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"]);
            traced.arg(format!("inject={call}:error=ENOSPC:when={nth}+")).arg(env!("CARGO_BIN_EXE_keysift"));
            let traced = traced.args(arguments).env_remove("KEYSIFT_NO_STORE").stdin(Stdio::null());
            let ended = end(traced.current_dir(folder));
            failures += usize::from(ended.code == Some(2));
            check(&format!("{call} {nth}"), &ended);
            if ended.code != Some(2) && nth >= 8 {
                break;
            }
        }
    }
    failures
}

#[cfg(target_os = "linux")]
const WRITES: [&str; 3] = ["write", "fsync", "rename,renameat,renameat2"];

#[cfg(target_os = "linux")]
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every write that fails with a full disk, one after the other: an error, and the old report whole and alone.
#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_at_any_call_leaves_the_old_report() {
    let (repo, key) = (harmless(), key(7002));
    let out = tempfile::tempdir().unwrap();
    let report = out.path().join("report.json");
    (0..60).for_each(|n| repo.write(&format!("f{n}"), key.lines.replace("default", &format!("p{n}"))));
    std::fs::write(&report, "old").unwrap();
    let arguments = ["scan", ".", "-q", "--format", "json", "-o", report.to_str().unwrap()];
    let failures = failing(repo.path(), &WRITES, &arguments, &|what, ended| {
        let text = std::fs::read_to_string(&report).unwrap();
        match ended.code {
            Some(1) => drop(serde_json::from_str::<serde_json::Value>(&text).expect("a whole report")),
            code => assert_eq!((code, text.as_str()), (Some(2), "old"), "{what}: {}", ended.err),
        }
        assert_eq!(names(out.path()), ["report.json"], "{what}");
        std::fs::write(&report, "old").unwrap();
    });
    assert!(failures >= 3, "no failure was injected: is strace allowed here?");
}

/// The same for the other files that keysift writes for people: a baseline and a configuration.
#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_leaves_the_old_baseline_and_the_old_configuration() {
    let (repo, one, two) = (harmless(), key(7004), key(7007));
    repo.commit_file("a", &one.lines, "leak");
    repo.write(".gitleaks.toml", "[allowlist]\npaths = ['''^docs/''']\n");
    repo.write("made.toml", "# old\n");
    let created = program::run(repo.path(), ["baseline", "create", "--owner", "jane", "--reason", "old"]);
    assert_eq!(created.code, Some(0), "{}", created.err);
    repo.commit_file("b", &two.lines, "another");
    let update: &[&str] = &["baseline", "update", "--owner", "jane", "--reason", "new"];
    let import: &[&str] = &["config", "import", ".gitleaks.toml", "-o", "made.toml", "--force"];
    for (file, arguments) in [(".keysift-baseline", update), ("made.toml", import)] {
        let path = repo.join(file);
        let content = || std::fs::read_to_string(&path).unwrap();
        let (old, before) = (content(), names(repo.path()));
        let whole = program::run(repo.path(), arguments);
        assert_eq!(whole.code, Some(0), "{arguments:?}: {}", whole.err);
        let new = content();
        assert_ne!(new, old);
        std::fs::write(&path, &old).unwrap();
        let failures = failing(repo.path(), &WRITES, arguments, &|what, ended| {
            // What is said of it may fail when all is written.
            let text = content();
            let (whole, failed) = (text == new, text == old && ended.code == Some(2));
            assert!(whole || failed, "{file}, {what}: {:?} {}\n{text}", ended.code, ended.err);
            assert_eq!(names(repo.path()), before, "{file}, {what}");
            std::fs::write(&path, &old).unwrap();
        });
        assert!(failures >= 3, "{file}: no failure was injected");
    }
}

/// What a search remembers is no reason to fail, and a half-written store none for a wrong answer.
#[cfg(target_os = "linux")]
#[test]
fn a_store_that_cannot_be_written_costs_nothing_but_itself() {
    let (repo, key) = (harmless(), key(7005));
    repo.commit_file("a", &key.lines, "leak");
    let cache = tempfile::tempdir().unwrap();
    let store = cache.path().join("store.redb");
    let arguments = ["history", ".", "--format", "json", "--store", store.to_str().unwrap()];
    let calls = ["pwrite64", "fsync,fdatasync", "ftruncate,fallocate", "rename,renameat,renameat2"];
    failing(repo.path(), &calls, &arguments, &|what, ended| {
        assert_eq!(ended.code, Some(1), "{what}: {}", ended.err);
        Outcome::of(ended).found(&key, &["commit a:2"], "ref");
        let mut again = program::keysift(arguments);
        let again = end(again.env_remove("KEYSIFT_NO_STORE").current_dir(repo.path()));
        Outcome::of(&again).found(&key, &["commit a:2"], "ref");
        let _ = std::fs::remove_file(&store);
    });
}

/// Ctrl-C at the moment when the kernel is asked for the content: each command ends with a report of what there is, and
/// that says that it is not all.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_tells_what_there_is_and_that_it_is_not_all() {
    let (repo, key) = (harmless(), key(7006));
    repo.commit_file("a", &key.lines, "leak");
    repo.git(&["repack", "-adq"]);
    repo.write("b", &key.lines);
    repo.git(&["add", "b"]);
    let mut packs = std::fs::read_dir(repo.join(".git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let report = out.path().join("report");
    let commands: [(&[&str], std::path::PathBuf); 5] = [
        (&["scan", "."], repo.join("a")),
        (&["history", "."], pack.clone()),
        (&["history", ".", "--full-blobs"], pack.clone()),
        (&["staged", "."], repo.join(".git/index")),
        (&["range", "HEAD~1..HEAD", "."], pack),
    ];
    for (command, path) in commands {
        std::fs::write(&report, "old").unwrap();
        let mut traced = Command::new("strace");
        program::isolate(&mut traced);
        // A relative path is another one to strace.
        traced.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=openat,read"]);
        traced.args(["-e", "inject=openat:signal=SIGINT:when=1"]);
        // The thread for signals has its turn before a single file is read, however busy the machine is.
        traced.args(["-e", "inject=read:delay_enter=500000:when=1"]);
        let relative = path.strip_prefix(repo.path()).unwrap().to_path_buf();
        for path in [path, relative.clone(), Path::new(".").join(relative)] {
            traced.arg("-P").arg(path);
        }
        traced
            .arg(env!("CARGO_BIN_EXE_keysift"))
            .args(command)
            .args(["--format", "json", "-j", "1", "-o"])
            .arg(&report);
        let ended = end(traced.stdin(Stdio::null()).current_dir(repo.path()));
        assert_eq!(ended.code, Some(130), "{command:?}: is strace allowed here? {}", ended.err);
        assert!(ended.err.contains("interrupted"), "{command:?}: {}", ended.err);
        let text = std::fs::read_to_string(&report).unwrap();
        assert!(!text.contains(&key.secret), "{command:?}");
        let told: serde_json::Value = serde_json::from_str(&text).expect("a whole report");
        assert_eq!(told["complete"], false, "{command:?}");
        assert!(told["gaps"].as_array().unwrap().iter().any(|gap| gap["kind"] == "interrupted"), "{command:?}: {told}");
        let receipt = &told["receipt"];
        let skipped: u64 = receipt["skipped"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(receipt["seen"].as_u64(), Some(receipt["scanned"].as_u64().unwrap() + skipped), "{command:?}");
    }
}

/// A disk that is full in earnest, and one that nobody may write to.
#[cfg(target_os = "linux")]
#[test]
fn a_full_and_a_read_only_file_system() {
    let (repo, key) = (harmless(), key(7003));
    (0..60).for_each(|n| repo.write(&format!("f{n}"), key.lines.replace("default", &format!("p{n}"))));
    let disk = tempfile::tempdir().unwrap();
    let at = disk.path().to_str().unwrap();
    as_root(&["mount", "-t", "tmpfs", "-o", "size=16k,mode=777", "tmpfs", at]);
    let report = disk.path().join("report.json");
    std::fs::write(&report, "old").unwrap();
    let run = || program::run(repo.path(), ["scan", ".", "--format", "json", "-o", report.to_str().unwrap()]);
    let full = run();
    let kept = std::fs::read_to_string(&report).unwrap();
    as_root(&["mount", "-o", "remount,ro", at]);
    let read_only = run();
    as_root(&["umount", at]);
    assert_eq!((full.code, kept.as_str()), (Some(2), "old"), "{}", full.err);
    assert!(full.err.contains("report.json"), "{}", full.err);
    assert_eq!(read_only.code, Some(2), "{}", read_only.err);
}
