//! What all cases share: a planted key, runs of the program, and what must hold of every run: it ends in time, no
//! secret shows, the receipt adds up and counts what git counts, and the number of threads changes nothing.

use crate::support::git::{self, Fixture};
use crate::support::program::{self, Ended};
use crate::support::{keys, random::Random};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// No case may take longer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A planted pair. The place of a pair is its key id's, which stands in the second of these lines.
pub struct Key {
    pub id: String,
    pub secret: String,
    pub lines: String,
}

/// The pair of a case; another number gives another pair.
pub fn key(case: u64) -> Key {
    let mut random = Random::new(0x70_72_74 + case);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let lines = keys::profile_of(&id, &secret);
    Key { id, secret, lines }
}

/// Runs a command to its end; one that does not end in time is killed, and its status is then no code.
pub fn end(command: &mut Command) -> Ended {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let pid = child.id().to_string();
    let (done, waiting) = channel::<()>();
    let watch = std::thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &pid]).status();
        }
    });
    let ended = child.wait_with_output().expect("its output can be read").into();
    drop(done);
    watch.join().expect("the watch does not panic");
    ended
}

/// A run of `keysift` with a JSON report.
pub struct Outcome {
    pub code: Option<i32>,
    pub report: Value,
    pub err: String,
}

/// Runs `keysift` in `folder` with these arguments and `--format json`. It writes nothing there.
pub fn keysift<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Outcome {
    let before = snapshot(folder);
    let outcome = Outcome::of(&end(program::keysift(arguments).args(["--format", "json"]).current_dir(folder)));
    assert!(before == snapshot(folder), "something was written into {}", folder.display());
    outcome
}

/// The same with two threads, and the most memory that the run ever had, in bytes.
pub fn bounded(folder: &Path, arguments: &[&str]) -> (Outcome, u64) {
    const MEASURE: &str = "import resource, subprocess, sys\n\
        code = subprocess.run(sys.argv[2:]).returncode\n\
        open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n\
        sys.exit(code if code >= 0 else 128 - code)";
    let peak = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut command = Command::new("python3");
    program::isolate(&mut command);
    command.args(["-c", MEASURE]).arg(peak.path()).arg(env!("CARGO_BIN_EXE_keysift")).args(arguments);
    let outcome = Outcome::of(&end(command.args(["-j", "2", "--format", "json"]).current_dir(folder)));
    let text = std::fs::read_to_string(peak.path()).expect("the measurement is written");
    // Kilobytes, but bytes on macOS.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    (outcome, text.trim().parse::<u64>().expect("a number") * unit)
}

/// Every entry below a folder, with kind, mode, size and time of its last change.
pub fn snapshot(folder: &Path) -> BTreeSet<(PathBuf, u32, u64, i64, i64)> {
    let mut all = BTreeSet::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        if metadata.is_dir() {
            waiting.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
        all.insert((path, metadata.mode(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()));
    }
    all
}

/// Runs a command that only root may run, by `sudo` where the tests have another user. A case that cannot be made has
/// not passed.
pub fn as_root(arguments: &[&str]) {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let (program, rest) = if is_root { (arguments[0], &arguments[1..]) } else { ("sudo", arguments) };
    let output = Command::new(program).args(rest).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("this case needs root: {program}: {error}"));
    assert!(output.status.success(), "this case needs root: {}", String::from_utf8_lossy(&output.stderr));
}

/// Searches the files of a folder.
pub fn scan(folder: &Path) -> Outcome {
    keysift(folder, ["scan"])
}

/// Searches the history of a repository with one thread and with four, and compares the receipt with git's own count.
pub fn history(repo: &Path) -> Outcome {
    let outcome = history_uncounted(repo);
    let listed = git::git(repo, git::START, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    assert_eq!(outcome.count("seen"), listed.lines().count() as u64, "git counts otherwise: {}", outcome.report);
    outcome
}

/// The same for a repository that git itself does not read.
pub fn history_uncounted(repo: &Path) -> Outcome {
    let [one, four] = ["1", "4"].map(|threads| keysift(repo, ["history", ".", "-j", threads]));
    assert_eq!(one.without_duration(), four.without_duration(), "one thread and four");
    assert_eq!(one.code, four.code);
    one
}

impl Outcome {
    pub fn of(ended: &Ended) -> Self {
        assert!(!ended.err.contains("internal error"), "{}", ended.err);
        assert!(matches!(ended.code, Some(0..=3)), "ended with {:?}: {}", ended.code, ended.err);
        let report = if ended.code == Some(2) { Value::Null } else { ended.report() };
        let outcome = Self { code: ended.code, report, err: ended.err.clone() };
        if outcome.code != Some(2) {
            let skipped = outcome.report["receipt"]["skipped"].as_object();
            let skipped: u64 = skipped.into_iter().flat_map(|all| all.values()).filter_map(Value::as_u64).sum();
            assert_eq!(outcome.count("seen"), outcome.count("scanned") + skipped, "{}", outcome.report["receipt"]);
        }
        outcome
    }

    fn without_duration(&self) -> Value {
        let mut report = self.report.clone();
        report["receipt"]["duration_ms"] = 0.into();
        report
    }

    /// A number of the receipt.
    pub fn count(&self, name: &str) -> u64 {
        self.report["receipt"][name].as_u64().unwrap_or_else(|| panic!("the receipt has no {name}: {}", self.report))
    }

    /// How many were skipped for this reason.
    pub fn skipped(&self, why: &str) -> u64 {
        self.report["receipt"]["skipped"][why].as_u64().unwrap_or(0)
    }

    /// The worst finding that shows the id of `key`; the secret itself shows nowhere.
    pub fn finding(&self, key: &Key) -> &Value {
        self.hides(key);
        let shows = |finding: &&Value| {
            finding["parts"].as_array().expect("parts are a list").iter().any(|part| part["value"] == key.id.as_str())
        };
        let findings = self.report["findings"].as_array().expect("findings are a list");
        findings.iter().find(shows).unwrap_or_else(|| panic!("the key is not found: {}\n{}", self.report, self.err))
    }

    /// The secret shows nowhere.
    pub fn hides(&self, key: &Key) {
        let text = format!("{}{}", self.report, self.err);
        assert!(!text.contains(&key.secret), "the secret shows");
    }

    /// Where the pair `key` was seen: `commit a/b:2`, `commit-message :9`, `file x:2`. Sorted; of one file its first
    /// line, for a pair has two.
    pub fn places(&self, key: &Key) -> Vec<String> {
        let finding = self.finding(key);
        assert_eq!(finding["tier"], "pair", "{finding}");
        let origins = finding["origins"].as_array().expect("origins are a list");
        let mut places: BTreeMap<String, u64> = BTreeMap::new();
        for origin in origins {
            let text = |name: &str| origin[name].as_str().unwrap_or_default();
            let line = origin["line"].as_u64().expect("a place has a line");
            let first = places.entry(format!("{} {}", text("kind"), text("path"))).or_insert(line);
            *first = line.min(*first);
        }
        places.into_iter().map(|(place, line)| format!("{place}:{line}")).collect()
    }

    /// Found at these places, and what still reaches it, with everything read.
    pub fn found(&self, key: &Key, places: &[&str], reachable: &str) -> &Self {
        self.complete();
        self.found_in_part(key, places, reachable)
    }

    /// The same where not everything could be read.
    pub fn found_in_part(&self, key: &Key, places: &[&str], reachable: &str) -> &Self {
        assert_eq!(self.code, Some(1), "{}", self.err);
        assert_eq!(self.places(key), places);
        let finding = self.finding(key);
        assert_eq!(finding["exposure"]["reachable"].as_str().unwrap_or_default(), reachable, "{finding}");
        self
    }

    /// Everything was read.
    pub fn complete(&self) -> &Self {
        assert_eq!(self.report["gaps"], Value::Array(Vec::new()));
        assert_eq!(self.report["complete"], true);
        self
    }

    /// Nothing was found.
    pub fn nothing(&self) -> &Self {
        assert_eq!(self.report["findings"], Value::Array(Vec::new()));
        self
    }

    /// Nothing was found, and everything read.
    pub fn clean(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{} {}", self.report, self.err);
        self.complete().nothing()
    }

    /// There is a gap of this kind whose words hold all of `words`, and the report says that it is incomplete.
    pub fn gap(&self, kind: &str, words: &[&str]) -> &Self {
        let gaps = self.report["gaps"].as_array().expect("gaps are a list");
        let is_it = |gap: &&Value| {
            let text = format!("{} {}", gap["what"].as_str().unwrap_or(""), gap["why"].as_str().unwrap_or(""));
            gap["kind"] == kind && words.iter().all(|word| text.contains(word))
        };
        assert!(gaps.iter().any(|gap| is_it(&gap)), "no gap of kind {kind} with {words:?}: {}", self.report["gaps"]);
        assert_eq!(self.report["complete"], false);
        self
    }

    /// Nothing was found, but there are gaps.
    pub fn incomplete(&self) -> &Self {
        assert_eq!(self.code, Some(3), "{} {}", self.report, self.err);
        self.nothing()
    }

    /// Refused with words that hold all of `words`.
    pub fn refused(&self, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(2), "{}", self.report);
        assert!(words.iter().all(|word| self.err.contains(word)), "{words:?}: {}", self.err);
        self
    }
}

/// A repository with one harmless commit.
pub fn harmless() -> Fixture {
    harmless_with(&[])
}

/// The same with more arguments to `git init`.
pub fn harmless_with(arguments: &[&str]) -> Fixture {
    let repo = Fixture::with(arguments);
    repo.commit_file("readme.txt", "hello\n", "start");
    repo
}

/// The user and group that the tests run as, for chown.
pub fn owner() -> String {
    let number = |what: &str| String::from_utf8(Command::new("id").arg(what).output().unwrap().stdout).unwrap();
    format!("{}:{}", number("-u").trim(), number("-g").trim())
}

/// The program by a user who may not do everything: another one where root runs the tests. Where that cannot be had the
/// case fails, and has not passed.
pub fn not_as_root() -> Command {
    if !owner().starts_with("0:") {
        return Command::new(env!("CARGO_BIN_EXE_keysift"));
    }
    // The build folder may lie where only its owner looks.
    static COPY: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_keysift"), folder.path().join("keysift")).unwrap();
        folder
    });
    let as_nobody = |program: &OsStr| {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        setpriv
    };
    let id = as_nobody("id".as_ref()).arg("-u").output();
    let id = id.unwrap_or_else(|error| panic!("this case needs setpriv to start programs as another user: {error}"));
    let said = String::from_utf8_lossy(&id.stderr);
    assert_eq!(id.stdout, b"65534\n", "this case needs another user, and setpriv cannot have one here: {said}");
    as_nobody(COPY.path().join("keysift").as_ref())
}
