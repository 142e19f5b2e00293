//! A scanner that finds `KEY` and digits, so that tests of sources do not depend on the real detection, and what a
//! source is handed beside it.

use keysift::allow::Allowances;
use keysift::finding::{Confidence, Credential, Credentials, Hit, PartKind, RuleIndex, Sighting};
use keysift::scanner::{Context, Limits, Progress, Scanner, Worker};
use keysift::secret::Secret;
use std::sync::atomic::AtomicBool;

/// Finds `KEY` followed by digits, in plain bytes; a credential is such a word.
pub struct KeyScanner<'c>(pub &'c Credentials);

/// One thread's part of [`KeyScanner`].
pub struct KeyWorker<'c>(&'c Credentials);

impl<'c> Scanner for KeyScanner<'c> {
    type Worker<'s>
        = KeyWorker<'c>
    where
        Self: 's;

    fn worker(&self) -> KeyWorker<'c> {
        KeyWorker(self.0)
    }
}

impl Worker for KeyWorker<'_> {
    fn scan(&mut self, content: &[u8], hits: &mut Vec<Hit>) {
        let mut at = 0;
        while let Some(found) = content[at..].windows(3).position(|window| window == b"KEY") {
            let start = at + found;
            let digits = content[start + 3..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            at = start + 3 + digits;
            if digits > 0 {
                let parts = vec![(PartKind::Secret, Secret::new(&content[start..at]))];
                let credential = self.0.intern(Credential { rule: RuleIndex(0), parts });
                hits.push(Hit { start: start as u32, end: at as u32, credential, confidence: Confidence::High });
            }
        }
    }
}

/// What a source is handed, with defaults.
pub struct Surroundings {
    pub credentials: Credentials,
    pub limits: Limits,
    pub allow: Allowances,
    pub threads: usize,
    pub stop: AtomicBool,
    pub progress: Progress,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            limits: Limits::default(),
            allow: Allowances::default(),
            threads: 2,
            stop: AtomicBool::new(false),
            progress: Progress::default(),
        }
    }
}

impl Surroundings {
    pub fn context(&self) -> Context<'_> {
        Context {
            threads: self.threads,
            stop: &self.stop,
            progress: &self.progress,
            limits: self.limits.clone(),
            allow: &self.allow,
        }
    }

    pub fn scanner(&self) -> KeyScanner<'_> {
        KeyScanner(&self.credentials)
    }

    /// `"KEY1 at path:line:column"` for each sighting, in their order.
    pub fn words(&self, sightings: &[Sighting]) -> Vec<String> {
        let word = |sighting: &Sighting| {
            let credential = self.credentials.get(sighting.credential);
            let secret = String::from_utf8_lossy(credential.parts[0].1.expose()).into_owned();
            let path = String::from_utf8_lossy(sighting.origin.path().unwrap_or_default()).into_owned();
            format!("{secret} at {path}:{}:{}", sighting.place.line, sighting.place.column)
        };
        sightings.iter().map(word).collect()
    }
}
