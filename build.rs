//! Embeds `rules/*.toml`: their examples are dropped and the rest is written as JSON, which the program parses at
//! start-up ten times as fast as TOML. Makes a digest of the sources that decide what is found, under which searches are
//! remembered. Reads the source folder, writes to OUT_DIR, does nothing else.

use std::hash::{DefaultHasher, Hasher};
use std::{env, fs, path::Path};

/// What of the sources decides what is found in an object, or how that is remembered.
const SEARCHING: [&str; 11] = [
    "Cargo.lock",
    "build.rs",
    "src/aws",
    "src/container",
    "src/decode",
    "src/detect",
    "src/finding.rs",
    "src/rule",
    "src/scanner.rs",
    "src/secret.rs",
    "src/source",
];

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let mut files: Vec<_> = fs::read_dir("rules")
        .expect("the folder rules/ is part of the source")
        .map(|entry| entry.expect("rules/ is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    let mut rules = Vec::new();
    let mut sources = String::from("[");
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let table: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for rule in table.get("rule").and_then(|r| r.as_array()).into_iter().flatten() {
            let mut rule = rule.as_table().unwrap_or_else(|| panic!("{}: a rule is a table", path.display())).clone();
            rule.remove("positive");
            rule.remove("negative");
            rules.push(serde_json::to_value(rule).expect("TOML values are JSON values"));
        }
        let name = path.file_name().expect("listed files have names").to_string_lossy().into_owned();
        let full = fs::canonicalize(path).expect("listed files exist");
        sources.push_str(&format!("({name:?}, include_str!({:?})),", full.display().to_string()));
    }
    sources.push(']');
    let mut digest = DefaultHasher::new();
    for path in SEARCHING {
        println!("cargo::rerun-if-changed={path}");
        add(Path::new(path), &mut digest);
    }
    println!("cargo::rustc-env=KEYSIFT_SOURCES={:016x}", digest.finish());
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rules.json"), serde_json::to_string(&rules).expect("JSON values serialise"))
        .expect("OUT_DIR is writable");
    fs::write(Path::new(&out).join("rule_files.rs"), format!("&{sources}")).expect("OUT_DIR is writable");
}

/// Adds a file, or all files of a folder, each with its name.
fn add(path: &Path, digest: &mut DefaultHasher) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut entries: Vec<_> = entries.map(|entry| entry.expect("the sources are readable").path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| add(entry, digest));
    } else if let Ok(content) = fs::read(path) {
        // Cargo.lock may be missing where keysift is a dependency.
        let name = path.to_string_lossy();
        digest.write_usize(name.len());
        digest.write(name.as_bytes());
        digest.write_usize(content.len());
        digest.write(&content);
    }
}
