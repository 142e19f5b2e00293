//! The records of a block: keys that leave out what the one before has too, and values.

use super::super::Value;
use super::Damaged;
use crate::origin::Oid;
use gix::hash::Kind;

pub(super) const SHORT: Damaged = Damaged("a record ends too early");
pub(super) const SHORT_BLOCK: Damaged = Damaged("a block is shorter than it says");

/// An entry of a ref's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log<'b> {
    /// What the ref named before; zeros for nothing.
    pub old: Oid,
    /// What it has named since then.
    pub new: Oid,
    /// Who changed it.
    pub name: &'b [u8],
    pub email: &'b [u8],
    /// Seconds since 1970.
    pub time: u64,
    /// Hours and minutes from UTC as one decimal number, as git writes it: -330 is three and a half hours behind.
    pub zone: i16,
    /// Usually with an end of line.
    pub message: &'b [u8],
}

/// What is left to read.
pub(super) struct Cursor<'b>(pub &'b [u8]);

impl<'b> Cursor<'b> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self, length: usize) -> Result<&'b [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number as in deltas by offset: seven bits a byte, the highest first, and no number is written in two ways.
    fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0u64;
        loop {
            let (&byte, rest) = self.0.split_first().ok_or(SHORT)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            let next = number.checked_add(1).and_then(|next| next.checked_mul(1 << 7));
            number = next.ok_or(Damaged("a number in it is too large"))?;
        }
    }

    fn length(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.number()?).map_err(|_| SHORT)
    }

    fn id(&mut self, hash: Kind) -> Result<Oid, Damaged> {
        Oid::try_from(self.take(hash.len_in_bytes())?).map_err(|_| SHORT)
    }

    /// As many bytes as a number before them says.
    fn text(&mut self) -> Result<&'b [u8], Damaged> {
        let length = self.length()?;
        self.take(length)
    }
}

/// The records of a block, which begin at `from`; behind them stands where keys are whole.
pub(super) fn of_block(block: &[u8], from: usize) -> Result<Cursor<'_>, Damaged> {
    let end = block.len().checked_sub(2).ok_or(SHORT_BLOCK)?;
    let whole = usize::from(u16::from_be_bytes([block[end], block[end + 1]]));
    let end = end.checked_sub(3 * whole).ok_or(SHORT_BLOCK)?;
    block.get(from..end).map(Cursor).ok_or(SHORT_BLOCK)
}

/// The key of the record that was read last.
#[derive(Default)]
pub(super) struct Key {
    bytes: Vec<u8>,
    /// The next key begins a block, so it is whole.
    first: bool,
}

impl Key {
    pub fn name(&self) -> &[u8] {
        &self.bytes
    }

    pub fn begin_block(&mut self) {
        self.first = true;
    }

    /// Reads the next one; returns the kind of its value.
    pub fn next(&mut self, records: &mut Cursor<'_>) -> Result<u8, Damaged> {
        let kept = records.length()?;
        let more = records.number()?;
        let suffix = records.take(usize::try_from(more >> 3).map_err(|_| SHORT)?)?;
        let replaced = self.bytes.get(kept..).ok_or(Damaged("a key in it begins with more than the one before has"))?;
        if suffix <= replaced || self.first && kept > 0 {
            return Err(Damaged("its keys are out of order"));
        }
        self.first = false;
        self.bytes.truncate(kept);
        self.bytes.extend_from_slice(suffix);
        Ok((more & 7) as u8)
    }
}

/// The value of a ref, none if it is gone.
pub(super) fn value(kind: u8, records: &mut Cursor<'_>, hash: Kind) -> Result<Option<Value>, Damaged> {
    // Since which change: the order of the tables says as much.
    records.number()?;
    Ok(match kind {
        0 => None,
        1 => Some(Value::Object(records.id(hash)?)),
        2 => {
            let object = records.id(hash)?;
            // What the tag is about in the end can be read from the tag.
            records.id(hash)?;
            Some(Value::Object(object))
        }
        3 => Some(Value::Symbolic(records.text()?.into())),
        _ => return Err(Damaged("it holds a ref of an unknown kind")),
    })
}

/// The ref's name and the number of the change out of the key of an entry.
pub(super) fn log_key(key: &[u8]) -> Result<(&[u8], u64), Damaged> {
    let wrong = Damaged("an entry of a log has no valid key");
    let (name, change) = key.split_at(key.len().checked_sub(9).ok_or(wrong)?);
    match (name.is_empty(), change) {
        (false, [0, reversed @ ..]) => {
            let reversed = <[u8; 8]>::try_from(reversed).map_err(|_| wrong)?;
            Ok((name, u64::MAX - u64::from_be_bytes(reversed)))
        }
        _ => Err(wrong),
    }
}

/// An entry of a log, none if it is gone.
pub(super) fn log<'b>(kind: u8, records: &mut Cursor<'b>, hash: Kind) -> Result<Option<Log<'b>>, Damaged> {
    match kind {
        0 => Ok(None),
        1 => {
            let (old, new) = (records.id(hash)?, records.id(hash)?);
            let (name, email, time) = (records.text()?, records.text()?, records.number()?);
            let zone = records.take(2)?;
            let zone = i16::from_be_bytes([zone[0], zone[1]]);
            Ok(Some(Log { old, new, name, email, time, zone, message: records.text()? }))
        }
        _ => Err(Damaged("it holds an entry of a log of an unknown kind")),
    }
}
