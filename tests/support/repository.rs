//! Random bare repositories: blobs, trees, commits and tags in random packs, loose and in an alternate, in shapes that
//! git reads but seldom writes. `git fsck` accepts every one of them (`tests/pack_writer.rs`).

use super::content;
use super::delta;
use super::pack::{self, Entry, Stored};
use super::random::Random;
use gix::ObjectId;
use gix::hash::Kind as Hash;
use gix::objs::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How much of what a random repository holds.
#[derive(Debug, Clone)]
pub struct Shape {
    pub hash: Hash,
    pub blobs: usize,
    pub trees: usize,
    pub commits: usize,
    pub tags: usize,
    pub packs: usize,
    /// Typical bytes of a blob that is not made from another.
    pub blob_size: usize,
    /// Of 100 objects, so many are deltas where they can be.
    pub deltas: usize,
    pub bases: Bases,
}

/// Which object a delta is made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bases {
    /// Any that came before.
    Any,
    /// The one before: the longest chains.
    Chain,
    /// The first: a fan of children under one base.
    Fan,
}

impl Shape {
    /// A shape that a seed decides: mostly small, so that hundreds fit into a test.
    pub fn any(random: &mut Random) -> Self {
        let blob_size = *random.pick(&[0, 100, 100, 600, 600, 3000, 70_000]);
        Self {
            hash: if random.chance(10) { Hash::Sha256 } else { Hash::Sha1 },
            blobs: random.between(1, if blob_size > 10_000 { 8 } else { 50 }),
            trees: random.between(1, 20),
            commits: random.between(1, 12),
            tags: random.below(3),
            packs: random.below(4),
            blob_size,
            deltas: *random.pick(&[0, 50, 90, 100]),
            bases: *random.pick(&[Bases::Any, Bases::Any, Bases::Chain, Bases::Fan]),
        }
    }
}

/// A repository as written, with everything it holds: what a test compares a reader with.
#[derive(Debug)]
pub struct Repository {
    pub path: PathBuf,
    pub hash: Hash,
    pub objects: BTreeMap<ObjectId, (Kind, Vec<u8>)>,
}

impl Repository {
    /// The blobs with their contents.
    pub fn blobs(&self) -> impl Iterator<Item = (&ObjectId, &[u8])> {
        self.objects.iter().filter(|(_, (kind, _))| *kind == Kind::Blob).map(|(id, (_, content))| (id, &content[..]))
    }
}

/// Writes a bare repository below `folder`, which is empty. `words` is what contents are assembled from: planted
/// credentials, look-alikes.
pub fn write(folder: &Path, shape: &Shape, words: &[Vec<u8>], random: &mut Random) -> Repository {
    let mut maker =
        Maker { shape, words, random, order: Vec::new(), objects: BTreeMap::new(), recipes: BTreeMap::new() };
    let blobs = maker.blobs();
    let trees = maker.trees(&blobs);
    let commits = maker.commits(&trees);
    let tags = maker.tags(&[&blobs[..], &trees, &commits].concat());
    let path = folder.join("random.git");
    maker.frame(&path, &commits, &tags);
    maker.store(&path, &folder.join("store.git"));
    Repository { path, hash: shape.hash, objects: maker.objects }
}

struct Maker<'a> {
    shape: &'a Shape,
    words: &'a [Vec<u8>],
    random: &'a mut Random,
    /// Every object once, in the order it was made.
    order: Vec<ObjectId>,
    objects: BTreeMap<ObjectId, (Kind, Vec<u8>)>,
    /// For an object that was made by editing another: that other, and how.
    recipes: BTreeMap<ObjectId, (ObjectId, Vec<delta::Op>)>,
}

impl Maker<'_> {
    fn add(&mut self, kind: Kind, content: Vec<u8>) -> ObjectId {
        let id = pack::id_of(self.shape.hash, kind, &content);
        if self.objects.insert(id, (kind, content)).is_none() {
            self.order.push(id);
        }
        id
    }

    /// Which of `made` the next one is made from.
    fn base(&mut self, made: &[ObjectId]) -> ObjectId {
        match self.shape.bases {
            Bases::Any => *self.random.pick(made),
            Bases::Chain => made[made.len() - 1],
            Bases::Fan => made[0],
        }
    }

    fn blobs(&mut self) -> Vec<ObjectId> {
        let mut made = Vec::new();
        for _ in 0..self.shape.blobs {
            if made.is_empty() || !self.random.chance(self.shape.deltas) {
                let size = self.random.below(self.shape.blob_size * 2 + 1);
                let content = content::assemble(self.random, self.words, size);
                made.push(self.add(Kind::Blob, content));
                continue;
            }
            let base = self.base(&made);
            let from = self.objects[&base].1.clone();
            let ops = content::edit(self.random, &from, self.words);
            let known = self.objects.len();
            let id = self.add(Kind::Blob, delta::apply(&from, &ops));
            if self.objects.len() > known {
                self.recipes.insert(id, (base, ops));
            }
            made.push(id);
        }
        made
    }

    /// Trees of at most four levels, so that the number of paths stays small; most are revisions of another.
    fn trees(&mut self, blobs: &[ObjectId]) -> Vec<ObjectId> {
        const LEVELS: usize = 4;
        type Entries = BTreeMap<String, (&'static str, ObjectId)>;
        let mut made: Vec<(usize, Entries, ObjectId)> = Vec::new();
        for _ in 0..self.shape.trees {
            let (level, mut entries) = match self.random.below(100) {
                0..60 if !made.is_empty() => {
                    let (level, entries, _) = self.random.pick(&made);
                    (*level, entries.clone())
                }
                _ => (self.random.below(LEVELS), Entries::new()),
            };
            let changes = if self.random.chance(15) { self.random.between(20, 120) } else { self.random.between(0, 5) };
            for _ in 0..changes {
                let n = self.random.below(if changes > 5 { 200 } else { 8 });
                let below: Vec<ObjectId> = made.iter().filter(|(l, ..)| *l < level).map(|(.., id)| *id).collect();
                match self.random.below(100) {
                    0..15 => drop(entries.pop_first()),
                    15..40 if !below.is_empty() => {
                        entries.insert(format!("d{n}"), ("40000", *self.random.pick(&below)));
                    }
                    40..45 => {
                        let length = self.shape.hash.len_in_bytes();
                        let absent = ObjectId::from_bytes_or_panic(&self.random.bytes(length));
                        entries.insert(format!("m{n}"), ("160000", absent));
                    }
                    // Names without a dot and with one sort differently beside a folder of the same stem.
                    _ => {
                        let mode = *self.random.pick(&["100644", "100644", "100644", "100755", "120000"]);
                        let name =
                            format!("{}{n}{}", self.random.pick(&["f", "x", "d-"]), self.random.pick(&["", ".env"]));
                        entries.insert(name, (mode, *self.random.pick(blobs)));
                    }
                }
            }
            let id = self.add(Kind::Tree, tree_bytes(&entries));
            made.push((level, entries, id));
        }
        made.into_iter().map(|(.., id)| id).collect()
    }

    fn commits(&mut self, trees: &[ObjectId]) -> Vec<ObjectId> {
        let mut made: Vec<ObjectId> = Vec::new();
        for n in 0..self.shape.commits {
            let mut parents = BTreeSet::new();
            if !made.is_empty() && !self.random.chance(10) {
                parents.insert(if self.random.chance(60) { made[made.len() - 1] } else { *self.random.pick(&made) });
                for _ in 0..if self.random.chance(25) { self.random.between(1, 2) } else { 0 } {
                    parents.insert(*self.random.pick(&made));
                }
            }
            let mut parents: Vec<ObjectId> = parents.into_iter().collect();
            self.random.shuffle(&mut parents);
            let mut text = format!("tree {}\n", self.random.pick(trees));
            parents.iter().for_each(|parent| text.push_str(&format!("parent {parent}\n")));
            // Clocks of different people: times do not rise with the order of commits.
            let time = 1_500_000_000 + self.random.below(1000) * 3600 + n;
            text.push_str(&format!("author Ada <ada@example.com> {time} +0200\n"));
            text.push_str(&format!("committer Carl <carl@example.com> {time} -0330\n\nchange {n}\n"));
            let mut bytes = text.into_bytes();
            if self.random.chance(15) && !self.words.is_empty() {
                bytes.extend(self.random.pick(self.words));
                bytes.push(b'\n');
            }
            made.push(self.add(Kind::Commit, bytes));
        }
        made
    }

    fn tags(&mut self, targets: &[ObjectId]) -> Vec<ObjectId> {
        let mut made = Vec::new();
        for n in 0..self.shape.tags {
            let target = *self.random.pick(targets);
            let kind = self.objects[&target].0;
            let mut bytes = format!(
                "object {target}\ntype {kind}\ntag v{n}\ntagger Tom <tom@example.com> 1600000000 +0000\n\nrelease {n}\n"
            )
            .into_bytes();
            if self.random.chance(50) && !self.words.is_empty() {
                bytes.extend(self.random.pick(self.words));
            }
            made.push(self.add(Kind::Tag, bytes));
        }
        made
    }

    /// HEAD, refs, reflogs, configuration.
    fn frame(&mut self, path: &Path, commits: &[ObjectId], tags: &[ObjectId]) {
        let file = |name: &str, text: String| {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder can be made");
            std::fs::write(file, text).expect("the file can be written");
        };
        let format = match self.shape.hash {
            Hash::Sha1 => {
                "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tlogAllRefUpdates = true\n".to_string()
            }
            _ => "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
                .to_string(),
        };
        file("config", format);
        std::fs::create_dir_all(path.join("objects")).expect("the folder can be made");
        std::fs::create_dir_all(path.join("refs/heads")).expect("the folder can be made");
        file(
            "HEAD",
            match self.random.below(10) {
                0 => format!("{}\n", self.random.pick(commits)),
                1 => "ref: refs/heads/unborn\n".to_string(),
                _ => "ref: refs/heads/main\n".to_string(),
            },
        );
        file("refs/heads/main", format!("{}\n", self.random.pick(commits)));
        let mut packed = String::from("# pack-refs with: peeled fully-peeled sorted \n");
        for n in 0..self.random.below(4) {
            let id = *self.random.pick(commits);
            match self.random.below(3) {
                0 => file(&format!("refs/heads/topic{n}"), format!("{id}\n")),
                1 => file(&format!("refs/remotes/origin/b{n}"), format!("{id}\n")),
                _ => packed.push_str(&format!("{id} refs/heads/packed{n}\n")),
            }
        }
        file("packed-refs", packed);
        for (n, tag) in tags.iter().enumerate() {
            file(&format!("refs/tags/v{n}"), format!("{tag}\n"));
        }
        if self.random.chance(50) {
            let mut log = String::new();
            let mut before = self.shape.hash.null();
            for _ in 0..self.random.between(1, 3) {
                let id = *self.random.pick(commits);
                log.push_str(&format!("{before} {id} Ada <ada@example.com> 1600000000 +0000\tcommit: change\n"));
                before = id;
            }
            file("logs/refs/heads/main", log);
        }
    }

    /// Puts every object into at least one pack, the loose store or the alternate, and some into several.
    fn store(&mut self, path: &Path, alternate: &Path) {
        let packs = self.shape.packs;
        let mut members: Vec<Vec<ObjectId>> = vec![Vec::new(); packs];
        for id in self.order.clone() {
            let loose = packs == 0 || self.random.chance(5);
            if loose {
                let (kind, content) = &self.objects[&id];
                pack::write_loose(&path.join("objects"), *kind, id, content);
            }
            if packs > 0 && (!loose || self.random.chance(50)) {
                let home = self.random.below(packs);
                for (n, members) in members.iter_mut().enumerate() {
                    if n == home || self.random.chance(15) {
                        members.push(id);
                    }
                }
            }
        }
        let elsewhere = if self.random.chance(20) { Some(0) } else { None };
        for (n, members) in members.iter().enumerate() {
            let entries = self.entries(members);
            let options = pack::Options {
                hash: self.shape.hash,
                level: self.random.between(0, 6) as i32,
                wide_offsets: *self.random.pick(&[0, 0, 1, 3]),
            };
            let home = if elsewhere == Some(n) { alternate } else { path };
            pack::write(&home.join("objects/pack"), &entries, &options);
        }
        if elsewhere.is_some() && packs > 0 {
            std::fs::create_dir_all(path.join("objects/info")).expect("the folder can be made");
            std::fs::write(path.join("objects/info/alternates"), "../../store.git/objects\n").expect("can be written");
        }
    }

    /// The entries of one pack, in a random physical order: bases may lie behind their deltas.
    fn entries(&mut self, members: &[ObjectId]) -> Vec<Entry> {
        struct Plan {
            id: ObjectId,
            base: Option<ObjectId>,
            data: Vec<u8>,
        }
        let mut plans: Vec<Plan> = Vec::new();
        for &id in members {
            let (kind, content) = self.objects[&id].clone();
            let earlier: Vec<ObjectId> =
                plans.iter().map(|plan| plan.id).filter(|other| self.objects[other].0 == kind).collect();
            let mut plan = Plan { id, base: None, data: content.clone() };
            if !earlier.is_empty() && self.random.chance(self.shape.deltas) {
                let (base, ops) = match self.recipes.get(&id) {
                    Some((base, ops)) if earlier.contains(base) && self.random.chance(80) => (*base, ops.clone()),
                    _ => {
                        let base = self.base(&earlier);
                        let ops = delta::between(self.random, &self.objects[&base].1, &content);
                        (base, ops)
                    }
                };
                let data = delta::encode(self.random, &self.objects[&base].1, &ops);
                // Git refuses a delta of less than four bytes, and one that makes an empty object.
                if data.len() >= 4 && !content.is_empty() {
                    (plan.base, plan.data) = (Some(base), data);
                }
            }
            plans.push(plan);
        }
        if self.random.chance(30) {
            self.random.shuffle(&mut plans);
        }
        let places: BTreeMap<ObjectId, usize> = plans.iter().enumerate().map(|(n, plan)| (plan.id, n)).collect();
        let mut entries = Vec::new();
        for (n, plan) in plans.into_iter().enumerate() {
            let stored = match plan.base {
                None => Stored::Whole,
                Some(base) if places[&base] < n && self.random.chance(75) => Stored::OfsDelta(places[&base]),
                Some(base) => Stored::RefDelta(base),
            };
            entries.push(Entry { id: plan.id, kind: self.objects[&plan.id].0, stored, data: plan.data });
        }
        entries
    }
}

/// A tree object. Git sorts a folder as if its name ended in a slash.
fn tree_bytes(entries: &BTreeMap<String, (&'static str, ObjectId)>) -> Vec<u8> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by_key(|(name, (mode, _))| if *mode == "40000" { format!("{name}/") } else { (*name).clone() });
    let mut out = Vec::new();
    for (name, (mode, id)) in sorted {
        out.extend(format!("{mode} {name}\0").into_bytes());
        out.extend(id.as_slice());
    }
    out
}
