//! One pack: its entries in the order in which they lie, and which is built from which.

use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// An object in a pack as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Where the compressed bytes begin.
    pub data: u64,
    /// Length of what they inflate to: the object, or the delta.
    pub size: u64,
    /// The entry it is a delta of; `NO_BASE` for a whole object.
    pub base: u32,
    /// Position in the pack's index, which is sorted by object id.
    pub position: u32,
    pub kind: Kind,
}

/// What an entry is. A delta's kind is its root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
    Delta,
    /// The header cannot be read.
    Broken,
}

/// No base: the entry is whole.
pub const NO_BASE: u32 = u32::MAX;
/// A delta whose base is not in this pack.
pub const LOST_BASE: u32 = u32::MAX - 1;

/// A pack with its index and its delta forest.
pub struct Pack {
    pub path: PathBuf,
    pub data: data::File,
    pub index: index::File,
    /// By offset.
    pub entries: Vec<Entry>,
    /// Children of entry `i`: `children[child_start[i]..child_start[i + 1]]`, the one with most descendants last.
    child_start: Vec<u32>,
    children: Vec<u32>,
    /// How many entries are built on each, itself included.
    weights: Vec<u32>,
}

impl Pack {
    /// Opens the pack whose index lies at `index_path`, and reads all entry headers on all threads of the current rayon
    /// pool.
    ///
    /// # Errors
    /// What is wrong with pack or index, in words.
    pub fn open(index_path: &Path, hash: gix::hash::Kind) -> Result<Self, String> {
        let mut pack = Self::map(index_path, hash)?;
        pack.read_entries();
        Ok(pack)
    }

    /// Opens a pack without looking at its entries: it has none until [`Pack::read_entries`].
    ///
    /// # Errors
    /// What is wrong with pack or index, in words.
    pub fn map(index_path: &Path, hash: gix::hash::Kind) -> Result<Self, String> {
        let path = index_path.with_extension("pack");
        for file in [index_path, &path] {
            let meta = std::fs::metadata(file).map_err(|e| e.to_string())?;
            if !meta.is_file() {
                return Err(format!("{} is not a regular file", file.display()));
            }
        }
        let index = index::File::at(index_path, hash).map_err(|e| e.to_string())?;
        let data = data::File::at(&path, hash).map_err(|e| e.to_string())?;
        if data.num_objects() != index.num_objects() {
            return Err(format!("the index lists {} objects, the pack {}", index.num_objects(), data.num_objects()));
        }
        if data.data_len() < hash.len_in_bytes() + 12 {
            return Err("the pack is shorter than its header and trailer".into());
        }
        let (entries, child_start) = (Vec::new(), Vec::new());
        Ok(Self { path, data, index, entries, child_start, children: Vec::new(), weights: Vec::new() })
    }

    /// Reads all entry headers on all threads of the current rayon pool, unless they are known.
    pub fn read_entries(&mut self) {
        if !self.entries.is_empty() {
            return;
        }
        let (data, index, hash) = (&self.data, &self.index, self.index.object_hash());
        let mut offsets: Vec<(u64, u32)> =
            (0..index.num_objects()).into_par_iter().map(|i| (index.pack_offset_at_index(i), i)).collect();
        offsets.par_sort_unstable();
        let end = data.pack_end() as u64;
        let entries: Vec<Entry> = offsets
            .par_iter()
            .map(|&(offset, position)| {
                let broken = Entry { data: 0, size: 0, base: NO_BASE, position, kind: Kind::Broken };
                let Some(slice) = (offset < end).then(|| data.entry_slice(offset..end)).flatten() else {
                    return broken;
                };
                let Ok(entry) = data::Entry::from_bytes(slice, offset, hash) else { return broken };
                let (kind, base) = match entry.header {
                    Header::Commit => (Kind::Commit, NO_BASE),
                    Header::Tree => (Kind::Tree, NO_BASE),
                    Header::Blob => (Kind::Blob, NO_BASE),
                    Header::Tag => (Kind::Tag, NO_BASE),
                    Header::OfsDelta { base_distance } => {
                        let base = entry
                            .checked_base_pack_offset(base_distance)
                            .and_then(|base| offsets.binary_search_by_key(&base, |o| o.0).ok());
                        (Kind::Delta, base.map_or(LOST_BASE, |b| b as u32))
                    }
                    Header::RefDelta { base_id } => {
                        let base = index.lookup(base_id).and_then(|position| {
                            let offset = index.pack_offset_at_index(position);
                            offsets.binary_search_by_key(&offset, |o| o.0).ok()
                        });
                        (Kind::Delta, base.map_or(LOST_BASE, |b| b as u32))
                    }
                };
                Entry { data: entry.data_offset, size: entry.decompressed_size, base, position, kind }
            })
            .collect();
        self.entries = entries;
        self.link();
    }

    /// Lists children by base, and counts descendants.
    fn link(&mut self) {
        let n = self.entries.len();
        let mut start = vec![0u32; n + 1];
        for entry in &self.entries {
            if (entry.base as usize) < n {
                start[entry.base as usize + 1] += 1;
            }
        }
        for i in 0..n {
            start[i + 1] += start[i];
        }
        let mut fill = start.clone();
        let mut children = vec![0u32; start[n] as usize];
        let mut weights = vec![1u32; n];
        // A base lies before its deltas, nearly always; where a ref-delta's does not, a weight is too small, which only
        // costs memory.
        for i in (0..n).rev() {
            let base = self.entries[i].base as usize;
            if base < n {
                weights[base] = weights[base].saturating_add(weights[i]);
            }
        }
        for i in 0..n {
            let base = self.entries[i].base as usize;
            if base < n {
                children[fill[base] as usize] = i as u32;
                fill[base] += 1;
            }
        }
        // The heaviest child goes last: when its turn comes its base is needed no more and can be dropped, so that the
        // number of objects held at once grows with the logarithm of a tree's size, not with its depth.
        for i in 0..n {
            let own = &mut children[start[i] as usize..start[i + 1] as usize];
            if let Some(heaviest) = (0..own.len()).max_by_key(|&k| weights[own[k] as usize]) {
                let last = own.len() - 1;
                own.swap(heaviest, last);
            }
        }
        self.child_start = start;
        self.children = children;
        self.weights = weights;
    }

    /// The entries that are deltas of `entry`.
    #[inline]
    pub fn children(&self, entry: u32) -> &[u32] {
        let i = entry as usize;
        &self.children[self.child_start[i] as usize..self.child_start[i + 1] as usize]
    }

    /// How many entries are built on this one, itself included.
    pub fn weight(&self, entry: u32) -> u32 {
        self.weights[entry as usize]
    }

    /// The compressed bytes of an entry and all that follows it in the pack.
    #[inline]
    pub fn stream(&self, entry: &Entry) -> &[u8] {
        self.data.entry_slice(entry.data..self.data.pack_end() as u64).unwrap_or(&[])
    }

    /// The id of an entry.
    pub fn id(&self, entry: u32) -> gix::ObjectId {
        self.index.oid_at_index(self.entries[entry as usize].position).to_owned()
    }
}
