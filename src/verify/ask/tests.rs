use super::*;
use crate::aws::partitions::of_region;
use crate::aws::testing::{make_key_id, make_secret, make_session_token};
use crate::secret::Secret;
use crate::verify::http::{NetworkError, Reply};
use crate::verify::log::Log;
use crate::verify::pace::Pace;
use crate::verify::retry::Quota;
use crate::verify::testing::{Fake, START, Seen, Virtual, error, identity, reply};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::{Duration, SystemTime};

const ACCOUNT: &str = "609629065308";

fn key() -> Key {
    Key {
        id: make_key_id("AKIA", 609_629_065_308, 7),
        secret: Some(Secret::new(make_secret(1).as_bytes())),
        token: None,
        evidence: Vec::new(),
    }
}

/// Asks about `key` and gives the verdict, what was sent, and how long it took.
fn asked(
    key: &Key,
    answers: impl FnMut(usize, &Seen) -> Result<Reply, NetworkError> + Send + 'static,
) -> (Verification, Vec<Seen>, Duration) {
    let (clock, aws, settings) = (Virtual::default(), Fake::new(answers), Settings::default());
    let (pace, log) = (Pace::new(&settings, &clock), Log::default());
    let caller = Caller {
        transport: &aws,
        clock: &clock,
        pace: &pace,
        quota: &Quota::new(),
        log: &log,
        stop: &AtomicBool::new(false),
        attempts: settings.attempts,
        offset: &AtomicI64::new(0),
    };
    let verdict = ask(key, &settings, &caller);
    use crate::verify::clock::Clock;
    let took = clock.now();
    (verdict, aws.seen.into_inner().expect("not poisoned"), took)
}

#[test]
fn a_live_key_is_one_call() {
    let (told, seen, _) = asked(&key(), |_, _| identity(ACCOUNT));
    assert_eq!((told.verdict, told.account.as_deref(), told.reason), (Verdict::Live, Some(ACCOUNT), None));
    assert_eq!(told.arn.as_deref(), Some("arn:aws:iam::609629065308:user/bob"));
    assert_eq!(told.host.as_deref(), Some("sts.us-east-1.amazonaws.com"));
    let [only] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((only.url.as_str(), only.body.as_str()), ("https://sts.us-east-1.amazonaws.com/", BODY));
    assert!(only.header("authorization").contains("/us-east-1/sts/aws4_request"), "{only:?}");
}

#[test]
fn a_token_travels_and_a_foreign_account_is_told() {
    let key = Key { token: Some(Secret::new(make_session_token("eu-west-1", 1).as_bytes())), ..key() };
    let (told, seen, _) = asked(&key, |_, _| identity("123456789012"));
    assert_eq!(seen[0].header("x-amz-security-token"), make_session_token("eu-west-1", 1));
    assert!(told.reason.is_some_and(|why| why.contains(ACCOUNT)));
}

#[test]
fn a_mismatch_is_confirmed_once_and_spaced() {
    let mismatch = || error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match");
    let (told, seen, took) = asked(&key(), move |_, _| mismatch());
    assert_eq!((told.verdict, seen.len()), (Verdict::WrongSecret, 2));
    assert!(took >= Duration::from_secs(2));
    let (told, seen, _) = asked(&key(), move |n, _| if n == 0 { mismatch() } else { identity(ACCOUNT) });
    assert_eq!((told.verdict, seen.len()), (Verdict::Live, 2), "the first one was a false one");
}

#[test]
fn a_wrong_clock_is_corrected_once() {
    let late = || error(403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2");
    let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(START + 7200);
    let dated = move || late().map(|reply| Reply { date: Some(theirs), ..reply });
    let (told, seen, _) = asked(&key(), move |n, _| if n == 0 { dated() } else { identity(ACCOUNT) });
    assert_eq!((told.verdict, seen.len()), (Verdict::Live, 2));
    let stamp = |request: &Seen| crate::aws::time::parse_amz_date(request.header("x-amz-date").as_bytes());
    assert_eq!(stamp(&seen[1]).zip(stamp(&seen[0])).map(|(after, before)| after - before), Some(7200));
    let (told, seen, _) = asked(&key(), move |_, _| dated());
    assert_eq!((told.verdict, seen.len()), (Verdict::Unknown, 2), "once, not forever");
    let (told, seen, _) = asked(&key(), move |_, _| late());
    assert_eq!((told.verdict, seen.len()), (Verdict::Unknown, 1), "no date, nothing to correct by");
    assert!(told.reason.is_some_and(|why| why.contains("clock")));
}

#[test]
fn the_other_rows() {
    for (code, verdict) in [
        ("InvalidClientTokenId", Verdict::Inactive),
        ("ExpiredToken", Verdict::Expired),
        ("AccessDenied", Verdict::Live),
        ("RegionDisabledException", Verdict::Unknown),
        ("IncompleteSignature", Verdict::Unknown),
    ] {
        let (told, seen, _) = asked(&key(), move |_, _| error(403, code, ""));
        assert_eq!((told.verdict, seen.len()), (verdict, 1), "{code}");
    }
}

/// Nothing that a network or a proxy does makes a key dead, and attempts are bounded.
#[test]
fn no_answer_is_unknown() {
    let network = |may_pass| Err(NetworkError { why: "the cable is cut".into(), may_pass });
    for (attempts, answer) in [
        (3, network(true)),
        (1, network(false)),
        (3, error(400, "Throttling", "Rate exceeded")),
        (3, reply(429, "")),
        (3, reply(503, "<html>")),
        (1, reply(407, "<html>")),
        (1, Ok(Reply { request_id: false, ..error(403, "InvalidClientTokenId", "").expect("a reply") })),
        (1, reply(200, "<html>log in</html>")),
        (1, reply(200, "<GetCallerIdentityResponse/>")),
    ] {
        let answered = answer.clone();
        let (told, seen, _) = asked(&key(), move |_, _| answered.clone());
        assert_eq!((told.verdict, seen.len()), (Verdict::Unknown, attempts), "{answer:?}");
        assert!(told.reason.is_some());
    }
}

#[test]
fn throttled_twice_then_answered_is_live() {
    let (told, seen, _) =
        asked(&key(), |n, _| if n < 2 { error(400, "Throttling", "Rate exceeded") } else { identity(ACCOUNT) });
    assert_eq!((told.verdict, seen.len()), (Verdict::Live, 3));
}

#[test]
fn the_server_may_ask_for_patience() {
    let (_, _, took) = asked(&key(), |n, _| match n {
        0 => reply(503, "").map(|reply| Reply { retry_after: Some(Duration::from_millis(3500)), ..reply }),
        _ => identity(ACCOUNT),
    });
    assert!((3500..5000).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn partitions_are_asked_in_order_until_one_knows_the_key() {
    let named = ["cn-north-1", "us-gov-west-1"].map(|region| of_region(region).expect("a region"));
    let key = Key { evidence: named.to_vec(), ..key() };
    let unknown = || error(403, "InvalidClientTokenId", "");
    let (told, seen, _) = asked(&key, move |n, _| if n < 1 { unknown() } else { identity(ACCOUNT) });
    assert_eq!(told.partition.as_deref(), Some("aws-cn"));
    let urls: Vec<&str> = seen.iter().map(|request| request.url.as_str()).collect();
    assert_eq!(urls, ["https://sts.us-east-1.amazonaws.com/", "https://sts.cn-north-1.amazonaws.com.cn/"]);
    assert!(seen[1].header("authorization").contains("/cn-north-1/sts/"));
    let (told, seen, _) = asked(&key, move |_, _| unknown());
    assert_eq!((told.verdict, seen.len()), (Verdict::Inactive, 3));
    assert!(told.reason.is_some_and(|why| why.contains("aws, aws-cn, aws-us-gov")));
}
