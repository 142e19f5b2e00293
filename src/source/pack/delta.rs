//! Deltas: the instructions that make an object from its base, read once into a script.
//!
//! A script tells where in the new object each stretch of bytes came from, so that a reader can look at what was
//! inserted, and take over what it knows of the copied stretches.

use std::ops::Range;

/// One stretch of the new object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op {
    /// Where it begins in the new object.
    pub out: u32,
    pub length: u32,
    /// Where its bytes lie: in the base for a copy, in the delta for an insertion.
    pub from: u32,
    pub copy: bool,
}

impl Op {
    /// Its place in the new object.
    pub fn range(&self) -> Range<usize> {
        self.out as usize..self.out as usize + self.length as usize
    }
}

/// The instructions of one delta, checked: every stretch lies within base or delta, and they add up to `length`.
#[derive(Debug, Default)]
pub struct Script {
    pub ops: Vec<Op>,
    /// Length of the base that the delta was made for.
    pub base_length: usize,
    /// Length of the new object.
    pub length: usize,
}

/// A stretch of so many bytes is copied like a short one.
const SHORT: usize = 64;

/// The delta is damaged or does not fit its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl Script {
    /// Reads `delta` into this script, for a base of `base_length` bytes. Copies that go on where the one before ended
    /// become one: git cuts long copies at 64 KiB.
    ///
    /// # Errors
    /// [`Damaged`] when an instruction points outside of base or delta, or lengths do not add up. Nothing is
    /// allocated on the word of the header: `length` is checked against the instructions.
    pub fn read(&mut self, delta: &[u8], base_length: usize) -> Result<(), Damaged> {
        self.ops.clear();
        let mut at = 0;
        let expected_base = varint(delta, &mut at)?;
        let length = varint(delta, &mut at)?;
        if expected_base != base_length as u64 || length > u64::from(u32::MAX) {
            return Err(Damaged);
        }
        self.base_length = base_length;
        self.length = length as usize;
        let mut out = 0usize;
        while let Some(&code) = delta.get(at) {
            at += 1;
            let op = if code & 0x80 != 0 {
                let (from, copied) = copy_of(code, delta, &mut at)?;
                if from.checked_add(copied).is_none_or(|end| end > base_length) {
                    return Err(Damaged);
                }
                Op { out: out as u32, length: copied as u32, from: from as u32, copy: true }
            } else {
                let inserted = usize::from(code);
                if inserted == 0 || delta.len() - at < inserted {
                    return Err(Damaged);
                }
                let op = Op { out: out as u32, length: inserted as u32, from: at as u32, copy: false };
                at += inserted;
                op
            };
            out += op.length as usize;
            if out > self.length {
                return Err(Damaged);
            }
            match self.ops.last_mut() {
                Some(last) if op.copy && last.copy && last.from + last.length == op.from => last.length += op.length,
                _ => self.ops.push(op),
            }
        }
        if out == self.length { Ok(()) } else { Err(Damaged) }
    }

    /// Rebuilds the whole object.
    pub fn rebuild(&self, base: &[u8], delta: &[u8], out: &mut Vec<u8>) {
        out.resize(self.length + SHORT, 0);
        for op in &self.ops {
            let (at, length) = (op.out as usize, op.length as usize);
            let source = if op.copy { base } else { delta };
            let rest = &source[op.from as usize..];
            // Most stretches are short, and more than they have may be written: what follows comes in its place.
            match (rest.first_chunk::<SHORT>(), out[at..].first_chunk_mut::<SHORT>()) {
                (Some(from), Some(to)) if length <= SHORT => *to = *from,
                _ => out[at..at + length].copy_from_slice(&rest[..length]),
            }
        }
        out.truncate(self.length);
    }
}

/// Offset and length of a copy instruction whose first byte is `code`.
#[inline]
fn copy_of(code: u8, delta: &[u8], at: &mut usize) -> Result<(usize, usize), Damaged> {
    // Each bit says that a byte is there; left out are zeros, hardly ever others than the highest: then one look at
    // eight bytes has both numbers.
    if let Some(bytes) = delta.get(*at..).and_then(|rest| rest.first_chunk())
        && let (Some(of_offset), Some(of_length)) =
            (PACKED[usize::from(code & 0x0f)], PACKED[usize::from(code >> 4 & 0x07)])
    {
        let lowest = |word: u64, bytes: u32| (word & ((1 << (8 * bytes)) - 1)) as usize;
        let word = u64::from_le_bytes(*bytes);
        let (from, length) = (lowest(word, of_offset), lowest(word >> (8 * of_offset), of_length));
        *at += (of_offset + of_length) as usize;
        return Ok((from, if length == 0 { 0x10000 } else { length }));
    }
    let mut field = |bits: u8, bytes: u32| {
        let mut value = 0usize;
        for i in 0..bytes {
            if bits & 1 << i != 0 {
                value |= usize::from(*delta.get(*at).ok_or(Damaged)?) << (8 * i);
                *at += 1;
            }
        }
        Ok(value)
    };
    let from = field(code & 0x0f, 4)?;
    let length = field(code >> 4 & 0x07, 3)?;
    Ok((from, if length == 0 { 0x10000 } else { length }))
}

/// For the bits that say which bytes of a number are there: how many, if these are its lowest ones.
static PACKED: [Option<u32>; 16] = {
    let mut table = [None; 16];
    (table[0], table[1], table[3], table[7], table[15]) = (Some(0), Some(1), Some(2), Some(3), Some(4));
    table
};

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Damaged> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at).ok_or(Damaged)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// base of 10 bytes; copy 0..4, insert "xy", copy 6..10
    const DELTA: &[u8] = &[10, 10, 0x90, 4, 2, b'x', b'y', 0x91, 6, 4];

    #[test]
    fn reads_and_rebuilds() {
        let mut script = Script::default();
        script.read(DELTA, 10).expect("the delta is sound");
        let mut out = Vec::new();
        script.rebuild(b"0123456789", DELTA, &mut out);
        assert_eq!(out, b"0123xy6789");
    }

    #[test]
    fn adjacent_copies_become_one() {
        let mut script = Script::default();
        script.read(&[10, 10, 0x90, 4, 0x91, 4, 6], 10).expect("the delta is sound");
        assert_eq!(script.ops.len(), 1);
    }

    #[test]
    fn damage_is_told() {
        let mut script = Script::default();
        for wrong in
            [&[10, 4, 0x91, 8, 4][..], &[10, 9, 0x90, 4], &[10, 4, 0], &[10, 4, 5, b'a'], &[11, 4, 0x90, 4], &[0x80]]
        {
            assert_eq!(script.read(wrong, 10), Err(Damaged), "{wrong:?}");
        }
    }
}
