//! `.gitleaksignore`: one fingerprint a line, `[COMMIT:]PATH:RULE:LINE`.

use super::{File, Known, names};

pub(super) fn read(file: &mut File<'_>) {
    for (text, number) in file.text.lines().zip(1..) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let source = file.line(number);
        match parse(text) {
            Some((commit, path, rule, line)) => file.into.known.push(Known {
                source,
                commit: commit.map(str::to_ascii_lowercase),
                path: path.to_string(),
                line,
                sha1: None,
                rules: names::ours(rule),
                is_real: None,
            }),
            None => file.note(source, format!("`{text}` is not carried over: it is no fingerprint of gitleaks")),
        }
    }
}

/// Commit, path, rule and line. A path may hold colons, so what surrounds it is taken off first.
fn parse(text: &str) -> Option<(Option<&str>, &str, &str, usize)> {
    let (rest, line) = text.rsplit_once(':')?;
    let (place, rule) = rest.rsplit_once(':')?;
    let is_commit = |id: &str| matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    let (commit, path) = match place.split_once(':') {
        Some((id, path)) if is_commit(id) => (Some(id), path),
        _ => (None, place),
    };
    let sound = !path.is_empty() && !rule.is_empty();
    line.parse().ok().filter(|_| sound).map(|line| (commit, path, rule, line))
}
