//! Git's delta format, written: copy and insert instructions, their bytes, and random ways to say the same.

use super::random::Random;
use std::collections::HashMap;

/// One instruction, of any length (the encoder splits it as the format demands).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Copy { from: usize, len: usize },
    Insert(Vec<u8>),
}

impl Op {
    pub fn insert(bytes: impl Into<Vec<u8>>) -> Self {
        Op::Insert(bytes.into())
    }
}

/// What the instructions make of `base`.
pub fn apply(base: &[u8], ops: &[Op]) -> Vec<u8> {
    let mut out = Vec::new();
    for op in ops {
        match op {
            Op::Copy { from, len } => out.extend_from_slice(&base[*from..*from + *len]),
            Op::Insert(bytes) => out.extend_from_slice(bytes),
        }
    }
    out
}

/// The bytes of a delta that makes `apply(base, ops)`.
pub fn encode(random: &mut Random, base: &[u8], ops: &[Op]) -> Vec<u8> {
    let mut out = Vec::new();
    size(base.len(), &mut out);
    size(apply(base, ops).len(), &mut out);
    for op in ops {
        match op {
            Op::Copy { from, len } => {
                // Git writes at most 64 KiB a copy but reads up to 2^24 - 1.
                let most = if random.chance(80) { 0x10000 } else { 0xff_ffff };
                let mut at = 0;
                while at < *len {
                    let part = (len - at).min(most);
                    copy(random, from + at, part, &mut out);
                    at += part;
                }
            }
            Op::Insert(bytes) => {
                let most = if random.chance(80) { 127 } else { random.between(1, 127) };
                for part in bytes.chunks(most) {
                    out.push(part.len() as u8);
                    out.extend_from_slice(part);
                }
            }
        }
    }
    out
}

/// Instructions that make `target` from `base`: long matches copied, though not always all of a match.
pub fn between(random: &mut Random, base: &[u8], target: &[u8]) -> Vec<Op> {
    const WINDOW: usize = 8;
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, window) in base.windows(WINDOW).enumerate() {
        places.entry(window).or_default().push(at);
    }
    let (mut ops, mut literal, mut at) = (Vec::new(), Vec::new(), 0);
    while at < target.len() {
        let found = target.get(at..at + WINDOW).and_then(|window| places.get(window)).filter(|_| !random.chance(10));
        let Some(found) = found else {
            literal.push(target[at]);
            at += 1;
            continue;
        };
        let from = *random.pick(found);
        let same = base[from..].iter().zip(&target[at..]).take_while(|(a, b)| a == b).count();
        let len = if random.chance(75) { same } else { random.between(1, same) };
        if !literal.is_empty() {
            ops.push(Op::Insert(std::mem::take(&mut literal)));
        }
        ops.push(Op::Copy { from, len });
        at += len;
    }
    if !literal.is_empty() {
        ops.push(Op::Insert(literal));
    }
    debug_assert_eq!(apply(base, &ops), target);
    ops
}

/// One copy instruction. `len` is from 1 to 2^24 - 1; 0x10000 is written as no size at all.
fn copy(random: &mut Random, from: usize, len: usize, out: &mut Vec<u8>) {
    let at = out.len();
    out.push(0x80);
    let from = u32::try_from(from).expect("a base is below 4 GB").to_le_bytes();
    // A byte of zero may be left out or not; git leaves it out.
    let spell_out = random.chance(5);
    for (i, &byte) in from.iter().enumerate() {
        if byte != 0 || spell_out {
            out[at] |= 1 << i;
            out.push(byte);
        }
    }
    if len == 0x10000 && !spell_out {
        return;
    }
    for (i, &byte) in (len as u32).to_le_bytes()[..3].iter().enumerate() {
        if byte != 0 || spell_out {
            out[at] |= 0x10 << i;
            out.push(byte);
        }
    }
}

/// A size as a delta's head has it: seven bits a byte, the low ones first.
fn size(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
