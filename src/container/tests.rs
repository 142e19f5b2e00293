use super::*;
use std::io::{Cursor, Write};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Names and contents, and what is missing.
fn unpacked(content: &[u8], budget: u64) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let mut members = Vec::new();
    let missing = unpack(content, budget, &mut |name, content| {
        members.push((String::from_utf8_lossy(name.unwrap_or_default()).into_owned(), content.to_vec()));
    });
    (members, missing.into_iter().map(|missing| missing.why).collect())
}

#[test]
fn members_come_out_of_every_format_and_of_one_within_another() {
    let inner = zip(&[("c.txt", b"three")]);
    let all = gzip(&tar(&[("a.txt", b"one"), ("lib/b.jar", &inner), ("d.gz", &gzip(b"four"))]));
    let (members, missing) = unpacked(&all, 1 << 20);
    let expected = [("a.txt", "one"), ("d.gz", "four"), ("lib/b.jar!/c.txt", "three")];
    assert_eq!(members, expected.map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())));
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn a_bomb_costs_its_budget_and_is_told() {
    let zeros = vec![0; 10 << 20];
    let bomb = zip(&[("first.txt", b"before"), ("bomb", &zeros), ("last.txt", b"behind")]);
    let (members, missing) = unpacked(&bomb, 1 << 20);
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["first.txt", "last.txt", "bomb"], "what is small is not lost with it");
    assert_eq!((&members[0].1[..], &members[1].1[..]), (&b"before"[..], &b"behind"[..]));
    assert!(members.iter().map(|(_, content)| content.len()).sum::<usize>() <= 1 << 20);
    assert!(missing[0].contains("--max-unpacked"), "{missing:?}");
    let many: Vec<(String, &[u8])> = (0..5000).map(|n| (n.to_string(), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    assert!(unpacked(&zip(&many), 1 << 20).0.len() < 5000);
}

#[test]
fn of_a_compressed_tar_above_the_budget_the_beginning_is_searched() {
    let zeros = vec![0; 10 << 20];
    let cut = gzip(&tar(&[("first.txt", b"before"), ("bomb", &zeros), ("last.txt", b"behind")]));
    let (members, missing) = unpacked(&cut, 1 << 20);
    assert_eq!(members[0], ("first.txt".to_string(), b"before".to_vec()));
    assert!(missing.iter().any(|why| why.contains("--max-unpacked")), "{missing:?}");
    let plain = tar(&[("first.txt", b"before"), ("bomb", &zeros), ("last.txt", b"behind")]);
    let names: Vec<String> = unpacked(&plain, 1 << 20).0.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["first.txt", "last.txt", "bomb"]);
}

#[test]
fn a_member_that_is_longer_than_it_says_costs_what_it_says() {
    let zeros = vec![0; 100_000];
    let mut lying = zip(&[("bomb", &zeros), ("last.txt", b"behind")]);
    // The sizes stand behind the four bytes of the magic number, in the local header and in the directory.
    for (magic, size) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let at = memchr::memmem::find(&lying, magic).unwrap();
        lying[at + size..at + size + 4].copy_from_slice(&5u32.to_le_bytes());
    }
    let (members, missing) = unpacked(&lying, 1 << 20);
    assert!(members.iter().any(|(_, content)| content == b"behind"), "{members:?}");
    assert!(members.iter().all(|(_, content)| content.len() <= 6));
    assert!(!missing.is_empty());
}

#[test]
fn too_deep_is_told() {
    let mut content = b"deep".to_vec();
    for depth in 1..=9 {
        content = zip(&[("x", &content), ("y", b"beside")]);
        let (members, missing) = unpacked(&content, 1 << 20);
        assert_eq!(members.iter().any(|(_, content)| content == b"deep"), depth <= DEPTH, "{depth}");
        assert!(members.iter().any(|(_, content)| content == b"beside"));
        assert_eq!(missing.is_empty(), depth <= DEPTH, "{depth}: {missing:?}");
    }
}

#[test]
fn damage_is_told_and_never_panics() {
    let inner = zip(&[("c.txt", b"three three three three")]);
    for whole in [gzip(&tar(&[("a", b"one"), ("b", &inner)])), inner.clone(), tar(&[("a", b"one"), ("b", &inner)])] {
        for cut in (4..whole.len()).step_by(7) {
            unpacked(&whole[..cut], 1 << 20);
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            unpacked(&flipped, 1 << 20);
        }
    }
    assert!(!unpacked(&gzip(b"some text that is cut")[..20], 1 << 20).1.is_empty());
    assert!(!unpacked(&inner[..inner.len() - 30], 1 << 20).1.is_empty());
}

#[test]
fn a_size_that_lies_claims_nothing() {
    let mut content = tar(&[("a", b"one")]);
    content[124..135].copy_from_slice(b"77777777777");
    let sum: u32 =
        content[..512].iter().enumerate().map(|(i, &b)| if (148..156).contains(&i) { 32 } else { u32::from(b) }).sum();
    content[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let (_, missing) = unpacked(&content, 1 << 30);
    assert_eq!(missing.len(), 1, "{missing:?}");
}
