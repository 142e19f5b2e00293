//! Ctrl-C: the first asks for a report of what there is, marked incomplete; the second ends the run at once.
#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use support::keys;
use support::program::isolate;
use support::random::Random;

/// A run that waits for more standard input, with its signals as a terminal would give them: whoever runs the tests in
/// the background of a script has Ctrl-C ignored, and children inherit that.
fn waiting(arguments: &[&str]) -> (Child, ChildStdin) {
    let resets = Command::new("env").args(["--default-signal=INT,TERM,HUP", "true"]).output();
    let mut command = if resets.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_keysift")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_keysift"))
    };
    isolate(&mut command);
    let mut child = command
        .args(["scan", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("keysift starts");
    let mut input = child.stdin.take().expect("was asked for");
    // A pipe holds some 64 KiB: when more than twice that has gone in, the run is past its start and reading.
    input.write_all(&vec![b'\n'; 200 << 10]).expect("keysift reads");
    input.write_all(keys::profile(&mut Random::new(5)).as_bytes()).expect("keysift reads");
    (child, input)
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill is there");
    assert!(status.success());
}

/// The next line of what the run says.
fn line(errors: &mut impl BufRead) -> String {
    let mut line = String::new();
    errors.read_line(&mut line).expect("readable");
    line
}

#[test]
fn the_first_signal_gives_a_partial_report() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, input) = waiting(&["--format", "json"]);
        let mut errors = BufReader::new(child.stderr.take().expect("was asked for"));
        send(signal, &child);
        let told = line(&mut errors);
        assert!(told.contains("interrupted"), "{told}");
        drop(input);
        let mut text = String::new();
        child.stdout.take().expect("was asked for").read_to_string(&mut text).expect("a report");
        assert_eq!(child.wait().expect("ends").code(), Some(130));
        let report: serde_json::Value = serde_json::from_str(&text).expect("a whole JSON document");
        assert_eq!(report["complete"], false);
        assert_eq!(report["gaps"][0]["kind"], "interrupted");
    }
}

#[test]
fn the_second_signal_ends_the_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report");
    std::fs::write(&path, "old").expect("writable");
    let (mut child, input) = waiting(&["-o", path.to_str().expect("UTF-8")]);
    let mut errors = BufReader::new(child.stderr.take().expect("was asked for"));
    send("-INT", &child);
    assert!(line(&mut errors).contains("interrupted"));
    send("-INT", &child);
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), "old");
    drop(input);
}
