//! Cases 31 to 38: bytes that hide a key from whoever reads text naively. Every content is searched as a file, as a
//! blob of a history, and from standard input, and all three must say the same place.

use crate::rig::{Key, Outcome, harmless, history, key, scan};
use crate::support::program;
use crate::support::random::Random;
use base64::Engine;

/// The pair of `key` is found at `line` in `content`, wherever the content comes from.
fn found(key: &Key, content: &[u8], line: u64) -> Outcome {
    let repo = harmless();
    repo.commit_file("file", content, "add");
    let outcome = history(repo.path());
    outcome.found(key, &[&format!("commit file:{line}")], "ref");
    scan(repo.path()).found(key, &[&format!("file file:{line}")], "");
    let piped = program::run_with_input(repo.path(), ["scan", "-", "--format", "json"], content);
    Outcome::of(&piped).found(key, &[&format!("stdin :{line}")], "");
    outcome
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn case_31_utf16_with_a_mark() {
    let key = key(31);
    let text = format!("\u{feff}# Überschrift\r\n{}", key.lines);
    found(&key, &utf16(&text, u16::to_le_bytes), 3);
    found(&key, &utf16(&text, u16::to_be_bytes), 3);
}

#[test]
fn case_32_utf16_without_a_mark() {
    let key = key(32);
    let text = format!("# heading\r\n{}", key.lines);
    found(&key, &utf16(&text, u16::to_le_bytes), 3);
    found(&key, &utf16(&text, u16::to_be_bytes), 3);
}

#[test]
fn case_33_a_false_mark_before_ascii() {
    let key = key(33);
    for mark in [&b"\xff\xfe"[..], b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"] {
        found(&key, &[mark, key.lines.as_bytes()].concat(), 2);
    }
}

#[test]
fn case_34_nul_bytes_bad_utf8_marks_and_line_ends() {
    let key = key(34);
    let lines = key.lines.as_bytes();
    found(&key, &[b"a\0b\0\0\n", lines].concat(), 3);
    found(&key, &[b"\xc3\x28 \xff \xed\xa0\x80\n", lines].concat(), 3);
    found(&key, &[b"\xef\xbb\xbf", lines].concat(), 2);
    found(&key, key.lines.replace('\n', "\r\n").as_bytes(), 2);
    found(&key, key.lines.replace('\n', "\r").as_bytes(), 2);
    found(&key, &[&b"\r\n\n\r\r\n"[..], lines].concat(), 6);
}

#[test]
fn case_35_a_line_of_10_mb_with_the_key_at_its_end() {
    let key = key(35);
    let mut line = "some words, ".repeat((10 << 20) / 12);
    line.push_str(&format!("aws_access_key_id={} aws_secret_access_key={}", key.id, key.secret));
    let outcome = found(&key, line.as_bytes(), 1);
    let excerpt = outcome.finding(&key)["excerpt"]["text"].as_str().unwrap();
    assert!(excerpt.len() <= 200, "{} bytes", excerpt.len());
}

/// There are no buffers of a fixed size that content goes through, but there are chunks of 64 bytes in lane one,
/// windows around what a delta inserts, and a reader of files that grows. All offsets around their sizes are tried; that
/// pieces give the marks of the whole is held by `tests/detect_local.rs` and `tests/history_property.rs`.
#[test]
fn case_36_a_key_across_any_boundary() {
    let key = key(36);
    let line = format!("\naws_access_key_id={}\naws_secret_access_key={}\n", key.id, key.secret);
    let folder = tempfile::tempdir().unwrap();
    let mut lengths: Vec<usize> = (0..200).collect();
    for size in [256_usize, 1024, 4096, 64 << 10, 128 << 10] {
        lengths.extend(size - 140..size + 4);
    }
    lengths.sort_unstable();
    lengths.dedup();
    for &length in &lengths {
        let filler = "lorem ipsum dolor ".repeat(length / 18 + 1);
        std::fs::write(folder.path().join(format!("{length}")), format!("{}{line}", &filler[..length])).unwrap();
    }
    let found = scan(folder.path());
    let finding = found.finding(&key);
    // A pair has two places in a file.
    assert_eq!(finding["place_count"], 2 * lengths.len());
    found.complete();
}

/// The same through a history in which every version of a file puts the key elsewhere.
#[test]
fn case_36_a_key_that_a_delta_cuts_anywhere() {
    let key = key(361);
    let repo = harmless();
    let mut random = Random::new(36);
    let line = format!("aws_access_key_id={} aws_secret_access_key={}\n", key.id, key.secret);
    let prose: String = (0..400).map(|n| format!("line {n} of {}\n", random.next())).collect();
    let mut versions = Vec::new();
    for cut in (0..line.len()).step_by(3) {
        // First a broken line, then the whole one: what a packer inserts is the missing half.
        versions.push(format!("{prose}{}\n{prose}", &line[..cut]));
        versions.push(format!("{prose}{line}{prose}"));
    }
    for (n, version) in versions.iter().enumerate() {
        repo.write(&format!("{n:03}"), version);
    }
    repo.commit("all");
    repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
    let found = history(repo.path());
    assert_eq!(found.finding(&key)["exposure"]["path_count"], versions.len() / 2);
}

/// `tests/decoding` holds every form in depth.
#[test]
fn case_37_encoded_once_and_twice() {
    let key = key(37);
    let text = format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", key.id, key.secret);
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let each = |form: fn(u8) -> String| text.bytes().map(form).collect::<String>();
    let hex = each(|byte| format!("{byte:02x}"));
    for (name, content) in [
        ("base64", format!("data: {}\n", base64(&text))),
        ("hex", format!("data: {hex}\n")),
        ("percent", format!("data: {}\n", each(|byte| format!("%{byte:02x}")))),
        ("escapes", format!("\"{}\"\n", each(|byte| format!("\\u{byte:04x}")))),
        ("base64 twice", format!("data: {}\n", base64(&format!("data: {}\n", base64(&text))))),
        ("hex in base64", format!("data: {}\n", base64(&format!("data: {hex}\n")))),
    ] {
        let repo = harmless();
        repo.commit_file("file", format!("first\n{content}"), name);
        for found in [scan(repo.path()), history(repo.path())] {
            assert_eq!(found.code, Some(1), "{name}");
            assert_eq!(
                (&found.finding(&key)["tier"], &found.finding(&key)["location"]["line"]),
                (&"pair".into(), &2.into()),
                "{name}"
            );
            found.complete();
            assert!(!found.report.to_string().contains(&key.secret), "{name}");
        }
    }
}

#[test]
fn case_38_id_and_secret_far_apart_in_two_files_and_reversed() {
    let key = key(38);
    let gap = "# words\n".repeat(39);
    let apart = format!("aws_access_key_id = {}\n{gap}aws_secret_access_key = {}\n", key.id, key.secret);
    found(&key, apart.as_bytes(), 1);
    let reversed = format!("aws_secret_access_key = {}\n{gap}aws_access_key_id = {}\n", key.secret, key.id);
    found(&key, reversed.as_bytes(), 1);

    let repo = harmless();
    repo.write("ids/one", format!("aws_access_key_id = {}\n", key.id));
    repo.write("secrets/two", format!("aws_secret_access_key = {}\n", key.secret));
    repo.commit("two files");
    for outcome in [history(repo.path()), scan(repo.path())] {
        assert_eq!(outcome.code, Some(1));
        outcome.finding(&key);
        let findings = outcome.report["findings"].as_array().unwrap();
        let secret = findings.iter().find(|finding| finding["tier"] == "pair" || finding["tier"] == "secret");
        let places = secret.expect("the secret is found by itself")["origins"].to_string();
        assert!(places.contains("secrets/two"), "{places}");
    }
}
