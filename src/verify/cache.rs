//! Answers of earlier runs, so that nobody's key is asked about twice an hour.
//!
//! One file an answer, named by an HMAC of id, secret and token under a key of this user: no secret is in the cache, and
//! nothing that a list of guesses could be hashed against. Files are written beside and renamed, so two processes do each
//! other no harm, and what cannot be read is as if it were not there.

use super::key::Key;
use super::settings::Settings;
use crate::private;
use crate::verdict::{Verdict, Verification};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For how long an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    pub live: Duration,
    /// Inactive, expired, another's secret: a dead key seldom comes back.
    pub dead: Duration,
}

impl Default for Ages {
    fn default() -> Self {
        Self { live: Duration::from_secs(3600), dead: Duration::from_secs(7 * 24 * 3600) }
    }
}

/// A folder of answers.
pub struct Cache {
    folder: PathBuf,
    key: [u8; 32],
    ages: Ages,
}

/// An answer as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// Seconds since 1970.
    asked: u64,
    verification: Verification,
}

/// No answer is longer.
const LONGEST: u64 = 64 << 10;

impl Cache {
    /// Opens the cache in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// The folder or its key cannot be read or written.
    pub fn open(folder: &Path, ages: Ages) -> io::Result<Self> {
        private::make_folder(folder)?;
        Ok(Self { key: key(folder)?, folder: folder.to_owned(), ages })
    }

    /// An answer that is not too old.
    pub fn get(&self, key: &Key, settings: &Settings) -> Option<Verification> {
        let path = self.path(key, settings);
        let mut text = String::new();
        fs::File::open(&path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let entry: Entry = serde_json::from_str(&text).ok()?;
        let most = self.age(entry.verification.verdict)?;
        // An answer from the future means that a clock was wrong.
        let age = now().checked_sub(entry.asked).map(Duration::from_secs);
        if age.is_none_or(|age| age >= most) {
            let _ = fs::remove_file(path);
            return None;
        }
        Some(Verification { cached: true, ..entry.verification })
    }

    /// Remembers an answer, unless it is none. A cache that cannot be written is no reason to fail.
    pub fn put(&self, key: &Key, answer: &Verification, settings: &Settings) {
        if self.age(answer.verdict).is_none_or(|age| age.is_zero()) {
            return;
        }
        let entry = Entry { asked: now(), verification: answer.clone() };
        let write = || -> io::Result<()> {
            // 0600 from the beginning.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut file, &entry)?;
            file.persist(self.path(key, settings))?;
            Ok(())
        };
        let _ = write();
    }

    /// How old an answer may be; `None` for what is never remembered.
    fn age(&self, verdict: Verdict) -> Option<Duration> {
        match verdict {
            Verdict::Live => Some(self.ages.live),
            Verdict::Inactive | Verdict::Expired | Verdict::WrongSecret => Some(self.ages.dead),
            Verdict::Unknown | Verdict::Canary | Verdict::IdActive => None,
        }
    }

    /// Where the answer about `key` lies. What was asked counts too: a stand-in's answer is not AWS's.
    fn path(&self, key: &Key, settings: &Settings) -> PathBuf {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        let none = &[][..];
        let endpoint = settings.sts_endpoint.as_deref().unwrap_or_default();
        let partitions = super::ask::partitions(key, settings);
        let partitions: Vec<&str> = partitions.iter().map(|partition| partition.name).collect();
        for part in [
            key.id.as_bytes(),
            key.secret.as_ref().map_or(none, |secret| secret.expose()),
            key.token.as_ref().map_or(none, |token| token.expose()),
            endpoint.as_bytes(),
            partitions.join(",").as_bytes(),
        ] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let name: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name + ".json")
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The key of this user: read, or made by whoever comes first.
fn key(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join("key");
    for _ in 0..2 {
        match fs::read(&path) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes) {
                Ok(key) => return Ok(key),
                // Torn: the answers under it are lost, which costs a few questions.
                Err(_) => fs::remove_file(&path)?,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut fresh = [0; 32];
        random(&mut fresh)?;
        file.write_all(&fresh)?;
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(fresh),
            // Another process was first: its key counts.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.error),
        }
    }
    Err(io::Error::other("the cache's key changes while it is read"))
}

/// Random bytes of the operating system.
fn random(bytes: &mut [u8]) -> io::Result<()> {
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(bytes)
        .map_err(|_| io::Error::other("the system gives no random bytes"))
}

#[cfg(test)]
mod tests;
