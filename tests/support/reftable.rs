//! Reftables, written byte by byte, with small blocks and keys that share much, as git's own writer would not.

use super::seven_bits;
use gix::ObjectId;
use gix::hash::Kind as Hash;
use libdeflater::{CompressionLvl, Compressor, crc32};

/// What a table says of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ref {
    Gone,
    Object(ObjectId),
    /// A tag, and what it is about.
    Tag(ObjectId, ObjectId),
    Symbolic(Vec<u8>),
}

/// What a table says of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Gone,
    From(ObjectId, ObjectId, Vec<u8>),
}

/// Who changes, when, and where: the same in every entry.
pub const PERSON: (&[u8], &[u8], u64, i16) = (b"Ada Author", b"ada@example.com", 1_700_000_000, -330);

/// How a table is written.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub hash: Hash,
    /// Changes that it holds, the first and the last.
    pub changes: (u64, u64),
    /// No block is longer, unless one record is.
    pub block: usize,
    /// Blocks of refs are filled up to the full length.
    pub padded: bool,
    /// Every so-manieth key is whole.
    pub whole: usize,
}

/// The file. `refs` are sorted by name; `logs` by name, then the highest number first.
pub fn write(refs: &[(Vec<u8>, Ref)], logs: &[(Vec<u8>, u64, Change)], options: &Options) -> Vec<u8> {
    let mut header = b"REFT".to_vec();
    let version = if options.hash == Hash::Sha1 { 1 } else { 2 };
    header.push(version);
    header.extend(&(if options.padded { options.block as u32 } else { 0 }).to_be_bytes()[1..]);
    header.extend(options.changes.0.to_be_bytes());
    header.extend(options.changes.1.to_be_bytes());
    if version == 2 {
        header.extend(b"s256");
    }
    let mut out = header.clone();

    let records = refs.iter().map(|(name, value)| (name.clone(), reference(value)));
    let blocks = blocks(records, options, header.len());
    let mut last = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        while options.padded && number > 0 && !out.len().is_multiple_of(options.block) {
            out.push(0);
        }
        let start = if number == 0 { 0 } else { out.len() };
        last.push((block.last.clone(), (0, seven_bits::number(start as u64))));
        put(&mut out, b'r', start, &block.bytes);
    }
    let index_at = if blocks.len() > 1 { out.len() } else { 0 };
    if index_at > 0 {
        let all = Options { block: usize::MAX, ..*options };
        let index = self::blocks(last.into_iter(), &all, 0);
        put(&mut out, b'i', index_at, &index[0].bytes);
    }

    let logs_at = if logs.is_empty() { 0 } else { out.len() };
    let records = logs.iter().map(|(name, change, entry)| (log_key(name, *change), log(entry)));
    let mut deflate = Compressor::new(CompressionLvl::fastest());
    for block in self::blocks(records, options, if refs.is_empty() { header.len() } else { 0 }) {
        let start = if out.len() == header.len() { 0 } else { out.len() };
        out.push(b'g');
        let header = out.len() + 3 - start;
        out.extend(&((header + block.bytes.len()) as u32).to_be_bytes()[1..]);
        let mut packed = vec![0; deflate.zlib_compress_bound(block.bytes.len())];
        let length = deflate.zlib_compress(&block.bytes, &mut packed).expect("the bound is large enough");
        out.extend(&packed[..length]);
    }
    let logs_at = if logs_at == header.len() { 0 } else { logs_at };

    out.extend(footer(&header, index_at, logs_at));
    out
}

/// The footer of a table with this header.
pub fn footer(header: &[u8], index_at: usize, logs_at: usize) -> Vec<u8> {
    let mut footer = header.to_vec();
    for position in [index_at, 0, 0, logs_at, 0] {
        footer.extend((position as u64).to_be_bytes());
    }
    let sum = crc32(&footer);
    footer.extend(sum.to_be_bytes());
    footer
}

struct Block {
    /// Records, and where keys are whole.
    bytes: Vec<u8>,
    last: Vec<u8>,
}

/// Divides records into blocks; the first one of them has so much less room.
fn blocks(records: impl Iterator<Item = (Vec<u8>, (u8, Vec<u8>))>, options: &Options, first_less: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut bytes, mut whole, mut last, mut count) = (Vec::new(), Vec::<usize>::new(), Vec::new(), 0usize);
    let mut less = first_less;
    let finish = |bytes: &mut Vec<u8>, whole: &mut Vec<usize>, last: &Vec<u8>, less: usize| {
        for place in whole.iter() {
            bytes.extend(&((place + less + 4) as u32).to_be_bytes()[1..]);
        }
        bytes.extend((whole.len() as u16).to_be_bytes());
        whole.clear();
        Block { bytes: std::mem::take(bytes), last: last.clone() }
    };
    for (key, (kind, value)) in records {
        let record = |kept: usize| {
            let suffix = &key[kept..];
            let mut record = seven_bits::number(kept as u64);
            record.extend(seven_bits::number((suffix.len() as u64) << 3 | u64::from(kind)));
            record.extend(suffix);
            record.extend(&value);
            record
        };
        let is_whole = count.is_multiple_of(options.whole.max(1));
        let shared = key.iter().zip(&last).take_while(|(a, b)| a == b).count();
        let mut next = record(if is_whole { 0 } else { shared });
        let room = less + 4 + bytes.len() + next.len() + 3 * (whole.len() + 1) + 2;
        let mut starts = is_whole;
        if count > 0 && room > options.block {
            blocks.push(finish(&mut bytes, &mut whole, &last, less));
            (less, count, starts) = (0, 0, true);
            next = record(0);
        }
        if starts {
            whole.push(bytes.len());
        }
        bytes.extend(next);
        last = key;
        count += 1;
    }
    if count > 0 {
        blocks.push(finish(&mut bytes, &mut whole, &last, less));
    }
    blocks
}

fn put(out: &mut Vec<u8>, kind: u8, start: usize, bytes: &[u8]) {
    out.push(kind);
    let length = out.len() + 3 - start + bytes.len();
    out.extend(&(length as u32).to_be_bytes()[1..]);
    out.extend(bytes);
}

fn reference(value: &Ref) -> (u8, Vec<u8>) {
    // The change that made it, counted from the table's first one.
    let mut bytes = seven_bits::number(0);
    let kind = match value {
        Ref::Gone => 0,
        Ref::Object(id) => {
            bytes.extend(id.as_slice());
            1
        }
        Ref::Tag(id, peeled) => {
            bytes.extend([id.as_slice(), peeled.as_slice()].concat());
            2
        }
        Ref::Symbolic(target) => {
            bytes.extend(text(target));
            3
        }
    };
    (kind, bytes)
}

fn log_key(name: &[u8], change: u64) -> Vec<u8> {
    [name, b"\0", &(u64::MAX - change).to_be_bytes()].concat()
}

fn log(change: &Change) -> (u8, Vec<u8>) {
    let Change::From(old, new, message) = change else { return (0, Vec::new()) };
    let (name, email, time, zone) = PERSON;
    let ids = [old.as_slice(), new.as_slice()].concat();
    (1, [ids, text(name), text(email), seven_bits::number(time), zone.to_be_bytes().to_vec(), text(message)].concat())
}

fn text(bytes: &[u8]) -> Vec<u8> {
    [seven_bits::number(bytes.len() as u64), bytes.to_vec()].concat()
}
