//! Counts what must not grow unnoticed: `unsafe` code, cargo calls without the lock file, what a build may do.
//! Licences, sources, bans and advisories are `cargo deny`'s, which tests/run calls.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder of the project.
fn below(folder: &str) -> Vec<PathBuf> {
    let (mut files, mut waiting) = (Vec::new(), vec![root().join(folder)]);
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).expect("it can be listed").map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// How often the word stands in code: not in a comment.
fn unsafe_in(text: &str) -> usize {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| *word == "unsafe").count()
}

#[test]
fn unsafe_code_is_where_the_documentation_explains_it() {
    let mut found = BTreeMap::new();
    for path in below("src") {
        let count = unsafe_in(&read(&path));
        if count > 0 {
            let name = path.strip_prefix(root()).expect("it lies below").to_string_lossy().replace('\\', "/");
            found.insert(name, count);
        }
    }
    let documented = read(&root().join("docs/security.md"));
    let rows = documented.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let path = cells.next()?.strip_prefix("`src/")?.strip_suffix('`')?;
        Some((format!("src/{path}"), cells.next()?.parse().ok()?))
    });
    let documented: BTreeMap<String, usize> = rows.collect();
    assert_eq!(found, documented, "docs/security.md explains `unsafe`: file, how often, why");
}

#[test]
fn every_cargo_call_honours_the_lock_file() {
    let scripts = ["tests/run", "tests/tools/install", "README.md", "action.yml"].map(|name| root().join(name));
    let more = ["benches", "action", "hooks", "docs", "fuzz/README.md"].into_iter().flat_map(below);
    let mut calls = 0;
    for path in scripts.into_iter().chain(more) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        // A call may go on behind a backslash.
        for line in text.replace("\\\n", " ").lines() {
            for verb in ["build", "run", "test", "bench", "install", "clippy", "doc", "check", "auditable build"] {
                let resolves = line.contains(&format!("cargo {verb} ")) || line.contains(&format!("\"}} {verb} "));
                calls += usize::from(resolves);
                assert!(!resolves || line.contains("--locked"), "{}: {line}", path.display());
            }
        }
    }
    assert!(calls > 5, "only {calls} calls were seen");
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        assert!(root().join(lock).is_file(), "{lock} is a part of the project");
    }
}

/// A dependency that one of the lock files lacks, or has too much, would stop whoever builds the targets with `--locked`.
#[test]
fn the_lock_file_of_the_fuzz_targets_follows_the_project() {
    let table = |name: &str| toml::from_str::<toml::Table>(&read(&root().join(name))).expect("it is TOML");
    let (manifest, lock) = (table("Cargo.toml"), table("fuzz/Cargo.lock"));
    let packages = lock["package"].as_array().expect("a list of packages");
    let own = packages.iter().find(|package| package["name"].as_str() == Some("keysift")).expect("the project itself");
    let locked = own["dependencies"].as_array().expect("a list of names").iter().filter_map(toml::Value::as_str);
    // Where there are two of a name, the version stands behind it.
    let locked: Vec<&str> = locked.filter_map(|name| name.split(' ').next()).collect();
    for name in manifest["dependencies"].as_table().expect("a table").keys() {
        assert!(locked.contains(&name.as_str()), "fuzz/Cargo.lock lacks {name}: `cargo metadata` in fuzz/ adds it");
    }
    let for_platforms =
        manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let own = toml::Value::Table(manifest.clone());
    let sections =
        for_platforms.chain([&own]).flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")]);
    let wanted: Vec<&str> =
        sections.flatten().filter_map(toml::Value::as_table).flat_map(toml::Table::keys).map(String::as_str).collect();
    for name in locked {
        assert!(wanted.contains(&name), "fuzz/Cargo.lock has {name} too much: `cargo metadata` in fuzz/ takes it out");
    }
}

#[test]
fn our_build_script_reads_rules_and_writes_its_output() {
    let text = read(&root().join("build.rs"));
    for word in ["std::net", "TcpStream", "Command", "http", "ureq"] {
        assert!(!text.contains(word), "build.rs uses {word}");
    }
}
