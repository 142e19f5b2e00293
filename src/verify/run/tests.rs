use super::*;
use crate::aws::testing::{make_key_id, make_secret};
use crate::secret::Secret;
use crate::verify::http::{NetworkError, Reply};
use crate::verify::settings::Settings;
use crate::verify::testing::{Fake, Seen, Virtual, error, identity, reply};

const ACCOUNT: u64 = 609_629_065_308;

fn key(noise: u64, secret: u64) -> Key {
    Key {
        id: make_key_id("AKIA", ACCOUNT, noise),
        secret: Some(Secret::new(make_secret(secret).as_bytes())),
        token: None,
        evidence: Vec::new(),
    }
}

fn asked(
    keys: Vec<Key>,
    settings: &Settings,
    answers: impl FnMut(usize, &Seen) -> Result<Reply, NetworkError> + Send + 'static,
) -> (Vec<Verification>, Fake) {
    let aws = Fake::new(answers);
    let (clock, log, progress) = (Virtual::default(), Log::default(), Progress::default());
    let stop = AtomicBool::new(false);
    let tools = Tools { transport: &aws, clock: &clock, cache: None, log: &log, progress: &progress, stop: &stop };
    let answers = Plan::new(keys, settings, None).ask(&tools);
    (answers, aws)
}

fn verdicts(answers: &[Verification]) -> Vec<Verdict> {
    answers.iter().map(|answer| answer.verdict).collect()
}

#[test]
fn one_pair_is_one_call_however_often_it_was_found() {
    let (answers, aws) = asked(vec![key(1, 1); 10_000], &Settings::default(), |_, _| identity("609629065308"));
    assert_eq!(aws.count(), 1);
    assert!(answers.len() == 10_000 && answers.iter().all(|answer| answer.verdict == Verdict::Live));
}

#[test]
fn it_stops_at_the_first_live_secret() {
    let keys = vec![key(1, 1), key(1, 2), key(1, 3), key(2, 4)];
    let other = key(2, 4).id;
    let mut tried = 0;
    let (answers, aws) = asked(keys, &Settings::default(), move |_, request| {
        if request.header("authorization").contains(&other) {
            return identity("609629065308");
        }
        // The second secret is the right one, and the first one is tried twice.
        tried += 1;
        if tried > 2 { identity("609629065308") } else { error(403, "SignatureDoesNotMatch", "The request") }
    });
    assert_eq!(verdicts(&answers), [Verdict::WrongSecret, Verdict::Live, Verdict::WrongSecret, Verdict::Live]);
    assert_eq!(aws.count(), 4);
}

#[test]
fn an_unknown_id_settles_all_its_secrets() {
    let (answers, aws) = asked((0..4).map(|secret| key(1, secret)).collect(), &Settings::default(), |_, _| {
        error(403, "InvalidClientTokenId", "")
    });
    assert_eq!((verdicts(&answers), aws.count()), (vec![Verdict::Inactive; 4], 1));
}

#[test]
fn what_the_limit_leaves_is_unknown() {
    let settings = Settings { max_calls: 3, ..Settings::default() };
    let (answers, aws) = asked((0..9).map(|id| key(id, 1)).collect(), &settings, |_, _| identity("609629065308"));
    assert_eq!(aws.count(), 3);
    let unknown = answers.iter().filter(|answer| answer.verdict == Verdict::Unknown).collect::<Vec<_>>();
    assert_eq!(unknown.len(), 6);
    assert!(unknown.iter().all(|answer| answer.reason.as_ref().is_some_and(|why| why.contains("--verify-max"))));
}

#[test]
fn a_dead_network_is_left_alone() {
    let settings = Settings { attempts: 1, ..Settings::default() };
    let (answers, aws) = asked((0..100).map(|id| key(id, 1)).collect(), &settings, |_, _| {
        Err(NetworkError { why: "no network".into(), may_pass: true })
    });
    // Each thread may have been under way when the fuse blew.
    assert!(aws.count() < 5 + THREADS, "{}", aws.count());
    assert!(answers.iter().all(|answer| answer.verdict == Verdict::Unknown));
    let (_, aws) = asked((0..100).map(|id| key(id, 1)).collect(), &settings, |_, _| {
        reply(200, "<html>portal</html>").map(|reply| Reply { request_id: false, ..reply })
    });
    assert!(aws.count() < 5 + THREADS, "a portal is no network either: {}", aws.count());
}
