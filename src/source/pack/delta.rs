//! Deltas: the instructions that make an object from its base, read once into a script.
//!
//! A script tells where in the new object each stretch of bytes came from, so that a reader can look at what was
//! inserted, take over what it knows of the copied stretches, and never rebuild an object that nothing is built from.

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

    /// Its bytes.
    fn bytes<'a>(&self, base: &'a [u8], delta: &'a [u8]) -> &'a [u8] {
        let source = if self.copy { base } else { delta };
        &source[self.from as usize..self.from as usize + self.length as usize]
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
        out.clear();
        out.reserve(self.length);
        for op in &self.ops {
            out.extend_from_slice(op.bytes(base, delta));
        }
    }

    /// Rebuilds `range` of the object. `first` is an instruction at or before the one that holds its beginning; returned
    /// is that one, so that rising ranges need one pass.
    pub fn rebuild_part(
        &self,
        base: &[u8],
        delta: &[u8],
        range: Range<usize>,
        first: usize,
        out: &mut Vec<u8>,
    ) -> usize {
        out.clear();
        let mut i = first;
        while i < self.ops.len() && self.ops[i].range().end <= range.start {
            i += 1;
        }
        let found = i;
        while i < self.ops.len() && self.ops[i].range().start < range.end {
            let op = self.ops[i].range();
            let bytes = self.ops[i].bytes(base, delta);
            let from = range.start.max(op.start) - op.start;
            let to = range.end.min(op.end) - op.start;
            out.extend_from_slice(&bytes[from..to]);
            i += 1;
        }
        found
    }

    /// The places in the new object from which something that the base does not have is seen by looking `behind` bytes
    /// back and `ahead` bytes on: inserted bytes, seams between copies, an end that the base's was not. Sorted, apart
    /// from one another.
    pub fn changed(&self, behind: usize, ahead: usize, regions: &mut Vec<Range<usize>>) {
        regions.clear();
        let length = self.length;
        let mut add = |from: usize, to: usize| {
            let region = from.saturating_sub(ahead)..(to + behind).min(length);
            match regions.last_mut() {
                Some(last) if last.end >= region.start => last.end = last.end.max(region.end),
                _ if region.start < region.end => regions.push(region),
                _ => {}
            }
        };
        match self.ops.first() {
            Some(op) if op.copy && op.from == 0 => {}
            _ => add(0, 0),
        }
        for (i, op) in self.ops.iter().enumerate() {
            if !op.copy {
                add(op.range().start, op.range().end);
            } else if i > 0 {
                add(op.range().start, op.range().start);
            }
        }
        match self.ops.last() {
            Some(op) if op.copy && (op.from + op.length) as usize == self.base_length => {}
            _ => add(length, length),
        }
    }
}

/// Offset and length of a copy instruction whose first byte is `code`.
fn copy_of(code: u8, delta: &[u8], at: &mut usize) -> Result<(usize, usize), Damaged> {
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
        let mut part = Vec::new();
        script.rebuild_part(b"0123456789", DELTA, 3..7, 0, &mut part);
        assert_eq!(part, b"3xy6");
    }

    #[test]
    fn changed_is_what_lies_near_insertions_and_seams() {
        let mut script = Script::default();
        let mut regions = Vec::new();
        script.read(DELTA, 10).expect("the delta is sound");
        script.changed(1, 1, &mut regions);
        assert_eq!(regions, vec![Range { start: 3, end: 7 }]);
        // copy 0..4, copy 6..10: a seam at 4. copy 1..4: an end cut off at both sides.
        script.read(&[10, 8, 0x90, 4, 0x91, 6, 4], 10).expect("the delta is sound");
        script.changed(1, 1, &mut regions);
        assert_eq!(regions, vec![Range { start: 3, end: 5 }]);
        script.read(&[10, 3, 0x91, 1, 3], 10).expect("the delta is sound");
        script.changed(1, 1, &mut regions);
        assert_eq!(regions, [0..1, 2..3]);
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
