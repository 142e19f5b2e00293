use super::*;
use crate::aws::testing::{make_key_id, make_old_key_id, make_secret, make_session_token};
use crate::secret::Secret;

const OWN: u64 = 609_629_065_308;

fn key(id: String, secret: u64) -> Key {
    Key { id, secret: Some(Secret::new(make_secret(secret).as_bytes())), token: None, evidence: Vec::new() }
}

fn own(noise: u64, secret: u64) -> Key {
    key(make_key_id("AKIA", OWN, noise), secret)
}

fn verdict(step: &Step) -> Option<Verdict> {
    match step {
        Step::Known(known) => Some(known.verdict),
        _ => None,
    }
}

#[test]
fn what_is_not_asked() {
    let settings = Settings::default();
    let temporary = make_key_id("ASIA", OWN, 1);
    let token = Some(Secret::new(make_session_token("eu-west-1", 1).as_bytes()));
    let keys = vec![
        own(1, 1),
        own(1, 1),
        key(make_key_id("AKIA", 171_436_882_533, 1), 1),
        key(temporary.clone(), 1),
        Key { token, ..key(temporary, 1) },
        key(make_key_id("ABIA", OWN, 1), 1),
        Key { secret: None, ..own(2, 1) },
        key(make_old_key_id("AKIA", 5), 1),
    ];
    let plan = Plan::new(keys, &settings, None);
    assert_eq!(plan.steps[0], Step::Ask);
    assert_eq!(plan.steps[1], Step::Same(0));
    assert_eq!(verdict(&plan.steps[2]), Some(Verdict::Canary));
    assert_eq!(verdict(&plan.steps[3]), Some(Verdict::Unknown));
    assert_eq!(plan.steps[4], Step::Ask);
    assert_eq!([5, 6].map(|at| verdict(&plan.steps[at])), [Some(Verdict::Unknown); 2]);
    assert_eq!(plan.steps[7], Step::Ask, "an old id tells no account, but it can be asked about");
    let numbers = plan.numbers();
    assert_eq!((numbers.pairs, numbers.asked, numbers.calls.0, numbers.without_account), (7, 3, 3, 1));
    assert_eq!(numbers.hosts.into_iter().collect::<Vec<_>>(), ["sts.us-east-1.amazonaws.com"]);
    assert!(numbers.canaries.keys().next().is_some_and(|why| why.contains("Thinkst")));
    let answers = plan.unasked();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[2].account.as_deref(), Some("171436882533"));
}

#[test]
fn lists_of_accounts() {
    let keys = || vec![own(1, 1), key(make_key_id("AKIA", 171_436_882_533, 1), 1), key(make_old_key_id("AKIA", 5), 1)];
    let listed = Settings { canary_accounts: vec![OWN], ..Settings::default() };
    let plan = Plan::new(keys(), &listed, None);
    assert_eq!(verdict(&plan.steps[0]), Some(Verdict::Canary));
    let forced = Settings { canaries: true, ..Settings::default() };
    assert_eq!(Plan::new(keys(), &forced, None).steps, [Step::Ask, Step::Ask, Step::Ask]);
    let allowed = Settings { accounts: vec![OWN], ..forced };
    let plan = Plan::new(keys(), &allowed, None);
    assert_eq!(plan.steps[0], Step::Ask);
    assert_eq!([1, 2].map(|at| verdict(&plan.steps[at])), [Some(Verdict::Unknown); 2]);
}

#[test]
fn five_secrets_of_one_id_and_no_more() {
    let settings = Settings::default();
    let plan = Plan::new((0..7).map(|secret| own(1, secret)).collect(), &settings, None);
    let asked = plan.steps.iter().filter(|step| **step == Step::Ask).count();
    assert_eq!((asked, verdict(&plan.steps[5])), (5, Some(Verdict::Unknown)));
}
