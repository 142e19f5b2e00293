//! Decoded text with the way back: which bytes of the content each of its bytes comes from.

use std::ops::Range;

/// Text with something decoded in it.
pub struct Decoded {
    /// Surroundings and decoded text.
    pub bytes: Vec<u8>,
    /// What was decoded, in `bytes`: sorted, apart. An empty one is a place where something was left out.
    pub pieces: Vec<Range<usize>>,
    /// Where the look ended in the content: with the bytes before the anchor, all that this depends on.
    pub to: usize,
    stretches: Vec<Stretch>,
}

/// How a stretch of decoded text lies in the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Byte for byte.
    Same,
    /// Each byte stands for all of it.
    Whole,
    /// Two characters a byte, and `unit` bytes for each byte of text.
    Hex { unit: u32 },
    /// Four characters for three bytes, in lines of `width` characters that begin `stride` bytes apart.
    Base64 { unit: u32, width: u32, stride: u32 },
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// First byte in the decoded text.
    decoded: u32,
    /// First byte in the content.
    original: u32,
    /// Bytes in the content.
    length: u32,
    how: How,
}

impl Decoded {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), pieces: Vec::new(), to: 0, stretches: Vec::new() }
    }

    /// No text, which only a look up to `to` told.
    pub(super) fn nothing(to: usize) -> Self {
        Self { to, ..Self::new() }
    }

    /// Appends bytes of the content, which stand there at `original`.
    pub(super) fn copy(&mut self, bytes: &[u8], original: usize) {
        if !bytes.is_empty() {
            self.stretch(original, bytes.len(), How::Same);
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Appends text that `length` bytes at `original` decode to.
    pub(super) fn put(&mut self, text: &[u8], original: usize, length: usize, how: How) {
        let start = self.bytes.len();
        self.stretch(original, length, how);
        self.bytes.extend_from_slice(text);
        self.pieces.push(start..self.bytes.len());
    }

    /// Notes that something was left out here.
    pub(super) fn leave_out(&mut self) {
        self.pieces.push(self.bytes.len()..self.bytes.len());
    }

    fn stretch(&mut self, original: usize, length: usize, how: How) {
        let decoded = self.bytes.len() as u32;
        self.stretches.push(Stretch { decoded, original: original as u32, length: length as u32, how });
    }

    /// From the first decoded byte to the last one.
    pub fn hull(&self) -> Range<usize> {
        let end = |range: Option<&Range<usize>>| range.map_or(0, |range| range.end);
        self.pieces.first().map_or(0, |range| range.start)..end(self.pieces.last())
    }

    /// Whether `start..end` of the text holds something decoded, or touches it.
    pub fn concerns(&self, start: usize, end: usize) -> bool {
        let first = self.pieces.partition_point(|piece| piece.end < start);
        let joins = |piece: &Range<usize>| !piece.is_empty() || start < piece.start && piece.end < end;
        self.pieces[first..].iter().take_while(|piece| piece.start <= end).any(joins)
    }

    /// Where in the content `start..end` of the text comes from.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let from = self.place(start).0;
        (from, if end > start { self.place(end - 1).1 } else { from })
    }

    /// Beginning and end in the content of the byte at `at`.
    fn place(&self, at: usize) -> (usize, usize) {
        let number = self.stretches.partition_point(|stretch| stretch.decoded as usize <= at);
        let Some(stretch) = number.checked_sub(1).and_then(|number| self.stretches.get(number)) else {
            return (0, 0);
        };
        let (first, last) = (stretch.original as usize, (stretch.original + stretch.length) as usize);
        let offset = at - stretch.decoded as usize;
        let (from, to) = match stretch.how {
            How::Same => (first + offset, first + offset + 1),
            How::Whole => (first, last),
            How::Hex { unit } => {
                let unit = 2 * unit as usize;
                (first + offset * unit, first + (offset + 1) * unit)
            }
            How::Base64 { unit, width, stride } => {
                let (unit, width, stride) = (unit as usize, width as usize, stride as usize);
                let character = |index: usize| first + index / width * stride + index % width;
                let (from, to) = (offset * unit, (offset + 1) * unit);
                (character(from * 4 / 3), character((to * 4).div_ceil(3) - 1) + 1)
            }
        };
        (from.min(last), to.min(last))
    }
}
