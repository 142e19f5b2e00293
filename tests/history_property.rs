//! Searching what changed is as good as searching everything: on random packs, in shapes that no packer would make, a
//! history gives the same report with and without `--full-blobs`, with one thread and with several, and finds in each
//! object exactly what a plain search of that object's bytes finds. So it is with every example of every rule that a delta
//! brings in, copies, cuts in two, moves or breaks.
//!
//! A seed that fails can be run alone, and more seeds than usual can be asked for:
//!
//!     KEYSIFT_SEEDS=417..418 cargo test --test history_property

mod support;

use gix::hash::Kind as Hash;
use gix::objs::Kind;
use keysift::detect::Detector;
use keysift::finding::{Credentials, Report};
use keysift::origin::{Oid, Place};
use keysift::scanner::{Scanner, Worker};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::delta::{self, Op};
use support::pack::{self, Entry, Stored};
use support::planted;
use support::random::Random;
use support::repository::{self, Bases, Repository, Shape};
use support::run::{self, How, RULES};

/// The seeds of a run.
fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("KEYSIFT_SEEDS") else { return 0..300 };
    let (from, to) = text.split_once("..").expect("KEYSIFT_SEEDS is a range such as 0..1000");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// A credential as it can be compared between runs, and the objects and places it is in. Where it is in a commit or
/// a tag only the object counts.
type Found = BTreeMap<(String, Vec<Vec<u8>>), BTreeSet<(Oid, Option<Place>)>>;

/// What a plain search of every object's bytes finds.
fn plainly(repository: &Repository) -> Found {
    let credentials = Arc::new(Credentials::default());
    let detector = Detector::new(Arc::clone(&RULES), Arc::clone(&credentials));
    let mut worker = detector.worker();
    let mut found = Found::new();
    for (id, (kind, content)) in &repository.objects {
        if *kind == Kind::Tree {
            continue;
        }
        let mut hits = Vec::new();
        worker.scan(content, &mut hits);
        for hit in hits {
            let credential = credentials.get(hit.credential);
            let rule = RULES.get(credential.rule).text.id.clone();
            let parts = credential.parts.iter().map(|(_, part)| part.expose().to_vec()).collect();
            let place = keysift::blob::place(content, hit.start as usize, hit.end as usize);
            let place = (*kind == Kind::Blob).then_some(place);
            found.entry((rule, parts)).or_default().insert((*id, place));
        }
    }
    found
}

/// A credential: its rule and its parts.
type Name = (String, Vec<Vec<u8>>);

/// What a report says, in the same terms; only credentials whose places it lists all. What the engine has paired across
/// contents is told apart again, because a plain search of one content after the other makes no such pairs.
fn reported(report: &Report, repository: &Repository, expected: &Found) -> (Found, BTreeSet<Name>) {
    let (mut found, mut cut) = (Found::new(), BTreeSet::new());
    for finding in &report.findings {
        let parts: Vec<Vec<u8>> = finding.credential.parts.iter().map(|(_, part)| part.expose().to_vec()).collect();
        let name_of = |part: &Vec<u8>| {
            let alone = |name: &&Name| name.1 == [part.clone()];
            expected.keys().find(alone).cloned().unwrap_or_else(|| (finding.rule_id.clone(), vec![part.clone()]))
        };
        let across = finding.facts.contains_key("paired");
        let names = if across { parts.iter().map(name_of).collect() } else { vec![(finding.rule_id.clone(), parts)] };
        if finding.place_count > finding.places.len() {
            cut.extend(names.iter().cloned());
        }
        for sighting in &finding.places {
            let id = sighting.origin.object().expect("a place in a history is in an object");
            let is_blob = repository.objects[&id].0 == Kind::Blob;
            let place = (id, is_blob.then_some(sighting.place));
            let is_of_id = expected.get(&names[0]).is_some_and(|places| places.contains(&place));
            let name = &names[usize::from(across && !is_of_id)];
            found.entry(name.clone()).or_default().insert(place);
        }
    }
    (found, cut)
}

fn check(repository: &Repository, what: &str, threads: usize) -> usize {
    let quick = How { attribution: false, full_blobs: false, threads };
    let report = run::history(&repository.path, quick);
    let full = run::history(&repository.path, How { full_blobs: true, ..quick });
    assert_same(&run::json(&report), &run::json(&full), what, "changed bytes and every byte, without attribution");
    assert!(report.gaps.is_empty(), "{what}: {:?}", report.gaps);
    assert_eq!(report.receipt.seen, repository.objects.len() as u64, "{what}: objects seen");

    let expected = plainly(repository);
    let (found, cut) = reported(&report, repository, &expected);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}: credentials");
    for (name, places) in &found {
        // The rule's name is enough to go on with; the parts are not printed, whatever they are.
        let rule = &name.0;
        if cut.contains(name) {
            assert!(places.is_subset(&expected[name]), "{what}: {rule}: a place that is none");
        } else {
            assert!(*places == expected[name], "{what}: {rule}: {places:?}\nexpected {:?}", expected[name]);
        }
    }

    let whole = How { attribution: true, full_blobs: false, threads };
    let report = run::history(&repository.path, whole);
    let full = run::history(&repository.path, How { full_blobs: true, threads: 1, ..whole });
    assert_same(&run::json(&report), &run::json(&full), what, "changed bytes and every byte, with attribution");
    expected.values().map(BTreeSet::len).sum()
}

/// Equal texts, or a panic with the first lines that differ.
fn assert_same(left: &str, right: &str, what: &str, which: &str) {
    if left == right {
        return;
    }
    let at = left.lines().zip(right.lines()).take_while(|(l, r)| l == r).count();
    let around = |text: &str| text.lines().skip(at.saturating_sub(12)).take(20).collect::<Vec<_>>().join("\n");
    panic!("{what}: {which} differ at line {}:\n{}\n---\n{}", at + 1, around(left), around(right));
}

#[test]
fn random_packs_give_the_same_report_either_way() {
    let seeds = seeds();
    let count = seeds.end - seeds.start;
    let (next, sightings) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let mut random = Random::new(seed);
            let shape = Shape::any(&mut random);
            let words = planted::words(&mut random);
            let folder = tempfile::tempdir().unwrap();
            let repository = repository::write(folder.path(), &shape, &words, &mut random);
            let found = check(&repository, &format!("seed {seed}"), 1 + seed as usize % 3);
            sightings.fetch_add(found as u64, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let sightings = sightings.into_inner();
    assert!(sightings > count, "only {sightings} sightings in {count} repositories: too little to mean anything");
}

#[test]
fn long_chains_and_wide_fans_give_the_same_report_either_way() {
    for (seed, bases) in [(1, Bases::Chain), (2, Bases::Fan), (3, Bases::Any)] {
        let mut random = Random::new(seed);
        let any = Shape::any(&mut random);
        let shape = Shape { bases, blobs: 200, packs: 1, deltas: 100, blob_size: 600, ..any };
        let words = planted::words(&mut random);
        let folder = tempfile::tempdir().unwrap();
        let repository = repository::write(folder.path(), &shape, &words, &mut random);
        check(&repository, &format!("{bases:?}"), 4);
    }
}

/// Examples to a repository: all of them are in each of its blobs.
const TOGETHER: usize = 6;

/// Writes a repository of one pack: two texts, one with all `examples` in it and one with none, and for each example
/// what deltas can do to it.
fn edited(folder: &Path, examples: &[Vec<u8>], random: &mut Random) -> Repository {
    let filler = |random: &mut Random| {
        let length = random.between(20, 400);
        support::content::assemble(random, &[], length)
    };
    let (mut with, mut without, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for example in examples {
        let text = [filler(random), b"\n".to_vec()].concat();
        with.extend_from_slice(&text);
        without.extend_from_slice(&text);
        places.push((with.len(), without.len(), example.len()));
        with.extend_from_slice(example);
        with.push(b'\n');
    }
    let end = filler(random);
    with.extend_from_slice(&end);
    without.extend_from_slice(&end);

    let copy = |from: usize, to: usize| Op::Copy { from, len: to - from };
    let mut edits: Vec<(bool, Vec<Op>)> = Vec::new();
    for &(at, gap, length) in &places {
        let (middle, after) = (at + random.below(length + 1), at + length);
        let example = |from: usize, to: usize| Op::insert(with[from..to].to_vec());
        edits.extend([
            // Brought in.
            (false, vec![copy(0, gap), example(at, after), copy(gap, without.len())]),
            // Copied in two pieces that touch, farther down.
            (true, vec![Op::insert(filler(random)), copy(0, middle), copy(middle, with.len())]),
            // Cut in two: its tail, or its head, is new.
            (true, vec![copy(0, middle), example(middle, after), copy(after, with.len())]),
            (true, vec![copy(0, at), example(at, middle), copy(middle, with.len())]),
            // Moved to the front.
            (true, vec![copy(at, after), Op::insert(&b"\n"[..]), copy(0, at), copy(after, with.len())]),
            // Broken: something stands in the middle of it, or its tail is gone.
            (true, vec![copy(0, middle), Op::insert(&b"x"[..]), copy(middle, with.len())]),
            (true, vec![copy(0, middle), copy(after, with.len())]),
        ]);
    }

    let hash = Hash::Sha1;
    let mut objects = BTreeMap::new();
    let mut entries = Vec::new();
    for content in [&without, &with] {
        let id = pack::id_of(hash, Kind::Blob, content);
        objects.insert(id, (Kind::Blob, content.clone()));
        entries.push(Entry { id, kind: Kind::Blob, stored: Stored::Whole, data: content.clone() });
    }
    for (of_with, ops) in edits {
        let base = if of_with { &with } else { &without };
        let content = delta::apply(base, &ops);
        let id = pack::id_of(hash, Kind::Blob, &content);
        if objects.insert(id, (Kind::Blob, content)).is_none() {
            let data = delta::encode(random, base, &ops);
            entries.push(Entry { id, kind: Kind::Blob, stored: Stored::OfsDelta(usize::from(of_with)), data });
        }
    }
    let path = folder.join("edited.git");
    pack::write(&path.join("objects/pack"), &entries, &pack::Options { hash, level: 1, wide_offsets: 0 });
    std::fs::create_dir_all(path.join("refs/heads")).expect("the folder can be made");
    std::fs::write(path.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n").expect("written");
    std::fs::write(path.join("HEAD"), "ref: refs/heads/main\n").expect("written");
    Repository { path, hash, objects }
}

#[test]
fn every_example_of_every_rule_whatever_a_delta_does_to_it() {
    let chunks: Vec<&[Vec<u8>]> = planted::POSITIVE.chunks(TOGETHER).collect();
    let (next, sightings) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        while let Some((number, chunk)) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            chunks.get(number as usize).map(|chunk| (number, chunk))
        } {
            let mut random = Random::new(80_000 + number);
            let folder = tempfile::tempdir().unwrap();
            let repository = edited(folder.path(), chunk, &mut random);
            let found = check(&repository, &format!("examples from {}", number as usize * TOGETHER), 1);
            sightings.fetch_add(found as u64, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    // Each is whole in nearly all blobs of its repository, of which there are six for each example beside those in
    // which it stands alone.
    let (sightings, least) = (sightings.into_inner(), planted::POSITIVE.len() * TOGETHER * 4);
    assert!(sightings as usize > least, "only {sightings} sightings, not {least}");
}
