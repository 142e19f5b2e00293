//! Pack and index files, written byte by byte: what git's own packer would never make can be made here.

use super::seven_bits;
use gix::ObjectId;
use gix::hash::Kind as Hash;
use gix::objs::Kind;
use libdeflater::{CompressionLvl, Compressor};
use std::path::{Path, PathBuf};

/// How an entry is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// The content itself.
    Whole,
    /// A delta to the entry at this position of the list, which lies before.
    OfsDelta(usize),
    /// A delta to the object of this id, anywhere in the pack.
    RefDelta(ObjectId),
}

/// One entry of a pack.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: ObjectId,
    pub kind: Kind,
    pub stored: Stored,
    /// The content, or the bytes of the delta.
    pub data: Vec<u8>,
}

/// How a pack is written.
#[derive(Debug, Clone)]
pub struct Options {
    pub hash: Hash,
    /// 0 (stored) to 12.
    pub level: i32,
    /// Every so-manieth offset goes through the index's table of 64-bit offsets, which git otherwise keeps for packs
    /// above 2 GB; 0 for none.
    pub wide_offsets: usize,
}

/// Writes `pack-*.pack` and `pack-*.idx` into `folder` (an `objects/pack`) and returns the pack's path.
pub fn write(folder: &Path, entries: &[Entry], options: &Options) -> PathBuf {
    let mut deflate = Compressor::new(CompressionLvl::new(options.level).expect("a level from 0 to 12"));
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut offsets = Vec::new();
    let mut checksums = Vec::new();
    for entry in entries {
        let start = pack.len();
        offsets.push(start as u64);
        entry_header(entry, &offsets, &mut pack);
        pack.extend(zlib(&mut deflate, &entry.data));
        checksums.push(libdeflater::crc32(&pack[start..]));
    }
    let pack_hash = hash_of(options.hash, &pack);
    pack.extend(pack_hash.as_slice());

    let index = index(entries, &offsets, &checksums, pack_hash, options);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let path = folder.join(format!("pack-{pack_hash}.pack"));
    std::fs::write(&path, pack).expect("the pack can be written");
    std::fs::write(path.with_extension("idx"), index).expect("the index can be written");
    path
}

/// Writes one loose object below `objects`.
pub fn write_loose(objects: &Path, kind: Kind, id: ObjectId, content: &[u8]) {
    let mut bytes = format!("{kind} {}\0", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    let hex = id.to_string();
    let folder = objects.join(&hex[..2]);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let packed = zlib(&mut Compressor::new(CompressionLvl::fastest()), &bytes);
    std::fs::write(folder.join(&hex[2..]), packed).expect("the object can be written");
}

/// The id of an object.
pub fn id_of(hash: Hash, kind: Kind, content: &[u8]) -> ObjectId {
    gix::objs::compute_hash(hash, kind, content).expect("no collision attack in a fixture")
}

fn entry_header(entry: &Entry, offsets: &[u64], out: &mut Vec<u8>) {
    let kind = match (&entry.stored, entry.kind) {
        (Stored::OfsDelta(_), _) => 6,
        (Stored::RefDelta(_), _) => 7,
        (Stored::Whole, Kind::Commit) => 1,
        (Stored::Whole, Kind::Tree) => 2,
        (Stored::Whole, Kind::Blob) => 3,
        (Stored::Whole, Kind::Tag) => 4,
    };
    let mut size = entry.data.len();
    let mut byte = kind << 4 | (size as u8 & 15);
    size >>= 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = size as u8 & 0x7f;
        size >>= 7;
    }
    out.push(byte);
    match &entry.stored {
        Stored::Whole => {}
        Stored::RefDelta(id) => out.extend(id.as_slice()),
        Stored::OfsDelta(base) => {
            let own = offsets.len() - 1;
            assert!(*base < own, "an offset delta points backwards");
            out.extend(seven_bits::number(offsets[own] - offsets[*base]));
        }
    }
}

/// An index, version 2.
fn index(entries: &[Entry], offsets: &[u64], checksums: &[u32], pack_hash: ObjectId, options: &Options) -> Vec<u8> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&i| entries[i].id);
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255_u8 {
        let count = order.iter().filter(|&&i| entries[i].id.as_slice()[0] <= first).count();
        out.extend((count as u32).to_be_bytes());
    }
    order.iter().for_each(|&i| out.extend(entries[i].id.as_slice()));
    order.iter().for_each(|&i| out.extend(checksums[i].to_be_bytes()));
    let mut wide = Vec::new();
    for (n, &i) in order.iter().enumerate() {
        // Git takes an index with no narrow offset at all for a damaged one, so the first stays narrow.
        if n > 0 && options.wide_offsets > 0 && n % options.wide_offsets == 0 {
            out.extend((0x8000_0000 | wide.len() as u32).to_be_bytes());
            wide.push(offsets[i]);
        } else {
            out.extend(u32::try_from(offsets[i]).expect("a small pack").to_be_bytes());
        }
    }
    wide.iter().for_each(|offset| out.extend(offset.to_be_bytes()));
    out.extend(pack_hash.as_slice());
    let own = hash_of(options.hash, &out);
    out.extend(own.as_slice());
    out
}

fn hash_of(hash: Hash, bytes: &[u8]) -> ObjectId {
    let mut hasher = gix::hash::hasher(hash);
    hasher.update(bytes);
    hasher.try_finalize().expect("no collision attack in a fixture")
}

fn zlib(deflate: &mut Compressor, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; deflate.zlib_compress_bound(bytes.len())];
    let length = deflate.zlib_compress(bytes, &mut out).expect("the bound is large enough");
    out.truncate(length);
    out
}
