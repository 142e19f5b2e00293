//! The file on disk: records under a repository and a rule set, in a redb database.
//!
//! It is open for moments only, so that runs on several repositories share one file. redb keeps a transaction whole
//! whatever happens; against bits that change later each record carries a digest of its own, and one that does not fit
//! counts as absent. What cannot be used is told in words and never ends a run.

use crate::private;
use rayon::prelude::*;
use redb::{Builder, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};
use redb::{TableError, TableHandle, WriteTransaction};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the records are about: a repository and a rule set, each a digest.
pub type Key = [u8; 32];

const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
/// When a key was last used, seconds since 1970, and how many bytes its records take.
const USES: TableDefinition<&[u8], (u64, u64)> = TableDefinition::new("uses");
/// Says that the file is one of ours, and of which form.
const FORM: TableDefinition<&str, u64> = TableDefinition::new("keysift");
const FORM_NAME: &str = "form";
const FORM_NUMBER: u64 = 1;
const DIGEST: usize = 32;
/// Before a part of a record: its digest, and how many parts there are.
const HEAD: usize = DIGEST + 4;
/// Bytes of a part. redb gives each value pages of a power of two; these stay in a processor's cache while they are
/// looked at, and come from memory that was used before.
const PART: usize = (1 << 16) - 512;
/// Another run holds the file for the moments that reading or writing takes.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(25);
/// Memory for pages: records are written once.
const CACHE: usize = 32 << 20;
/// And read once: pages that are kept would need fresh memory each.
const READ_CACHE: usize = 256 << 10;
/// A key that is only read is stamped again after so many seconds, so that few runs write.
const STAMP: u64 = 24 * 3600;

/// A place for the records of one key.
pub struct File {
    path: PathBuf,
    key: Key,
    /// Bytes of all records together; above, the keys that were used longest ago are forgotten.
    limit: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Records with their numbers, in order.
    pub records: Vec<(u64, Vec<u8>)>,
    /// Numbers of records that are damaged.
    pub damaged: Vec<u64>,
    /// The key has not been stamped for a while.
    pub old: bool,
}

/// What is written at once.
pub struct Change<'a> {
    pub record: &'a [u8],
    /// Numbers of records that go.
    pub instead_of: &'a [u64],
    /// Only if these are the records that there are.
    pub only_after: Option<&'a [u64]>,
}

/// Why the store cannot be used, in words.
type Trouble = String;

impl File {
    pub fn new(path: PathBuf, key: Key, limit: u64) -> Self {
        Self { path, key, limit }
    }

    /// All records; none where there is no file yet.
    ///
    /// # Errors
    /// Why the file cannot be read, in words.
    pub fn load(&self) -> Result<Loaded, Trouble> {
        match fs::metadata(&self.path) {
            Ok(meta) if !meta.is_file() => return Err("it is not a regular file".into()),
            Ok(meta) if meta.len() == 0 => return Ok(Loaded::default()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
            Err(error) => return Err(text(error)),
        }
        guarded(|| {
            // Who only reads needs no write permission and waits for no other reader. A run that was killed leaves
            // work for one who writes.
            let transaction = match patiently(|| builder(READ_CACHE).open_read_only(&self.path)) {
                Ok(database) => database.begin_read().map_err(text)?,
                Err(DatabaseError::RepairAborted) => {
                    patiently(|| builder(READ_CACHE).open(&self.path)).map_err(opening)?.begin_read().map_err(text)?
                }
                Err(error) => return Err(opening(error)),
            };
            self.read(&transaction)
        })
    }

    fn read(&self, transaction: &ReadTransaction) -> Result<Loaded, Trouble> {
        let mut tables = transaction.list_tables().map_err(text)?.peekable();
        if tables.peek().is_none() {
            return Ok(Loaded::default());
        }
        let form = match transaction.open_table(FORM) {
            Ok(table) => table.get(FORM_NAME).map_err(text)?.map(|form| form.value()),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(text(error)),
        };
        check(form)?;
        let records = transaction.open_table(RECORDS).map_err(text)?;
        let mut loaded = Loaded::default();
        for number in self.numbers(&records)? {
            match self.record(&records, number)? {
                Some(record) => loaded.records.push((number, record)),
                None => loaded.damaged.push(number),
            }
        }
        let used = transaction.open_table(USES).map_err(text)?;
        let used = used.get(&self.key[..]).map_err(text)?.map_or(0, |used| used.value().0);
        loaded.old = now().saturating_sub(used) > STAMP;
        Ok(loaded)
    }

    /// Does all of `change` or nothing; without one only stamps the key as used. Gives the new record's number; none
    /// where there is none because another run has written meanwhile.
    ///
    /// # Errors
    /// Why the file cannot be written, in words.
    pub fn save(&self, change: Option<&Change<'_>>) -> Result<Option<u64>, Trouble> {
        let file = open(&self.path).map_err(text)?;
        guarded(|| {
            let database = patiently(|| builder(CACHE).create_file(file.try_clone()?)).map_err(opening)?;
            let mut transaction = database.begin_write().map_err(text)?;
            // After a crash the next one to open then need not go through all of the file.
            transaction.set_quick_repair(true);
            let number = self.write(&transaction, change)?;
            transaction.commit().map_err(text)?;
            Ok(number)
        })
    }

    fn write(&self, transaction: &WriteTransaction, change: Option<&Change<'_>>) -> Result<Option<u64>, Trouble> {
        let known: Vec<String> = transaction.list_tables().map_err(text)?.map(|table| table.name().into()).collect();
        let mut form = transaction.open_table(FORM).map_err(text)?;
        let own = form.get(FORM_NAME).map_err(text)?.map(|form| form.value());
        if known.is_empty() {
            form.insert(FORM_NAME, FORM_NUMBER).map_err(text)?;
        } else {
            check(own)?;
        }
        let mut records = transaction.open_table(RECORDS).map_err(text)?;
        let mut uses = transaction.open_table(USES).map_err(text)?;
        let mut bytes = uses.get(&self.key[..]).map_err(text)?.map_or(0, |used| used.value().1);
        let mut added = None;
        if let Some(change) = change {
            let known = self.numbers(&records)?;
            if change.only_after.is_some_and(|expected| expected != known) {
                return Ok(None);
            }
            for &number in change.instead_of {
                let (from, to) = (self.name(number, 0), self.name(number, u32::MAX));
                let gone = |_: &[u8], part: &[u8]| {
                    bytes = bytes.saturating_sub(part.len() as u64);
                    false
                };
                records.retain_in(&from[..]..=&to[..], gone).map_err(text)?;
            }
            // A number is not used twice in a row, so that who has read the one before does not take it for that.
            let number = known.last().map_or(0, |last| last.wrapping_add(1));
            let count = change.record.len().div_ceil(PART) as u32;
            bytes += change.record.len() as u64 + u64::from(count) * HEAD as u64;
            if bytes > self.limit {
                return Err(format!("this repository needs {bytes} bytes in it, above the limit of {}", self.limit));
            }
            for (part, data) in (0..).zip(change.record.chunks(PART)) {
                let name = self.name(number, part);
                let value = [&digest(&name, count, data)[..], &count.to_be_bytes(), data].concat();
                records.insert(&name[..], &value[..]).map_err(text)?;
            }
            added = Some(number);
        }
        uses.insert(&self.key[..], (now(), bytes)).map_err(text)?;
        forget(&mut records, &mut uses, &self.key, self.limit)?;
        Ok(added)
    }

    /// The numbers of all records of the key, in order.
    fn numbers(&self, records: &impl ReadableTable<&'static [u8], &'static [u8]>) -> Result<Vec<u64>, Trouble> {
        let mut numbers = Vec::new();
        let mut next = Some(0);
        while let Some(first) = next.take() {
            let (from, to) = (self.name(first, 0), self.name(u64::MAX, u32::MAX));
            let found = records.range(&from[..]..=&to[..]).map_err(text)?.next().transpose().map_err(text)?;
            if let Some((name, _)) = found {
                let number = name.value().get(self.key.len()..).and_then(|rest| rest.first_chunk());
                let number = u64::from_be_bytes(*number.ok_or("a record has a name that none can have")?);
                numbers.push(number);
                next = number.checked_add(1);
            }
        }
        Ok(numbers)
    }

    /// A record; `None` where a part of it is damaged or missing.
    fn record(
        &self,
        records: &(impl ReadableTable<&'static [u8], &'static [u8]> + Sync),
        number: u64,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let part = |part: u32| records.get(&self.name(number, part)[..]).map_err(text);
        let count = part(0)?.and_then(|value| Some(Part::of(value.value())?.count));
        let Some(last) = count.and_then(|count| count.checked_sub(1)) else { return Ok(None) };
        let rest = part(last)?.and_then(|value| Some(Part::of(value.value())?.data.len()));
        let length = rest.map(|rest| u64::from(last) * PART as u64 + rest as u64);
        let Some(length) = length.filter(|&length| length <= self.limit) else { return Ok(None) };
        let mut record = vec![0; length as usize];
        // A large record is half of what a run reads that finds nothing new: all threads read it.
        let parts = record.par_chunks_mut(PART).enumerate().map(|(at, into)| {
            let at = at as u32;
            let value = part(at)?;
            let Some(part) = value.as_ref().and_then(|value| Part::of(value.value())) else { return Ok(false) };
            let fits = Some(part.count) == count && part.data.len() == into.len();
            if fits {
                into.copy_from_slice(part.data);
            }
            Ok(fits && digest(&self.name(number, at), part.count, part.data) == part.digest)
        });
        let sound: Result<Vec<bool>, Trouble> = parts.collect();
        Ok(sound?.into_iter().all(|sound| sound).then_some(record))
    }

    /// The name of a part of a record.
    fn name(&self, number: u64, part: u32) -> Vec<u8> {
        [&self.key[..], &number.to_be_bytes(), &part.to_be_bytes()].concat()
    }
}

/// A part of a record as it lies in the file: not looked at yet.
struct Part<'a> {
    digest: [u8; DIGEST],
    /// How many parts there are.
    count: u32,
    data: &'a [u8],
}

impl<'a> Part<'a> {
    fn of(value: &'a [u8]) -> Option<Self> {
        let (digest, rest) = value.split_first_chunk()?;
        let (count, data) = rest.split_first_chunk()?;
        Some(Self { digest: *digest, count: u32::from_be_bytes(*count), data })
    }
}

/// A part under another name is not taken for the one that was written there.
fn digest(name: &[u8], count: u32, data: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(name).chain_update(count.to_be_bytes()).chain_update(data).finalize().into()
}

/// Takes out the keys that were used longest ago until the rest keeps to the limit; never `own`.
fn forget(
    records: &mut redb::Table<'_, &[u8], &[u8]>,
    uses: &mut redb::Table<'_, &[u8], (u64, u64)>,
    own: &Key,
    limit: u64,
) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for used in uses.iter().map_err(text)? {
        let (key, used) = used.map_err(text)?;
        all.push((used.value(), key.value().to_vec()));
    }
    let mut total: u64 = all.iter().map(|((_, bytes), _)| *bytes).fold(0, u64::saturating_add);
    all.sort();
    for ((_, bytes), key) in all.into_iter().filter(|(_, key)| key != own) {
        if total <= limit {
            break;
        }
        total = total.saturating_sub(bytes);
        let (from, to) = ([&key[..], &[0; 12]].concat(), [&key[..], &[0xff; 12]].concat());
        records.retain_in(&from[..]..=&to[..], |_, _| false).map_err(text)?;
        uses.remove(&key[..]).map_err(text)?;
    }
    Ok(())
}

fn builder(cache: usize) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(cache);
    builder
}

/// Refuses what is not ours: somebody may have named the wrong file.
fn check(form: Option<u64>) -> Result<(), Trouble> {
    match form {
        Some(FORM_NUMBER) => Ok(()),
        Some(_) => Err("another version of keysift wrote it".into()),
        None => Err("it is not a store of keysift".into()),
    }
}

/// Tries again while another run holds the file.
fn patiently<T>(mut open: impl FnMut() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    for _ in 1..TRIES {
        match open() {
            Err(DatabaseError::DatabaseAlreadyOpen) => std::thread::sleep(BETWEEN_TRIES),
            other => return other,
        }
    }
    open()
}

fn opening(error: DatabaseError) -> Trouble {
    match error {
        DatabaseError::DatabaseAlreadyOpen => "another run is using it".into(),
        DatabaseError::UpgradeRequired(_) => "another version of keysift wrote it".into(),
        other => text(other),
    }
}

/// Opens the file to be written; what is missing is made so that nobody else may look into it.
fn open(path: &Path) -> io::Result<fs::File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::make_folder(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Runs what reads a file that may be damaged: redb panics at some of it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("it is damaged".into()))
}

fn text(error: impl Display) -> Trouble {
    error.to_string()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
