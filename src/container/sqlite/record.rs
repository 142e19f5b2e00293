//! Pages of trees, the cells in them, and the records in those.

use super::{be16, be32};
use std::borrow::Cow;

/// The kinds of pages in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    IndexInterior,
    TableInterior,
    IndexLeaf,
    TableLeaf,
}

impl Kind {
    pub fn of(first: u8) -> Option<Self> {
        match first {
            2 => Some(Self::IndexInterior),
            5 => Some(Self::TableInterior),
            10 => Some(Self::IndexLeaf),
            13 => Some(Self::TableLeaf),
            _ => None,
        }
    }

    /// Whether there are records on it.
    pub fn holds_rows(self) -> bool {
        self != Self::TableInterior
    }

    fn is_leaf(self) -> bool {
        matches!(self, Self::IndexLeaf | Self::TableLeaf)
    }

    /// Length of the header, behind which the places of cells stand.
    fn header(self) -> usize {
        if self.is_leaf() { 8 } else { 12 }
    }
}

/// What one cell says.
#[derive(Debug)]
pub(super) struct Cell<'c> {
    /// The row's id; none in an index and in a table without them.
    pub row: Option<u64>,
    /// What of the payload is on this page, and where in the content that begins.
    pub local: &'c [u8],
    pub at: usize,
    /// Length of the whole payload; the rest of it is in a chain of pages that begins with `overflow`.
    pub length: usize,
    pub overflow: u32,
}

/// All that belongs to one record.
pub(super) struct Payload<'c> {
    pub bytes: Cow<'c, [u8]>,
    /// Whether nothing of it is missing.
    pub complete: bool,
}

/// Where the cells of a page begin.
fn places(page: &[u8], at: usize, kind: Kind) -> impl Iterator<Item = usize> {
    let first = at + kind.header();
    let count = usize::from(be16(page, at + 3));
    // No more than fit.
    let count = count.min((page.len() - first) / 2);
    (0..count).map(move |cell| usize::from(be16(page, first + 2 * cell)))
}

/// The pages below one; a leaf has none.
pub(super) fn children(page: &[u8], at: usize, kind: Kind) -> impl Iterator<Item = u32> {
    let last = (!kind.is_leaf()).then(|| be32(page, at + 8));
    let inner = places(page, at, kind).filter(move |_| !kind.is_leaf());
    inner.filter_map(|cell| page.get(cell..cell + 4).map(|left| be32(left, 0))).chain(last)
}

/// The cells of a page whose tree header stands at `at` and that begins at `start` of the content; whether some of them
/// cannot be read. Only `usable` bytes of a page hold anything.
pub(super) fn cells(page: &[u8], at: usize, usable: usize, start: usize) -> (Vec<Cell<'_>>, bool) {
    let Some(kind) = Kind::of(page[at]) else { return (Vec::new(), true) };
    let mut cells = Vec::new();
    if !kind.holds_rows() {
        return (cells, false);
    }
    let mut broken = usize::from(be16(page, at + 3)) > (usable - at) / 2;
    // Cells do not overlap, so that together they are no longer than the page.
    let mut left = usable;
    for place in places(page, at, kind) {
        let cell = cell(page, place, kind, usable, start).filter(|cell| cell.local.len() <= left);
        match cell {
            Some(cell) => {
                left -= cell.local.len();
                cells.push(cell);
            }
            None => broken = true,
        }
    }
    (cells, broken)
}

fn cell(page: &[u8], place: usize, kind: Kind, usable: usize, start: usize) -> Option<Cell<'_>> {
    let mut at = place + if kind == Kind::IndexInterior { 4 } else { 0 };
    let length = usize::try_from(varint(page, &mut at)?).ok()?;
    let row = if kind == Kind::TableLeaf { Some(varint(page, &mut at)?) } else { None };
    let most = if kind == Kind::TableLeaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
    if length <= most {
        let local = page.get(..usable)?.get(at..at + length)?;
        return Some(Cell { row, local, at: start + at, length, overflow: 0 });
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let kept = least + (length - least) % (usable - 4);
    let kept = if kept <= most { kept } else { least };
    let local = page.get(..usable)?.get(at..at + kept)?;
    let overflow = be32(page.get(at + kept..at + kept + 4)?, 0);
    Some(Cell { row, local, at: start + at, length, overflow })
}

/// A number of one to nine bytes.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for byte in 0..9 {
        let b = *bytes.get(*at)?;
        *at += 1;
        if byte == 8 {
            return Some(value << 8 | u64::from(b));
        }
        value = value << 7 | u64::from(b & 0x7f);
        if b < 0x80 {
            break;
        }
    }
    Some(value)
}

/// A column of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'p> {
    /// Text or a blob, as it is to be searched.
    Bytes(Cow<'p, [u8]>),
    Number(u64),
    /// NULL, or a number that is no whole one.
    Other,
}

/// The columns of a record; text is UTF-16 in a database that is `wide`. A payload that is cut gives what there is of it.
pub(super) fn read(payload: &[u8], wide: bool) -> Option<Vec<Value<'_>>> {
    let mut at = 0;
    let header = usize::try_from(varint(payload, &mut at)?).ok().filter(|&header| header <= payload.len())?;
    let mut body = header;
    let mut values = Vec::new();
    while at < header {
        let kind = varint(&payload[..header], &mut at)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let bytes = &payload[body.min(payload.len())..body.saturating_add(length).min(payload.len())];
        body = body.saturating_add(length);
        values.push(match kind {
            1..=6 if bytes.len() == length => {
                Value::Number(bytes.iter().fold(0, |value, &b| value << 8 | u64::from(b)))
            }
            12.. if kind % 2 == 1 => Value::Bytes(text(bytes, wide)),
            12.. => Value::Bytes(bytes.into()),
            _ => Value::Other,
        });
    }
    Some(values)
}

/// Text as UTF-8. A log does not always say what its database holds, so UTF-16 is also known by its zeros.
fn text(bytes: &[u8], wide: bool) -> Cow<'_, [u8]> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if !wide && 4 * even.max(odd) < bytes.len() {
        return bytes.into();
    }
    let unit = |pair: &[u8]| if even > odd { [pair[1], pair[0]] } else { [pair[0], pair[1]] };
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes(unit(pair)));
    let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    chars.collect::<String>().into_bytes().into()
}

impl Cell<'_> {
    /// Appends the row as a line. Columns without a name stand by themselves.
    pub fn write(&self, values: &[Value<'_>], columns: &[Box<[u8]>], line: &mut Vec<u8>) {
        if let Some(row) = self.row {
            line.extend_from_slice(format!("rowid={row}").as_bytes());
        }
        let mut first = self.row.is_none();
        for (number, value) in values.iter().enumerate() {
            let Value::Bytes(bytes) = value else { continue };
            if !std::mem::take(&mut first) {
                line.extend_from_slice(b", ");
            }
            if let Some(column) = columns.get(number) {
                line.extend_from_slice(column);
                line.push(b'=');
            }
            line.push(b'\'');
            line.extend_from_slice(bytes);
            line.push(b'\'');
        }
        line.push(b'\n');
    }
}
