//! Histories: objects in chains of deltas, of which the search of what changed finds the same as that of every byte.

use super::input::{Input, planted};
use super::repository::Bare;
use super::writer::{self, Entry, Options, Stored};
use gix::hash::Kind as Hash;
use gix::objs::Kind;
use std::collections::BTreeSet;

/// Objects in one input, and bytes in one object.
const OBJECTS: usize = 40;
const BYTES: usize = 1 << 16;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let (mut entries, mut contents): (Vec<Entry>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    while !input.0.is_empty() && entries.len() < OBJECTS {
        let (kind, stored, base, content, data) = object(&mut input, &entries, &contents);
        let id = writer::id_of(Hash::Sha1, kind, &content);
        if ids.insert(id) {
            let stored = match stored {
                false => Stored::Whole,
                true if base % 2 == 0 => Stored::OfsDelta(base),
                true => Stored::RefDelta(entries[base].id),
            };
            entries.push(Entry { id, kind, stored, data });
            contents.push(content);
        }
    }
    let repository = Bare::new();
    if let Some(commit) = entries.iter().rev().find(|entry| entry.kind == Kind::Commit) {
        repository.set_main(commit.id);
    }
    writer::write(&repository.packs(), &entries, &Options { hash: Hash::Sha1, level: 1, wide_offsets: 0 });
    let (quick, full) = (repository.search(false), repository.search(true));
    assert_eq!(quick.receipt.seen, ids.len() as u64, "objects seen");
    assert_eq!(quick.sightings, full.sightings, "what changed and every byte");
    assert_eq!(quick.exposures, full.exposures, "what changed and every byte");
    assert_eq!((quick.gaps, quick.receipt), (full.gaps, full.receipt), "what changed and every byte");
}

/// The next object: kind, whether it is a delta, of which, its content, and what is stored.
fn object(input: &mut Input<'_>, entries: &[Entry], contents: &[Vec<u8>]) -> (Kind, bool, usize, Vec<u8>, Vec<u8>) {
    let code = input.byte();
    if code & 1 == 1 && !entries.is_empty() {
        let base = usize::from(input.byte()) % entries.len();
        let (content, delta) = edited(input, &contents[base]);
        return (entries[base].kind, true, base, content, delta);
    }
    let length = input.below(2048);
    let (kind, content) = match code >> 1 & 7 {
        0 => (Kind::Commit, commit(input.take(length), entries)),
        1 | 2 => (Kind::Tree, tree(input.take(length), entries)),
        3 => (Kind::Tag, planted(input.take(length))),
        4 => (Kind::Tree, input.take(length).to_vec()),
        _ => (Kind::Blob, planted(input.take(length))),
    };
    (kind, false, 0, content.clone(), content)
}

/// A commit of the last tree there is, with the last commit for its parent.
fn commit(text: &[u8], entries: &[Entry]) -> Vec<u8> {
    let last = |kind| entries.iter().rev().find(|entry| entry.kind == kind);
    let mut content = Vec::new();
    for (name, entry) in [("tree", last(Kind::Tree)), ("parent", last(Kind::Commit))] {
        content.extend(entry.map(|entry| format!("{name} {}\n", entry.id)).unwrap_or_default().bytes());
    }
    let person = "A <a@example.com> 1700000000 +0000\n";
    content.extend(format!("author {person}committer {person}\n").bytes());
    content.extend(planted(text));
    content
}

/// A tree whose entries name objects that are there.
fn tree(names: &[u8], entries: &[Entry]) -> Vec<u8> {
    let mut content = Vec::new();
    for name in names.chunks(3).take(64) {
        let Some(entry) = entries.get(usize::from(name[0]) % entries.len().max(1)) else { break };
        let mode: &[u8] = match entry.kind {
            Kind::Tree => b"40000 ",
            Kind::Commit => b"160000 ",
            _ => b"100644 ",
        };
        content.extend_from_slice(mode);
        content.extend(planted(&name[1..]).iter().filter(|byte| **byte != 0));
        content.push(0);
        content.extend(entry.id.as_slice());
    }
    content
}

/// `base` after some edits, and the delta that makes it.
fn edited(input: &mut Input<'_>, base: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut content, mut script) = (Vec::new(), Vec::new());
    for _ in 0..1 + input.byte() % 8 {
        let code = input.byte();
        if code & 1 == 0 && !base.is_empty() {
            let from = input.below(base.len());
            let length = (input.below(base.len()) + 1).min(base.len() - from).min(0xffff);
            script.push(0x80 | 0x0f | 0x30);
            script.extend((from as u32).to_le_bytes());
            script.extend((length as u16).to_le_bytes());
            content.extend_from_slice(&base[from..from + length]);
        } else {
            for part in planted(input.take(usize::from(code >> 1))).chunks(127) {
                script.push(part.len() as u8);
                script.extend_from_slice(part);
                content.extend_from_slice(part);
            }
        }
        if content.len() > BYTES {
            break;
        }
    }
    let mut delta = Vec::new();
    for mut size in [base.len(), content.len()] {
        while size >= 0x80 {
            delta.push(size as u8 | 0x80);
            size >>= 7;
        }
        delta.push(size as u8);
    }
    delta.extend(script);
    (content, delta)
}
