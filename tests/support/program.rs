//! The program under test, cut off from the configuration of whoever runs the tests.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `keysift` with these arguments.
pub fn keysift<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keysift"));
    isolate(&mut command);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Takes everything out of the environment that git or keysift would listen to.
pub fn isolate(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if ["GIT_", "KEYSIFT_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    // No user's configuration lies there.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    // Nor is anything kept there; tests of the store name one.
    command.env("KEYSIFT_NO_STORE", "true");
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
}

/// What a run ended with.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `keysift` in `folder`.
pub fn run<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Ended {
    end(keysift(arguments).current_dir(folder))
}

/// Runs `keysift` in `folder` with `input` on its standard input.
pub fn run_with_input<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Ended {
    let mut child = keysift(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("keysift starts");
    // A program that does not want all of it is no fault of the test's.
    let _ = child.stdin.take().expect("was asked for").write_all(input);
    child.wait_with_output().expect("keysift ends").into()
}

/// Runs any command to its end.
pub fn end(command: &mut Command) -> Ended {
    command.output().expect("the program starts").into()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Ended {
    /// The JSON report on standard output.
    pub fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\nstdout: {}\nstderr: {}", self.out, self.err))
    }
}
