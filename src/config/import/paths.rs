//! A list of path regexes, one a line, as trufflehog's `--exclude-paths` and `--include-paths` take it.

use super::{File, entry};

pub(super) fn read(file: &mut File<'_>) {
    let mut patterns = Vec::new();
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        let pattern = line.trim();
        if !pattern.is_empty() && !pattern.starts_with('#') {
            patterns.push((pattern.to_string(), offset));
        }
        offset += line.len();
    }
    let Some(first) = patterns.first().map(|(_, offset)| file.at(*offset)) else { return };
    let mut allow = entry(&format!("excluded by {}", file.name), &[]);
    allow.path_patterns = file.patterns("the path", &patterns);
    if !allow.path_patterns.is_empty() {
        file.into.allow.push((allow, first));
    }
}
