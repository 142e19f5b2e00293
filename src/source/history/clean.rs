//! Stretches of text that were searched before and held nothing.
//!
//! Versions of a file bring the same paragraphs again and again: wherever a change is near, the text around it is to be
//! searched anew, and in a large history two thirds of that were searched before in some other version. A stretch is
//! known by a hash of itself and of all around it that its marks could depend on ([`BEHIND`], [`AHEAD`]), so a stretch
//! that gave no mark gives none wherever these bytes stand. Stretches end at blank lines, which stay where they are in
//! the text when something before them changes.
//!
//! A collision would hide a secret, so the hash is one whose collisions nobody can prepare: NH (Black, Halevi, Krawczyk,
//! Krovetz, Rogaway: "UMAC", 1999), which collides for any two texts with a probability of 2^-64 over keys that are
//! drawn anew in every run, folded to 64 bits by a strongly universal one (Dietzfelbinger, 1996).

use crate::scanner::{AHEAD, BEHIND, LocalWorker, Mark, Short, View};
use memchr::memmem::Finder;
use std::hash::{BuildHasher, RandomState};

/// Fewest and most bytes of a stretch that is cut out of a longer one.
const SHORTEST: usize = 512;
const LONGEST: usize = 2048;
/// Words of 8 bytes that NH has a key for: a stretch with what is around it, and its lengths.
const KEYS: usize = (BEHIND + LONGEST + AHEAD).div_ceil(32) * 4 + 2;
/// Stretches that are asked for at once: while memory answers for one, the next is hashed.
const AT_ONCE: usize = 8;
/// Stretches that are remembered: a table of 512 KiB stays in the processor's cache.
const SLOTS: usize = 1 << 16;

/// The stretches that a thread knows to be clean. A table that forgets: the latest of those that share a slot stays.
pub struct Clean {
    keys: Box<[u64; KEYS]>,
    fold: [u128; 2],
    known: Box<[u64]>,
    blank_line: Finder<'static>,
}

/// A stretch: where it ends, its fingerprint, and whether that is known.
type Stretch = (usize, u64, bool);

impl Clean {
    pub fn new() -> Self {
        // SipHash under keys from the system.
        Self::keyed(&RandomState::new())
    }

    fn keyed(random: &impl BuildHasher) -> Self {
        let draw = |n: usize| random.hash_one(n);
        let wide = |n: usize| u128::from(draw(n)) << 64 | u128::from(draw(n + 1));
        Self {
            keys: Box::new(std::array::from_fn(draw)),
            fold: [wide(KEYS), wide(KEYS + 2)],
            known: vec![0; SLOTS].into_boxed_slice(),
            blank_line: Finder::new(b"\n\n"),
        }
    }

    /// [`LocalWorker::look`], which is asked for those stretches only that are not known.
    ///
    /// # Errors
    /// As for `look`.
    pub fn look<W: LocalWorker>(
        &mut self,
        worker: &mut W,
        view: View<'_>,
        from: usize,
        to: usize,
        marks: &mut Vec<Mark>,
    ) -> Result<(), Short> {
        let mut first = from;
        while first < to {
            let mut stretches: [Stretch; AT_ONCE] = Default::default();
            let (mut count, mut at) = (0, first);
            while count < AT_ONCE && at < to {
                let end = self.end(view, at, to);
                let fingerprint = self.fingerprint(view, at, end)?;
                stretches[count] = (end, fingerprint, self.known[slot(fingerprint)] == fingerprint);
                (count, at) = (count + 1, end);
            }
            for group in stretches[..count].chunk_by(|a, b| a.2 == b.2) {
                let last = group[group.len() - 1];
                if !last.2 {
                    self.search(worker, view, first, group, marks)?;
                }
                first = last.0;
            }
        }
        Ok(())
    }

    /// Searches stretches that touch, of which the first begins at `first`, and notes the clean ones.
    fn search<W: LocalWorker>(
        &mut self,
        worker: &mut W,
        view: View<'_>,
        first: usize,
        stretches: &[Stretch],
        marks: &mut Vec<Mark>,
    ) -> Result<(), Short> {
        let known = marks.len();
        worker.look(view, first, stretches[stretches.len() - 1].0, marks)?;
        let mut marks = marks[known..].iter().map(|mark| mark.at as usize).peekable();
        for &(end, fingerprint, _) in stretches {
            let mut is_clean = true;
            while marks.next_if(|&at| at < end).is_some() {
                is_clean = false;
            }
            if is_clean {
                self.known[slot(fingerprint)] = fingerprint;
            }
        }
        Ok(())
    }

    /// Where the stretch that begins at `from` ends.
    fn end(&self, view: View<'_>, from: usize, to: usize) -> usize {
        if to - from <= SHORTEST {
            return to;
        }
        let (least, most) = (from + SHORTEST, to.min(from + LONGEST));
        let rest = &view.bytes[least - view.offset..most - view.offset];
        // The blank line belongs to what follows it.
        self.blank_line.find(rest).map_or(most, |i| least + i + 1)
    }

    /// What tells this stretch, with what is around it, from all others. Never 0, which stands for an empty slot.
    fn fingerprint(&self, view: View<'_>, from: usize, to: usize) -> Result<u64, Short> {
        let (first, last) = (from.saturating_sub(BEHIND), (to + AHEAD).min(view.length));
        let hash = self.nh(view.window(first, last)?, (from - first) as u64, (last - to) as u64);
        let [by_low, by_high] = self.fold;
        let folded = by_low.wrapping_mul(u128::from(hash as u64)).wrapping_add(by_high.wrapping_mul(hash >> 64));
        Ok(((folded >> 64) as u64).max(1))
    }

    /// NH of `bytes` and two small numbers. The length goes in too, so the zeros that fill the last words tell nothing.
    fn nh(&self, bytes: &[u8], before: u64, behind: u64) -> u128 {
        let product = |pair: &[u8], keys: &[u64]| {
            let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("half of sixteen bytes"));
            u128::from(word(&pair[..8]).wrapping_add(keys[0])) * u128::from(word(&pair[8..16]).wrapping_add(keys[1]))
        };
        let lengths = (before << 32 | behind, bytes.len() as u64);
        let first = u128::from(lengths.0.wrapping_add(self.keys[0])) * u128::from(lengths.1.wrapping_add(self.keys[1]));
        let mut sums = [first, 0];
        let (blocks, rest) = bytes.as_chunks::<32>();
        let (keys, last_keys) = self.keys[2..].split_at(blocks.len() * 4);
        for (block, keys) in blocks.iter().zip(keys.as_chunks::<4>().0) {
            for half in 0..2 {
                sums[half] = sums[half].wrapping_add(product(&block[16 * half..], &keys[2 * half..]));
            }
        }
        if !rest.is_empty() {
            let mut block = [0; 32];
            block[..rest.len()].copy_from_slice(rest);
            for half in 0..2 {
                sums[half] = sums[half].wrapping_add(product(&block[16 * half..], &last_keys[2 * half..]));
            }
        }
        sums[0].wrapping_add(sums[1])
    }
}

fn slot(fingerprint: u64) -> usize {
    fingerprint as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Hit, RuleIndex};
    use crate::scanner::{Verdict, Worker};
    use proptest::prelude::*;
    use std::hash::{BuildHasherDefault, DefaultHasher};

    /// Marks every `K` for which the bytes at both ends of its window are the same, so that all of the window counts.
    #[derive(Default)]
    struct Ends {
        bytes: usize,
    }

    impl Worker for Ends {
        fn scan(&mut self, _: &[u8], _: &mut Vec<Hit>) {}
    }

    impl LocalWorker for Ends {
        fn is_local(&self, _: &[u8]) -> bool {
            true
        }

        fn look(&mut self, view: View<'_>, from: usize, to: usize, marks: &mut Vec<Mark>) -> Result<(), Short> {
            self.bytes += to - from;
            for at in (from..to).filter(|at| view.bytes[at - view.offset] == b'K') {
                self.look_again(view, at, RuleIndex(0), marks)?;
            }
            Ok(())
        }

        fn look_again(
            &mut self,
            view: View<'_>,
            at: usize,
            rule: RuleIndex,
            marks: &mut Vec<Mark>,
        ) -> Result<(), Short> {
            let (from, to) = (at.saturating_sub(BEHIND), (at + AHEAD).min(view.length));
            let window = view.window(from, to)?;
            if window.first() == window.last() {
                marks.push(Mark { at: at as u32, from: from as u32, to: to as u32, rule, verdict: Verdict::Nothing });
            }
            Ok(())
        }

        fn resolve(&mut self, _: &[Mark], _: &mut Vec<Hit>) {}
    }

    fn looked(clean: &mut Clean, text: &[u8]) -> (Vec<Mark>, usize) {
        let (mut worker, mut marks) = (Ends::default(), Vec::new());
        clean.look(&mut worker, View::whole(text), 0, text.len(), &mut marks).expect("a whole view");
        (marks, worker.bytes)
    }

    #[test]
    fn a_clean_text_is_searched_once() {
        // Under other keys two of the stretches may share a slot.
        let mut clean = Clean::keyed(&BuildHasherDefault::<DefaultHasher>::default());
        let text: String = (0..500).map(|n| format!("no mark in {n}\n\n")).collect();
        assert_eq!(looked(&mut clean, text.as_bytes()), (vec![], text.len()));
        assert_eq!(looked(&mut clean, text.as_bytes()), (vec![], 0));
    }

    #[test]
    fn what_a_mark_depends_on_is_told_apart() {
        let text = |end: &str| format!("a{}K{}{end}{}", "-".repeat(BEHIND - 1), "-".repeat(AHEAD - 2), "-".repeat(500));
        let mut clean = Clean::new();
        assert_eq!(looked(&mut clean, text("b").as_bytes()).0.len(), 0);
        assert_eq!(looked(&mut clean, text("a").as_bytes()).0.len(), 1);
        // What gave a mark is never known.
        assert_eq!(looked(&mut clean, text("a").as_bytes()).0.len(), 1);
        let cut = text("b")[1..].to_string();
        assert_eq!(looked(&mut clean, cut.as_bytes()).0.len(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn says_what_a_look_says(
            paragraphs in proptest::collection::vec((0usize..8, 0usize..900), 1..6),
            texts in proptest::collection::vec(proptest::collection::vec(0usize..6, 0..12), 1..8),
        ) {
            let paragraphs: Vec<String> = paragraphs
                .into_iter()
                .map(|(kind, length)| ["ab", "K", "aKb c", "b\n\n", "\n\n", "aab\nK", "cba", "c\n\nb"][kind].repeat(length / 2 + 1) + "\n\n")
                .collect();
            let mut clean = Clean::new();
            for text in texts {
                let text: String = text.iter().filter_map(|&i| paragraphs.get(i)).map(String::as_str).collect();
                let (mut plain, whole) = (Vec::new(), View::whole(text.as_bytes()));
                Ends::default().look(whole, 0, text.len(), &mut plain).expect("a whole view");
                prop_assert_eq!(looked(&mut clean, text.as_bytes()).0, plain);
            }
        }
    }
}
