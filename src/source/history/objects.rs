//! All objects of a repository under one numbering: packs first, then loose objects.
//!
//! An object that lies in several places has the number of the first; the others are copies, read where something is
//! built from them and never counted twice.

use crate::error::{Gap, GapKind};
use crate::source::pack::file::Pack;
use gix::ObjectId;
use gix::hash::{Kind as HashKind, oid};
use std::path::{Path, PathBuf};

/// Number of an object in [`Objects`].
pub type Number = u32;

/// The objects of a repository.
pub struct Objects {
    pub packs: Vec<Pack>,
    /// The number of each pack's first object, by position in its index.
    starts: Vec<Number>,
    /// For each pack, where ids that begin with given bits start in its index: a finer fan-out than the index has.
    fans: Vec<Fan>,
    /// Loose objects that no pack holds, sorted, with the folder each lies in.
    pub loose: Vec<(ObjectId, u32)>,
    loose_start: Number,
    /// Names of files and folders that hold a credential, each with an object of that name. They go under numbers
    /// after those of all objects, as if they were small objects themselves.
    names: Vec<(Box<[u8]>, ObjectId)>,
    pub folders: Vec<PathBuf>,
    pub hash: HashKind,
}

/// Positions in a pack's index by the leading bits of an id: one step to the right place instead of twenty.
struct Fan {
    shift: u32,
    starts: Vec<u32>,
}

impl Fan {
    fn new(pack: &Pack) -> Self {
        let n = pack.index.num_objects();
        let bits = (32 - n.leading_zeros()).clamp(8, 24);
        let shift = 32 - bits;
        let mut starts = vec![0u32; (1usize << bits) + 1];
        let mut next = 0usize;
        for position in 0..n {
            let bucket = (leading(pack.index.oid_at_index(position)) >> shift) as usize;
            // A damaged index may not be sorted; look-ups then miss, and its objects are told as lost where it matters.
            while next <= bucket {
                starts[next] = position;
                next += 1;
            }
        }
        starts[next..].fill(n);
        Self { shift, starts }
    }

    #[inline]
    fn find(&self, pack: &Pack, id: &oid) -> Option<u32> {
        let bucket = (leading(id) >> self.shift) as usize;
        (self.starts[bucket]..self.starts[bucket + 1]).find(|&p| pack.index.oid_at_index(p) == id)
    }
}

fn leading(id: &oid) -> u32 {
    u32::from_be_bytes(*id.as_bytes().first_chunk().expect("an id has at least 20 bytes"))
}

impl Objects {
    /// Lists packs and loose objects of `folders` (a repository's object folder and its alternates). What packs hold is
    /// not looked at yet: their entries are read where they are needed.
    pub fn open(folders: Vec<PathBuf>, hash: HashKind, gaps: &mut Vec<Gap>) -> Self {
        let mut packs = Vec::new();
        for folder in &folders {
            let mut indices = files_in(&folder.join("pack"), "idx", gaps);
            // Newest names last is of no use; any order that does not change between runs will do.
            indices.sort();
            for index in indices {
                match Pack::map(&index, hash) {
                    Ok(pack) => packs.push(pack),
                    Err(why) => gaps.push(Gap { kind: GapKind::Pack, what: index.display().to_string(), why }),
                }
            }
            for pack in files_in(&folder.join("pack"), "pack", &mut Vec::new()) {
                if !pack.with_extension("idx").exists() {
                    let why = "it has no index: `git index-pack` makes one".to_string();
                    gaps.push(Gap { kind: GapKind::Pack, what: pack.display().to_string(), why });
                }
            }
        }
        let mut starts = Vec::with_capacity(packs.len());
        let mut next: Number = 0;
        for pack in &packs {
            starts.push(next);
            next += pack.index.num_objects();
        }
        let fans = packs.iter().map(Fan::new).collect();
        let mut objects =
            Self { packs, starts, fans, loose: Vec::new(), loose_start: next, names: Vec::new(), folders, hash };
        let mut loose = Vec::new();
        for (i, folder) in objects.folders.iter().enumerate() {
            if !folder.is_dir() {
                continue;
            }
            for id in gix::odb::loose::Store::at(folder.clone(), hash).iter() {
                match id {
                    Ok(id) if objects.number(&id).is_none() => loose.push((id, i as u32)),
                    Ok(_) => {}
                    Err(e) => gaps.push(Gap {
                        kind: GapKind::Object,
                        what: folder.display().to_string(),
                        why: format!("a loose object cannot be listed: {e}"),
                    }),
                }
            }
        }
        loose.sort();
        loose.dedup_by_key(|l| l.0);
        objects.loose = loose;
        objects
    }

    /// How many numbers there are, copies included.
    pub fn len(&self) -> usize {
        self.loose_start as usize + self.loose.len()
    }

    /// The number of an id, where the repository has it.
    pub fn number(&self, id: &oid) -> Option<Number> {
        for (i, pack) in self.packs.iter().enumerate() {
            if let Some(position) = self.fans[i].find(pack, id) {
                return Some(self.starts[i] + position);
            }
        }
        let at = self.loose.binary_search_by(|l| l.0.as_ref().cmp(id)).ok()?;
        Some(self.loose_start + at as Number)
    }

    /// The position of an id in the index of a pack.
    pub fn position(&self, pack: usize, id: &oid) -> Option<u32> {
        self.fans[pack].find(&self.packs[pack], id)
    }

    /// The number of a pack's entry: of this very copy.
    #[inline]
    pub fn number_in(&self, pack: usize, position: u32) -> Number {
        self.starts[pack] + position
    }

    /// The number under which an entry's object goes: `None` when this is a copy of one that is counted elsewhere.
    #[inline]
    pub fn canonical(&self, pack: usize, position: u32) -> Option<Number> {
        if pack > 0 {
            let id = self.packs[pack].index.oid_at_index(position);
            if (0..pack).any(|earlier| self.fans[earlier].find(&self.packs[earlier], id).is_some()) {
                return None;
            }
        }
        Some(self.number_in(pack, position))
    }

    /// The number of the loose object at `at`.
    pub fn number_of_loose(&self, at: usize) -> Number {
        self.loose_start + at as Number
    }

    /// The id of a number; of a name, that of an object which has it.
    pub fn id(&self, number: Number) -> ObjectId {
        if let Some(at) = (number as usize).checked_sub(self.len()) {
            return self.names[at].1;
        }
        if number >= self.loose_start {
            return self.loose[(number - self.loose_start) as usize].0;
        }
        let pack = self.pack_of(number);
        self.packs[pack].index.oid_at_index(number - self.starts[pack]).to_owned()
    }

    /// Where a number's object lies: what is read in this order finds the bases of its deltas read already.
    pub fn on_disk(&self, number: Number) -> (usize, u64) {
        if number >= self.loose_start {
            return (self.packs.len(), u64::from(number));
        }
        let pack = self.pack_of(number);
        (pack, self.packs[pack].index.pack_offset_at_index(number - self.starts[pack]))
    }

    /// The pack of a number below that of the first loose object.
    fn pack_of(&self, number: Number) -> usize {
        // Packs without objects share their start with the next one.
        self.starts.partition_point(|&s| s <= number) - 1
    }

    /// Takes note of names; the first one has the number after that of the last object.
    pub fn set_names(&mut self, names: Vec<(Box<[u8]>, ObjectId)>) {
        self.names = names;
    }

    /// Whether a number stands for a name, and for no object.
    pub fn is_name(&self, number: Number) -> bool {
        number as usize >= self.len()
    }

    /// The name that a number stands for, if it stands for one.
    pub fn name(&self, number: Number) -> Option<&[u8]> {
        let at = (number as usize).checked_sub(self.len())?;
        self.names.get(at).map(|(name, _)| &**name)
    }

    /// Which of `packs` a pack is.
    pub fn pack_number(&self, pack: &Pack) -> usize {
        self.packs.iter().position(|p| std::ptr::eq(p, pack)).expect("visitors are shown packs of this list only")
    }
}

fn files_in(folder: &Path, extension: &str, gaps: &mut Vec<Gap>) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            gaps.push(Gap { kind: GapKind::Pack, what: folder.display().to_string(), why: e.to_string() });
            return Vec::new();
        }
    };
    entries.filter_map(|e| e.ok()).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == extension)).collect()
}
