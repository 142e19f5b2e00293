//! Feeds the seeds of all fuzz targets, and all that once made one fail, to what the targets feed their inputs to. The
//! fuzzers themselves take a nightly toolchain and time: `fuzz/README.md`.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::{Path, PathBuf};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    let seeds = files(&fuzz().join("seeds").join(name));
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for path in seeds.into_iter().chain(files(&fuzz().join("regressions").join(name))) {
        let input = std::fs::read(&path).expect("a seed can be read");
        assert!(input.len() < 1 << 14, "{} is no small seed", path.display());
        eprintln!("{}", path.display());
        target(&input);
        // Cut and bent as a fuzzer would begin.
        for cut in (0..input.len()).step_by(1 + input.len() / 5) {
            target(&input[..cut]);
            let mut bent = input.clone();
            bent[cut] ^= 0x41;
            target(&bent);
        }
    }
}

#[test]
fn every_target_has_its_test_here_and_its_program() {
    let own = include_str!("seeds.rs");
    for (name, _) in targets::TARGETS {
        assert!(own.contains(&format!("replay(\"{name}\")")), "{name} is not replayed");
        let program = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).expect("its program");
        assert!(program.contains(&format!("keysift_fuzz::{name}::run(data)")));
    }
    assert_eq!(files(&fuzz().join("fuzz_targets")).len(), targets::TARGETS.len());
}

#[test]
fn archives() {
    replay("archive");
}

#[test]
fn configuration() {
    replay("config");
}

#[test]
fn decoders() {
    replay("decode");
}

#[test]
fn deltas() {
    replay("delta");
}

#[test]
fn histories() {
    replay("history");
}

#[test]
fn the_matcher() {
    replay("matcher");
}

#[test]
fn packs() {
    replay("pack");
}

#[test]
fn reftables() {
    replay("reftable");
}

#[test]
fn rule_files() {
    replay("rules");
}

#[test]
fn databases() {
    replay("sqlite");
}
