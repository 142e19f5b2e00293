//! `.secrets.baseline` of detect-secrets: filters, and SHA-1 hashes of the secrets that are known.

use super::{File, Known, entry};
use crate::error::Result;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Baseline {
    /// What tells a baseline from other JSON.
    #[serde(rename = "version")]
    _version: String,
    #[serde(default)]
    results: BTreeMap<String, Vec<Secret>>,
    #[serde(default)]
    filters_used: Vec<Filter>,
    /// Of versions before 1.0.
    #[serde(default)]
    exclude: Exclude,
    #[serde(default)]
    custom_plugin_paths: Vec<Value>,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    r#type: String,
    hashed_secret: String,
    #[serde(default)]
    line_number: usize,
    is_secret: Option<bool>,
}

#[derive(Deserialize)]
struct Filter {
    path: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Exclude {
    files: Option<String>,
    lines: Option<String>,
}

/// Filters that keysift has in one way or another, or that say nothing about what to leave out.
const OURS: [&str; 3] =
    ["detect_secrets.filters.allowlist.", "detect_secrets.filters.heuristic.", "detect_secrets.filters.common."];

pub(super) fn read(file: &mut File<'_>) -> Result<()> {
    let baseline: Baseline = serde_json::from_str(file.text)
        .map_err(|error| file.fail(error.line(), format!("this is no baseline of detect-secrets: {error}")))?;
    let Exclude { files, lines } = baseline.exclude;
    let mut excluded = [files.into_iter().collect(), lines.into_iter().collect(), Vec::new()];
    for filter in &baseline.filters_used {
        let patterns = filter.rest.get("pattern").map(texts).unwrap_or_default();
        let at = match filter.path.as_str() {
            "detect_secrets.filters.regex.should_exclude_file" => 0,
            "detect_secrets.filters.regex.should_exclude_line" => 1,
            "detect_secrets.filters.regex.should_exclude_secret" => 2,
            other => {
                if !OURS.iter().any(|ours| other.starts_with(ours)) {
                    let source = file.at(file.text.find(other).unwrap_or(0));
                    file.note(source, format!("the filter `{other}` is not carried over"));
                }
                continue;
            }
        };
        excluded[at].extend(patterns);
    }
    for (at, (what, patterns)) in ["the path", "the line", "the secret"].into_iter().zip(excluded).enumerate() {
        let placed: Vec<(String, usize)> = patterns
            .into_iter()
            .map(|pattern| {
                let written = serde_json::to_string(&pattern).unwrap_or_default();
                let offset = file.text.find(&written).unwrap_or(0);
                (pattern, offset)
            })
            .collect();
        let Some(source) = placed.first().map(|(_, offset)| file.at(*offset)) else { continue };
        let patterns = file.patterns(what, &placed);
        let mut allow = entry(&format!("excluded by {}", file.name), &[]);
        *[&mut allow.path_patterns, &mut allow.lines, &mut allow.values][at] = patterns;
        if !(allow.path_patterns.is_empty() && allow.lines.is_empty() && allow.values.is_empty()) {
            file.into.allow.push((allow, source));
        }
    }
    if !baseline.custom_plugin_paths.is_empty() {
        let source = file.line(0);
        file.note(source, "plugins of one's own are not carried over: write a [[rule]]");
    }
    known(file, baseline.results);
    Ok(())
}

fn known(file: &mut File<'_>, results: BTreeMap<String, Vec<Secret>>) {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, number) in file.text.lines().zip(1..) {
        for word in line.split('"').filter(|word| word.len() == 40) {
            lines.entry(word).or_insert(number);
        }
    }
    for (path, secrets) in results {
        for Secret { r#type, hashed_secret, line_number, is_secret } in secrets {
            let source = file.line(lines.get(hashed_secret.as_str()).copied().unwrap_or(0));
            // Of a private key only its first line is hashed, which is the same for all keys.
            let is_header = r#type == "Private Key";
            file.into.known.push(Known {
                source,
                commit: None,
                path: path.replace('\\', "/"),
                line: line_number,
                sha1: (!is_header).then(|| hashed_secret.to_ascii_lowercase()),
                rules: if is_header { super::names::ours("private-key") } else { Vec::new() },
                is_real: is_secret,
            });
        }
    }
}

/// A text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
