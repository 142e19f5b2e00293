//! One thread's search through content: a scanner's worker that survives its own panics.

use super::parts::Parts;
use super::text::scan_text;
use crate::container::Missing;
use crate::finding::Hit;
use crate::scanner::{Scanner, Worker};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The scanner failed on a content; the message says nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

impl Failed {
    /// For a gap.
    pub const WHY: &'static str = "searching it failed; this is a bug in keysift";
}

/// A worker and its buffer of hits.
pub struct Search<'s, S: Scanner + 's> {
    scanner: &'s S,
    worker: S::Worker<'s>,
    hits: Vec<Hit>,
}

/// What is done with the hits of a part, given the member's name if it is one, and its content.
pub type FoundIn<'a> = dyn FnMut(Option<&[u8]>, &[u8], &[Hit]) + 'a;

impl<'s, S: Scanner> Search<'s, S> {
    /// For one thread.
    pub fn new(scanner: &'s S) -> Self {
        Self { scanner, worker: scanner.worker(), hits: Vec::new() }
    }

    /// All hits in `content`, sorted by start.
    ///
    /// # Errors
    /// If the scanner panicked. It is replaced, because nobody knows what state it is in.
    pub fn hits(&mut self, content: &[u8]) -> Result<&[Hit], Failed> {
        self.guarded(|worker, hits| worker.scan(content, hits))
    }

    /// Searches a content part by part: itself, or what stands for it. `found` is called with the member's name, the part
    /// and its hits. Returns what could not be had.
    ///
    /// # Errors
    /// As [`Search::hits`].
    pub fn parts(&mut self, content: &[u8], parts: &Parts, found: &mut FoundIn<'_>) -> Result<Vec<Missing>, Failed> {
        let mut missing = Vec::new();
        self.guarded(|worker, hits| {
            missing = parts.each(content, &mut |member, part| {
                hits.clear();
                worker.scan(part, hits);
                found(member, part, hits);
            });
        })?;
        Ok(missing)
    }

    /// All hits in a commit or tag, in which the ids at its beginning are no text.
    ///
    /// # Errors
    /// As [`Search::hits`].
    pub fn hits_in_text(&mut self, content: &[u8]) -> Result<&[Hit], Failed> {
        self.guarded(|worker, hits| scan_text(worker, content, hits))
    }

    fn guarded(&mut self, scan: impl FnOnce(&mut S::Worker<'s>, &mut Vec<Hit>)) -> Result<&[Hit], Failed> {
        self.hits.clear();
        let (worker, hits) = (&mut self.worker, &mut self.hits);
        if catch_unwind(AssertUnwindSafe(|| scan(worker, hits))).is_err() {
            self.worker = self.scanner.worker();
            return Err(Failed);
        }
        Ok(&self.hits)
    }
}
