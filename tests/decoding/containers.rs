//! Containers on disk and in a history: what lies in them is found, and named by its member; what a limit cuts is told.

use super::support::git::Fixture;
use super::support::random::Random;
use super::support::run::{self, How};
use super::support::{keys, program};
use keysift::engine::Command;
use std::io::{Cursor, Write};
use std::path::Path;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Files, each with the member that must be named, if the file is a container; every one holds the profile.
fn files(profile: &[u8]) -> Vec<(&'static str, Option<&'static str>, Vec<u8>)> {
    let class = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0][..], profile].concat();
    let jar = zip(&[("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("app.properties", profile)]);
    vec![
        ("plain", None, profile.to_vec()),
        ("app.jar", Some("app.properties"), jar.clone()),
        ("code.whl", Some("Main.class"), zip(&[("Main.class", &class)])),
        ("notes.docx", Some("word/document.xml"), zip(&[("word/document.xml", profile)])),
        ("a.tar", Some("etc/credentials"), tar(&[("readme", b"text"), ("etc/credentials", profile)])),
        ("a.tar.gz", Some("lib/app.jar!/app.properties"), gzip(&tar(&[("lib/app.jar", &jar)]))),
        ("log.gz", Some("content"), gzip(profile)),
    ]
}

#[test]
fn every_container_is_opened_on_disk() {
    for (number, (name, ..)) in files(b"").into_iter().enumerate() {
        let mut random = Random::new(number as u64);
        let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
        let (_, member, content) = files(keys::profile_of(&id, &secret).as_bytes()).swap_remove(number);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        let report = run::run(Command::Scan { paths: vec![folder.path().to_path_buf()] }, 2);
        let found = run::finding_of(&report, &secret);
        assert_eq!(found.primary.origin.member(), member.map(str::as_bytes), "{name}");
        assert!(found.primary.origin.path().unwrap().ends_with(name.as_bytes()));
        assert_eq!(found.primary.place.line, 3, "{name}");
        assert_eq!(report.gaps, [], "{name}");
    }
}

#[test]
fn every_container_is_opened_in_a_history_in_either_way() {
    let git = Fixture::new();
    let mut secrets = Vec::new();
    for (number, (name, ..)) in files(b"").into_iter().enumerate() {
        for version in 0..3 {
            let mut random = Random::new(100 + number as u64 * 10 + version);
            let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
            let (_, member, content) = files(keys::profile_of(&id, &secret).as_bytes()).swap_remove(number);
            git.write(name, content);
            git.commit(&format!("{name} {version}"));
            secrets.push((name, member, secret));
        }
    }
    git.git(&["repack", "-adq"]);
    let path = git.path().to_path_buf();
    for attribution in [true, false] {
        let report = run::history(&path, How { attribution, full_blobs: false, threads: 2 });
        let full = run::history(&path, How { attribution, full_blobs: true, threads: 1 });
        assert!(run::json(&report) == run::json(&full), "changed bytes and every byte differ");
        for (name, member, secret) in &secrets {
            let found = run::finding_of(&report, secret);
            assert_eq!(found.primary.origin.member(), member.map(str::as_bytes), "{name}");
            assert_eq!(found.primary.place.line, 3, "{name}");
        }
        assert_eq!(report.gaps, []);
    }
}

#[test]
fn what_is_staged_or_in_a_range_is_opened_too() {
    let git = Fixture::new();
    let mut random = Random::new(7);
    git.write("a.txt", "one\n");
    git.commit("first");
    let secret = keys::secret(&mut random);
    let profile = keys::profile_of(&keys::key_id(&mut random), &secret);
    git.write("b.zip", zip(&[("x/y", profile.as_bytes())]));
    git.git(&["add", "."]);
    let path = git.path().to_path_buf();
    let staged = run::run(Command::Staged { repo: path.clone(), whole_files: false, whole_index: false }, 1);
    assert_eq!(run::finding_of(&staged, &secret).primary.origin.member(), Some(&b"x/y"[..]));
    git.commit("second");
    let range = run::run(Command::Range { repo: path, spec: "HEAD~1..HEAD".into() }, 1);
    assert_eq!(run::finding_of(&range, &secret).primary.origin.member(), Some(&b"x/y"[..]));
}

#[test]
fn what_the_budget_cuts_is_a_gap_and_the_rest_is_searched() {
    let mut random = Random::new(9);
    let profile = keys::profile(&mut random);
    let zeros = vec![b'0'; 8 << 20];
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    write("bomb.zip", &zip(&[("a", b"text"), ("zeros", &zeros), ("z", b"text")]));
    let run = |path: &Path, more: &[&str]| {
        let mut arguments = vec!["scan", ".", "--max-unpacked", "1M"];
        arguments.extend(more);
        program::run(path, arguments)
    };
    let ended = run(folder.path(), &[]);
    assert_eq!(ended.code, Some(3), "{}", ended.out);
    assert!(ended.out.contains("bomb.zip") && ended.out.contains("--max-unpacked"), "{}", ended.out);
    write("fine.zip", &zip(&[("creds", profile.as_bytes())]));
    write("cut.gz", &gzip(profile.as_bytes())[..40]);
    let ended = run(folder.path(), &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("fine.zip!/creds:2:"), "{}", ended.out);
    assert!(ended.out.contains("cut.gz"), "{}", ended.out);
}
