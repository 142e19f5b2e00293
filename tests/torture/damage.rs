//! Cases 49 to 60: damage, and content that is too much. What is broken costs itself and is named; what is too much is
//! bounded.

use crate::rig::{Key, Outcome, bounded, harmless, history, key, keysift};
use crate::support::git::{self, Fixture};
use crate::support::pack::{self, Entry, Options, Stored};
use gix::hash::Kind as Hash;
use gix::objs::Kind;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn leaking(key: &Key) -> Fixture {
    let repo = harmless();
    repo.commit_file("a", &key.lines, "leak");
    repo
}

fn loose(repo: &Fixture, id: &str) -> PathBuf {
    repo.join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// Overwrites a file that git made read-only.
fn overwrite(path: &Path, content: &[u8]) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::write(path, content).unwrap();
}

#[test]
fn case_49_a_truncated_loose_object_costs_itself() {
    let key = key(49);
    let repo = leaking(&key);
    repo.commit_file("b", "some other words\n".repeat(100), "more");
    let id = repo.id("HEAD:b");
    let whole = std::fs::read(loose(&repo, &id)).unwrap();
    for length in [0, 1, 5, whole.len() / 2, whole.len() - 6] {
        overwrite(&loose(&repo, &id), &whole[..length]);
        let found = history(repo.path());
        found.found_in_part(&key, &["commit a:2"], "ref").gap("object", &[&id]);
        assert_eq!(found.skipped("unreadable"), 1);
    }
    // Alone it makes the result incomplete, not clean.
    let repo = harmless();
    let id = repo.id("HEAD:readme.txt");
    overwrite(&loose(&repo, &id), b"x");
    history(repo.path()).incomplete().gap("object", &[&id]);
    keysift(repo.path(), ["staged"]).clean();
}

#[test]
fn case_50_a_deleted_blob_is_named() {
    let key = key(50);
    let repo = leaking(&key);
    repo.commit_file("b", "gone\n", "more");
    let id = repo.id("HEAD:b");
    std::fs::remove_file(loose(&repo, &id)).unwrap();
    history(repo.path()).found_in_part(&key, &["commit a:2"], "ref").gap("object", &[&id, "missing"]);
    keysift(repo.path(), ["range", "HEAD~1..HEAD"]).incomplete().gap("object", &[&id]);
}

#[test]
fn case_50_a_deleted_parent_of_head_is_named() {
    let key = key(5001);
    let repo = harmless();
    let parent = repo.head();
    repo.commit_file("a", format!("x\n{}", key.lines), "leak");
    std::fs::remove_file(loose(&repo, &parent)).unwrap();
    let outcome = history(repo.path());
    outcome.gap("object", &[&parent]);
    outcome.finding(&key);
}

#[test]
fn case_51_garbage_in_a_ref_costs_that_ref() {
    let key = key(51);
    let repo = leaking(&key);
    repo.write(".git/refs/heads/x", "garbage\n");
    repo.write(".git/refs/heads/y", format!("{}\n", "1".repeat(40)));
    let found = history(repo.path());
    found.found_in_part(&key, &["commit a:2"], "ref").gap("ref", &["refs/heads/x"]).gap("ref", &["refs/heads/y"]);
}

/// A repository whose objects are all in one pack with every file beside it that git can write.
fn packed(key: &Key) -> Fixture {
    let repo = leaking(key);
    let words: String = (0..40).map(|n| format!("line {n}\n")).collect();
    for n in 0..6 {
        repo.commit_file("b", format!("{words}{n}\n"), "more");
    }
    repo.git(&["repack", "-adfq", "--write-bitmap-index"]);
    repo.git(&["multi-pack-index", "write"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    std::fs::remove_dir_all(repo.join(".git/logs")).unwrap();
    repo
}

/// Neither clean nor silent: all that is there was found, or something is said to be missing.
fn loud(outcome: &Outcome, key: &Key, objects: u64, what: &str) {
    if outcome.code == Some(2) {
        return;
    }
    outcome.hides(key);
    if outcome.report["complete"] == true {
        assert_eq!(outcome.places(key), ["commit a:2"], "{what}");
        assert_eq!(outcome.count("seen"), objects, "{what}: nothing is said of the others");
        assert_eq!(outcome.skipped("unreadable") + outcome.skipped("not reached"), 0, "{what}");
    } else {
        assert!(outcome.code == Some(1) || outcome.code == Some(3), "{what}");
    }
}

#[test]
fn case_52_truncated_and_flipped_packs_and_indexes_are_never_silent() {
    let key = key(52);
    let repo = packed(&key);
    let objects = repo.object_count() as u64;
    history(repo.path()).found(&key, &["commit a:2"], "ref");
    let mut files: Vec<PathBuf> = std::fs::read_dir(repo.join(".git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .chain([repo.join(".git/objects/info/commit-graph"), repo.join(".git/index")])
        .collect();
    files.sort();
    assert_eq!(files.len(), 7, "pack, idx, rev, bitmap, multi-pack-index, commit-graph, index: {files:?}");
    for path in files {
        let whole = std::fs::read(&path).unwrap();
        let mut variants: Vec<(String, Vec<u8>)> = [0, 1, 12, 40, whole.len() / 2, whole.len() - 1]
            .iter()
            .map(|&length| (format!("cut to {length}"), whole[..length].to_vec()))
            .collect();
        // Every 97th byte at once, and each of some of them alone: one flip must not hide behind another.
        let flipped = |at: usize| whole.iter().enumerate().map(|(i, b)| if i % 97 == at { !b } else { *b }).collect();
        variants.push(("every 97th flipped".into(), flipped(96)));
        for at in (0..whole.len()).step_by(97).take(60) {
            let mut one = whole.clone();
            one[at] ^= 0x55;
            variants.push((format!("byte {at} flipped"), one));
        }
        for (what, content) in variants {
            overwrite(&path, &content);
            let what = format!("{} {what}", path.display());
            let commands: &[&[&str]] = if path.ends_with("index") && !path.ends_with("multi-pack-index") {
                &[&["staged"]]
            } else {
                &[&["history", "-j", "2"]]
            };
            for command in commands {
                let outcome = keysift(repo.path(), *command);
                if command[0] == "history" {
                    loud(&outcome, &key, objects, &what);
                }
            }
        }
        overwrite(&path, &whole);
    }
    history(repo.path()).found(&key, &["commit a:2"], "ref");
}

/// The receipt counts deltas whose base is nowhere and deltas that are built from one another.
#[test]
fn case_52_lost_bases_and_circles_of_deltas_are_counted_and_named() {
    let key = key(520);
    let repo = leaking(&key);
    let content = |n: u8| format!("content number {n}\n").into_bytes();
    let id = |n: u8| pack::id_of(Hash::Sha1, Kind::Blob, &content(n));
    // A delta that copies all of a base of 17 bytes.
    let delta = |n: u8, base| Entry {
        id: id(n),
        kind: Kind::Blob,
        stored: Stored::RefDelta(base),
        data: vec![17, 17, 0x90, 17],
    };
    let entries = [delta(1, id(2)), delta(2, id(1)), delta(3, id(3)), delta(4, id(200)), delta(5, id(4))];
    let options = Options { hash: Hash::Sha1, level: 6, wide_offsets: 0 };
    pack::write(&repo.join(".git/objects/pack"), &entries, &options);
    let found = history(repo.path());
    found.found_in_part(&key, &["commit a:2"], "ref");
    assert_eq!(found.skipped("unreadable"), 5, "{}", found.report["receipt"]);
    for n in 1..=5 {
        found.gap("object", &[&id(n).to_string()]);
    }
}

/// Writes a blob of `size` zeros as a loose object, without ever holding it.
fn zeros(repo: &Fixture, size: u64) -> String {
    let mut child = git::command(repo.path(), git::START)
        .args(["-c", "core.bigFileThreshold=1m", "hash-object", "-w", "--stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let block = vec![0u8; 1 << 20];
    for _ in 0..size >> 20 {
        input.write_all(&block).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn case_54_512_mib_of_zeros_are_not_read_and_said_to_be() {
    let key = key(54);
    let repo = leaking(&key);
    let id = zeros(&repo, 512 << 20);
    for packed in [false, true] {
        if packed {
            let pack = repo.join(".git/objects/pack/pack");
            let mut child = git::command(repo.path(), git::START)
                .args(["pack-objects", "-q", pack.to_str().unwrap()])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(format!("{id}\n").as_bytes()).unwrap();
            assert!(child.wait().unwrap().success());
            std::fs::remove_file(loose(&repo, &id)).unwrap();
        }
        let (found, peak) = bounded(repo.path(), &["history", "."]);
        found.found_in_part(&key, &["commit a:2"], "ref").gap("limit", &[&id, "536870912"]);
        assert!(peak < 128 << 20, "{} MiB", peak >> 20);
    }
}

fn tree(folder: &Path, entries: &[(&str, String, gix::ObjectId)]) -> gix::ObjectId {
    let mut content = Vec::new();
    for (mode, name, id) in entries {
        content.extend(format!("{mode} {name}\0").into_bytes());
        content.extend(id.as_slice());
    }
    write(folder, Kind::Tree, &content)
}

fn write(folder: &Path, kind: Kind, content: &[u8]) -> gix::ObjectId {
    let id = pack::id_of(Hash::Sha1, kind, content);
    pack::write_loose(&folder.join(".git/objects"), kind, id, content);
    id
}

/// Commits a tree to a branch of its own.
fn commit(repo: &Fixture, tree: gix::ObjectId, branch: &str) {
    let people = "author A <a@x> 1700000000 +0000\ncommitter C <c@x> 1700000000 +0000";
    let id = write(repo.path(), Kind::Commit, format!("tree {tree}\n{people}\n\n{branch}\n").as_bytes());
    repo.write(&format!(".git/refs/heads/{branch}"), format!("{id}\n"));
}

#[test]
fn case_55_a_tree_bomb() {
    let key = key(55);
    let repo = harmless();
    let mut below = write(repo.path(), Kind::Blob, key.lines.as_bytes());
    let mut mode = "100644";
    for _ in 0..8 {
        let entries: Vec<_> = (0..10).map(|n| (mode, format!("n{n}"), below)).collect();
        (below, mode) = (tree(repo.path(), &entries), "40000");
    }
    commit(&repo, below, "bomb");
    let start = Instant::now();
    let found = history(repo.path());
    found.finding(&key);
    assert_eq!(found.code, Some(1));
    let ranged = keysift(repo.path(), ["range", "main..bomb"]);
    assert_eq!(ranged.code, Some(1), "{}", ranged.report["gaps"]);
    // Four runs; not a measurement: a walk of all paths would take hours.
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn case_56_a_tree_3000_deep() {
    let key = key(56);
    let repo = harmless();
    let mut below = write(repo.path(), Kind::Blob, key.lines.as_bytes());
    let mut mode = "100644";
    for _ in 0..3000 {
        (below, mode) = (tree(repo.path(), &[(mode, "d".into(), below)]), "40000");
    }
    commit(&repo, below, "deep");
    let found = history(repo.path());
    assert_eq!(found.places(&key), [format!("commit {}d:2", "d/".repeat(2999))]);
    keysift(repo.path(), ["range", "main..deep"]).finding(&key);
}

#[test]
fn case_57_a_chain_of_4095_deltas() {
    let key = key(57);
    let repo = harmless();
    let first = b"a".to_vec();
    let mut entries = vec![Entry {
        id: pack::id_of(Hash::Sha1, Kind::Blob, &first),
        kind: Kind::Blob,
        stored: Stored::Whole,
        data: first.clone(),
    }];
    let mut content = first;
    for n in 0..4095_usize {
        // Each puts a line at the end; the last one the key.
        let more = if n == 4094 { format!("\n{}", key.lines) } else { format!("\n{n}") };
        let mut delta = Vec::new();
        varint(content.len(), &mut delta);
        varint(content.len() + more.len(), &mut delta);
        let length = content.len();
        delta.extend([0xb0, length as u8, (length >> 8) as u8]);
        for part in more.as_bytes().chunks(100) {
            delta.push(part.len() as u8);
            delta.extend(part);
        }
        content.extend(more.into_bytes());
        let id = pack::id_of(Hash::Sha1, Kind::Blob, &content);
        entries.push(Entry { id, kind: Kind::Blob, stored: Stored::OfsDelta(n), data: delta });
    }
    let options = Options { hash: Hash::Sha1, level: 6, wide_offsets: 0 };
    pack::write(&repo.join(".git/objects/pack"), &entries, &options);
    history(repo.path()).found(&key, &["blob :4097"], "nothing");
    let (found, peak) = bounded(repo.path(), &["history", "."]);
    found.complete();
    assert!(peak < 256 << 20, "{} MiB", peak >> 20);
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[test]
fn case_59_100000_refs_100000_loose_objects_and_a_tree_of_a_million_entries() {
    let key = key(59);
    let repo = leaking(&key);
    let head = repo.head();
    let mut refs = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    (0..100_000).for_each(|n| refs.push_str(&format!("{head} refs/pull/{n:06}/head\n")));
    repo.write(".git/packed-refs", refs);
    let blobs: Vec<gix::ObjectId> =
        (0..100_000).map(|n| write(repo.path(), Kind::Blob, format!("blob {n}\n").as_bytes())).collect();
    let leak = gix::ObjectId::from_hex(repo.id("HEAD:a").as_bytes()).unwrap();
    let mut entries: Vec<_> = (0..1_000_000).map(|n| ("100644", format!("f{n:07}"), blobs[n % blobs.len()])).collect();
    entries[777_777].2 = leak;
    let large = tree(repo.path(), &entries);
    drop(entries);
    commit(&repo, large, "large");
    let (found, peak) = bounded(repo.path(), &["history", "."]);
    found.complete();
    let finding = found.finding(&key);
    assert_eq!(finding["exposure"]["ref_count"], 100_002, "100,000 of pull requests and two branches");
    assert_eq!(finding["exposure"]["refs"].as_array().unwrap().len(), 20);
    assert_eq!(finding["exposure"]["path_count"], 2);
    assert_eq!(found.count("seen"), repo.object_count() as u64);
    assert!(peak < 512 << 20, "{} MiB", peak >> 20);
}

#[test]
fn case_60_content_that_is_all_candidates() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = crate::support::random::Random::new(60);
    let mut million = String::with_capacity(22 << 20);
    for _ in 0..1_000_000 {
        million.push_str("AKIA");
        million.push_str(std::str::from_utf8(&random.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)).unwrap());
        million.push('\n');
    }
    for (name, content) in [
        ("prefix", "AKIA".repeat(5 << 20)),
        ("one", "a".repeat(20 << 20)),
        ("digits", "0".repeat(20 << 20)),
        ("slashes", "/".repeat(20 << 20)),
        ("names", "aws_secret_access_key=".repeat(900_000)),
        ("urls", "://a:b@".repeat(3_000_000)),
        ("pem", "-----BEGIN RSA PRIVATE KEY-----\n".repeat(600_000)),
        ("million", million),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let (found, peak) = bounded(folder.path(), &["scan", name, "--max-findings", "1000"]);
        assert!(found.report["findings"].as_array().unwrap().len() <= 1000, "{name}");
        if name == "million" {
            found.gap("limit", &["credentials above the limit of 1000"]);
        }
        assert!(peak < 512 << 20, "{name}: {} MiB", peak >> 20);
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
}
