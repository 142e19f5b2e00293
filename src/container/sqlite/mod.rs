//! SQLite databases, their write-ahead logs and rollback journals: the texts of their rows (<https://www.sqlite.org/fileformat2.html>).
//!
//! Most of a database can be searched as the bytes it is. Four things cannot be seen there: a value that goes on in
//! overflow pages, text in UTF-16, where one column ends and the next begins, and what the columns are called. So every
//! page of rows becomes a member, one row a line: `rowid=7, name='bob', password='…'`. What no row took (freed pages and
//! stretches, headers) is handed out as the bytes it is, at its place, with the rows blanked.
//!
//! Nothing is executed and nothing trusted: each page belongs to one tree and is read once, each overflow page belongs to
//! one value, and no row is longer than what the file holds. A log may hold a page often, and so each row that goes on
//! in it; what is read again is paid for as if it were unpacked. So all members together are hardly longer than the file.

mod journal;
mod record;
mod schema;

use super::{Unpacker, joined};
use record::{Cell, Kind, Payload};
use rustc_hash::{FxHashMap, FxHashSet};
use schema::Table;
use std::collections::BTreeMap;

/// Length of a database's header, with which its first page begins.
pub(super) const HEADER: usize = 100;
/// No tree is deeper in a file of 4 GiB.
const DEPTH: usize = 40;

/// A page, by where it stands: its number in a database, the place of its frame in a log; both count from 1.
type PageNumber = u32;

/// Whether content that begins with `head` is a database.
pub(super) fn is_database(head: &[u8]) -> bool {
    // The three bytes are fixed fractions, of which no other values are allowed.
    head.starts_with(b"SQLite format 3\0")
        && head.len() >= HEADER
        && head[21..24] == [64, 32, 32]
        && page_size(u32::from(be16(head, 16))).is_some_and(|size| size - usize::from(head[20]) >= 480)
}

/// Whether content that begins with `head` is a log: of what is to be written, or of what was there before.
pub(super) fn is_log(head: &[u8]) -> bool {
    journal::log_page_size(head).is_some()
}

fn page_size(stated: u32) -> Option<usize> {
    match stated {
        1 => Some(65_536),
        512..=65_536 if stated.is_power_of_two() => Some(stated as usize),
        _ => None,
    }
}

/// Hands out the rows of a database, then the rest of it as the content itself.
pub(super) fn open_database(unpacker: &mut Unpacker<'_>, content: &[u8], name: &[u8], depth: usize) {
    let size = page_size(u32::from(be16(content, 16))).expect("a database was recognised by it");
    let pages = (content.len() / size) as u32;
    let starts = (0..pages).map(|page| page as usize * size).collect();
    let mut database = Database::new(content, size, usize::from(content[20]), starts);
    database.wide = matches!(be32(content, 56), 2 | 3);
    if !content.len().is_multiple_of(size) {
        database.broken += 1;
    }
    let tables = database.tables();
    let mut trees = Trees::default();
    database.walk(1, usize::MAX, &mut trees);
    for (number, table) in tables.iter().enumerate() {
        database.walk(table.root, number, &mut trees);
    }
    for (&page, &owner) in &trees.rows {
        let table = tables.get(owner);
        let title = table.map_or(&b"sqlite_schema"[..], |table| &table.name);
        let columns = table.map_or(schema::COLUMNS, |table| &table.columns);
        database.hand_out(unpacker, name, page, page, Some((title, columns)));
    }
    for page in 1..=pages {
        if !trees.rows.contains_key(&page) && !database.taken[page as usize - 1] {
            database.hand_out(unpacker, name, page, page, None);
        }
    }
    database.finish(unpacker, name, depth);
}

/// Hands out the rows in the pages of a log, each as often as it was written, then the rest of it.
pub(super) fn open_log(unpacker: &mut Unpacker<'_>, content: &[u8], name: &[u8], depth: usize) {
    let size = journal::log_page_size(content).expect("a log was recognised by it");
    let frames = journal::frames(content, size);
    let mut database = Database::new(content, size, 0, frames.iter().map(|frame| frame.start).collect());
    // Of a page that a value goes on in, the image counts that was written last within its transaction or before it.
    let mut transaction: Vec<(PageNumber, u32)> = Vec::new();
    for (place, frame) in (1..).zip(&frames) {
        let page = &content[frame.start..frame.start + size];
        if frame.page == 1 && is_database(page) {
            database.reserved(usize::from(page[20]));
        }
        transaction.push((place, frame.page));
        // What was never committed is there all the same.
        if frame.ends || place as usize == frames.len() {
            database.believe(transaction.iter().map(|&(place, page)| (page, place)));
            for (place, page) in transaction.drain(..) {
                database.hand_out(unpacker, name, place, page, None);
            }
        }
    }
    // A value whose other pages are in the database itself is no damage, nor is what an older log left behind.
    database.broken = 0;
    database.finish(unpacker, name, depth);
}

/// Which trees there are.
#[derive(Default)]
struct Trees {
    /// Pages that were looked at: none belongs to two trees, or is twice in one.
    seen: FxHashSet<PageNumber>,
    /// The pages with rows, and whose they are.
    rows: BTreeMap<PageNumber, usize>,
}

/// The names of a table and of its columns.
type Named<'t> = (&'t [u8], &'t [Box<[u8]>]);

struct Database<'c> {
    content: &'c [u8],
    /// Where each page begins.
    starts: Vec<usize>,
    size: usize,
    /// Bytes of a page that hold anything.
    usable: usize,
    /// In a log, by page number: the image to read. Empty in a database, where the number is the place.
    images: FxHashMap<u32, PageNumber>,
    /// Texts are UTF-16.
    wide: bool,
    /// Pages that a value goes on in: each belongs to one. In a log, pages that were read for one.
    taken: Vec<bool>,
    /// What rows took of the content.
    told: Vec<std::ops::Range<usize>>,
    broken: usize,
}

impl<'c> Database<'c> {
    fn new(content: &'c [u8], size: usize, reserved: usize, starts: Vec<usize>) -> Self {
        let taken = vec![false; starts.len()];
        let (images, told) = (FxHashMap::default(), Vec::new());
        let usable = size - reserved;
        Self { content, starts, size, usable, images, wide: false, taken, told, broken: 0 }
    }

    fn reserved(&mut self, reserved: usize) {
        if self.size - reserved >= 480 {
            self.usable = self.size - reserved;
        }
    }

    /// From now on these images of a log are the ones to read.
    fn believe(&mut self, images: impl ExactSizeIterator<Item = (u32, PageNumber)>) {
        step(images.len());
        self.images.extend(images);
    }

    /// Nothing was read, no value told.
    fn forget(&mut self) {
        step(self.taken.len());
        self.taken.fill(false);
        self.broken = 0;
    }

    fn page(&self, at: PageNumber) -> Option<&'c [u8]> {
        step(1);
        let start = *self.starts.get((at as usize).checked_sub(1)?)?;
        self.content.get(start..start + self.size)
    }

    /// Where in a page its tree's header stands: behind the file's on the first.
    fn offset(number: u32) -> usize {
        if number == 1 { HEADER } else { 0 }
    }

    /// The tables and indexes that the schema names.
    fn tables(&mut self) -> Vec<Table> {
        let mut trees = Trees::default();
        self.walk(1, 0, &mut trees);
        let mut tables = Vec::new();
        for &page in trees.rows.keys() {
            let (cells, _) = self.cells(page, page);
            for cell in cells {
                let payload = self.payload(&cell, &mut Vec::new(), &mut |_| false);
                tables.extend(record::read(&payload.bytes, self.wide).as_deref().and_then(Table::new));
            }
        }
        // Only looked at: their rows are told with those of all other pages.
        self.forget();
        tables
    }

    /// Notes all pages with rows in the tree below `root` as `owner`'s.
    fn walk(&mut self, root: PageNumber, owner: usize, trees: &mut Trees) {
        let mut waiting = vec![(root, 0)];
        while let Some((number, depth)) = waiting.pop() {
            let Some(page) = self.page(number).filter(|_| depth <= DEPTH && trees.seen.insert(number)) else {
                self.broken += 1;
                continue;
            };
            let at = Self::offset(number);
            match Kind::of(page[at]) {
                Some(kind) => {
                    if kind.holds_rows() {
                        trees.rows.insert(number, owner);
                    }
                    waiting.extend(record::children(page, at, kind).map(|child| (child, depth + 1)));
                }
                None => self.broken += 1,
            }
        }
    }

    /// The cells of the page at `place` whose number is `number`, and whether there are any that cannot be read.
    fn cells(&self, place: PageNumber, number: u32) -> (Vec<Cell<'c>>, bool) {
        let Some(page) = self.page(place) else { return (Vec::new(), true) };
        let start = self.starts[place as usize - 1];
        record::cells(page, Self::offset(number), self.usable, start)
    }

    /// A cell's whole payload; `told` gets the stretches of the content that it lies in. A page that was read for another
    /// value is read again if `pay` can pay for that.
    fn payload(
        &mut self,
        cell: &Cell<'c>,
        told: &mut Vec<std::ops::Range<usize>>,
        pay: &mut dyn FnMut(u64) -> bool,
    ) -> Payload<'c> {
        told.push(cell.at..cell.at + cell.local.len());
        let mut payload = Payload { bytes: cell.local.into(), complete: true };
        let (mut next, mut left) = (cell.overflow, cell.length - cell.local.len());
        if left > self.starts.len() * self.usable {
            payload.complete = false;
            return payload;
        }
        while left > 0 {
            let place = if self.images.is_empty() { next } else { self.images.get(&next).copied().unwrap_or(0) };
            let Some(page) = self.page(place) else {
                payload.complete = false;
                break;
            };
            let part = &page[4..self.usable.min(4 + left)];
            if std::mem::replace(&mut self.taken[place as usize - 1], true) && !pay(part.len() as u64) {
                payload.complete = false;
                break;
            }
            payload.bytes.to_mut().extend_from_slice(part);
            let at = self.starts[place as usize - 1] + 4;
            told.push(at..at + part.len());
            left -= part.len();
            next = be32(page, 0);
        }
        payload
    }

    /// Hands out the rows of the page at `place`. Of one that no table has, nothing need be right.
    fn hand_out(
        &mut self,
        unpacker: &mut Unpacker<'_>,
        name: &[u8],
        place: PageNumber,
        number: u32,
        table: Option<Named<'_>>,
    ) {
        let (cells, mut broken) = self.cells(place, number);
        let mut text = Vec::new();
        let mut told = Vec::new();
        let columns = table.map_or(&[][..], |table| table.1);
        let is_log = !self.images.is_empty();
        for cell in cells {
            let known = told.len();
            let payload = self.payload(&cell, &mut told, &mut |cost| is_log && unpacker.pay(cost));
            broken |= !payload.complete;
            match record::read(&payload.bytes, self.wide) {
                Some(values) => cell.write(&values, columns, &mut text),
                None => {
                    broken = true;
                    told.truncate(known);
                }
            }
        }
        if table.is_some() {
            self.broken += usize::from(broken);
        }
        // As a page of a table that was freed, or in the middle of some value, there may be anything.
        if text.is_empty() || table.is_none() && broken && self.images.is_empty() {
            return;
        }
        self.told.extend(told);
        let mut title = table.map_or(Vec::new(), |table| [table.0, b"/"].concat());
        title.extend_from_slice(format!("page {number}").as_bytes());
        (unpacker.each)(Some(&joined(name, &title)), &text);
    }

    /// Hands out what no row took, and tells what is missing.
    fn finish(self, unpacker: &mut Unpacker<'_>, name: &[u8], depth: usize) {
        let mut rest = self.content.to_vec();
        for stretch in self.told {
            rest[stretch].fill(0);
        }
        // At the top this is no member but the content itself.
        (unpacker.each)(Some(name).filter(|_| depth > 1), &rest);
        if self.broken > 0 {
            let count = self.broken;
            let pages = if count == 1 { "page" } else { "pages" };
            unpacker.damaged(format!(
                "{count} {pages} of this database cannot be read and were searched as the bytes they are"
            ));
        }
    }
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Notes that so much was done, for tests that hold how work grows with the file.
#[cfg(not(test))]
fn step(_: usize) {}
#[cfg(test)]
use tests::step;

#[cfg(test)]
mod tests;
