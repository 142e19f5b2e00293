//! The message of a commit that is being made, as git hands it to the `commit-msg` hook: a file.

use super::collect::Collector;
use super::repo::{Environment, Repo, path_to_bytes};
use super::search::{Failed, Search};
use crate::error::{Error, Gap, GapKind, Result};
use crate::finding::{Credentials, Harvest, Receipt};
use crate::origin::Origin;
use crate::regular;
use crate::scanner::{Context, Scanner};
use std::path::PathBuf;

/// What to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The repository, or a folder in it.
    pub repo: PathBuf,
    /// Git's variables, if they are about this repository.
    pub environment: Environment,
    /// The file that holds the message, relative to the current directory.
    pub file: PathBuf,
}

/// Searches the message.
///
/// # Errors
/// [`Error::Repository`] if there is no repository, [`Error::Io`] if the file cannot be read.
pub fn run<S: Scanner>(
    options: &Options,
    scanner: &S,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Harvest> {
    let repo = Repo::open(&options.repo, &options.environment, &context.limits)?;
    let what = || format!("cannot read the commit message {}", options.file.display());
    let content = regular::read(&options.file, context.limits.max_content.min(u64::from(u32::MAX)))
        .and_then(|content| content.ok_or_else(|| std::io::ErrorKind::NotFound.into()))
        .map_err(|error| Error::io(what(), error))?;
    let message = before_scissors(&content);
    let collector = Collector::new(credentials, context.allow, context.limits.max_findings);
    let mut receipt = Receipt { seen: 1, ..Receipt::default() };
    let mut gaps = repo.gaps();
    let path = path_to_bytes(&options.file);
    match Search::new(scanner).hits(message) {
        Ok(hits) => {
            collector.add(message, hits, &Origin::File { path });
            receipt.scanned = 1;
            receipt.bytes = message.len() as u64;
        }
        Err(Failed) => {
            let what = options.file.to_string_lossy().into_owned();
            gaps.push(Gap { kind: GapKind::File, what, why: Failed::WHY.into() });
            receipt.skipped.insert("search failed".into(), 1);
        }
    }
    let collected = collector.finish();
    gaps.extend(collected.gap);
    Ok(Harvest {
        sightings: collected.sightings,
        unlisted: collected.unlisted,
        gaps,
        receipt,
        head: repo.head_id(),
        remote: repo.format().remote.clone(),
        ..Harvest::default()
    })
}

/// What git writes before the diff that `git commit --verbose` shows in the editor. It and all below it is no part of
/// the message; a diff that takes a key away would show that key.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

fn before_scissors(content: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        // Before the scissors stands the comment character (or several), which users choose.
        let comment = line.trim_ascii_end().strip_suffix(SCISSORS).unwrap_or_default();
        if matches!(comment.len(), 1..=4) && comment.iter().all(u8::is_ascii_punctuation) {
            return &content[..at];
        }
        at += line.len();
    }
    content
}

#[cfg(test)]
mod tests {
    use super::before_scissors;

    #[test]
    fn the_diff_below_the_scissors_is_no_message() {
        let scissors = "------------------------ >8 ------------------------";
        let text = format!("subject\n\n# {scissors}\n# Do not modify\n-KEY\n");
        assert_eq!(before_scissors(text.as_bytes()), b"subject\n\n");
        let text = format!("subject\r\n; {scissors}\r\n-KEY\r\n");
        assert_eq!(before_scissors(text.as_bytes()), b"subject\r\n");
        let quoted = format!("subject\nsee {scissors}\n>8\n");
        assert_eq!(before_scissors(quoted.as_bytes()), format!("subject\nsee {scissors}\n>8\n").as_bytes());
    }
}
