//! The same question without the leaked key: the operator's own credentials ask IAM whose an id is, whether it is active
//! and when it was last used. No secret of a found key is touched, and no canary is tripped.

mod chain;
mod iam;
mod profile;
mod session;

use super::endpoint::{self, Service};
use super::http::Http;
use super::key::Key;
use super::pace::Pace;
use super::retry::Quota;
use super::run::Tools;
use super::settings::{Settings, THREADS};
use crate::aws::accounts::digits;
use crate::aws::key_id::Kind;
use crate::aws::partitions::{PARTITIONS, Partition, of_region};
use crate::verdict::Verification;
pub use session::{Session, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

/// Who the operator is.
#[derive(Debug, Clone)]
pub struct Options {
    /// A profile's name, or a role's ARN.
    pub who: String,
    /// The environment that the credentials are looked for in.
    pub environment: HashMap<String, String>,
    pub home: Option<PathBuf>,
}

/// Asks as the operator.
pub struct Operator<'a> {
    options: &'a Options,
    settings: &'a Settings,
}

/// What would be asked, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Distinct ids.
    pub ids: usize,
    pub asked: usize,
    /// Not to be asked, by reason.
    pub left_out: BTreeMap<String, usize>,
    pub hosts: BTreeSet<String>,
}

impl<'a> Operator<'a> {
    pub fn new(options: &'a Options, settings: &'a Settings) -> Self {
        Self { options, settings }
    }

    /// What asking about `keys` would come to. Which account is the operator's own is known only after becoming it.
    pub fn numbers(&self, keys: &[Key]) -> Numbers {
        let mut numbers = Numbers::default();
        let mut seen = BTreeSet::new();
        for key in keys.iter().filter(|key| seen.insert(key.id.as_str())) {
            numbers.ids += 1;
            match refused(key, None) {
                Some(why) => *numbers.left_out.entry(why).or_default() += 1,
                None => numbers.asked += 1,
            }
        }
        let partition = self.partition();
        for service in [Service::Sts, Service::Iam] {
            numbers.hosts.insert(endpoint::of(service, partition, self.settings).host);
        }
        numbers
    }

    /// Asks about each id once and gives a verdict for each of `keys`.
    ///
    /// # Errors
    /// Why the operator's credentials cannot be had, in words for a user.
    pub fn ask(&self, keys: &[Key], http: &Http, tools: &Tools) -> Result<Vec<Verification>, String> {
        let source = chain::source(self.options, http)?;
        self.ask_with(&source, keys, tools)
    }

    /// The same with credentials from any source.
    ///
    /// # Errors
    /// As for `ask`.
    pub fn ask_with(&self, source: &dyn Source, keys: &[Key], tools: &Tools) -> Result<Vec<Verification>, String> {
        let (pace, quota, offset) = (Pace::new(self.settings, tools.clock), Quota::new(), AtomicI64::new(0));
        let caller = tools.caller(&pace, &quota, &offset, self.settings.attempts);
        if !keys.iter().any(|key| refused(key, None).is_none()) {
            let refused = |key| refused(key, None).unwrap_or_default();
            return Ok(keys.iter().map(|key| Verification::unknown(refused(key))).collect());
        }
        let partition = self.partition();
        let session = Session::new(source, endpoint::of(Service::Sts, partition, self.settings), &caller);
        let own = session.account()?;
        let iam = iam::Iam::new(&session, endpoint::of(Service::Iam, partition, self.settings), &caller);

        let mut ids: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, key) in keys.iter().enumerate() {
            ids.entry(&key.id).or_default().push(at);
        }
        let mut groups: Vec<Vec<usize>> = ids.into_values().collect();
        groups.sort_unstable();
        tools.progress.start("asking IAM", groups.len() as u64);
        let next = AtomicUsize::new(0);
        let answers = Mutex::new(vec![Verification::unknown("not asked"); keys.len()]);
        std::thread::scope(|scope| {
            for _ in 0..THREADS.min(groups.len()) {
                scope.spawn(|| {
                    while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let key = &keys[group[0]];
                        let answer = match refused(key, Some(&own)) {
                            Some(why) => Verification::unknown(why),
                            None => iam.about(&key.id, &own),
                        };
                        tools.log.event(serde_json::json!({
                            "event": "verdict", "key_id": key.id, "verdict": answer.verdict, "reason": answer.reason,
                        }));
                        for &at in group {
                            answers.lock().expect("no panic while holding this lock")[at] = answer.clone();
                        }
                        tools.progress.add(1);
                    }
                });
            }
        });
        Ok(answers.into_inner().expect("no panic while holding this lock"))
    }

    /// The partition of the role, or of the region that the operator works in.
    fn partition(&self) -> &'static Partition {
        let named = |name: &str| PARTITIONS.iter().find(|partition| partition.name == name);
        let of_role = self.options.who.strip_prefix("arn:").and_then(|rest| named(rest.split(':').next()?));
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| self.options.environment.get(*name));
        of_role
            .or_else(|| of_region(region?))
            .or_else(|| of_region(&profile::Profile::read(self.options).ok()?.region?))
            .or_else(|| named("aws"))
            .expect("the main partition is in the table")
    }
}

/// Why IAM is not asked about a key, if it is not. `own` is the operator's account, where it is known already.
fn refused(key: &Key, own: Option<&str>) -> Option<String> {
    if key.key_id().is_none_or(|id| id.kind() != Kind::LongTerm) {
        return Some("not asked: IAM knows long-term keys only".to_owned());
    }
    match (key.account().map(digits), own) {
        (None, _) => Some("not asked: the id does not tell its account".to_owned()),
        (Some(account), Some(own)) if account != own => {
            Some(format!("not asked: it belongs to account {account}, not to {own}, which --verify-as is"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
