//! Commits and tags as text: what is searched in them, and what a report tells of a commit.

use super::repo::Reader;
use super::search::Search;
use super::sight::mark_text;
use crate::finding::{CommitInfo, Credentials, Hit};
use crate::origin::Oid;
use crate::scanner::{Scanner, Worker};

/// The hits of a commit or tag, searched from its first line that can hold text: the lines before it are object ids.
pub fn scan_text(worker: &mut impl Worker, content: &[u8], hits: &mut Vec<Hit>) {
    let ids = ids_before_text(content);
    let known = hits.len();
    worker.scan(&content[ids..], hits);
    for hit in &mut hits[known..] {
        hit.start += ids as u32;
        hit.end += ids as u32;
    }
}

/// Length of the lines at the beginning of a commit or tag that hold nothing but object ids.
fn ids_before_text(content: &[u8]) -> usize {
    let mut at = 0;
    for line in content.split_inclusive(|&b| b == b'\n') {
        let is_id = [&b"tree "[..], b"parent ", b"object "]
            .iter()
            .any(|head| line.strip_prefix(*head).is_some_and(|id| matches!(id.trim_ascii_end().len(), 40 | 64)));
        if !is_id {
            break;
        }
        at += line.len();
    }
    at
}

/// A commit as the report shows it. Secrets in its text are replaced, wherever in it they stand; where they cannot be
/// looked for, none of the text is shown.
pub fn commit_info<S: Scanner>(
    id: Oid,
    reader: &mut Reader<'_>,
    search: &mut Search<'_, S>,
    credentials: &Credentials,
) -> Option<CommitInfo> {
    let mut content = Vec::new();
    reader.read_kind(&id, gix::objs::Kind::Commit, &mut content).ok()?;
    let Ok(hits) = search.hits_in_text(&content) else {
        return Some(CommitInfo { author: String::new(), summary: String::new(), ..parse_info(id, &content) });
    };
    for hit in hits.iter().rev() {
        let text = mark_text(credentials, &content, hit);
        content.splice(hit.start as usize..hit.end as usize, text.into_bytes());
    }
    Some(parse_info(id, &content))
}

/// Author, time and subject from a commit's text, as well as they can be told.
fn parse_info(id: Oid, content: &[u8]) -> CommitInfo {
    let header_end = content.windows(2).position(|w| w == b"\n\n").unwrap_or(content.len());
    let author =
        content[..header_end].split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"author ")).unwrap_or_default();
    let name_end = author.iter().position(|&b| b == b'<').unwrap_or(author.len());
    let name: String = String::from_utf8_lossy(&author[..name_end.min(400)]).trim().chars().take(100).collect();
    let after = author.iter().rposition(|&b| b == b'>').map_or(&b""[..], |i| &author[i + 1..]);
    let when = String::from_utf8_lossy(after);
    let mut when = when.split_ascii_whitespace();
    let time = when.next().and_then(|t| t.parse().ok()).unwrap_or(0);
    let offset = when.next().and_then(|z| z.parse::<i32>().ok()).filter(|z| z.abs() < 10_000).map_or(0, |z| {
        let minutes = z.abs() / 100 * 60 + z.abs() % 100;
        z.signum() * minutes * 60
    });
    let message = content.get(header_end + 2..).unwrap_or_default();
    let subject = message.split(|&b| b == b'\n').find(|l| !l.trim_ascii().is_empty()).unwrap_or_default();
    let summary = String::from_utf8_lossy(&subject[..subject.len().min(400)]).chars().take(100).collect();
    CommitInfo { id, author: name, time, offset, summary }
}
