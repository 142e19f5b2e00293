//! The yardstick of `benches/history.sh`: inflates and rebuilds every blob of every pack of a repository, in parallel,
//! and looks at nothing. A scanner that reads every byte of every blob cannot be faster than this.
//!
//!     cargo bench --locked --bench decode_only -- REPO [--texts] [--trees] [--zlib-rs] [--threads N]
//!
//! `--texts` decodes commits and tags as well, which a search of a history has to read, and `--trees` trees, which
//! attribution has to read. Prints the seconds on standard output and what was decoded on standard error. Inflates with libdeflate, as keysift
//! does; `--zlib-rs` takes gix's inflate instead. Loose objects are left out: a fresh mirror has next to none.

use gix::odb::pack;
use rayon::Scope;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Above this many bytes of objects in a subtree its children become tasks of their own, so that one long family of
/// deltas does not keep one core busy while the others wait.
const SPLIT: u64 = 16 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("decode_only: {why}");
            ExitCode::from(2)
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn run() -> Result<()> {
    let (mut repository, mut wanted, mut zlib_rs, mut threads) = (None, Wanted::default(), false, 0);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            // Cargo adds this one.
            Some("--bench") => {}
            Some("--texts") => wanted.texts = true,
            Some("--trees") => wanted.trees = true,
            Some("--zlib-rs") => zlib_rs = true,
            Some("--threads") => {
                let value = arguments.next().ok_or("--threads wants a number")?;
                threads = value.to_string_lossy().parse()?;
            }
            _ => repository = Some(PathBuf::from(argument)),
        }
    }
    let Some(repository) = repository else {
        return Err("which repository? cargo bench --locked --bench decode_only -- REPO \
            [--texts] [--trees] [--zlib-rs] [--threads N]"
            .into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let started = Instant::now();
    let tally = Tally::default();
    let packs = packs(&repository)?;
    for path in &packs {
        let pack = Pack::open(path, wanted)?;
        pack.decode(zlib_rs, &tally);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{seconds:.3}");
    eprintln!(
        "{} objects of {} packs, {} MB rebuilt from {} MB inflated, {} threads, {}",
        tally.objects.load(Relaxed),
        packs.len(),
        tally.rebuilt.load(Relaxed) / 1_000_000,
        tally.inflated.load(Relaxed) / 1_000_000,
        rayon::current_num_threads(),
        if zlib_rs { "zlib-rs" } else { "libdeflate" },
    );
    Ok(())
}

/// The index files of a bare repository or of a work tree's.
fn packs(repository: &Path) -> Result<Vec<PathBuf>> {
    let folder = [repository.join("objects/pack"), repository.join(".git/objects/pack")]
        .into_iter()
        .find(|folder| folder.is_dir())
        .ok_or_else(|| format!("{} is no repository with packs", repository.display()))?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "idx") {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        Err(format!("{} holds no pack: run git gc there", repository.display()).into())
    } else {
        Ok(found)
    }
}

#[derive(Default)]
struct Tally {
    objects: AtomicU64,
    inflated: AtomicU64,
    rebuilt: AtomicU64,
}

/// What is decoded beside blobs.
#[derive(Clone, Copy, Default)]
struct Wanted {
    texts: bool,
    trees: bool,
}

/// One object of a pack.
struct Entry {
    /// Where its compressed bytes begin.
    data: u64,
    /// Bytes of the inflated content or delta.
    size: u64,
    /// Range of `Pack::children` that holds its deltas.
    children: std::ops::Range<u32>,
    /// Inflated bytes of itself and everything below it.
    weight: u64,
}

struct Pack {
    file: pack::data::File,
    entries: Vec<Entry>,
    children: Vec<u32>,
    /// Wanted objects that are no delta, the heaviest families first.
    roots: Vec<u32>,
}

impl Pack {
    /// Reads the index and every entry's head, and turns bases into lists of children.
    fn open(index: &Path, wanted: Wanted) -> Result<Self> {
        use pack::data::entry::Header;
        const NO_BASE: u32 = u32::MAX;
        let hash = gix::hash::Kind::Sha1;
        let file = pack::data::File::at(index.with_extension("pack"), hash)?;
        let index = pack::index::File::at(index, hash)?;
        let offsets = index.sorted_offsets();
        let position = |offset: u64| offsets.binary_search(&offset).map(|at| at as u32);
        let mut bases = Vec::with_capacity(offsets.len());
        let mut entries = Vec::with_capacity(offsets.len());
        let mut roots = Vec::new();
        for (at, &offset) in offsets.iter().enumerate() {
            let head = file.entry(offset)?;
            let base = match head.header {
                Header::OfsDelta { base_distance } => {
                    let base = head.checked_base_pack_offset(base_distance).ok_or("a base before the pack")?;
                    position(base).map_err(|_| "a base that the index does not know")?
                }
                Header::RefDelta { base_id } => {
                    let base = index.lookup(base_id).ok_or("a base outside of the pack")?;
                    position(index.pack_offset_at_index(base)).map_err(|_| "a base that the index does not know")?
                }
                kind => {
                    let is_wanted = match kind {
                        Header::Blob => true,
                        Header::Tree => wanted.trees,
                        _ => wanted.texts,
                    };
                    roots.extend(is_wanted.then_some(at as u32));
                    NO_BASE
                }
            };
            bases.push(base);
            let size = head.decompressed_size;
            entries.push(Entry { data: head.data_offset, size, children: 0..0, weight: size });
        }
        let mut counts = vec![0_u32; entries.len()];
        bases.iter().filter(|&&base| base != NO_BASE).for_each(|&base| counts[base as usize] += 1);
        let mut next = 0;
        for (entry, count) in entries.iter_mut().zip(&counts) {
            entry.children = next..next;
            next += count;
        }
        let mut children = vec![0; next as usize];
        for (at, &base) in bases.iter().enumerate().filter(|(_, base)| **base != NO_BASE) {
            let range = &mut entries[base as usize].children;
            children[range.end as usize] = at as u32;
            range.end += 1;
        }
        // Top down through the families, then bottom up: a parent's weight comes after its children's.
        let mut order = roots.clone();
        let mut at = 0;
        while at < order.len() {
            let range = entries[order[at] as usize].children.clone();
            order.extend_from_slice(&children[range.start as usize..range.end as usize]);
            at += 1;
        }
        for &at in order.iter().rev() {
            let base = bases[at as usize];
            if base != NO_BASE {
                entries[base as usize].weight += entries[at as usize].weight;
            }
        }
        roots.sort_by_key(|&root| std::cmp::Reverse(entries[root as usize].weight));
        Ok(Self { file, entries, children, roots })
    }

    fn children(&self, at: u32) -> &[u32] {
        let range = &self.entries[at as usize].children;
        &self.children[range.start as usize..range.end as usize]
    }

    fn decode(&self, zlib_rs: bool, tally: &Tally) {
        let job = Job { pack: self, zlib_rs, tally };
        let (heavy, light) =
            self.roots.split_at(self.roots.partition_point(|&root| self.entries[root as usize].weight > SPLIT));
        rayon::scope(|scope| {
            for &root in heavy {
                scope.spawn(move |scope| job.split(scope, root, None));
            }
            for roots in light.chunks(64) {
                scope.spawn(move |_| {
                    WORKER.with_borrow_mut(|worker| roots.iter().for_each(|&root| job.family(worker, root, None)))
                });
            }
        });
    }
}

#[derive(Clone, Copy)]
struct Job<'p> {
    pack: &'p Pack,
    zlib_rs: bool,
    tally: &'p Tally,
}

/// What one thread decodes with.
struct Worker {
    libdeflate: libdeflater::Decompressor,
    zlib_rs: gix::zlib::Inflate,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::new(Worker {
        libdeflate: libdeflater::Decompressor::new(),
        zlib_rs: gix::zlib::Inflate::default(),
        delta: Vec::new(),
        spare: Vec::new(),
    });
}

impl<'p> Job<'p> {
    /// Rebuilds one object of a heavy family and gives each of its children to whoever is free.
    fn split(self, scope: &Scope<'p>, at: u32, base: Option<Arc<Vec<u8>>>) {
        let content = WORKER.with_borrow_mut(|worker| self.rebuild(worker, at, base.as_ref().map(|base| &base[..])));
        drop(base);
        let content = Arc::new(content);
        for &child in self.pack.children(at) {
            let base = Arc::clone(&content);
            if self.pack.entries[child as usize].weight > SPLIT / 16 {
                scope.spawn(move |scope| self.split(scope, child, Some(base)));
            } else {
                WORKER.with_borrow_mut(|worker| self.family(worker, child, Some(&base)));
            }
        }
    }

    /// Rebuilds an object and everything below it, depth first.
    fn family(self, worker: &mut Worker, root: u32, base: Option<&[u8]>) {
        let content = self.rebuild(worker, root, base);
        let mut path = vec![(content, self.pack.children(root).iter())];
        while let Some((content, children)) = path.last_mut() {
            if let Some(&child) = children.next() {
                let content = self.rebuild(worker, child, Some(content));
                path.push((content, self.pack.children(child).iter()));
            } else if let Some((content, _)) = path.pop() {
                worker.spare.push(content);
            }
        }
    }

    fn rebuild(self, worker: &mut Worker, at: u32, base: Option<&[u8]>) -> Vec<u8> {
        let entry = &self.pack.entries[at as usize];
        let mut out = worker.spare.pop().unwrap_or_default();
        match base {
            None => self.inflate(worker, entry, &mut out),
            Some(base) => {
                let mut delta = std::mem::take(&mut worker.delta);
                self.inflate(worker, entry, &mut delta);
                apply(base, &delta, &mut out);
                worker.delta = delta;
            }
        }
        self.tally.objects.fetch_add(1, Relaxed);
        self.tally.inflated.fetch_add(entry.size, Relaxed);
        self.tally.rebuilt.fetch_add(out.len() as u64, Relaxed);
        // The object must be there, though nobody looks at it.
        std::hint::black_box(&out);
        out
    }

    fn inflate(self, worker: &mut Worker, entry: &Entry, out: &mut Vec<u8>) {
        let end = self.pack.file.pack_end() as u64;
        let input = self.pack.file.entry_slice(entry.data..end).expect("the head was read from the same file");
        out.resize(entry.size as usize, 0);
        if self.zlib_rs {
            worker.zlib_rs.reset();
            let (_, _, written) = worker.zlib_rs.once(input, out).expect("an undamaged pack");
            assert_eq!(written, out.len(), "an undamaged pack");
        } else {
            worker.libdeflate.zlib_decompress(input, out).expect("an undamaged pack");
        }
    }
}

/// Applies a delta's copies and insertions.
fn apply(base: &[u8], delta: &[u8], out: &mut Vec<u8>) {
    let mut rest = delta;
    let _base_size = size(&mut rest);
    let target_size = size(&mut rest);
    out.clear();
    out.reserve(target_size);
    while let Some((&op, tail)) = rest.split_first() {
        rest = tail;
        if op & 0x80 == 0 {
            let (literal, tail) = rest.split_at(usize::from(op));
            out.extend_from_slice(literal);
            rest = tail;
            continue;
        }
        let mut field = |bits: std::ops::Range<u32>| {
            bits.clone().filter(|bit| op & 1 << bit != 0).fold(0, |value, bit| {
                let (&byte, tail) = rest.split_first().expect("an undamaged delta");
                rest = tail;
                value | usize::from(byte) << (8 * (bit - bits.start))
            })
        };
        let from = field(0..4);
        let length = match field(4..7) {
            0 => 0x10000,
            length => length,
        };
        out.extend_from_slice(&base[from..from + length]);
    }
    assert_eq!(out.len(), target_size, "an undamaged delta");
}

/// A size at the head of a delta.
fn size(rest: &mut &[u8]) -> usize {
    let (mut value, mut shift) = (0, 0);
    while let Some((&byte, tail)) = rest.split_first() {
        *rest = tail;
        value |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
