//! Objects by id: packs, loose objects, alternates. For the few objects that are asked for one by one; a whole history
//! is read pack by pack elsewhere.
//!
//! What is damaged costs itself: one bad pack index does not hide the other packs, and every object's hash is
//! checked, so that a flipped bit is not taken for content.

use crate::error::{Gap, GapKind};
use crate::origin::Oid;
use gix::hash::{Kind as Hash, oid};
use gix::objs::Kind;
use gix::odb::pack::data::decode::entry::ResolvedBase;
use gix::odb::{loose, pack};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

/// A delta's base may be in another pack, and that one's base again; no sound repository does so often.
const ACROSS_PACKS: u8 = 16;
/// Trees and commits are read up to this size, however small the limit for content is.
const STRUCTURE: u64 = 256 << 20;
/// Decoded bases that a reader keeps, in bytes.
const BASE_CACHE: usize = 16 << 20;

/// Why an object was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// No object directory has it.
    Missing,
    /// Its content is larger than wanted, both in bytes.
    TooLarge { size: u64, limit: u64 },
    /// It is there but cannot be decoded, or is something else than its id says.
    Damaged(String),
}

/// All objects of a repository. Opens packs when the first object is not found loose.
pub struct Objects {
    directories: Vec<PathBuf>,
    loose: Vec<loose::Store>,
    hash: Hash,
    limit: u64,
    packs: Mutex<Packs>,
}

#[derive(Default)]
struct Packs {
    open: Arc<Vec<Arc<Pack>>>,
    /// When each pack folder was last changed, as of the last listing; empty before the first.
    listed: Vec<Option<SystemTime>>,
    gaps: Vec<Gap>,
}

struct Pack {
    index: pack::index::File,
    data: pack::data::File,
}

impl Objects {
    /// Objects of `directories`; content above `limit` bytes is not decoded.
    pub(super) fn new(directories: Vec<PathBuf>, hash: Hash, limit: u64) -> Self {
        // Hits have offsets of 32 bits.
        let limit = limit.min(u64::from(u32::MAX));
        let options = loose::Options { alloc_limit_bytes: Some(to_usize(limit.max(STRUCTURE))), ..Default::default() };
        let loose = directories.iter().map(|path| loose::Store::at_opts(path, hash, options)).collect();
        Self { directories, loose, hash, limit, packs: Mutex::default() }
    }

    pub(super) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// What is damaged about the packs that were opened so far.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        self.lock().gaps.clone()
    }

    /// A reader for one thread.
    pub fn reader(&self) -> Reader<'_> {
        self.reader_at(0)
    }

    fn reader_at(&self, depth: u8) -> Reader<'_> {
        Reader {
            objects: self,
            packs: Arc::clone(&self.lock().open),
            recent: 0,
            inflate: gix::zlib::Inflate::default(),
            bases: pack::cache::lru::MemoryCappedHashmap::new(BASE_CACHE),
            depth,
        }
    }

    fn limit_for(&self, kind: Kind) -> u64 {
        if kind == Kind::Blob { self.limit } else { self.limit.max(STRUCTURE) }
    }

    fn lock(&self) -> MutexGuard<'_, Packs> {
        self.packs.lock().expect("no panic while holding this lock")
    }

    /// Lists the pack folders if they changed since the last time. Says whether there is something new: a pack that a
    /// repack wrote while we were reading, or all of them at first.
    fn refresh(&self) -> bool {
        let folders: Vec<PathBuf> = self.directories.iter().map(|path| path.join("pack")).collect();
        let changed = folders.iter().map(|path| path.metadata().and_then(|meta| meta.modified()).ok()).collect();
        let mut packs = self.lock();
        if packs.listed == changed {
            return false;
        }
        packs.listed = changed;
        let known: BTreeMap<PathBuf, Arc<Pack>> =
            packs.open.iter().map(|pack| (pack.index.path().to_owned(), Arc::clone(pack))).collect();
        let mut open = Vec::new();
        for path in folders.iter().flat_map(|folder| indices(folder)) {
            match known.get(&path).map_or_else(|| self.open_pack(&path).map(Arc::new), |pack| Ok(Arc::clone(pack))) {
                Ok(pack) => open.push(pack),
                Err(why) => packs.gaps.push(Gap { kind: GapKind::Pack, what: path.display().to_string(), why }),
            }
        }
        // What was open stays open: a pack that a repack deleted can still be read.
        let listed: Vec<PathBuf> = open.iter().map(|pack| pack.index.path().to_owned()).collect();
        open.extend(known.into_iter().filter(|(path, _)| !listed.contains(path)).map(|(_, pack)| pack));
        packs.open = Arc::new(open);
        true
    }

    fn open_pack(&self, index: &Path) -> Result<Pack, String> {
        let path = index.with_extension("pack");
        if !path.is_file() {
            return Err("there is no pack for this index".into());
        }
        guarded(|| {
            let index = pack::index::File::at(index, self.hash).map_err(text)?;
            let data = pack::data::File::at(&path, self.hash).map_err(text)?;
            // Twice the limit, because a base and its result are in memory together.
            let most = to_usize(self.limit.max(STRUCTURE).saturating_mul(2));
            Ok(Pack { index, data: data.with_alloc_limit_bytes(Some(most)) })
        })
    }
}

/// The pack indices in a folder, the newest first: what is asked for one by one is mostly new.
fn indices(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| entry.path().extension() == Some(OsStr::new("idx")))
        .filter_map(|entry| Some((std::fs::metadata(entry.path()).ok()?, entry.path())))
        .filter(|(metadata, _)| metadata.is_file())
        .map(|(metadata, path)| (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), path))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Reads objects for one thread.
pub struct Reader<'o> {
    objects: &'o Objects,
    packs: Arc<Vec<Arc<Pack>>>,
    /// Where the last object was found: the next one often is there too.
    recent: usize,
    inflate: gix::zlib::Inflate,
    bases: pack::cache::lru::MemoryCappedHashmap,
    depth: u8,
}

impl Reader<'_> {
    /// Puts the content of object `id` into `out` and says what it is.
    ///
    /// # Errors
    /// See [`ReadError`]; `out` is then undefined.
    pub fn read(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, ReadError> {
        let kind = self.read_unchecked(id, out)?;
        match gix::objs::compute_hash(self.objects.hash, kind, out) {
            Ok(actual) if actual == id => Ok(kind),
            _ => Err(ReadError::Damaged(
                "its content is not what its id says; `git fsck` says what else is damaged".into(),
            )),
        }
    }

    /// Like [`Reader::read`] for one kind only.
    ///
    /// # Errors
    /// Also [`ReadError::Damaged`] if the object is of another kind.
    pub fn read_kind(&mut self, id: &oid, wanted: Kind, out: &mut Vec<u8>) -> Result<(), ReadError> {
        match self.read(id, out)? {
            kind if kind == wanted => Ok(()),
            kind => Err(ReadError::Damaged(format!("it is a {kind}, but a {wanted} is expected here"))),
        }
    }

    /// Follows annotated tags from `id` to what they are about in the end.
    ///
    /// # Errors
    /// As [`Reader::read`], with the id that could not be read.
    pub fn peel(&mut self, id: Oid, out: &mut Vec<u8>) -> Result<(Oid, Kind), (Oid, ReadError)> {
        let mut id = id;
        loop {
            let kind = self.read(&id, out).map_err(|error| (id, error))?;
            if kind != Kind::Tag {
                return Ok((id, kind));
            }
            let damaged = |_| (id, ReadError::Damaged("it is no valid tag".into()));
            id = gix::objs::TagRefIter::from_bytes(out, self.objects.hash).target_id().map_err(damaged)?;
        }
    }

    fn read_unchecked(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, ReadError> {
        // Git knows these two without storing them.
        for (empty, kind) in [(Oid::empty_tree(id.kind()), Kind::Tree), (Oid::empty_blob(id.kind()), Kind::Blob)] {
            if id == empty {
                out.clear();
                return Ok(kind);
            }
        }
        // A new object is loose, so no pack is opened for it.
        let mut result = if self.packs.is_empty() { self.loose(id, out) } else { self.packed(id, out) };
        if result == Err(ReadError::Missing) && !self.packs.is_empty() {
            result = self.loose(id, out);
        }
        // After a miss, packs may have come: at first, and when somebody repacks.
        while matches!(result, Err(ReadError::Missing)) {
            let changed = self.objects.refresh();
            let open = Arc::clone(&self.objects.lock().open);
            if !changed && Arc::ptr_eq(&open, &self.packs) {
                break;
            }
            self.packs = open;
            self.recent = 0;
            result = self.packed(id, out);
        }
        result
    }

    fn loose(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, ReadError> {
        let mut damage = ReadError::Missing;
        for store in &self.objects.loose {
            let path = store.object_path(id);
            // Asked first, because opening a FIFO would wait for ever.
            match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {}
                Ok(_) => {
                    damage = ReadError::Damaged(format!("{} is not a regular file", path.display()));
                    continue;
                }
                Err(_) => continue,
            }
            let read = guarded(|| {
                if let Some((size, kind)) = store.try_header(id).map_err(text)?
                    && size > self.objects.limit_for(kind)
                {
                    return Ok(Err(ReadError::TooLarge { size, limit: self.objects.limit_for(kind) }));
                }
                Ok(store.try_find(id, out).map_err(text)?.map(|data| data.kind).ok_or(ReadError::Missing))
            });
            match read {
                Ok(Ok(kind)) => return Ok(kind),
                Ok(Err(ReadError::Missing)) => {}
                Ok(Err(error)) => damage = error,
                Err(why) => damage = ReadError::Damaged(why),
            }
        }
        Err(damage)
    }

    fn packed(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, ReadError> {
        let packs = Arc::clone(&self.packs);
        let mut damage = ReadError::Missing;
        let recent = self.recent;
        let others = (0..packs.len()).filter(|number| *number != recent);
        for number in std::iter::once(recent).chain(others).take(packs.len()) {
            let pack = &packs[number];
            let Ok(Some(index)) = guarded(|| Ok(pack.index.lookup(id))) else { continue };
            match self.decode(pack, index, out) {
                Ok(kind) => {
                    self.recent = number;
                    return Ok(kind);
                }
                // Another pack may hold a sound copy.
                Err(error) => damage = error,
            }
        }
        Err(damage)
    }

    fn decode(&mut self, pack: &Pack, index: u32, out: &mut Vec<u8>) -> Result<Kind, ReadError> {
        let (objects, depth) = (self.objects, self.depth);
        let find_base = |base: &oid, out: &mut Vec<u8>| {
            if let Some(index) = pack.index.lookup(base) {
                return pack.data.entry(pack.index.pack_offset_at_index(index)).map(|e| Some(ResolvedBase::InPack(e)));
            }
            let elsewhere = (depth < ACROSS_PACKS).then(|| objects.reader_at(depth + 1).read(base, out).ok()).flatten();
            Ok(elsewhere.map(|kind| ResolvedBase::OutOfPack { kind, end: out.len() }))
        };
        let (inflate, bases) = (&mut self.inflate, &mut self.bases);
        let decoded = guarded(|| {
            let entry = pack.data.entry(pack.index.pack_offset_at_index(index)).map_err(text)?;
            if let Some(kind) = entry.header.as_kind()
                && entry.decompressed_size > objects.limit_for(kind)
            {
                return Ok((kind, entry.decompressed_size));
            }
            let outcome = pack.data.decode_entry(entry, out, inflate, &find_base, bases).map_err(text)?;
            Ok((outcome.kind, outcome.object_size))
        });
        let (decoded, why) = match decoded {
            Ok(outcome) => (Some(outcome), String::new()),
            Err(why) => (None, why),
        };
        // What is above the limit for allocations cannot be decoded, but its size can be told.
        match decoded.or_else(|| self.header(pack, index)) {
            Some((kind, size)) if size > objects.limit_for(kind) => {
                Err(ReadError::TooLarge { size, limit: objects.limit_for(kind) })
            }
            _ => decoded.map(|(kind, _)| kind).ok_or(ReadError::Damaged(why)),
        }
    }

    /// The kind and size of an object that cannot be decoded, if that can be told.
    fn header(&mut self, pack: &Pack, index: u32) -> Option<(Kind, u64)> {
        let in_pack = |base: &oid| {
            let entry = pack.index.lookup(base).map(|index| pack.data.entry(pack.index.pack_offset_at_index(index)));
            Ok(entry.transpose()?.map(pack::data::decode::header::ResolvedBase::InPack))
        };
        guarded(|| {
            let entry = pack.data.entry(pack.index.pack_offset_at_index(index)).map_err(text)?;
            pack.data.decode_header(entry, &mut self.inflate, &in_pack).map_err(text)
        })
        .ok()
        .map(|outcome| (outcome.kind, outcome.object_size))
    }
}

/// Runs what reads hostile bytes; a panic in there is damage like any other.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("decoding it failed".into()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn to_usize(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
