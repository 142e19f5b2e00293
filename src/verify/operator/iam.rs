//! What IAM tells about an id of the operator's own account.

use super::session::{Session, encode};
use crate::verdict::{Verdict, Verification};
use crate::verify::answer::{Answer, each, first};
use crate::verify::call::{Caller, Told};
use crate::verify::endpoint::Endpoint;
use crate::verify::log;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// An access key as `ListAccessKeys` tells it: its status, and when it was made.
type Listed = (String, String);
/// The keys of one user, by id.
type Keys = Arc<HashMap<String, Listed>>;

/// IAM, asked with the operator's credentials.
pub struct Iam<'a> {
    session: &'a Session<'a>,
    endpoint: Endpoint,
    caller: &'a Caller<'a>,
    /// A user has at most two keys, so asking once a user is enough.
    users: Mutex<HashMap<String, Keys>>,
}

/// What IAM calls the owner of the account's own keys.
const ROOT: &str = "<root_account>";

impl<'a> Iam<'a> {
    pub fn new(session: &'a Session<'a>, endpoint: Endpoint, caller: &'a Caller<'a>) -> Self {
        Self { session, endpoint, caller, users: Mutex::default() }
    }

    /// What IAM knows about `id`, which belongs to `account`.
    pub fn about(&self, id: &str, account: &str) -> Verification {
        let told = self.find(id).unwrap_or_else(Verification::unknown);
        if told.verdict == Verdict::Unknown {
            return told;
        }
        Verification {
            account: Some(account.to_owned()),
            partition: Some(self.endpoint.partition.to_owned()),
            host: Some(self.endpoint.host.clone()),
            checked: Some(log::written(self.caller.time())),
            ..told
        }
    }

    fn find(&self, id: &str) -> Result<Verification, String> {
        let told = self.ask(&[("Action", "GetAccessKeyLastUsed".into()), ("AccessKeyId", id.into())])?;
        match (&told.answer, told.code.as_deref()) {
            (Answer::Success, _) => {}
            (_, Some("NoSuchEntity")) => {
                return Ok(Verification { code: told.code, ..Verification::new(Verdict::Inactive) }
                    .because("IAM does not know it: it was deleted"));
            }
            _ => return Err(denied(&told, "iam:GetAccessKeyLastUsed")),
        }
        let text = |name| first(&told.reply.body, name);
        let Some(user) = text("UserName").filter(|user| !user.is_empty()) else {
            return Ok(Verification::new(Verdict::Inactive).because("IAM knows no user of it: it was deleted"));
        };
        let mut facts = BTreeMap::from([("user".to_owned(), user.clone())]);
        for (fact, name) in
            [("last_used", "LastUsedDate"), ("last_used_service", "ServiceName"), ("last_used_region", "Region")]
        {
            if let Some(value) = text(name).filter(|value| value != "N/A" && !value.is_empty()) {
                facts.insert(fact.to_owned(), value);
            }
        }
        if user == ROOT {
            let why = "it is a key of the account's root user; IAM does not tell whether it is active";
            return Ok(Verification { facts, ..Verification::unknown(why) });
        }
        let keys = match self.keys_of(&user) {
            Ok(keys) => keys,
            Err(why) => return Ok(Verification { facts, ..Verification::unknown(why) }),
        };
        let Some((status, created)) = keys.get(id) else {
            let gone = Verification::new(Verdict::Inactive).because("its user has it no longer: it was deleted");
            return Ok(Verification { facts, ..gone });
        };
        facts.insert("status".to_owned(), status.clone());
        facts.insert("created".to_owned(), created.clone());
        let verdict = if status == "Active" { Verdict::IdActive } else { Verdict::Inactive };
        Ok(Verification { facts, ..Verification::new(verdict) })
    }

    fn keys_of(&self, user: &str) -> Result<Keys, String> {
        // Held while asking, so that two threads do not ask the same.
        let mut users = self.users.lock().expect("no panic while holding this lock");
        if let Some(keys) = users.get(user) {
            return Ok(Arc::clone(keys));
        }
        let told = self.ask(&[("Action", "ListAccessKeys".into()), ("UserName", user.into())])?;
        if told.answer != Answer::Success {
            return Err(denied(&told, "iam:ListAccessKeys"));
        }
        let mut keys = HashMap::new();
        each(&told.reply.body, "member", |key| {
            let text = |name| first(&key, name).unwrap_or_default();
            keys.insert(text("AccessKeyId"), (text("Status"), text("CreateDate")));
            true
        });
        let keys = Arc::new(keys);
        users.insert(user.to_owned(), Arc::clone(&keys));
        Ok(keys)
    }

    fn ask(&self, form: &[(&str, String)]) -> Result<Told, String> {
        let version = self.endpoint.service.version();
        let body = format!("{}&Version={version}", encode(form));
        self.caller.call(&self.endpoint, &body, &self.session.credentials()?)
    }
}

fn denied(told: &Told, action: &str) -> String {
    match &told.answer {
        Answer::Forbidden => {
            format!("IAM refused {action}: the operator's role needs it, or the key is another account's")
        }
        Answer::Nothing(why) => why.clone(),
        _ => format!("IAM refused {action}: {}", told.code.as_deref().unwrap_or("no reason given")),
    }
}
