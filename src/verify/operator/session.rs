//! Being the operator: at most one AssumeRole, shared by all threads, renewed five minutes before it ends.

use crate::aws::time::parse_iso_8601;
use crate::secret::Secret;
use crate::verify::answer::{Answer, first};
use crate::verify::call::{Caller, Told};
use crate::verify::endpoint::Endpoint;
use crate::verify::sign::Credentials;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the operator's credentials come from.
pub trait Source: Sync {
    /// Credentials to begin with.
    ///
    /// # Errors
    /// Why there are none, in words for a user.
    fn credentials(&self) -> Result<Credentials, String>;

    /// The role to take, if any.
    fn role(&self) -> Option<&Role>;
}

/// A role, and what it takes to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: String,
}

/// A session is renewed this long before it ends.
const BEFORE_END: Duration = Duration::from_secs(300);
/// For how long a session is asked.
const LASTS: u32 = 3600;

/// The operator's credentials, kept in memory.
pub struct Session<'a> {
    source: &'a dyn Source,
    sts: Endpoint,
    caller: &'a Caller<'a>,
    current: Mutex<Option<Current>>,
}

struct Current {
    credentials: Credentials,
    /// `None` where they do not end.
    ends: Option<SystemTime>,
    account: String,
}

impl<'a> Session<'a> {
    pub fn new(source: &'a dyn Source, sts: Endpoint, caller: &'a Caller<'a>) -> Self {
        Self { source, sts, caller, current: Mutex::new(None) }
    }

    /// The account that the operator acts in.
    ///
    /// # Errors
    /// Why the operator cannot be become.
    pub fn account(&self) -> Result<String, String> {
        self.with(|current| current.account.clone())
    }

    /// Credentials that are good for five minutes at least.
    ///
    /// # Errors
    /// As for `account`.
    pub fn credentials(&self) -> Result<Credentials, String> {
        self.with(|current| current.credentials.clone())
    }

    fn with<T>(&self, wanted: impl FnOnce(&Current) -> T) -> Result<T, String> {
        let mut current = self.current.lock().expect("no panic while holding this lock");
        let soon = self.caller.time() + BEFORE_END;
        let fresh = current.take().filter(|current| current.ends.is_none_or(|ends| ends > soon));
        let fresh = match fresh {
            Some(fresh) => fresh,
            None => self.become_operator()?,
        };
        Ok(wanted(current.insert(fresh)))
    }

    fn become_operator(&self) -> Result<Current, String> {
        let credentials = self.source.credentials()?;
        match self.source.role() {
            Some(role) => self.assume(role, &credentials),
            None => {
                let told = self.ask("Action=GetCallerIdentity&Version=2011-06-15", &credentials, "say who you are")?;
                let account =
                    first(&told.reply.body, "Account").ok_or("AWS did not say whose credentials yours are")?;
                Ok(Current { credentials, ends: None, account })
            }
        }
    }

    fn assume(&self, role: &Role, with: &Credentials) -> Result<Current, String> {
        let mut form = vec![
            ("Action", "AssumeRole".to_owned()),
            ("Version", "2011-06-15".to_owned()),
            ("RoleArn", role.arn.clone()),
            ("RoleSessionName", role.session_name.clone()),
            ("DurationSeconds", LASTS.to_string()),
        ];
        form.extend(role.external_id.clone().map(|id| ("ExternalId", id)));
        let told = self.ask(&encode(&form), with, &format!("take the role {}", role.arn))?;
        let text = |name| first(&told.reply.body, name);
        let credentials = (|| {
            Some(Credentials {
                id: text("AccessKeyId")?,
                secret: Secret::new(text("SecretAccessKey")?.as_bytes()),
                token: Some(Secret::new(text("SessionToken")?.as_bytes())),
            })
        })();
        let credentials = credentials.ok_or("AWS gave no credentials for the role")?;
        let ends = text("Expiration").and_then(|ends| parse_iso_8601(&ends));
        let ends = ends.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds.max(0) as u64));
        // arn:aws:iam::123456789012:role/name
        let account = role.arn.split(':').nth(4).unwrap_or_default().to_owned();
        Ok(Current { credentials, ends, account })
    }

    fn ask(&self, body: &str, with: &Credentials, what: &str) -> Result<Told, String> {
        let failed = |why: &str| format!("cannot {what}: {why}");
        let mut told = self.caller.call(&self.sts, body, with).map_err(|why| failed(&why))?;
        if told.answer == Answer::Skewed && self.caller.set_clock(&told.reply) {
            told = self.caller.call(&self.sts, body, with).map_err(|why| failed(&why))?;
        }
        match &told.answer {
            Answer::Success => Ok(told),
            Answer::Nothing(why) => Err(failed(why)),
            _ => {
                let message = first(&told.reply.body, "Message").unwrap_or_default();
                Err(failed(&format!("{}: {message}", told.code.as_deref().unwrap_or("AWS refused"))))
            }
        }
    }
}

/// A form as a request's body.
pub(super) fn encode(form: &[(&str, String)]) -> String {
    let escape = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
    };
    form.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}
