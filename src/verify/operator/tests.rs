use super::*;
use crate::aws::testing::{make_key_id, make_secret};
use crate::scanner::Progress;
use crate::secret::Secret;
use crate::verdict::Verdict;
use crate::verify::http::{NetworkError, Reply};
use crate::verify::log::Log;
use crate::verify::sign::Credentials;
use crate::verify::testing::{Fake, START, Seen, Virtual, error, identity, reply};
use session::Role;
use std::sync::atomic::AtomicBool;

const OWN: u64 = 609_629_065_308;

struct Operators(Option<Role>);

impl Source for Operators {
    fn credentials(&self) -> Result<Credentials, String> {
        let secret = Secret::new(make_secret(99).as_bytes());
        Ok(Credentials { id: make_key_id("AKIA", 123_456_789_012, 1), secret, token: None })
    }

    fn role(&self) -> Option<&Role> {
        self.0.as_ref()
    }
}

fn role() -> Operators {
    let arn = format!("arn:aws:iam::{OWN:012}:role/audit");
    Operators(Some(Role { arn, external_id: Some("a b".into()), session_name: "keysift".into() }))
}

fn key(noise: u64) -> Key {
    let secret = Some(Secret::new(make_secret(noise).as_bytes()));
    Key { id: make_key_id("AKIA", OWN, noise), secret, token: None, evidence: Vec::new() }
}

fn assumed(lasts: u64) -> Result<Reply, NetworkError> {
    let ends = crate::aws::time::iso_8601((START + lasts) as i64).expect("a time");
    reply(
        200,
        &format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>\
             session-secret</SecretAccessKey><SessionToken>session-token</SessionToken><Expiration>{ends}</Expiration>\
             </Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

fn last_used(user: &str) -> Result<Reply, NetworkError> {
    reply(
        200,
        &format!(
            "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>{user}</UserName><AccessKeyLastUsed>\
             <Region>N/A</Region><ServiceName>s3</ServiceName><LastUsedDate>2026-01-31T00:00:00Z</LastUsedDate>\
             </AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>"
        ),
    )
}

fn listed(keys: &[(String, &str)]) -> Result<Reply, NetworkError> {
    let members: String = keys
        .iter()
        .map(|(id, status)| {
            format!("<member><AccessKeyId>{id}</AccessKeyId><Status>{status}</Status><CreateDate>2020-01-01T00:00:00Z</CreateDate></member>")
        })
        .collect();
    reply(
        200,
        &format!("<ListAccessKeysResponse><AccessKeyMetadata>{members}</AccessKeyMetadata></ListAccessKeysResponse>"),
    )
}

fn asked(
    source: &dyn Source,
    keys: &[Key],
    answers: impl FnMut(usize, &Seen) -> Result<Reply, NetworkError> + Send + 'static,
) -> (Result<Vec<Verification>, String>, Vec<Seen>) {
    let (aws, clock, log, progress) = (Fake::new(answers), Virtual::default(), Log::default(), Progress::default());
    let stop = AtomicBool::new(false);
    let tools = Tools { transport: &aws, clock: &clock, cache: None, log: &log, progress: &progress, stop: &stop };
    let settings = Settings { max_calls: 100_000, ..Settings::default() };
    let options =
        Options { who: format!("arn:aws:iam::{OWN:012}:role/audit"), environment: HashMap::new(), home: None };
    let answers = Operator::new(&options, &settings).ask_with(source, keys, &tools);
    (answers, aws.seen.into_inner().expect("not poisoned"))
}

fn count(seen: &[Seen], action: &str) -> usize {
    seen.iter().filter(|request| request.body.starts_with(&format!("Action={action}&"))).count()
}

/// Ten thousand ids, eight threads, one AssumeRole; one ListAccessKeys a user; no leaked key is ever used.
#[test]
fn ten_thousand_ids_take_one_role_once() {
    let keys: Vec<Key> = (0..10_000).map(key).collect();
    let all: Vec<(String, &str)> = keys.iter().map(|key| (key.id.clone(), "Active")).collect();
    let list = listed(&all);
    let (answers, seen) = asked(&role(), &keys, move |_, request| match &request.body {
        body if body.starts_with("Action=AssumeRole&") => assumed(100_000),
        body if body.starts_with("Action=ListAccessKeys&") => list.clone(),
        _ => last_used("bob"),
    });
    let answers = answers.expect("the operator can be become");
    assert!(answers.iter().all(|answer| answer.verdict == Verdict::IdActive));
    assert_eq!(answers[0].facts["last_used_service"], "s3");
    assert_eq!(answers[0].facts["user"], "bob");
    assert!(!answers[0].facts.contains_key("last_used_region"), "N/A is nothing");
    assert_eq!((count(&seen, "AssumeRole"), count(&seen, "ListAccessKeys")), (1, 1));
    assert_eq!(seen.len(), 10_002);
    assert!(seen[0].body.contains("ExternalId=a%20b"), "{}", seen[0].body);
    for request in &seen[1..] {
        assert!(request.header("authorization").contains("Credential=ASIASESSION/"), "{request:?}");
        assert_eq!(request.header("x-amz-security-token"), "session-token");
    }
}

#[test]
fn a_session_is_renewed_five_minutes_before_its_end() {
    let keys: Vec<Key> = (0..30).map(key).collect();
    // 301 seconds of life: one second of use at five calls a second, with another five at once.
    let (_, seen) = asked(&role(), &keys, |_, request| match &request.body {
        body if body.starts_with("Action=AssumeRole&") => assumed(301),
        body if body.starts_with("Action=ListAccessKeys&") => listed(&[]),
        _ => last_used("bob"),
    });
    assert!(count(&seen, "AssumeRole") > 1, "{}", count(&seen, "AssumeRole"));
}

#[test]
fn what_iam_says() {
    let (active, off, gone, foreign, root) = (key(1), key(2), key(3), key(4), key(5));
    let keys = [active.clone(), off.clone(), gone.clone(), foreign, root];
    let ids: Vec<String> = keys.iter().map(|key| key.id.clone()).collect();
    let (answers, _) = asked(&Operators(None), &keys, move |_, request| {
        let about = |at: usize| request.body.contains(&ids[at]);
        match &request.body {
            body if body.starts_with("Action=GetCallerIdentity&") => identity("609629065308"),
            body if body.starts_with("Action=ListAccessKeys&") => {
                listed(&[(active.id.clone(), "Active"), (off.id.clone(), "Inactive")])
            }
            _ if about(2) => error(404, "NoSuchEntity", "cannot be found"),
            _ if about(3) => error(403, "AccessDenied", "not authorized"),
            _ if about(4) => last_used("&lt;root_account&gt;"),
            _ => last_used("bob"),
        }
    });
    let answers = answers.expect("the operator can be become");
    let verdicts: Vec<Verdict> = answers.iter().map(|answer| answer.verdict).collect();
    use Verdict::{IdActive, Inactive, Unknown};
    assert_eq!(verdicts, [IdActive, Inactive, Inactive, Unknown, Unknown]);
    assert_eq!(answers[1].facts["status"], "Inactive");
    assert!(answers[3].reason.as_ref().is_some_and(|why| why.contains("iam:GetAccessKeyLastUsed")));
    assert!(answers[4].reason.as_ref().is_some_and(|why| why.contains("root")), "{:?}", answers[4]);
}

#[test]
fn ids_of_others_are_not_asked_and_a_refused_role_is_told() {
    let other = Key { id: make_key_id("AKIA", 1, 1), ..key(1) };
    let temporary = Key { id: make_key_id("ASIA", OWN, 1), ..key(1) };
    let (answers, seen) = asked(&role(), &[other.clone(), temporary.clone()], |_, _| assumed(100_000));
    assert!(answers.expect("no error").iter().all(|answer| answer.verdict == Verdict::Unknown));
    assert_eq!((seen.len(), count(&seen, "AssumeRole")), (1, 1));
    let (answers, seen) = asked(&role(), &[temporary], |_, _| assumed(100_000));
    assert!(answers.is_ok() && seen.is_empty(), "nobody to ask about, nobody to become");
    let (answers, _) = asked(&role(), &[other], |_, _| error(403, "AccessDenied", "is not authorized to perform"));
    assert!(answers.is_err_and(|why| why.contains("take the role") && why.contains("not authorized")));
}
