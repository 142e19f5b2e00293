//! The contract between sources, which hold content, and detection, which judges it. Siblings never import one
//! another, so the traits live below both.

use crate::allow::Allowances;
use crate::error::Gap;
use crate::finding::Hit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Something that finds credentials in content. Shared by all threads of a run.
pub trait Scanner: Sync {
    /// What one thread works with: it owns the caches and buffers.
    type Worker<'s>: Worker
    where
        Self: 's;

    /// A worker for one thread. Cheap enough for once a thread, not for once a blob.
    fn worker(&self) -> Self::Worker<'_>;
}

/// One thread's scanner.
pub trait Worker {
    /// Appends all hits in `content` to `hits`: filtered, overlaps resolved, pairs made, sorted by start. What it says
    /// depends on the bytes of `content` alone.
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>);
}

/// What every source is handed: how many threads, when to stop, whom to tell how far it is, what is too much.
pub struct Context<'a> {
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Set when the user interrupts. Sources look at it between objects, return what they have, and record a gap of
    /// kind `Interrupted`.
    pub stop: &'a AtomicBool,
    pub progress: &'a Progress,
    pub limits: Limits,
    /// What need not be reported; what is allowed is still looked for, and marked.
    pub allow: &'a Allowances,
}

impl Context<'_> {
    /// Whether the user asked to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Bounds with stated defaults. Reaching one is a gap.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Content above this many bytes is not read.
    pub max_content: u64,
    /// At most so many distinct credentials are reported.
    pub max_findings: usize,
    /// One content, an archive say, unpacks to at most so many bytes at all depths together.
    pub max_unpacked: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_content: 256 << 20, max_findings: 100_000, max_unpacked: 128 << 20 }
    }
}

/// Parses a size of content: digits and an optional K, M or G (powers of 1,024; `KiB`, `KB` and lower case mean the same).
///
/// # Errors
/// What is wrong with it, in words.
pub fn content_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        unit if !digits.is_empty() => return Err(format!("`{unit}` is no unit; use K, M or G")),
        _ => 0,
    };
    let number: u64 = digits.parse().map_err(|_| "expected a size such as 1000000, 512K, 256M or 2G".to_string())?;
    match number.checked_mul(1 << shift) {
        Some(0) => Err("at least one byte".to_string()),
        // Places in content are kept as 32-bit numbers.
        Some(bytes) if bytes <= u64::from(u32::MAX) => Ok(bytes),
        _ => Err("at most 4 GiB less one byte (4294967295)".to_string()),
    }
}

/// How far a run is; read by a progress bar.
#[derive(Default)]
pub struct Progress {
    /// Units of work there are; 0 while unknown.
    pub total: AtomicU64,
    /// Units done.
    pub done: AtomicU64,
    /// What is being done, in a word or two.
    pub phase: Mutex<&'static str>,
    /// Says more about the phase, from the units done.
    more: Mutex<Option<More>>,
    /// What a user should know of the run itself.
    notes: Mutex<Vec<String>>,
}

/// Words about a phase, from the units done.
type More = Box<dyn Fn(u64) -> String + Send>;

impl Progress {
    /// Starts a phase of `total` units.
    pub fn start(&self, phase: &'static str, total: u64) {
        *self.phase.lock().expect("no panic while holding this lock") = phase;
        *self.more.lock().expect("no panic while holding this lock") = None;
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Lets `more` say more about this phase, from the units done.
    pub fn tell(&self, more: impl Fn(u64) -> String + Send + 'static) {
        *self.more.lock().expect("no panic while holding this lock") = Some(Box::new(more));
    }

    /// Takes note of something that a user should know, but that takes nothing from the report.
    pub fn note(&self, text: String) {
        self.notes.lock().expect("no panic while holding this lock").push(text);
    }

    /// All notes, each once.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.lock().expect("no panic while holding this lock").clone();
        notes.dedup();
        notes
    }

    /// What the bar says: the phase, and what there is to say beside.
    pub fn words(&self) -> String {
        let phase = *self.phase.lock().expect("no panic while holding this lock");
        match &*self.more.lock().expect("no panic while holding this lock") {
            Some(more) => format!("{phase}: {}", more(self.done.load(Ordering::Relaxed))),
            None => phase.to_owned(),
        }
    }

    /// Adds finished units.
    pub fn add(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }
}

/// Gaps from many threads.
#[derive(Default)]
pub struct Gaps(Mutex<Vec<Gap>>);

impl Gaps {
    pub fn push(&self, gap: Gap) {
        self.0.lock().expect("no panic while holding this lock").push(gap);
    }

    pub fn into_vec(self) -> Vec<Gap> {
        let mut all = self.0.into_inner().expect("no panic while holding this lock");
        all.sort();
        all.dedup();
        all
    }
}

/// Bytes before a spot that can influence its verdict.
pub const BEHIND: usize = 128;
/// Bytes after a spot's beginning that every rule may look at; one that wants more says so, and is remembered.
pub const AHEAD: usize = 256;
/// So many marks of one content are kept for what is made from it. Where there are more, each version is searched whole.
pub const MOST_MARKS: usize = 1 << 16;
/// Names of files and folders that are shorter hold no credential.
pub const SHORTEST_NAME: usize = 16;
/// Bytes at the beginning of content that tell what it is.
pub const HEAD: usize = 512;

/// A place that is worth a judgement, and by what: see [`LocalWorker::spots`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub at: u32,
    pub rule: crate::finding::RuleIndex,
}

/// What a judgement of one spot gave. It depends on the bytes `from..to` and nothing else, so it holds wherever these
/// bytes are copied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The spot.
    pub at: u32,
    pub rule: crate::finding::RuleIndex,
    /// The window that decided.
    pub from: u32,
    pub to: u32,
    pub verdict: Verdict,
}

/// What a [`Mark`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No match; kept so that a change nearby is looked at again.
    Nothing,
    /// Looks like the secret of a key id, but nothing near says so: good for pairing only.
    Loose(Hit),
    /// A match that passed all filters.
    Hit(Hit),
}

impl Verdict {
    /// The same of another hit.
    #[must_use]
    pub fn map(self, hit: impl FnOnce(Hit) -> Hit) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Loose(of) => Self::Loose(hit(of)),
            Self::Hit(of) => Self::Hit(hit(of)),
        }
    }
}

/// A [`Worker`] whose judgement is local, so that the history engine can look at what a delta changes and inherit the
/// rest.
///
/// The contract has two parts. Whether a place is a spot depends on its line alone, and of a long line on [`BEHIND`] bytes
/// before and [`AHEAD`] bytes after it: so spots are looked for in lines that a delta changes, and in no others. What a
/// spot amounts to depends on the window of its mark, which has at most [`BEHIND`] bytes before the spot: a spot whose
/// window was copied keeps its mark, any other is judged again. So every spot leaves a mark, also where nothing is found.
pub trait LocalWorker: Worker {
    /// Whether content that begins with `head` (its first [`HEAD`] bytes) is judged locally. What must be decoded as a
    /// whole first (UTF-16, archives) is not.
    fn is_local(&self, head: &[u8]) -> bool;

    /// Appends the spots in `from..to` of `text`, sorted.
    fn spots(&mut self, text: &[u8], from: usize, to: usize, spots: &mut Vec<Spot>);

    /// Whether something before the place `line` may go on in the line that begins there: a cheap look that says too much,
    /// and yes or no where no line begins or the content ends.
    fn may_go_on(&self, content: &[u8], line: usize) -> bool;

    /// The spot before the place `line` that goes on in the line there, if there is one: the only kind of spot that
    /// depends on more than its line.
    fn continued(&self, content: &[u8], line: usize) -> Option<Spot>;

    /// Appends the marks of spots, in their order. What is no spot leaves none.
    fn judge(&mut self, content: &[u8], spots: &[Spot], marks: &mut Vec<Mark>);

    /// Appends the marks of all spots in `content`, sorted; false if there are more than [`MOST_MARKS`].
    fn look(&mut self, content: &[u8], marks: &mut Vec<Mark>) -> bool;

    /// Turns the marks of one content, sorted, into hits: pairs made, overlaps resolved.
    fn resolve(&mut self, marks: &[Mark], hits: &mut Vec<Hit>);
}

#[cfg(test)]
mod tests {
    use super::content_size;

    #[test]
    fn sizes() {
        assert_eq!(content_size("17"), Ok(17));
        assert_eq!(content_size("1k"), Ok(1024));
        assert_eq!(content_size("256M"), Ok(256 << 20));
        assert_eq!(content_size("3GiB"), Ok(3 << 30));
        for wrong in ["", "M", "-1", "1.5M", "12X", "0", "4G", "99999999999999999999", "1 M", "é"] {
            assert!(content_size(wrong).is_err(), "{wrong:?}");
        }
    }
}
