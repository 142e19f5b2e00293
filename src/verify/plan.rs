//! What would be asked, before anything is: which keys, which not and why, how many calls to which hosts.

use super::ask::partitions;
use super::cache::Cache;
use super::endpoint::{self, Service};
use super::key::Key;
use super::settings::{SECRETS_TRIED, Settings};
use crate::aws::accounts::{canary, digits};
use crate::aws::key_id::Kind;
use crate::verdict::{Verdict, Verification};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is to become of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The verdict is there without asking.
    Known(Box<Verification>),
    /// It is the same as the key at this index.
    Same(usize),
    Ask,
}

/// A plan for keys, which are in order: of several secrets of one id the best stands first.
pub struct Plan<'s> {
    pub(super) keys: Vec<Key>,
    pub(super) steps: Vec<Step>,
    pub(super) settings: &'s Settings,
}

/// A plan in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Distinct keys.
    pub pairs: usize,
    /// Accounts that the ids hold, with how many of the keys each has; ids of the old generation hold none.
    pub accounts: BTreeMap<String, usize>,
    pub without_account: usize,
    /// Canaries that are left alone, by the list that names them.
    pub canaries: BTreeMap<String, usize>,
    /// Answered by an earlier run.
    pub cached: usize,
    /// Not to be asked for other reasons, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// To be asked.
    pub asked: usize,
    /// Where.
    pub hosts: BTreeSet<String>,
    /// Calls without retries: the fewest, and the most when other partitions must be asked or signatures confirmed.
    pub calls: (u64, u64),
    /// How long the fewest take at the rate.
    pub time: Duration,
    /// Calls that the limit of the run allows.
    pub max_calls: u64,
}

impl<'s> Plan<'s> {
    /// Decides about each of `keys`.
    pub fn new(keys: Vec<Key>, settings: &'s Settings, cache: Option<&Cache>) -> Self {
        let mut steps = Vec::with_capacity(keys.len());
        let mut first: BTreeMap<(&str, &[u8], &[u8]), usize> = BTreeMap::new();
        let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            let secret = key.secret.as_ref().map_or(&[][..], |secret| secret.expose());
            let token = key.token.as_ref().map_or(&[][..], |token| token.expose());
            if let Some(&same) = first.get(&(key.id.as_str(), secret, token)) {
                steps.push(Step::Same(same));
                continue;
            }
            first.insert((&key.id, secret, token), index);
            let known = refused(key, settings).or_else(|| cache.and_then(|cache| cache.get(key, settings)));
            steps.push(match known {
                Some(known) => Step::Known(Box::new(known)),
                None => {
                    let tried = tried.entry(&key.id).or_default();
                    *tried += 1;
                    if *tried > SECRETS_TRIED {
                        Step::Known(Box::new(Verification::unknown(format!(
                            "not asked: more than {SECRETS_TRIED} secrets were found for this id, the likeliest were tried"
                        ))))
                    } else {
                        Step::Ask
                    }
                }
            });
        }
        Self { keys, steps, settings }
    }

    /// The plan in numbers, for a person to decide by.
    pub fn numbers(&self) -> Numbers {
        let mut numbers = Numbers { max_calls: self.settings.max_calls, ..Numbers::default() };
        for (key, step) in self.keys.iter().zip(&self.steps) {
            if matches!(step, Step::Same(_)) {
                continue;
            }
            numbers.pairs += 1;
            match key.account() {
                Some(account) => *numbers.accounts.entry(digits(account)).or_default() += 1,
                None => numbers.without_account += 1,
            }
            match step {
                Step::Known(known) if known.cached => numbers.cached += 1,
                Step::Known(known) => {
                    let reason = known.reason.clone().unwrap_or_default();
                    let list =
                        if known.verdict == Verdict::Canary { &mut numbers.canaries } else { &mut numbers.left_out };
                    *list.entry(reason).or_default() += 1;
                }
                Step::Same(_) => {}
                Step::Ask => {
                    let partitions = partitions(key, self.settings);
                    numbers.asked += 1;
                    numbers.calls.0 += 1;
                    numbers.calls.1 += partitions.len() as u64 + 1;
                    numbers.hosts.extend(
                        partitions.iter().map(|partition| endpoint::of(Service::Sts, partition, self.settings).host),
                    );
                }
            }
        }
        numbers.time = Duration::from_secs_f64(numbers.calls.0 as f64 / self.settings.rate);
        numbers
    }

    /// The verdicts without asking anything.
    pub fn unasked(self) -> Vec<Verification> {
        let answers = self.steps.iter().map(|_| Verification::unknown("not asked: this was a plan only")).collect();
        self.spread(answers)
    }

    /// The verdict of each key, from what asking gave for those that were asked.
    pub(super) fn spread(&self, answers: Vec<Verification>) -> Vec<Verification> {
        let of = |index: usize| match &self.steps[index] {
            Step::Known(known) => Verification::clone(known),
            Step::Same(_) | Step::Ask => answers[index].clone(),
        };
        let index = |step: &Step, at| if let Step::Same(first) = step { *first } else { at };
        self.steps.iter().enumerate().map(|(at, step)| of(index(step, at))).collect()
    }
}

/// The verdict of a key that is not to be asked.
fn refused(key: &Key, settings: &Settings) -> Option<Verification> {
    let id = key.key_id()?;
    if let Some(list) = key.account().and_then(|account| canary(account, &settings.canary_accounts))
        && !settings.canaries
    {
        let why = format!("its account is on a list of canaries ({}); any use raises an alarm", list.name());
        return Some(Verification {
            account: key.account().map(digits),
            ..Verification::new(Verdict::Canary).because(why)
        });
    }
    if !settings.accounts.is_empty() {
        let why = match key.account() {
            None => Some("not asked: the id does not tell its account, and --verify-account names others"),
            Some(account) if settings.accounts.contains(&account) => None,
            Some(_) => Some("not asked: its account is none that --verify-account names"),
        };
        if let Some(why) = why {
            return Some(Verification::unknown(why));
        }
    }
    let why = match id.kind() {
        _ if key.secret.is_none() => "not asked: an id alone tells nothing; --verify-as asks IAM about it",
        Kind::Temporary if key.token.is_none() => {
            "not asked: a temporary key cannot be tried without its session token"
        }
        Kind::Bearer | Kind::ContextSpecific => "not asked: STS does not take keys of this kind",
        Kind::LongTerm | Kind::Temporary => return None,
    };
    Some(Verification::unknown(why))
}

#[cfg(test)]
mod tests;
