//! Holds the layer table of `docs/architecture.md`: who may import whom, read off the `crate::` and `super::` paths of
//! the sources. Rust itself would let any module import any other, so the picture would fade without this.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every module of the library with its layer. A module imports lower layers only; within layers 0 and 1 also its own
/// layer, as long as that makes no circle; the siblings of layer 2 never import one another.
const LAYERS: &[(&str, u8)] = &[
    ("error", 0),
    ("origin", 0),
    ("secret", 0),
    ("mapped", 0),
    ("blob", 0),
    ("line_hash", 0),
    ("regular", 0),
    ("private", 0),
    ("similar", 0),
    ("calendar", 0),
    ("rule", 1),
    ("finding", 1),
    ("verdict", 1),
    ("scanner", 1),
    ("decode", 1),
    ("container", 1),
    ("aws", 1),
    ("fingerprint", 1),
    ("allow", 1),
    ("config", 1),
    ("baseline", 1),
    ("source", 2),
    ("detect", 2),
    ("verify", 2),
    ("report", 2),
    ("engine", 3),
];

/// Layer from which on modules of one layer may not import one another.
const SIBLINGS: u8 = 2;

/// What the library may not do: print, exit, read the environment. The command line does that.
const FOR_THE_BINARY: &[&str] =
    &["println!", "eprintln!", "print!", "eprint!", "process::exit", "env::var", "env::args"];

#[test]
fn the_sources_keep_the_layers() {
    let faults = check(&sources());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_of_the_table_may_be_checked() {
    // Without this, a moved src/ folder would make the test above pass on nothing.
    let files = sources();
    assert!(files.iter().any(|(path, _)| path == "lib.rs"), "src/lib.rs is not among the files read");
    let modules: BTreeSet<_> = files.iter().map(|(path, _)| module_path(path)[0].clone()).collect();
    for module in ["error", "finding", "scanner", "rule"] {
        assert!(modules.contains(module), "no file of module {module} was read");
    }
}

#[test]
fn planted_violations_are_found() {
    let cases: &[(&str, &str, &str)] = &[
        ("error.rs", "use crate::finding::Hit;", "imports `finding`"),
        ("finding.rs", "fn f() { crate::engine::run() }", "imports `engine`"),
        ("source/files.rs", "use crate::detect::Detector;", "imports `detect`"),
        ("source/pack/walk.rs", "use super::super::super::report::Format;", "imports `report`"),
        ("report/mod.rs", "use super::source;", "imports `source`"),
        ("report/json.rs", "use crate::{error::Error, finding::{Hit, Tier}, detect};", "imports `detect`"),
        ("detect/mod.rs", "use crate::{\n    rule::RuleSet,\n    source::{self, files},\n};", "imports `source`"),
        ("detect/mod.rs", "use crate::*;", "whole crate"),
        ("engine.rs", "use crate::shortcut::Thing;", "not in the layer table"),
        ("lib.rs", "pub mod cli;", "declares `cli`"),
        ("lib.rs", "pub mod helpers;", "not in the layer table"),
        ("engine.rs", "mod cli;", "declares `cli`"),
        ("source/mod.rs", "#[path = \"../cli/mod.rs\"]\nmod typed;", "#[path]"),
        ("engine.rs", "use crate::cli::Args;", "imports `cli`"),
        ("engine.rs", "use clap::Parser;", "clap"),
        ("cli/mod.rs", "use crate::error::Error;", "through `keysift::`"),
        ("source/files.rs", "use keysift::detect::Detector;", "by its own name"),
        ("report/human.rs", "fn f() { println!(\"hi\") }", "println!"),
        ("engine.rs", "fn f() { std::process::exit(1) }", "process::exit"),
        ("rule/mod.rs", "fn f() { std::env::var(\"X\"); }", "env::var"),
    ];
    for (path, text, expected) in cases {
        let faults = check(&[(path.to_string(), text.to_string())]);
        assert!(faults.iter().any(|f| f.contains(expected)), "{path}: {text}\nfaults: {faults:?}");
    }
}

#[test]
fn a_circle_within_a_layer_is_found() {
    let files = [("error.rs", "use crate::origin::Oid;"), ("origin.rs", "use crate::error::Gap;")];
    let faults = check(&files.map(|(path, text)| (path.to_string(), text.to_string())));
    assert!(faults.iter().any(|f| f.contains("circle")), "{faults:?}");
}

#[test]
fn what_is_allowed_passes() {
    let cases: &[(&str, &str)] = &[
        ("engine.rs", "use crate::{source::files, detect::Detector, report};"),
        ("source/mod.rs", "use crate::source::repo; use super::error::Gap;"),
        ("source/pack/walk.rs", "use super::super::repo::Repo; use super::delta;"),
        ("secret.rs", "#[cfg(test)]\nmod tests { use super::Secret; fn f() { println!(\"x\") } }"),
        ("finding.rs", "// use crate::engine::run;\n/* crate::report */ const A: &str = \"crate::detect\";"),
        ("finding.rs", "const Q: char = '\"'; const R: &str = r#\"use crate::engine; \"\"#; fn f<'a>(x: &'a u8) {}"),
        ("main.rs", "mod cli; fn main() { println!(\"{}\", std::env::args().count()); std::process::exit(2) }"),
        ("cli/mod.rs", "use crate::cli::args; use keysift::engine; use super::args; use clap::Parser;"),
        ("engine.rs", "pub(crate) fn f() {} pub(in crate::engine) fn g() {}"),
    ];
    for (path, text) in cases {
        let faults = check(&[(path.to_string(), text.to_string())]);
        assert!(faults.is_empty(), "{path}: {text}\nfaults: {faults:?}");
    }
}

/// Everything that is wrong with `files`, which are pairs of a path below `src/` and a text.
fn check(files: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files {
        let text = without_comments_and_strings(text);
        let home = module_path(path);
        let binary = home[0] == "main" || home[0] == "cli";
        for declared in declared_modules(&text) {
            if declared == "cli" && home[0] != "main" {
                faults.push(format!("src/{path} declares `cli`; only main.rs may"));
            } else if home[0] == "lib" && layer(&declared).is_none() && declared != "cli" {
                faults.push(format!("src/{path}: module `{declared}` is not in the layer table of tests/layers.rs"));
            }
        }
        if text.contains("#[path") {
            faults.push(format!("src/{path} uses #[path], which hides where a module lies"));
        }
        for target in imports(&text, &home) {
            match fault_of_import(&home[0], &target) {
                Some(why) => faults.push(format!("src/{path} {why}")),
                None if !binary && target != home[0] => {
                    graph.entry(home[0].clone()).or_default().insert(target);
                }
                None => {}
            }
        }
        if binary {
            continue;
        }
        if identifiers(&text).any(|(word, at)| word == "keysift" && text[at..].starts_with("keysift::")) {
            faults.push(format!("src/{path} names the library by its own name; use `crate::`"));
        }
        if identifiers(&text).any(|(word, at)| word == "clap" && text[at..].starts_with("clap::")) {
            faults.push(format!("src/{path} uses clap, which belongs to the command line"));
        }
        // A file or folder of tests of its own is compiled for tests only.
        let tests = path.ends_with("/tests.rs") || path.contains("/tests/");
        let productive = if tests { "" } else { text.split("#[cfg(test)]").next().unwrap_or_default() };
        for word in FOR_THE_BINARY {
            let found = productive.match_indices(word).any(|(at, _)| !ends_in_identifier(&productive[..at]));
            if found {
                faults.push(format!("src/{path}: `{word}` in the library"));
            }
        }
    }
    if let Some(circle) = circle(&graph) {
        faults.push(format!("import circle: {}", circle.join(" -> ")));
    }
    faults
}

/// Why module `from` may not import `target`, if it may not.
fn fault_of_import(from: &str, target: &str) -> Option<String> {
    if from == "main" || from == "cli" {
        return (target != "cli")
            .then(|| format!("imports `crate::{target}`; the library is used through `keysift::`"));
    }
    if target == "*" {
        return Some("imports the whole crate".to_string());
    }
    if target == "cli" {
        return Some("imports `cli`; the library cannot see the command line".to_string());
    }
    let Some(to_layer) = layer(target) else {
        return Some(format!("imports `{target}`, which is not in the layer table of tests/layers.rs"));
    };
    // lib.rs holds declarations and re-exports: it sees everything.
    let from_layer = if from == "lib" { return None } else { layer(from)? };
    let allowed = from == target || to_layer < from_layer || (to_layer == from_layer && from_layer < SIBLINGS);
    (!allowed).then(|| format!("(layer {from_layer}) imports `{target}` (layer {to_layer})"))
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|&(_, layer)| layer)
}

/// `source/pack/mod.rs` -> `[source, pack]`; `lib.rs` -> `[lib]`.
fn module_path(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(String::from).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// The first component, below the crate's root, of every path that starts at `crate::` or climbs there by `super::`.
fn imports(text: &str, home: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut climbing_until = 0;
    for (word, at) in identifiers(text) {
        if at < climbing_until {
            continue;
        }
        match word {
            "crate" => {
                if let Some(rest) = text[at + word.len()..].trim_start().strip_prefix("::") {
                    heads(rest, &mut found);
                }
            }
            "super" => {
                let (mut levels, mut rest) = (0, &text[at..]);
                while let Some(next) = rest.strip_prefix("super::") {
                    (levels, rest) = (levels + 1, next);
                }
                climbing_until = text.len() - rest.len();
                // In `mod tests` inside a file, `super` is one level less; such a path ends in a name that is no
                // module of the table, and those are left alone here.
                if levels == home.len() {
                    let mut climbed = Vec::new();
                    heads(rest, &mut climbed);
                    found.extend(climbed.into_iter().filter(|name| layer(name).is_some() || name == "cli"));
                }
            }
            _ => {}
        }
    }
    found
}

/// The first identifiers of a path or of every member of a `{…}` group.
fn heads(rest: &str, found: &mut Vec<String>) {
    let rest = rest.trim_start();
    let Some(group) = rest.strip_prefix('{') else {
        let end = rest.find(|c: char| !is_identifier(c)).unwrap_or(rest.len());
        if end > 0 {
            found.push(rest[..end].to_string());
        } else if rest.starts_with('*') {
            found.push("*".to_string());
        }
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads(&group[start..at], found);
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Names in `mod name;`.
fn declared_modules(text: &str) -> Vec<String> {
    identifiers(text)
        .filter(|(word, _)| *word == "mod")
        .filter_map(|(_, at)| {
            let rest = text[at + 3..].trim_start();
            let end = rest.find(|c: char| !is_identifier(c))?;
            rest[end..].trim_start().starts_with(';').then(|| rest[..end].to_string())
        })
        .collect()
}

/// Every identifier or keyword with its offset.
fn identifiers(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.split(|c: char| !is_identifier(c)).filter(|word| !word.is_empty()).map(|word| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        (word, at)
    })
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn ends_in_identifier(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_identifier)
}

/// Rust source with comments and the insides of string and character literals blanked out.
fn without_comments_and_strings(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' | 'b' | 'c' if !ends_in_identifier(&out) => raw_string(rest).unwrap_or(0),
            '\'' => character(rest).unwrap_or(0),
            _ => 0,
        };
        if skipped > 0 {
            out.push(' ');
            rest = &rest[skipped..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Length of the block comment at the start; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of the plain string literal at the start.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of the raw string literal (`r"…"`, `br#"…"#`, …) at the start, if there is one.
fn raw_string(text: &str) -> Option<usize> {
    let hashes_at = text.trim_start_matches(['b', 'c']).strip_prefix('r')?;
    let quoted = hashes_at.trim_start_matches('#');
    let end = format!("\"{}", "#".repeat(hashes_at.len() - quoted.len()));
    let body = quoted.strip_prefix('"')?;
    let close = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(text.len() - body.len() + close)
}

/// Length of the character literal at the start; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = &text[1..];
    let first = body.chars().next()?;
    if first == '\\' {
        let second = body[1..].chars().next()?;
        let from = 1 + second.len_utf8();
        return body[from..].find('\'').map(|at| 1 + from + at + 1);
    }
    body[first.len_utf8()..].starts_with('\'').then(|| 1 + first.len_utf8() + 1)
}

/// A circle in the import graph, if there is one.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        node: &str,
        graph: &BTreeMap<String, BTreeSet<String>>,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(at) = path.iter().position(|seen| seen == node) {
            let mut circle = path[at..].to_vec();
            circle.push(node.to_string());
            return Some(circle);
        }
        if !done.insert(node.to_string()) {
            return None;
        }
        path.push(node.to_string());
        let found = graph.get(node).into_iter().flatten().find_map(|next| visit(next, graph, path, done));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| visit(node, graph, &mut Vec::new(), &mut done))
}

/// All Rust files below `src/`, with their paths below it.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("src/ can be listed") {
            let path = entry.expect("src/ can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&root).expect("found below src/").to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).expect("a source file is readable UTF-8")));
            }
        }
    }
    found.sort();
    found
}
