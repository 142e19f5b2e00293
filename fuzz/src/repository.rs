//! A bare repository that is written again for every input, and its search.

use keysift::allow::Allowances;
use keysift::detect::Detector;
use keysift::finding::{Credentials, Harvest};
use keysift::rule::RuleSet;
use keysift::scanner::{Context, Limits, Progress};
use keysift::source::history;
use keysift::source::repo::Environment;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

static CREDENTIALS: LazyLock<Arc<Credentials>> = LazyLock::new(Arc::default);
/// With the embedded rules, made once.
pub static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(Arc::new(RuleSet::embedded()), Arc::clone(&CREDENTIALS)));

/// The repository.
pub struct Bare(tempfile::TempDir);

impl Bare {
    /// An empty one, in memory where that can be had.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a temporary folder");
        for name in ["refs/heads", "objects/pack"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder can be made");
        }
        std::fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").expect("a file can be written");
        Self(folder)
    }

    pub fn packs(&self) -> PathBuf {
        self.0.path().join("objects/pack")
    }

    /// Lets `main` name a commit.
    pub fn set_main(&self, id: gix::ObjectId) {
        std::fs::write(self.0.path().join("refs/heads/main"), format!("{id}\n")).expect("a file can be written");
    }

    /// Searches it.
    pub fn search(&self, full: bool) -> Harvest {
        let limits = Limits { max_content: 1 << 22, max_unpacked: 1 << 20, ..Limits::default() };
        let (stop, progress) = (AtomicBool::new(false), Progress::default());
        let allow = Allowances::default();
        let context = Context { threads: 1, stop: &stop, progress: &progress, limits, allow: &allow };
        let repo = self.0.path().to_path_buf();
        let options = history::Options {
            repo,
            environment: Environment::default(),
            attribution: true,
            full,
            submodules: false,
            store: None,
        };
        history::run(&options, &*DETECTOR, &CREDENTIALS, &context).expect("it is a repository, whatever it holds")
    }
}
