//! Repositories made by the real git, cut off from the configuration of whoever runs the tests: no global or system
//! configuration, one identity, a clock that moves by a minute a commit, so that every run makes the same ids.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The first commit's time, seconds since 1970.
pub const START: i64 = 1_700_000_000;

/// A work tree with its repository, removed when the value is dropped.
pub struct Fixture {
    folder: TempDir,
    clock: Cell<i64>,
}

impl Fixture {
    /// An empty repository with an unborn branch `main`.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The same with more arguments to `git init`.
    pub fn with(arguments: &[&str]) -> Self {
        let fixture = Self { folder: tempfile::tempdir().expect("a temporary folder"), clock: Cell::new(START) };
        fixture.git(&[&["init", "--quiet", "--initial-branch=main"], arguments].concat());
        fixture
    }

    /// A repository around a folder made elsewhere: `path` is copied nowhere, `git` runs in it.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file of the work tree.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Runs git and returns its standard output without the last newline. Panics when git fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), self.clock.get(), arguments)
    }

    /// Runs git and returns whatever became of it, for commands that are meant to fail (a conflicting merge).
    pub fn try_git(&self, arguments: &[&str]) -> Output {
        output(self.path(), self.clock.get(), arguments)
    }

    /// Writes a file of the work tree, with its folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(path, content).expect("the file can be written");
    }

    /// Stages everything and commits it, a minute after the commit before. Returns the id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.tick();
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// Writes one file and commits it.
    pub fn commit_file(&self, name: &str, content: impl AsRef<[u8]>, message: &str) -> String {
        self.write(name, content);
        self.commit(message)
    }

    /// Moves the clock by a minute.
    pub fn tick(&self) {
        self.clock.set(self.clock.get() + 60);
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The id of a revision (`HEAD~1:path`, a branch, …).
    pub fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    /// How many objects the object store holds, by git's own count.
    pub fn object_count(&self) -> usize {
        self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]).lines().count()
    }
}

/// Runs git in `folder` at the time `clock`; panics with git's own words when it fails.
pub fn git(folder: &Path, clock: i64, arguments: &[&str]) -> String {
    let output = output(folder, clock, arguments);
    assert!(
        output.status.success(),
        "git {arguments:?} in {}: {}\n{}{}",
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_string()
}

/// Runs git in any folder with more environment variables, at the first commit's time; panics when it fails.
pub fn git_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = command(folder, START).args(arguments).envs(variables.iter().copied()).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_string()
}

/// Makes a FIFO, which hangs whoever opens it to read.
pub fn fifo(path: impl AsRef<Path>) {
    assert!(Command::new("mkfifo").arg(path.as_ref()).status().expect("mkfifo is installed").success());
}

fn output(folder: &Path, clock: i64, arguments: &[&str]) -> Output {
    command(folder, clock).args(arguments).output().expect("git is installed")
}

/// A git command in `folder`, isolated: for tests that need its standard input or raw output.
pub fn command(folder: &Path, clock: i64) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let date = format!("{clock} +0100");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .env("GIT_AUTHOR_NAME", "Ada Author")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Carl Committer")
        .env("GIT_COMMITTER_EMAIL", "carl@example.com")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        // Fixtures say themselves when they are packed; line ends are theirs too; loose objects may come in from a
        // clone by path on a machine whose temporary folder belongs to somebody else.
        .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.autocrlf=false"])
        .args(["-c", "advice.detachedHead=false", "-c", "commit.gpgSign=false", "-c", "protocol.file.allow=always"]);
    command
}
