//! The walk: threads that share a stack of folders and batches of files, and search what they take from it.

use super::ignores::Ignores;
use super::read::{Buffer, Outcome};
use crate::error::{Gap, GapKind};
use crate::finding::Receipt;
use crate::origin::Origin;
use crate::scanner::{Context, SHORTEST_NAME, Scanner};
use crate::source::collect::Collector;
use crate::source::parts::{self, Parts};
use crate::source::repo::path_to_bytes;
use crate::source::search::{Failed, Search};
use rustc_hash::FxHashSet;
use std::ffi::OsStr;
use std::fs::FileType;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};

/// So many files are handed to a thread at once.
const BATCH: usize = 32;

/// Something to be searched. Paths are as the user would type them; the empty one is the current folder.
pub(super) enum Task {
    Folder(PathBuf, Option<Ignores>),
    /// Files, and how to take them apart.
    Files(Vec<File>, Parts),
}

/// One file.
pub(super) struct File {
    pub path: PathBuf,
    /// The user named it: a link is followed, and what is no file is a gap.
    pub named: bool,
}

/// What all threads share.
pub(super) struct Walk<'r, S> {
    scanner: &'r S,
    collector: &'r Collector<'r>,
    context: &'r Context<'r>,
    /// What to do where no repository says how to take content apart.
    parts: Parts,
    /// Folders that the user named: a repository there is no nested one.
    roots: FxHashSet<PathBuf>,
    /// Who holds this may read a large file.
    large: Mutex<()>,
    /// Files by their real path, if one could be reached twice.
    once: Option<Mutex<FxHashSet<PathBuf>>>,
    stack: Mutex<Stack>,
    ready: Condvar,
}

#[derive(Default)]
struct Stack {
    tasks: Vec<Task>,
    /// Threads that are at work and may add tasks.
    busy: usize,
}

/// What one thread saw.
#[derive(Default)]
pub(super) struct Tally {
    pub receipt: Receipt,
    pub gaps: Vec<Gap>,
}

impl Tally {
    fn skip(&mut self, why: &str) {
        self.receipt.seen += 1;
        *self.receipt.skipped.entry(why.to_owned()).or_default() += 1;
    }

    fn gap(&mut self, path: &Path, kind: GapKind, why: impl Into<String>) {
        let what = if path.as_os_str().is_empty() { ".".into() } else { path.to_string_lossy().into_owned() };
        self.gaps.push(Gap { kind, what, why: why.into() });
    }

    /// Adds what another thread saw.
    pub(super) fn add(&mut self, other: Tally) {
        self.receipt.seen += other.receipt.seen;
        self.receipt.scanned += other.receipt.scanned;
        self.receipt.bytes += other.receipt.bytes;
        self.receipt.nested.extend(other.receipt.nested);
        for (why, count) in other.receipt.skipped {
            *self.receipt.skipped.entry(why).or_default() += count;
        }
        self.gaps.extend(other.gaps);
    }
}

impl<'r, S: Scanner> Walk<'r, S> {
    /// `parts` counts where no repository says otherwise.
    pub(super) fn new(scanner: &'r S, collector: &'r Collector<'r>, context: &'r Context<'r>, parts: Parts) -> Self {
        Self {
            scanner,
            collector,
            context,
            parts,
            roots: FxHashSet::default(),
            large: Mutex::new(()),
            once: None,
            stack: Mutex::default(),
            ready: Condvar::new(),
        }
    }

    /// A file that was reached by another path already is not searched again.
    pub(super) fn once(mut self) -> Self {
        self.once = Some(Mutex::default());
        self
    }

    /// The folders that the user named.
    pub(super) fn roots(mut self, roots: impl Iterator<Item = PathBuf>) -> Self {
        self.roots = roots.collect();
        self
    }

    /// Searches everything in `tasks` and below.
    pub(super) fn run(&self, tasks: Vec<Task>) -> Tally {
        let few = tasks.len() == 1 && matches!(&tasks[0], Task::Files(files, _) if files.len() < 2);
        let threads = if few { 1 } else { self.context.threads };
        self.stack().tasks = tasks;
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| self.work())).collect();
            let mut tally = self.work();
            for other in others {
                tally.add(other.join().expect("a worker's own panics are caught"));
            }
            tally
        })
    }

    fn stack(&self) -> MutexGuard<'_, Stack> {
        self.stack.lock().expect("no panic while holding this lock")
    }

    fn push(&self, task: Task) {
        self.stack().tasks.push(task);
        self.ready.notify_one();
    }

    /// The next task; `None` when all is done. The caller counts as busy until it asks again.
    fn next(&self, was_busy: bool) -> Option<Task> {
        let mut stack = self.stack();
        stack.busy -= usize::from(was_busy);
        loop {
            if let Some(task) = stack.tasks.pop() {
                stack.busy += 1;
                return Some(task);
            }
            if stack.busy == 0 {
                self.ready.notify_all();
                return None;
            }
            stack = self.ready.wait(stack).expect("no panic while holding this lock");
        }
    }

    fn work(&self) -> Tally {
        let mut thread = Thread {
            walk: self,
            search: Search::new(self.scanner),
            buffer: Buffer::new(&self.large),
            tally: Tally::default(),
        };
        let mut busy = false;
        while let Some(task) = self.next(busy) {
            busy = true;
            // Were a panic to end this thread, the others would wait for it for ever.
            if !self.context.stopped() && catch_unwind(AssertUnwindSafe(|| thread.task(task))).is_err() {
                thread.tally.gap(Path::new(""), GapKind::File, Failed::WHY);
            }
        }
        thread.tally
    }
}

/// One thread of a walk.
struct Thread<'w, 'r, S: Scanner> {
    walk: &'w Walk<'r, S>,
    search: Search<'r, S>,
    buffer: Buffer<'w>,
    tally: Tally,
}

impl<S: Scanner> Thread<'_, '_, S> {
    fn task(&mut self, task: Task) {
        match task {
            Task::Folder(path, ignores) => self.folder(&path, ignores),
            Task::Files(files, parts) => self.files(files, &parts),
        }
    }

    fn folder(&mut self, path: &Path, ignores: Option<Ignores>) {
        let listed = std::fs::read_dir(if path.as_os_str().is_empty() { Path::new(".") } else { path });
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) => return self.failed(path, &error),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(named) => names.push(named),
                Err(error) => self.failed(path, &error),
            }
        }
        let has = |name: &str| names.iter().any(|(other, _)| other == name);
        // A repository in a repository has rules of its own.
        let is_top = has(".git");
        if is_top && !self.walk.roots.contains(path) {
            self.tally.receipt.nested.push(path.to_string_lossy().into_owned());
        }
        let top = if is_top { Ignores::at_top(path, &self.walk.context.limits) } else { None };
        let mut ignores = top.or(ignores);
        if let Some(ignores) = ignores.as_mut().filter(|_| has(".gitignore")) {
            ignores.add_file(path);
        }
        let parts = ignores.as_ref().map_or(&self.walk.parts, Ignores::parts).clone();
        let mut batch = Vec::new();
        for (name, kind) in names {
            if kind.is_dir() && name == ".git" {
                self.tally.skip("git folder (see `keysift history`)");
                continue;
            }
            if let Some(ignores) = &ignores
                && ignores.matches(&name, kind.is_dir())
                && !self.keep(path, &name, kind, ignores)
            {
                self.tally.skip("ignored by .gitignore");
                continue;
            }
            let full = path.join(&name);
            if kind.is_dir() {
                self.name(&full);
                let below = ignores.as_ref().map(|ignores| ignores.enter(&name));
                self.walk.push(Task::Folder(full, below));
            } else if let Some(why) = special(kind) {
                self.tally.skip(why);
            } else {
                batch.push(File { path: full, named: false });
                if batch.len() == BATCH {
                    self.walk.push(Task::Files(std::mem::take(&mut batch), parts.clone()));
                }
            }
        }
        self.files(batch, &parts);
    }

    /// Whether something ignored is searched all the same, because git tracks it. Of an ignored folder, the tracked
    /// files in it are.
    fn keep(&mut self, path: &Path, name: &OsStr, kind: FileType, ignores: &Ignores) -> bool {
        let keep = if kind.is_dir() {
            let tracked = ignores.tracked_below(name);
            let files = tracked.into_iter().map(|below| path.join(below));
            let is_there = |file: &PathBuf| {
                let mut folders = file.ancestors().skip(1).take_while(|folder| *folder != path);
                // A folder that has become a link leads somewhere else.
                !folders.any(Path::is_symlink) && file.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir())
            };
            let files: Vec<File> = files.filter(is_there).map(|path| File { path, named: false }).collect();
            if !files.is_empty() {
                self.walk.push(Task::Files(files, ignores.parts().clone()));
            }
            false
        } else {
            ignores.is_tracked(name)
        };
        self.tally.gaps.extend(ignores.gap());
        keep
    }

    fn files(&mut self, files: Vec<File>, parts: &Parts) {
        for file in files {
            if self.walk.context.stopped() {
                return;
            }
            if self.is_new(&file) {
                if !file.named {
                    self.name(&file.path);
                }
                self.file(&file, parts);
                self.walk.context.progress.add(1);
            }
        }
    }

    fn is_new(&self, file: &File) -> bool {
        let Some(once) = &self.walk.once else { return true };
        let real = if file.named {
            std::fs::canonicalize(&file.path).ok()
        } else {
            // A link in a folder is not followed, so only the folder's real path counts.
            let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::canonicalize(folder).ok().zip(file.path.file_name()).map(|(folder, name)| folder.join(name))
        };
        real.is_none_or(|real| once.lock().expect("no panic while holding this lock").insert(real))
    }

    /// Searches the last part of a path itself.
    fn name(&mut self, path: &Path) {
        let Some(name) = path.file_name().map(|name| path_to_bytes(Path::new(name))) else { return };
        if name.len() < SHORTEST_NAME {
            return;
        }
        match self.search.hits(&name) {
            Ok([]) => {}
            Ok(hits) => {
                let origin = Origin::File { path: path_to_bytes(path) }.as_name();
                self.walk.collector.add(&name, hits, &origin);
            }
            Err(Failed) => self.tally.gap(path, GapKind::File, Failed::WHY),
        }
    }

    fn file(&mut self, file: &File, parts: &Parts) {
        let limit = self.walk.context.limits.max_content.min(u64::from(u32::MAX));
        let Self { walk, search, buffer, tally } = self;
        let outcome = buffer.read(&file.path, file.named, limit, |outcome| match outcome {
            Outcome::Content(content) => {
                tally.receipt.seen += 1;
                search_one(walk.collector, search, tally, &file.path, content, parts);
                true
            }
            Outcome::TooLarge(size) => {
                tally.skip("too large");
                tally.gap(&file.path, GapKind::Limit, format!("{size} bytes or more, above the limit of {limit}"));
                true
            }
            Outcome::Gone => {
                tally.skip("gone while scanning");
                true
            }
            Outcome::NotAFile => false,
        });
        match outcome {
            Ok(true) => {}
            Ok(false) => self.not_a_file(file, parts),
            Err(error) => {
                self.tally.skip("unreadable");
                self.tally.gap(&file.path, GapKind::File, error.to_string());
            }
        }
    }

    /// A link's target is content of its own; the rest has none.
    fn not_a_file(&mut self, file: &File, parts: &Parts) {
        if !file.named
            && let Ok(target) = std::fs::read_link(&file.path)
        {
            self.tally.receipt.seen += 1;
            let target = path_to_bytes(&target);
            return search_one(self.walk.collector, &mut self.search, &mut self.tally, &file.path, &target, parts);
        }
        let kind = file.path.symlink_metadata().map(|metadata| metadata.file_type());
        let why = kind.ok().and_then(special).unwrap_or("not a file");
        self.tally.skip(why);
        if file.named {
            self.tally.gap(&file.path, GapKind::File, format!("{why}: not read; pipe it into `keysift scan -`"));
        }
    }

    fn failed(&mut self, path: &Path, error: &io::Error) {
        if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            self.tally.skip("gone while scanning");
        } else {
            self.tally.gap(path, GapKind::File, format!("the folder cannot be listed: {error}"));
        }
    }
}

fn search_one<S: Scanner>(
    collector: &Collector<'_>,
    search: &mut Search<'_, S>,
    tally: &mut Tally,
    path: &Path,
    content: &[u8],
    parts: &Parts,
) {
    let searched = search.parts(content, parts, &mut |member, part, hits| {
        if !hits.is_empty() {
            collector.add(part, hits, &Origin::File { path: path_to_bytes(path) }.within(member));
        }
    });
    match searched {
        Ok(missing) => {
            tally.receipt.scanned += 1;
            tally.receipt.bytes += content.len() as u64;
            let what = path.to_string_lossy();
            tally
                .gaps
                .extend(missing.iter().map(|missing| parts::gap(missing, GapKind::File, what.clone().into_owned())));
        }
        Err(Failed) => {
            *tally.receipt.skipped.entry("search failed".into()).or_default() += 1;
            tally.gap(path, GapKind::File, Failed::WHY);
        }
    }
}

/// What a directory entry is that has no content, if it is such.
fn special(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("FIFO");
        }
        if kind.is_socket() {
            return Some("socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some("device");
        }
    }
    let _ = kind;
    None
}
