//! Random contents for objects: pieces of a caller's dictionary, whole and broken, between prose and noise.

use super::delta::Op;
use super::random::Random;

const PROSE: &[&str] = &[
    "the", "value", "of", "this", "is", "set", "by", "deploy", "script", "region", "client", "and", "returns", "an",
    "error", "when", "bucket", "missing", "config", "profile", "export", "default", "user", "name", "path",
];
const JOINTS: &[&[u8]] = &[
    b"\n", b"\r\n", b" ", b"\t", b" = ", b"=", b": \"", b"\",\n", b"'", b"\"", b"_", b"-", b"\\n", b"", b"\n\n", b"\r",
];
const TOKEN: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-";

/// About `size` bytes (more, when the last piece is long) of pieces in random order. `words` is the dictionary.
pub fn assemble(random: &mut Random, words: &[Vec<u8>], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size + 64);
    while out.len() < size {
        match random.below(100) {
            0..22 if !words.is_empty() => out.extend(random.pick(words)),
            22..34 if !words.is_empty() => out.extend_from_slice(&broken(random, words)),
            34..60 => out.extend(*random.pick(JOINTS)),
            60..88 => prose(random, &mut out),
            88..94 => {
                let length = random.between(1, 60);
                out.extend(random.text(TOKEN, length));
            }
            94..96 => {
                let length = random.between(1, 40);
                out.extend(random.bytes(length));
            }
            96..98 => {
                let (length, c) = (random.between(1, 200), *random.pick(TOKEN));
                out.resize(out.len() + length, c);
            }
            // A stretch without anything, longer than any window around a change.
            _ => (0..random.between(20, 120)).for_each(|_| prose(random, &mut out)),
        }
    }
    out
}

fn prose(random: &mut Random, out: &mut Vec<u8>) {
    for _ in 0..random.between(1, 8) {
        out.extend_from_slice(random.pick(PROSE).as_bytes());
        out.push(if random.chance(12) { b'\n' } else { b' ' });
    }
}

/// The head or the tail of a dictionary word: two of them may meet at a seam.
fn broken(random: &mut Random, words: &[Vec<u8>]) -> Vec<u8> {
    let word = random.pick(words);
    let cut = random.below(word.len() + 1);
    if random.chance(50) { word[..cut].to_vec() } else { word[cut..].to_vec() }
}

/// A random way to make another content from `base`. The styles are the shapes that deltas of real packs have, and
/// some that no packer would make but the format allows.
pub fn edit(random: &mut Random, base: &[u8], words: &[Vec<u8>]) -> Vec<Op> {
    match random.below(100) {
        0..45 => revise(random, base, words),
        45..65 => at_a_word(random, base, words),
        65..80 => rearrange(random, base, words),
        80..86 => slices(random, base, 0, base.len()),
        86..92 => around_64k(random, base, words),
        92..95 => vec![Op::insert(assemble(random, words, 300))],
        95..97 => Vec::new(),
        _ => {
            let from = random.below(base.len() + 1);
            let to = random.between(from, base.len());
            slices(random, base, from, to)
        }
    }
}

/// From start to end, with small changes: what an author does.
fn revise(random: &mut Random, base: &[u8], words: &[Vec<u8>]) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut at = 0;
    for _ in 0..random.between(1, 6) {
        let next = random.between(at, base.len());
        ops.push(Op::Copy { from: at, len: next - at });
        at = next;
        if random.chance(40) {
            at = (at + random.below(60)).min(base.len());
        }
        let size = random.between(0, 80);
        if random.chance(70) {
            ops.push(Op::insert(assemble(random, words, size)));
        }
    }
    ops.push(Op::Copy { from: at, len: base.len() - at });
    ops
}

/// Cuts a dictionary word of the base in two, or puts something right beside or into it.
fn at_a_word(random: &mut Random, base: &[u8], words: &[Vec<u8>]) -> Vec<Op> {
    let places: Vec<(usize, usize)> = words
        .iter()
        .filter(|word| !word.is_empty())
        .filter_map(|word| base.windows(word.len()).position(|w| w == &word[..]).map(|at| (at, word.len())))
        .collect();
    if places.is_empty() {
        return rearrange(random, base, words);
    }
    let &(at, len) = random.pick(&places);
    let cut = match random.below(4) {
        0 => at,
        1 => at + len,
        _ => at + random.below(len + 1),
    };
    let mut ops = slices(random, base, 0, cut);
    match random.below(5) {
        // Only a seam: both halves stay side by side.
        0 => {}
        1 => ops.push(Op::insert(broken(random, words))),
        2 => {
            let length = random.between(1, 3);
            ops.push(Op::insert(random.text(TOKEN, length)));
        }
        // The rest of the word comes from an insertion, not from the base.
        3 => {
            ops.push(Op::insert(base[cut..at + len].to_vec()));
            ops.extend(slices(random, base, at + len, base.len()));
            return ops;
        }
        // The word's head is followed by what follows another word's head.
        _ => {
            let &(other, other_len) = random.pick(&places);
            let resume = other + random.below(other_len + 1);
            ops.extend(slices(random, base, resume, base.len()));
            return ops;
        }
    }
    ops.extend(slices(random, base, cut, base.len()));
    ops
}

/// Copies from anywhere in any order, overlapping, repeated, with insertions between.
fn rearrange(random: &mut Random, base: &[u8], words: &[Vec<u8>]) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..random.between(1, 10) {
        if random.chance(70) {
            let from = random.below(base.len() + 1);
            let longest = (base.len() - from).min(if random.chance(50) { 40 } else { 4000 });
            ops.push(Op::Copy { from, len: random.below(longest + 1) });
        } else {
            let size = random.between(0, 30);
            ops.push(Op::insert(assemble(random, words, size)));
        }
    }
    ops
}

/// `base[from..to]` in one copy or in many that touch: seams without any change.
fn slices(random: &mut Random, base: &[u8], from: usize, to: usize) -> Vec<Op> {
    debug_assert!(from <= to && to <= base.len());
    let mut ops = Vec::new();
    let mut at = from;
    while at < to {
        let len = if random.chance(60) { to - at } else { random.between(1, (to - at).min(200)) };
        ops.push(Op::Copy { from: at, len });
        at += len;
    }
    ops
}

/// Copies of exactly 65,536 bytes, whose size the format writes as 0, and of one byte less and more.
fn around_64k(random: &mut Random, base: &[u8], words: &[Vec<u8>]) -> Vec<Op> {
    let mut ops = Vec::new();
    let len = random.between(0xffff, 0x10001);
    if base.len() >= len {
        ops.push(Op::Copy { from: random.below(base.len() - len + 1), len });
    } else if !base.is_empty() {
        // Doubled until it is long enough for one of its children.
        let copies = (0x10001 / base.len()).clamp(1, 40);
        ops.extend(std::iter::repeat_n(Op::Copy { from: 0, len: base.len() }, copies));
    }
    let size = random.between(0, 100);
    ops.push(Op::insert(assemble(random, words, size)));
    ops
}
