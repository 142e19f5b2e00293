//! The life of a credential in a history, in one sentence.

use super::text::count;
use crate::finding::Reachable;
use crate::report::date;
use crate::report::document::{EventEntry, ExposureEntry};
use crate::report::escape::terminal;
use crate::report::plain::short;

/// Refs that are named; the rest are counted.
const REFS_NAMED: usize = 3;

/// When it came and went, who can still reach it, and how much of the history holds it.
pub fn sentence(exposure: &ExposureEntry) -> String {
    let reach = reach(exposure);
    let extent = [(exposure.commit_count, "commit", "commits"), (exposure.path_count, "path", "paths")]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| count(number as u64, one, many))
        .collect::<Vec<_>>()
        .join(", ");
    let parts = [came_and_went(exposure), reach, extent];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn came_and_went(exposure: &ExposureEntry) -> String {
    let mut phrases = Vec::new();
    match exposure.introduced.as_slice() {
        [] => {}
        [only] => phrases.push(format!("introduced {}", event(only))),
        [first, rest @ ..] => {
            let again = count(rest.len() as u64, "more time", "more times");
            phrases.push(format!("introduced {} and {again}", event(first)));
        }
    }
    match (exposure.in_head, exposure.removed.as_slice()) {
        (true, _) => phrases.push("still in HEAD".to_owned()),
        (false, []) => phrases.push("not in HEAD".to_owned()),
        (false, [only]) => phrases.push(format!("removed {}", event(only))),
        (false, [.., last]) => {
            let times = count(exposure.removed.len() as u64, "time", "times");
            phrases.push(format!("removed {times}, last {}", event(last)));
        }
    }
    phrases.join(", ")
}

fn reach(exposure: &ExposureEntry) -> String {
    match exposure.reachable {
        Reachable::Ref => {
            let mut names: Vec<String> =
                exposure.refs.iter().take(REFS_NAMED).map(|name| terminal(name.as_bytes())).collect();
            if exposure.ref_count > names.len() {
                names.push("…".to_owned());
            }
            let still = if exposure.in_head { "" } else { "still " };
            let refs = count(exposure.ref_count as u64, "ref", "refs");
            format!("{still}reachable from {refs} ({})", names.join(", "))
        }
        Reachable::Reflog => "reachable from a reflog only".to_owned(),
        Reachable::Nothing => "reachable from no ref, until git prunes it".to_owned(),
    }
}

/// `2019-03-04 in 1a2b3c4d5e by Jane Doe`.
fn event(event: &EventEntry) -> String {
    let by = if event.author.trim().is_empty() { String::new() } else { format!(" by {}", author(event)) };
    format!("{} in {}{by}", date::day(&event.date), short(&event.commit))
}

/// One line about an event, for the verbose listing.
pub fn event_line(entry: &EventEntry) -> String {
    let path = terminal(&entry.path.bytes());
    format!("{}, {path}:{}, \"{}\"", event(entry), entry.line, terminal(entry.summary.as_bytes()))
}

/// The author's name, made harmless.
pub fn author(event: &EventEntry) -> String {
    terminal(event.author.as_bytes())
}
