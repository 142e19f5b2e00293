//! Containers: gzip, the zip family (jar, war, docx, xlsx, whl, apk, nupkg), tar and SQLite databases, one within another.
//!
//! A container is known by its first bytes, never by a file's name. Members are handed out one by one from memory;
//! nothing is written anywhere, and names are never used as paths. All that one content unpacks to, at every depth,
//! comes out of one budget: a bomb costs that much and is told as cut. The small members of an archive come first, so
//! that a bomb among them costs itself.

mod sqlite;
mod tar;
mod zip;

use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Containers within containers are opened so deep.
pub const DEPTH: usize = 5;
/// What a member costs beside its bytes, so that a million empty ones come to an end.
const MEMBER: u64 = 256;
/// No buffer is claimed for more than this before there is content for it: a stated size may lie.
const FIRST_CLAIM: usize = 1 << 20;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gzip,
    Zip,
    Tar,
    Database,
    DatabaseLog,
}

/// What is done with a member, given its name, and its content. One without a name is the container itself: what of it
/// no other member holds, at its place.
pub type Each<'e> = dyn FnMut(Option<&[u8]>, &[u8]) + 'e;

/// Whether content that begins with `head` (its first [`crate::scanner::HEAD`] bytes) is a container.
pub fn is_container(head: &[u8]) -> bool {
    format(head).is_some()
}

fn format(head: &[u8]) -> Option<Format> {
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        Some(Format::Gzip)
    } else if head.starts_with(b"PK\x03\x04") {
        Some(Format::Zip)
    } else if tar::is_tar(head) {
        Some(Format::Tar)
    } else if sqlite::is_database(head) {
        Some(Format::Database)
    } else if sqlite::is_log(head) {
        Some(Format::DatabaseLog)
    } else {
        None
    }
}

/// Hands all members of `content` to `each`, with a name (those of nested containers joined by `!/`), as long as the
/// `budget` lasts, in bytes. Returns what is missing; nothing when all was unpacked.
pub fn unpack(content: &[u8], budget: u64, each: &mut Each<'_>) -> Vec<Missing> {
    let mut unpacker = Unpacker { left: budget, budget, missing: Vec::new(), each };
    if let Some(format) = format(content) {
        unpacker.open(format, content, b"", 1);
    }
    unpacker.missing.sort();
    unpacker.missing.dedup();
    unpacker.missing
}

/// A part that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Because of a limit, and not of damage.
    pub is_limit: bool,
    pub why: String,
}

struct Unpacker<'e> {
    left: u64,
    budget: u64,
    missing: Vec<Missing>,
    each: &'e mut Each<'e>,
}

impl Unpacker<'_> {
    fn open(&mut self, format: Format, content: &[u8], name: &[u8], depth: usize) {
        match format {
            Format::Gzip => self.gzip(content, name, depth),
            Format::Zip => zip::open(self, content, name, depth),
            Format::Tar => tar::open(self, content, name, depth),
            Format::Database => sqlite::open_database(self, content, name, depth),
            Format::DatabaseLog => sqlite::open_log(self, content, name, depth),
        }
    }

    fn gzip(&mut self, content: &[u8], name: &[u8], depth: usize) {
        let mut decoder = MultiGzDecoder::new(content);
        let inner = decoder.header().and_then(|header| header.filename()).unwrap_or_default().to_vec();
        // A compressed archive is one thing to a user, not two.
        let name = if inner.is_empty() { name.to_vec() } else { joined(name, &inner) };
        self.member(&mut decoder, None, &name, depth);
    }

    /// Reads a member and hands it out, or opens it if it is a container itself. Whether the budget lasts for more. No
    /// more than `stated` bytes are read of it.
    fn member(&mut self, from: &mut dyn Read, stated: Option<u64>, name: &[u8], depth: usize) -> bool {
        if !self.pay(MEMBER) {
            return false;
        }
        let mut content = Vec::new();
        let (complete, damage) = self.read(from, stated.unwrap_or(u64::MAX), &mut content);
        if let Some(damage) = damage {
            self.damaged(format!("a member of it is damaged ({damage})"));
        }
        match format(&content) {
            Some(_) if depth >= DEPTH => {
                let why = format!("what is packed more than {DEPTH} times in one another was not unpacked");
                self.missing.push(Missing { is_limit: true, why });
            }
            Some(format) => {
                // Members of a tar archive are its own bytes, which are paid for already.
                if format == Format::Tar {
                    self.left += content.len() as u64;
                }
                self.open(format, &content, name, depth + 1);
            }
            None => (self.each)(Some(name), &content),
        }
        complete
    }

    /// Reads all of `from` that the budget pays for, and `most` allows; whether it paid for that, and what went wrong on
    /// the way.
    fn read(&mut self, from: &mut dyn Read, most: u64, content: &mut Vec<u8>) -> (bool, Option<String>) {
        let mut limited = from.take(self.left.min(most).saturating_add(1));
        content.reserve(FIRST_CLAIM.min(self.left as usize));
        let result = limited.read_to_end(content);
        if content.len() as u64 > most {
            content.truncate(most as usize);
            self.damaged("a member of it is longer than it says".to_string());
        }
        let complete = content.len() as u64 <= self.left;
        content.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        if complete {
            self.left -= content.len() as u64;
        } else {
            self.left = 0;
            self.cut();
        }
        (complete, result.err().map(|error| error.to_string()))
    }

    fn damaged(&mut self, why: String) {
        self.missing.push(Missing { is_limit: false, why });
    }

    fn pay(&mut self, cost: u64) -> bool {
        if self.left < cost {
            self.left = 0;
            self.cut();
            return false;
        }
        self.left -= cost;
        true
    }

    fn cut(&mut self) {
        let budget = self.budget;
        let why = format!("it unpacks to more than {budget} bytes and the rest was not searched; raise --max-unpacked");
        self.missing.push(Missing { is_limit: true, why });
    }
}

/// The name of a member of a container that has a name itself.
fn joined(outer: &[u8], inner: &[u8]) -> Vec<u8> {
    if outer.is_empty() { inner.to_vec() } else { [outer, b"!/", inner].concat() }
}

#[cfg(test)]
mod tests;
