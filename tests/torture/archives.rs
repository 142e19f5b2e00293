//! Case 58 and its kin: archives that unpack to more than there is room for, are nested without end, or lie. Each costs
//! its budget, is told, and hides nothing that lies beside it.

use crate::rig::{bounded, harmless, history, key, keysift, scan};
use std::io::{Cursor, Write};
use std::path::Path;

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    std::fs::write(folder.join(name), content).unwrap();
}

#[test]
fn case_58_a_bomb_costs_its_budget_and_what_lies_beside_it_is_found() {
    let (repo, key) = (harmless(), key(58));
    let zeros = vec![0; 300 << 20];
    write(repo.path(), "only.zip", &zip(&[("zeros", &zeros)]));
    let (alone, peak) = bounded(repo.path(), &["scan"]);
    alone.incomplete().gap("limit", &["only.zip", "--max-unpacked"]);
    assert!(peak < 512 << 20, "{} MiB", peak >> 20);
    // Whatever stands before the bomb or behind it.
    write(repo.path(), "both.zip", &zip(&[("a", b"text"), ("zeros", &zeros), ("conf", key.lines.as_bytes())]));
    let beside = scan(repo.path());
    beside.gap("limit", &["both.zip", "--max-unpacked"]);
    assert_eq!((beside.code, beside.places(&key)), (Some(1), vec!["file both.zip:2".to_string()]));
    assert_eq!(beside.finding(&key)["location"]["member"], "conf");
    repo.commit("archives");
    let found = history(repo.path());
    found.found_in_part(&key, &["commit both.zip:2"], "ref").gap("limit", &["--max-unpacked"]);
    // More room is a matter of an option; then only what is too large by itself is missing.
    let roomy = keysift(repo.path(), ["scan", "--max-unpacked", "301M"]);
    roomy.complete();
    assert_eq!(roomy.code, Some(1));
}

#[test]
fn case_58_compressed_in_layers() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key(581));
    // A thousand to one, twice: 300 MB in a few hundred bytes.
    write(folder.path(), "twice.gz", &gzip(&gzip(&vec![0; 300 << 20])));
    scan(folder.path()).incomplete().gap("limit", &["twice.gz", "--max-unpacked"]);
    // Of a compressed tar the beginning is searched as far as there is room.
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in [("conf", key.lines.as_bytes()), ("zeros", &vec![0; 200 << 20])] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content).unwrap();
    }
    write(folder.path(), "large.tar.gz", &gzip(&builder.into_inner().unwrap()));
    let (found, peak) = bounded(folder.path(), &["scan"]);
    found.gap("limit", &["large.tar.gz", "--max-unpacked"]);
    assert_eq!(found.places(&key), ["file large.tar.gz:2"]);
    assert!(peak < 512 << 20, "{} MiB", peak >> 20);
}

#[test]
fn case_58_nested_nine_times() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key(582));
    let mut content = b"the innermost".to_vec();
    for depth in 0..9 {
        let beside = if depth == 8 { key.lines.as_bytes() } else { b"beside" };
        content = zip(&[("inner.zip", &content), ("beside", beside)]);
    }
    write(folder.path(), "nested.zip", &content);
    let found = scan(folder.path());
    found.gap("limit", &["nested.zip", "more than 5 times"]);
    assert_eq!(found.finding(&key)["location"]["member"], "beside");
}

#[test]
fn case_58_sizes_that_lie() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key(583));
    let zeros = vec![0; 200 << 20];
    for stated in [5u32, u32::MAX - 1] {
        let mut lying = zip(&[("zeros", &zeros), ("conf", key.lines.as_bytes())]);
        for (magic, size) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
            let at = memchr::memmem::find(&lying, magic).unwrap();
            lying[at + size..at + size + 4].copy_from_slice(&stated.to_le_bytes());
        }
        write(folder.path(), "lying.zip", &lying);
        let (found, peak) = bounded(folder.path(), &["scan"]);
        assert_eq!((found.code, found.finding(&key)["location"]["member"].as_str()), (Some(1), Some("conf")));
        assert_eq!(found.report["complete"], false, "{stated}: {}", found.report["gaps"]);
        assert!(peak < 512 << 20, "{stated}: {} MiB", peak >> 20);
    }
}
