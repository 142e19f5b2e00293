//! What need not be reported, and who says so: markers beside a credential, and a configuration's allow-lists and
//! disabled rules.
//!
//! Nothing here takes a credential away. Sources ask, and what is allowed travels on with its sighting, so that the
//! report can count and list it: a marker or a file in the scanned tree must never silence a finding unseen.

mod marker;
mod place;

pub use place::Folders;

use crate::finding::{Allowed, AllowedBy, Credential, Hit, RuleIndex};
use crate::origin::Origin;
use crate::rule::{Pattern, RuleSet};
use globset::GlobSet;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// One entry of an allow-list: all conditions that it has must hold, and each has one of several that must.
pub struct Entry {
    /// Only what these rules find; empty: any.
    pub rules: Vec<RuleIndex>,
    /// The path matches a glob or a regex.
    pub paths: Option<GlobSet>,
    pub path_patterns: Vec<Pattern>,
    /// A part of the credential matches.
    pub values: Vec<Pattern>,
    /// The line matches, at most 1,024 bytes on either side.
    pub lines: Vec<Pattern>,
    /// Beginnings of commit ids, in hexadecimal.
    pub commits: Vec<String>,
    pub allowed: Arc<Allowed>,
}

/// Bytes on either side of a credential that count as its line.
const LINE: usize = 1024;

/// All that is allowed in a run. The default allows nothing and reads no markers.
#[derive(Default)]
pub struct Allowances {
    /// Whether markers count, and the rules they may name.
    pub markers: Option<Arc<RuleSet>>,
    pub entries: Vec<Entry>,
    /// Rules whose findings are all left out.
    pub off: FxHashMap<RuleIndex, Arc<Allowed>>,
    /// What paths on disk are relative to.
    pub folders: Folders,
}

/// What content says of one hit: the part of a decision that does not depend on where the content lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    marker: Option<Arc<Allowed>>,
    /// Entries whose conditions on content hold.
    entries: Vec<u32>,
}

impl Allowances {
    /// What `content` says of `hit`.
    pub fn claims(&self, content: &[u8], hit: &Hit, credential: &Credential) -> Claims {
        let marker = self.markers.as_ref().and_then(|rules| {
            let rule = &rules.get(credential.rule).text.id;
            let marker = marker::find(content, hit.start as usize, hit.end as usize, rule)?;
            Some(Arc::new(Allowed { by: AllowedBy::Marker, source: marker.word, reason: marker.reason }))
        });
        let holds = |entry: &Entry| {
            let part = |pattern: &Pattern| credential.parts.iter().any(|(_, part)| matches(pattern, part.expose()));
            (entry.rules.is_empty() || entry.rules.contains(&credential.rule))
                && (entry.values.is_empty() || entry.values.iter().any(part))
                && (entry.lines.is_empty() || entry.lines.iter().any(|pattern| matches(pattern, line(content, hit))))
        };
        let entries = (0..).zip(&self.entries).filter(|(_, entry)| holds(entry)).map(|(number, _)| number).collect();
        Claims { marker, entries }
    }

    /// Who allows a credential that `rule` found at `origin`, if anybody does.
    pub fn decide(&self, rule: RuleIndex, claims: &Claims, origin: &Origin) -> Option<Arc<Allowed>> {
        if let Some(off) = self.off.get(&rule) {
            return Some(Arc::clone(off));
        }
        if let Some(marker) = &claims.marker {
            return Some(Arc::clone(marker));
        }
        let holds = |entry: &&Entry| {
            let at_path = entry.paths.is_none() && entry.path_patterns.is_empty()
                || origin.path().is_some_and(|path| {
                    let path = match origin {
                        Origin::File { .. } => self.folders.relative(path),
                        _ => path.into(),
                    };
                    entry.paths.as_ref().is_some_and(|globs| globs.is_match(&*String::from_utf8_lossy(&path)))
                        || entry.path_patterns.iter().any(|pattern| matches(pattern, &path))
                });
            let in_commit = entry.commits.is_empty()
                || origin.commit().is_some_and(|id| {
                    let id = id.to_string();
                    entry.commits.iter().any(|commit| id.starts_with(commit.as_str()))
                });
            at_path && in_commit
        };
        let entry = claims.entries.iter().map(|&number| &self.entries[number as usize]).find(holds)?;
        Some(Arc::clone(&entry.allowed))
    }
}

fn matches(pattern: &Pattern, bytes: &[u8]) -> bool {
    pattern.regex().is_match(bytes)
}

/// The line of a hit, shortened.
fn line<'c>(content: &'c [u8], hit: &Hit) -> &'c [u8] {
    let (start, end) = (hit.start as usize, (hit.end as usize).min(content.len()));
    let from = start.min(end).saturating_sub(LINE);
    let begin = memchr::memrchr2(b'\n', b'\r', &content[from..start.min(end)]).map_or(from, |at| from + at + 1);
    let to = (end + LINE).min(content.len());
    let finish = memchr::memchr2(b'\n', b'\r', &content[end..to]).map_or(to, |at| end + at);
    &content[begin..finish]
}
