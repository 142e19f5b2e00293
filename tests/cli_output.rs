//! Where reports go: whole or not at all, private, and never with a panic.
#![cfg(unix)]

mod support;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use support::keys;
use support::program::{end, isolate, keysift, run};
use support::random::Random;
use tempfile::{TempDir, tempdir};

/// A folder whose report is some tens of kilobytes.
fn leaking() -> TempDir {
    let folder = tempdir().unwrap();
    let mut random = Random::new(11);
    fs::create_dir(folder.path().join("in")).unwrap();
    for i in 0..30 {
        fs::write(folder.path().join(format!("in/{i}")), keys::profile(&mut random)).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

#[test]
fn a_report_file_is_whole_private_and_alone() {
    let folder = leaking();
    let ended = run(folder.path(), ["scan", "in", "--format", "json", "-o", "report.json"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("30 findings, 0 gaps: see report.json"), "{}", ended.err);
    let path = folder.path().join("report.json");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(30));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["in", "report.json"]);

    let quiet = run(folder.path(), ["scan", "in", "-q", "-o", "report.json"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(1), ""));
}

#[test]
fn the_same_report_twice_apart_from_the_duration() {
    let folder = leaking();
    let [one, two] = ["1", "4"].map(|threads| {
        let mut report = run(folder.path(), ["scan", "in", "--format", "json", "-j", threads]).report();
        report["receipt"]["duration_ms"] = 0.into();
        report.to_string()
    });
    assert_eq!(one, two);
}

#[test]
fn a_failed_run_keeps_the_old_report() {
    let folder = leaking();
    let path = folder.path().join("report.json");
    fs::write(&path, "old").unwrap();
    // Fails before the scan, in the scan, and in writing: files may not grow beyond a kilobyte here.
    let broken = run(folder.path(), ["scan", "in", "--rule", "nonsense", "-o", "report.json"]);
    let missing = run(folder.path(), ["history", "in", "-o", "report.json"]);
    let mut full = Command::new("sh");
    isolate(&mut full);
    full.current_dir(folder.path())
        .args(["-c", "ulimit -f 1 && trap '' XFSZ && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_keysift")])
        .args(["scan", "in", "--format", "json", "-o", "report.json"]);
    let full = end(&mut full);
    assert!(full.err.contains("cannot write the report to report.json"), "{}", full.err);
    for ended in [broken, missing, full] {
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["in", "report.json"]);
    }
}

#[test]
fn a_target_that_cannot_be_written_is_refused_before_the_scan() {
    let folder = leaking();
    for (target, why) in [("in", "it is a folder"), ("no/report", "no such folder"), ("in/0/report", "")] {
        let ended = run(folder.path(), ["scan", "in", "-o", target]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{target}");
        assert!(ended.err.contains(target) && ended.err.contains(why), "{}", ended.err);
    }
}

#[test]
fn a_closed_pipe_ends_quietly_with_the_status_of_the_run() {
    let folder = leaking();
    for format in ["human", "json", "jsonl", "sarif"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = keysift(["scan", "in", "--format", format]);
        let child = command.current_dir(folder.path()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = keysift(["--help"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output();
    assert_eq!(String::from_utf8_lossy(&output.unwrap().stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    let folder = leaking();
    for arguments in [&["scan", "in"][..], &["scan", "in", "--format", "json"], &["--help"], &["--version"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = keysift(arguments).current_dir(folder.path()).stdout(full).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains("standard output") && !message.contains("panicked"), "{arguments:?}: {message}");
    }
    let ended = run(folder.path(), ["scan", "in", "-o", "/dev/full"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("/dev/full"), "{}", ended.err);
    // Standard error is full as well: then the exit status alone has to tell.
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let status = keysift(["scan", "in"]).current_dir(folder.path()).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_named_pipe_is_written_to() {
    let folder = leaking();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || {
            let mut text = String::new();
            File::open(fifo).unwrap().read_to_string(&mut text).unwrap();
            text
        }
    });
    let ended = run(folder.path(), ["scan", "in", "--format", "json", "-o", "fifo"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let report: serde_json::Value = serde_json::from_str(&reader.join().unwrap()).unwrap();
    assert_eq!(report["complete"], true);
}

#[test]
fn names_of_standard_output_append_to_it() {
    let folder = leaking();
    for name in ["-", "/dev/stdout"] {
        let path = folder.path().join("log");
        fs::write(&path, "before\n").unwrap();
        let log = File::options().append(true).open(&path).unwrap();
        let status = keysift(["scan", "in", "-q", "-o", name]).current_dir(folder.path()).stdout(log).status();
        assert_eq!(status.unwrap().code(), Some(1));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("before\n") && text.len() > 100, "{name}: {text}");
    }
}
