//! One pair: which partitions, a clock that is wrong, a signature that does not match. Ends in a verdict.

use super::answer::{Answer, first};
use super::call::{Caller, Told};
use super::endpoint::{self, Service};
use super::key::Key;
use super::log;
use super::settings::Settings;
use super::sign::Credentials;
use crate::aws::accounts;
use crate::aws::partitions::{PARTITIONS, Partition};
use crate::verdict::{Verdict, Verification};

/// What `GetCallerIdentity` is asked with.
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// The partitions to ask about `key`, in order: the user's choice, or AWS's main one and what the text near the key names.
pub fn partitions(key: &Key, settings: &Settings) -> Vec<&'static Partition> {
    if !settings.partitions.is_empty() {
        return settings.partitions.clone();
    }
    let main = PARTITIONS.iter().filter(|partition| partition.name == "aws");
    main.chain(key.evidence.iter().copied()).collect()
}

/// Asks about `key`, which has a secret.
pub fn ask(key: &Key, settings: &Settings, caller: &Caller) -> Verification {
    let Some(secret) = &key.secret else { return Verification::unknown("not asked: there is no secret") };
    let credentials = Credentials { id: key.id.clone(), secret: secret.clone(), token: key.token.clone() };
    let partitions = partitions(key, settings);
    let mut last = Verification::unknown("not asked: there is no partition to ask");
    for partition in &partitions {
        last = ask_in(partition, &credentials, key, settings, caller);
        if last.verdict != Verdict::Inactive {
            return last;
        }
    }
    if partitions.len() > 1 {
        let names: Vec<&str> = partitions.iter().map(|partition| partition.name).collect();
        last = last.because(format!("none of the partitions {} knows it", names.join(", ")));
        last.partition = None;
    }
    last
}

fn ask_in(
    partition: &Partition,
    credentials: &Credentials,
    key: &Key,
    settings: &Settings,
    caller: &Caller,
) -> Verification {
    let endpoint = endpoint::of(Service::Sts, partition, settings);
    let (mut confirmed, mut corrected) = (false, false);
    loop {
        let told = match caller.call(&endpoint, BODY, credentials) {
            Ok(told) => told,
            Err(why) => return Verification::unknown(why),
        };
        let verdict = match told.answer {
            Answer::Mismatch if !confirmed => {
                confirmed = true;
                caller.clock.sleep(settings.spacing, caller.stop);
                continue;
            }
            Answer::Skewed if !corrected && caller.set_clock(&told.reply) => {
                corrected = true;
                continue;
            }
            Answer::Success => return answered(success(&told, key), &endpoint.host, partition, caller),
            Answer::Forbidden => Verification::new(Verdict::Live)
                .because("its signature is good, but a policy forbids it to say who it is"),
            Answer::Mismatch => Verification::new(Verdict::WrongSecret),
            Answer::UnknownId if key.token.is_some() => {
                Verification::new(Verdict::Inactive).because("AWS does not know the id with this session token")
            }
            Answer::UnknownId => Verification::new(Verdict::Inactive),
            Answer::Expired => Verification::new(Verdict::Expired),
            Answer::Skewed => Verification::unknown("this machine's clock is wrong by more than 15 minutes: set it"),
            Answer::Retry(_, why) | Answer::Nothing(why) => Verification::unknown(why),
        };
        return answered(Verification { code: told.code, ..verdict }, &endpoint.host, partition, caller);
    }
}

fn answered(told: Verification, host: &str, partition: &Partition, caller: &Caller) -> Verification {
    if told.verdict == Verdict::Unknown {
        return told;
    }
    Verification {
        host: Some(host.to_owned()),
        partition: Some(partition.name.to_owned()),
        checked: Some(log::written(caller.time())),
        ..told
    }
}

/// AWS said who the key is.
fn success(told: &Told, key: &Key) -> Verification {
    let text = |name| first(&told.reply.body, name);
    let (Some(account), Some(arn)) = (text("Account"), text("Arn")) else {
        return Verification::unknown("an answer of status 200 that does not tell who the key is");
    };
    let mut live = Verification::new(Verdict::Live);
    if let Some(decoded) = key.account().map(accounts::digits).filter(|decoded| *decoded != account) {
        live = live.because(format!("the id itself names account {decoded}: look at this one by hand"));
    }
    Verification { account: Some(account), arn: Some(arn), user_id: text("UserId"), ..live }
}

#[cfg(test)]
mod tests;
