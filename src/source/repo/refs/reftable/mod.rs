//! Reftables, git's binary form of refs and their logs: one table out of the bytes of its file. What a repository has is
//! a `stack` of them, in which newer tables win (git's `Documentation/technical/reftable`).
//!
//! A table is read from its beginning to its end; the indexes in it, which only make that quicker, are passed over.
//! Only the footer has a checksum, so everything else that a table promises is checked: the order of blocks and keys,
//! that each block is as long as it says, that nothing is left over.

mod record;
mod stack;

pub use record::Log;
pub(in crate::source::repo) use stack::Stack;

use super::Value;
use flate2::Crc;
use flate2::bufread::ZlibDecoder;
use gix::hash::Kind;
use record::{Cursor, Key};
use std::io::Read;
use std::ops::ControlFlow;

/// Length of the numbers in a footer that its header does not have: five positions and a checksum.
const FOOTER_MORE: usize = 5 * 8 + 4;
/// A block begins with its kind and its length.
const BLOCK_HEADER: usize = 4;

/// What is wrong with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged(pub &'static str);

/// What is done with a ref: its full name, and its value, none where the table says that it is gone.
pub type EachRef<'f> = dyn FnMut(&[u8], Option<Value>) -> ControlFlow<()> + 'f;

/// What is done with an entry of a log: the ref's full name, the number of the change among all changes, and what was
/// changed; nothing where the table says that the entry is gone.
pub type EachLog<'f> = dyn FnMut(&[u8], u64, Option<Log<'_>>) -> ControlFlow<()> + 'f;

/// One table.
pub struct Table<'t> {
    /// All of it but the footer.
    bytes: &'t [u8],
    hash: Kind,
    /// Length of the header, with which the first block begins.
    header: usize,
    /// Where the block of logs begins that is the first of them.
    logs: usize,
}

impl<'t> Table<'t> {
    /// The table that `file` is, in a repository of this kind.
    ///
    /// # Errors
    /// If header and footer are not those of such a table.
    pub fn parse(file: &'t [u8], hash: Kind) -> Result<Self, Damaged> {
        let (header, holds) = match file.get(..5) {
            Some(b"REFT\x01") => (24, Some(Kind::Sha1)),
            Some(b"REFT\x02") => match file.get(24..28) {
                Some(b"sha1") => (28, Some(Kind::Sha1)),
                Some(b"s256") => (28, Some(Kind::Sha256)),
                _ => (28, None),
            },
            Some([b'R', b'E', b'F', b'T', _]) => return Err(Damaged("keysift does not know its version")),
            _ => return Err(Damaged("it is no reftable")),
        };
        if holds != Some(hash) {
            return Err(Damaged("its objects are of another format than the repository's"));
        }
        let length = file.len().checked_sub(header + FOOTER_MORE).filter(|length| *length >= header);
        let (bytes, footer) = file.split_at(length.ok_or(Damaged("it is cut short"))?);
        let (summed, sum) = footer.split_at(footer.len() - 4);
        let mut crc = Crc::new();
        crc.update(summed);
        if crc.sum().to_be_bytes() != sum || summed[..header] != file[..header] {
            return Err(Damaged("its footer is damaged or cut off"));
        }
        let stated = u64::from_be_bytes(summed[header + 24..header + 32].try_into().expect("eight bytes"));
        let logs = match usize::try_from(stated) {
            // A table of nothing but logs does not say where they begin.
            Ok(0) if bytes.get(header) == Some(&b'g') => header,
            Ok(0) => bytes.len(),
            Ok(at) if (header..bytes.len()).contains(&at) => at,
            _ => return Err(Damaged("its footer names a place outside of it")),
        };
        Ok(Self { bytes, hash, header, logs })
    }

    /// Calls `found` for each ref in the order of names until it breaks.
    ///
    /// # Errors
    /// At the first block or record that is damaged.
    pub fn refs(&self, found: &mut EachRef<'_>) -> Result<ControlFlow<()>, Damaged> {
        let (mut at, mut last) = (self.header, b'r');
        let mut key = Key::default();
        while let Some(begin) = self.block_from(at, self.logs) {
            let start = self.start(begin);
            let (kind, length) = self.block_header(begin)?;
            let block = self.bytes[start..self.logs].get(..length).ok_or(record::SHORT_BLOCK)?;
            let mut records = record::of_block(block, begin - start + BLOCK_HEADER)?;
            at = start + length;
            match (kind, last) {
                (b'r', b'r') => {}
                // Behind the refs there are indexes of them, by name and by object.
                (b'i' | b'o', _) if begin > self.header => {
                    last = kind;
                    continue;
                }
                _ => return Err(Damaged("its blocks are in no order that git writes")),
            }
            key.begin_block();
            while !records.is_empty() {
                let kind = key.next(&mut records)?;
                let value = record::value(kind, &mut records, self.hash)?;
                if found(key.name(), value).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Calls `found` for each entry of the logs until it breaks, the newest of a ref first. Breaks too before more than
    /// `left` bytes are inflated, and takes from them what was.
    ///
    /// # Errors
    /// At the first block or record that is damaged.
    pub fn logs(&self, left: &mut u64, found: &mut EachLog<'_>) -> Result<ControlFlow<()>, Damaged> {
        let mut at = self.logs;
        let mut key = Key::default();
        let mut inflater = ZlibDecoder::new(&[][..]);
        let mut block = Vec::new();
        while let Some(begin) = self.block_from(at, self.bytes.len()) {
            let start = self.start(begin);
            let (kind, length) = self.block_header(begin)?;
            match kind {
                b'g' => {}
                // Behind the logs there is their index, if there are many, and nothing else.
                b'i' if at > self.logs => break,
                _ => return Err(Damaged("its blocks are in no order that git writes")),
            }
            let wanted = length.checked_sub(begin - start + BLOCK_HEADER).ok_or(record::SHORT_BLOCK)?;
            *left = match left.checked_sub(wanted as u64) {
                Some(rest) => rest,
                None => return Ok(ControlFlow::Break(())),
            };
            inflater.reset(&self.bytes[begin + BLOCK_HEADER..]);
            block.clear();
            let inflated = (&mut inflater).take(wanted as u64 + 1).read_to_end(&mut block);
            if inflated.ok() != Some(wanted) {
                return Err(Damaged("a block of logs cannot be inflated"));
            }
            let mut records = record::of_block(&block, 0)?;
            key.begin_block();
            while !records.is_empty() {
                let kind = key.next(&mut records)?;
                let (name, change) = record::log_key(key.name())?;
                let entry = record::log(kind, &mut records, self.hash)?;
                if found(name, change, entry).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            at = begin + BLOCK_HEADER + inflater.total_in() as usize;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Where the next block begins from `at` on; blocks are filled up with zeros. None before `end`.
    fn block_from(&self, at: usize, end: usize) -> Option<usize> {
        let rest = self.bytes.get(at..end)?;
        rest.iter().position(|byte| *byte != 0).map(|zeros| at + zeros)
    }

    /// Where a block counts its length from: the first of the table from the beginning of the file.
    fn start(&self, begin: usize) -> usize {
        if begin == self.header { 0 } else { begin }
    }

    /// The kind and the length of a block.
    fn block_header(&self, begin: usize) -> Result<(u8, usize), Damaged> {
        let mut header = Cursor(&self.bytes[begin..]);
        let &[kind, a, b, c] = header.take(BLOCK_HEADER)? else { return Err(record::SHORT) };
        Ok((kind, u32::from_be_bytes([0, a, b, c]) as usize))
    }
}
