//! The sweep: blocks of 64 bytes become bit masks, one bit a byte, and what the masks show is looked at.
//!
//! How many places of a block are worth a look is chance, and a processor that guesses wrong when a loop over them ends
//! loses more time than the look takes. So the places of many blocks are listed first, without branches.

use super::runs::{Detail, Position, is_separator, is_token};
use super::tables::WIDTH;
use super::words::Words;

/// Who is told what a sweep sees, in no special order.
pub trait Sink {
    /// A position of lane one.
    fn run(&mut self, position: Position);

    /// The word of this number begins at `at`.
    fn word(&mut self, at: usize, word: usize);

    /// A sign may begin at `at`.
    fn sign(&mut self, at: usize);
}

/// All that a sweep sees, to compare with what a plain look finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct All {
    pub runs: Vec<Position>,
    /// Places and numbers.
    pub words: Vec<(usize, usize)>,
    pub signs: Vec<usize>,
}

impl Sink for All {
    fn run(&mut self, position: Position) {
        self.runs.push(position);
    }

    fn word(&mut self, at: usize, word: usize) {
        self.words.push((at, word));
    }

    fn sign(&mut self, at: usize) {
        self.signs.push(at);
    }
}

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;
/// A block with what one must see behind it.
pub(super) type Block = [u8; BLOCK + WIDTH - 1];

/// What a block shows, as bit masks; bit i stands for byte i.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Token characters.
    pub tokens: u64,
    /// Those behind which a new token can begin.
    pub separators: u64,
    /// Places where the stretch of a word may begin.
    pub words: u64,
    /// Places where a sign may begin, and where one that wants a token before it.
    pub signs: u64,
    pub behind_tokens: u64,
}

/// How a block becomes masks: one implementation with SIMD, one without.
pub(super) trait Masks {
    fn look(&self, block: &Block) -> Seen;

    /// The classes of token characters.
    fn detail(&self, block: &[u8; BLOCK]) -> Detail;
}

/// Tells `sink` of all that stands in `from..to` of `text`. Bytes outside of that range give context: what is told may go on
/// behind it, and a word may begin before it.
#[inline]
pub fn sweep(text: &[u8], from: usize, to: usize, words: &Words, sink: &mut impl Sink) {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::available() {
        return super::avx2::sweep(text, from, to, words, sink);
    }
    sweep_portably(text, from, to, words, sink);
}

/// The same without SIMD.
pub(super) fn sweep_portably(text: &[u8], from: usize, to: usize, words: &Words, sink: &mut impl Sink) {
    walk(&super::portable::Portable(&words.tables), text, from, to, words, sink);
}

/// Bytes whose places are listed together.
const STRETCH: usize = 8 * BLOCK;

/// Places in a stretch, of which so many of each block are listed without asking how many there are.
struct Places<const UNASKED: usize> {
    places: [u16; STRETCH + BLOCK],
    count: usize,
}

impl<const UNASKED: usize> Places<UNASKED> {
    const NONE: Self = Self { places: [0; STRETCH + BLOCK], count: 0 };

    /// Lists a place for each bit of `bits`, the lowest of which stands for `at`.
    #[inline(always)]
    fn add(&mut self, at: usize, mut bits: u64) {
        let count = bits.count_ones() as usize;
        let list: &mut [u16; BLOCK] = self.places[self.count..].first_chunk_mut().expect("there is room for a block");
        let mut keep = |place: &mut u16| {
            *place = (at as u32 + bits.trailing_zeros()) as u16;
            bits &= bits.wrapping_sub(1);
        };
        list[..UNASKED].iter_mut().for_each(&mut keep);
        if count > UNASKED {
            list[UNASKED..count].iter_mut().for_each(&mut keep);
        }
        self.count += count;
    }

    #[inline(always)]
    fn each(&mut self, start: usize, mut look: impl FnMut(usize)) {
        self.places[..self.count].iter().for_each(|&place| look(start + usize::from(place)));
        self.count = 0;
    }
}

/// The walk over blocks, the same for all kinds of masks.
#[inline(always)]
pub(super) fn walk<M: Masks, S: Sink>(masks: &M, text: &[u8], from: usize, to: usize, words: &Words, sink: &mut S) {
    let to = to.min(text.len());
    if from >= to {
        return;
    }
    let mut before = from > 0 && is_token(text[from - 1]);
    let mut separator_before = from > 0 && is_separator(text[from - 1]);
    let (mut runs, mut stretches, mut signs) = (Places::<1>::NONE, Places::<2>::NONE, Places::<1>::NONE);
    let mut padded = [0; BLOCK + WIDTH - 1];
    let mut here = masks.look(window(text, from, &mut padded));
    let mut start = from;
    while start < to {
        let end = to.min(start + STRETCH);
        let mut at = start;
        while at < end {
            let next = match text.get(at + BLOCK..) {
                Some(rest) if !rest.is_empty() => masks.look(window(text, at + BLOCK, &mut padded)),
                _ => Seen::default(),
            };
            let within = u64::MAX >> (BLOCK - (end - at).min(BLOCK));
            let behind_token = here.tokens << 1 | u64::from(before);
            let behind_separator = here.separators << 1 | u64::from(separator_before);
            // The beginnings of sixteen in a row.
            let both = u128::from(here.tokens) | u128::from(next.tokens) << 64;
            let mut long = both & (both >> 1);
            long &= long >> 2;
            long &= long >> 4;
            long &= long >> 8;
            runs.add(at - start, long as u64 & within & (!behind_token | behind_separator));
            stretches.add(at - start, here.words & within);
            signs.add(at - start, (here.signs | here.behind_tokens & behind_token) & within);
            before = here.tokens >> 63 != 0;
            separator_before = here.separators >> 63 != 0;
            here = next;
            at += BLOCK;
        }
        runs.each(start, |at| {
            let mut padded = [0; BLOCK];
            let credible = masks.detail(window(text, at, &mut padded)).credible();
            sink.run(Position { at, credible });
        });
        stretches.each(start, |at| words.verify(text, at, sink));
        signs.each(start, |at| sink.sign(at));
        start = end;
    }
}

/// The bytes from `start` on, from `padded` with zeros behind them where the text ends before.
#[inline(always)]
fn window<'a, const N: usize>(text: &'a [u8], start: usize, padded: &'a mut [u8; N]) -> &'a [u8; N] {
    let rest = &text[start..];
    match rest.first_chunk() {
        Some(whole) => whole,
        None => {
            padded[..rest.len()].copy_from_slice(rest);
            padded[rest.len()..].fill(0);
            padded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::runs;
    use super::super::words::Word;
    use super::*;
    use proptest::prelude::*;

    fn words() -> Words {
        let exact =
            ["-----BEGIN", "://", "7Q~", "aab", "aabb", "aab"].map(|t| Word { text: t.into(), any_case: false });
        let names = ["passw", "token", "abc", "\u{43f}\u{430}"].map(|t| Word { text: t.into(), any_case: true });
        Words::new(exact.into_iter().chain(names).collect(), &[[b"ab", b"-"]], &[[b"\"", b" +"]])
    }

    fn swept(sweep: impl Fn(&mut All)) -> All {
        let mut all = All::default();
        sweep(&mut all);
        all.words.sort_unstable();
        all.runs.sort_unstable_by_key(|position| position.at);
        all
    }

    /// Compares all ways to look at a text.
    fn compare(text: &[u8], from: usize, to: usize) {
        let words = words();
        let (from, to) = (from.min(text.len()), to.min(text.len()));
        let mut plain = All::default();
        runs::find_plainly(text, from, to, |position| plain.runs.push(position));
        words.find_plainly(text, from, to, |at, word| plain.words.push((at, word)));
        let mut fast = swept(|all| sweep(text, from, (to + words.furthest()).min(text.len()), &words, all));
        let mut portable =
            swept(|all| sweep_portably(text, from, (to + words.furthest()).min(text.len()), &words, all));
        for all in [&mut fast, &mut portable] {
            all.runs.retain(|position| position.at < to);
            all.words.retain(|(at, _)| (from..to).contains(at));
            for at in from..to {
                let joins = matches!(text[at..], [b'"', b' ' | b'+', ..]) && at > 0 && is_token(text[at - 1]);
                let is_sign = matches!(text[at..], [b'a' | b'b', b'-', ..]) || joins;
                assert!(!is_sign || all.signs.contains(&at), "a sign at {at}");
            }
            assert_eq!((&all.runs, &all.words), (&plain.runs, &plain.words));
        }
        fast.signs.sort_unstable();
        portable.signs.sort_unstable();
        assert_eq!(fast.signs, portable.signs);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn finds_the_runs_that_a_plain_look_finds(
            text in proptest::collection::vec(proptest::sample::select(b"aaabcXYZ0129_-+/ .=\n\x00\xff\xc3@[`{:\"".to_vec()), 0..400),
            from in 0usize..300, length in 0usize..400,
        ) {
            compare(&text, from, from + length);
        }

        #[test]
        fn finds_the_words_that_a_plain_look_finds(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["passw", "PassW", "TOKEN", "tok", "://", "-----BEGI", "N", "aab", "b", "abC", "x", "a-", "7q~", "7Q~", "\u{0}", "é", " a b c ", "\u{43f}\u{430}", "\" "]),
                0..60),
            from in 0usize..100, length in 0usize..300,
        ) {
            compare(pieces.concat().as_bytes(), from, from + length);
        }
    }

    #[test]
    fn every_byte_has_one_class() {
        for b in 0..=255u8 {
            let mut text = vec![b'a'; 140];
            text[20] = b;
            text[100] = b;
            compare(&text, 0, 140);
        }
    }
}
