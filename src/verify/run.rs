//! Asking a whole plan: secrets of one id one after the other, ids in parallel.

use super::ask::ask;
use super::cache::Cache;
use super::call::Caller;
use super::clock::Clock;
use super::http::Transport;
use super::key::Key;
use super::log::Log;
use super::pace::Pace;
use super::plan::{Plan, Step};
use super::retry::Quota;
use super::settings::THREADS;
use crate::scanner::Progress;
use crate::verdict::{Verdict, Verification};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

/// What asking needs from outside.
pub struct Tools<'a> {
    pub transport: &'a dyn Transport,
    pub clock: &'a dyn Clock,
    pub cache: Option<&'a Cache>,
    pub log: &'a Log,
    pub progress: &'a Progress,
    pub stop: &'a AtomicBool,
}

impl Tools<'_> {
    /// What the calls of a run share, `attempts` for each question.
    pub(super) fn caller<'c>(
        &'c self,
        pace: &'c Pace,
        quota: &'c Quota,
        offset: &'c AtomicI64,
        attempts: u32,
    ) -> Caller<'c> {
        let Self { transport, clock, log, stop, .. } = *self;
        Caller { transport, clock, pace, quota, log, stop, attempts, offset }
    }
}

impl Plan<'_> {
    /// Asks, and gives the verdict of each key in the order they came in.
    pub fn ask(self, tools: &Tools) -> Vec<Verification> {
        let mut ids: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut cached = 0;
        for (at, (key, step)) in self.keys.iter().zip(&self.steps).enumerate() {
            match step {
                Step::Ask => ids.entry(&key.id).or_default().push(at),
                Step::Known(known) => {
                    cached += u64::from(known.cached);
                    let kind = if known.cached { "cached" } else { "verdict" };
                    verdict_event(tools.log, kind, key, known);
                }
                Step::Same(_) => {}
            }
        }
        let mut groups: Vec<Vec<usize>> = ids.into_values().collect();
        // The order in which they were found: the worst first, should there be a limit.
        groups.sort_unstable();
        let total = groups.iter().map(Vec::len).sum::<usize>() as u64;
        tools.progress.start("asking AWS", total);
        tools.progress.tell(move |done| format!("{done} asked, {cached} cached, {} left", total.saturating_sub(done)));
        let (pace, quota) = (Pace::new(self.settings, tools.clock), Quota::new());
        let (offset, next) = (AtomicI64::new(0), AtomicUsize::new(0));
        let caller = tools.caller(&pace, &quota, &offset, self.settings.attempts);
        let unasked = self.steps.iter().map(|_| Verification::unknown("not asked")).collect();
        let answers: Mutex<Vec<Verification>> = Mutex::new(unasked);
        std::thread::scope(|scope| {
            for _ in 0..THREADS.min(groups.len()) {
                scope.spawn(|| {
                    while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                        for (at, answer) in self.one_id(group, &caller) {
                            let key = &self.keys[at];
                            verdict_event(tools.log, "verdict", key, &answer);
                            if let Some(cache) = tools.cache {
                                cache.put(key, &answer, self.settings);
                            }
                            answers.lock().expect("no panic while holding this lock")[at] = answer;
                        }
                        tools.progress.add(group.len() as u64);
                    }
                });
            }
        });
        self.spread(answers.into_inner().expect("no panic while holding this lock"))
    }

    /// The secrets of one id, best first, until one is live or the id itself is settled.
    fn one_id(&self, group: &[usize], caller: &Caller) -> Vec<(usize, Verification)> {
        let mut answers: Vec<(usize, Verification)> = Vec::with_capacity(group.len());
        for &at in group {
            let settled =
                answers.iter().find_map(|(other, answer)| follows(&self.keys[*other], answer, &self.keys[at]));
            let answer = settled.unwrap_or_else(|| {
                // A change of secrets within seconds can give a false mismatch.
                if answers.iter().any(|(_, answer)| answer.host.is_some()) {
                    caller.clock.sleep(self.settings.spacing, caller.stop);
                }
                ask(&self.keys[at], self.settings, caller)
            });
            answers.push((at, answer));
        }
        answers
    }
}

/// What the answer about one secret says about another one of the same id. An id has one secret only.
fn follows(asked: &Key, answer: &Verification, other: &Key) -> Option<Verification> {
    match answer.verdict {
        Verdict::Live if asked.secret != other.secret => Some(Verification {
            account: answer.account.clone(),
            ..Verification::new(Verdict::WrongSecret).because("another secret that was found is this id's own")
        }),
        Verdict::Live => Some(Verification::unknown("not asked: the same key with another session token is live")),
        Verdict::Inactive if asked.token == other.token && asked.evidence == other.evidence => Some(answer.clone()),
        _ => None,
    }
}

fn verdict_event(log: &Log, event: &str, key: &Key, told: &Verification) {
    let mut line = json!({ "event": event, "key_id": key.id, "verdict": told.verdict });
    for (name, value) in [("reason", &told.reason), ("code", &told.code), ("arn", &told.arn), ("host", &told.host)] {
        if let Some(value) = value {
            line[name] = json!(value);
        }
    }
    log.event(line);
}

#[cfg(test)]
mod tests;
