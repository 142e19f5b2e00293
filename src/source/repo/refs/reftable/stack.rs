//! The tables of one folder, oldest first: a newer one changes or deletes what older ones say.

use super::super::{Value, gap};
use super::{Damaged, Log, Table};
use crate::error::Gap;
use crate::regular::{self, limit};
use gix::bstr::{BStr, BString, ByteSlice};
use gix::hash::Kind;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// git keeps about as many tables as the logarithm of what is in them, so that many are a trap.
const TABLES: usize = 256;
/// Each time that the list is read, somebody may write another before the tables of it are open.
const ATTEMPTS: usize = 100;
/// All names, values and entries of one folder take so many bytes at most: a small file can hold very long names, since
/// each leaves out what the one before has too. A million refs take a third of it.
const BYTES: u64 = 256 << 20;

const TOO_MUCH: &str = "its refs take more memory than keysift gives them, and the rest was not read";

/// The logs of refs by name, their entries by the number of the change.
type Logs = BTreeMap<BString, BTreeMap<u64, Vec<u8>>>;

/// All tables of a folder as they were at one moment. Each is read once, so that asking takes the stack.
pub(in crate::source::repo) struct Stack {
    folder: PathBuf,
    hash: Kind,
    tables: Vec<(String, io::Result<File>)>,
}

impl Stack {
    /// Opens the tables of the git directory `git_dir`.
    ///
    /// # Errors
    /// The gap, if the list of tables cannot be read.
    pub fn open(git_dir: &Path, hash: Kind) -> Result<Self, Gap> {
        let folder = git_dir.join("reftable");
        let list = folder.join("tables.list");
        let mut names = names(&list)?;
        for _ in 0..ATTEMPTS {
            let open = |name: &String| (name.clone(), regular::open(&folder.join(name)));
            let tables: Vec<_> = names.iter().map(open).collect();
            let again = match tables.iter().all(|(_, file)| file.is_ok()) {
                true => None,
                // git made one table out of some while they were opened: then the list is another one now.
                false => Some(self::names(&list)?).filter(|again| *again != names),
            };
            match again {
                Some(again) => names = again,
                None => return Ok(Self { folder, hash, tables }),
            }
        }
        Err(gap(list.display().to_string(), "it changes faster than it can be read; run keysift again"))
    }

    /// The value of one ref; none if there is no such ref.
    ///
    /// # Errors
    /// The gap, if a table that could tell cannot be read.
    pub fn lookup(self, name: &BStr) -> Result<Option<Value>, Gap> {
        for (table, file) in self.tables.iter().rev() {
            let mut known = None;
            self.read(table, file, |table| {
                let search = table.refs(&mut |other, value| {
                    if other == name {
                        known = Some(value);
                    }
                    if other < name.as_bytes() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                });
                search.map(drop)
            })?;
            if let Some(value) = known {
                return Ok(value);
            }
        }
        Ok(None)
    }

    /// All refs, and what could not be read.
    pub fn refs(self) -> (BTreeMap<BString, Value>, Vec<Gap>) {
        let mut refs = BTreeMap::new();
        let mut left = BYTES;
        let gaps = self.each(|table| {
            table.refs(&mut |name, value| {
                // An id, and what a map needs for an entry.
                let cost = name.len() as u64 + 64;
                match value {
                    Some(Value::Symbolic(target)) => {
                        let cost = cost + target.len() as u64;
                        refs.insert(BString::from(name), Value::Symbolic(target));
                        pay(&mut left, cost)
                    }
                    Some(value) => {
                        refs.insert(BString::from(name), value);
                        pay(&mut left, cost)
                    }
                    None => {
                        refs.remove(BStr::new(name));
                        pay(&mut left, 1)
                    }
                }
            })
        });
        (refs, gaps)
    }

    /// Calls `found` for each log: with the ref's full name, and the log as it would stand in a file. Returns what could
    /// not be read.
    pub fn logs(self, found: &mut dyn FnMut(&BStr, Vec<u8>)) -> Vec<Gap> {
        let mut logs = Logs::new();
        let (mut left, mut inflated) = (BYTES, BYTES);
        let gaps = self.each(|table| {
            table.logs(&mut inflated, &mut |name, change, entry| {
                let Some(entry) = entry else {
                    if let Some(log) = logs.get_mut(BStr::new(name)) {
                        log.remove(&change);
                    }
                    return ControlFlow::Continue(());
                };
                // Says no more than that there is a log.
                if entry.old.is_null() && entry.new.is_null() {
                    return ControlFlow::Continue(());
                }
                let line = line(&entry);
                let cost = (name.len() + line.len()) as u64 + 64;
                logs.entry(name.into()).or_default().insert(change, line);
                pay(&mut left, cost)
            })
        });
        for (name, entries) in logs {
            if !entries.is_empty() {
                found(name.as_bstr(), entries.into_values().collect::<Vec<_>>().concat());
            }
        }
        gaps
    }

    /// Calls `read` with each table, the oldest first, until it breaks because there is too much.
    fn each(&self, mut read: impl FnMut(&Table<'_>) -> Result<ControlFlow<()>, Damaged>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (name, file) in &self.tables {
            let mut broke = false;
            let outcome = self.read(name, file, |table| {
                broke = read(table)?.is_break();
                Ok(())
            });
            gaps.extend(outcome.err());
            if broke {
                gaps.push(gap(self.folder.display().to_string(), TOO_MUCH));
                break;
            }
        }
        gaps
    }

    fn read(
        &self,
        name: &str,
        file: &io::Result<File>,
        read: impl FnOnce(&Table<'_>) -> Result<(), Damaged>,
    ) -> Result<(), Gap> {
        let wrong = |why: &dyn std::fmt::Display| gap(self.folder.join(name).display().to_string(), why.to_string());
        let file = file.as_ref().map_err(|error| wrong(error))?;
        let bytes = regular::content(file, limit::LOG).map_err(|error| wrong(&error))?;
        let outcome = Table::parse(&bytes, self.hash).and_then(|table| read(&table));
        outcome.map_err(|Damaged(why)| wrong(&format_args!("{why}; `git refs verify` says what else is damaged")))
    }
}

fn pay(left: &mut u64, cost: u64) -> ControlFlow<()> {
    match left.checked_sub(cost) {
        Some(rest) => {
            *left = rest;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    }
}

/// The names in a list of tables.
fn names(list: &Path) -> Result<Vec<String>, Gap> {
    let wrong = |why: String| gap(list.display().to_string(), why);
    let content = regular::read(list, limit::REF).map_err(|error| wrong(error.to_string()))?;
    let content = content.ok_or_else(|| wrong("it does not exist".into()))?;
    let mut names: Vec<String> = Vec::new();
    for line in content.lines().filter(|line| !line.is_empty()) {
        // A path would lead to other files than this folder's.
        let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        match line.to_str().ok().filter(is_name) {
            Some(name) if !name.starts_with('.') && !names.iter().any(|known| known == name) => names.push(name.into()),
            _ => return Err(wrong("it holds a line that names no table".into())),
        }
    }
    match names.len() > TABLES {
        true => Err(wrong(format!("it names {} tables, and keysift reads {TABLES}", names.len()))),
        false => Ok(names),
    }
}

/// An entry as git writes it into a file.
fn line(entry: &Log<'_>) -> Vec<u8> {
    let Log { old, new, name, email, time, zone, message } = *entry;
    let sign = if zone < 0 { '-' } else { '+' };
    let when = format!("> {time} {sign}{:04}\t", zone.unsigned_abs());
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    [format!("{old} {new} ").as_bytes(), name, b" <", email, when.as_bytes(), message, b"\n"].concat()
}
