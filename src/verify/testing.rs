//! A clock that does not wait and an AWS that answers from a list.

use super::clock::Clock;
use super::http::{NetworkError, Reply, Transport};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

/// A clock on which waiting is moving its hand.
#[derive(Default)]
pub struct Virtual(Mutex<Duration>);

/// What the virtual clock calls its beginning, in seconds since 1970.
pub const START: u64 = 1_800_000_000;

impl Clock for Virtual {
    fn now(&self) -> Duration {
        *self.0.lock().expect("not poisoned")
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(START) + self.now()
    }

    fn sleep(&self, time: Duration, _: &AtomicBool) {
        *self.0.lock().expect("not poisoned") += time;
    }
}

/// A request as the stand-in saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub url: String,
    pub body: String,
    pub headers: Vec<(String, String)>,
}

impl Seen {
    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What answers a request.
type Answers = Box<dyn FnMut(usize, &Seen) -> Result<Reply, NetworkError> + Send>;

/// An AWS that is a function of the number of the request (from 0) and the request.
pub struct Fake {
    answers: Mutex<Answers>,
    pub seen: Mutex<Vec<Seen>>,
}

impl Fake {
    pub fn new(answers: impl FnMut(usize, &Seen) -> Result<Reply, NetworkError> + Send + 'static) -> Self {
        Self { answers: Mutex::new(Box::new(answers)), seen: Mutex::default() }
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.seen.lock().expect("not poisoned").len()
    }
}

impl Transport for Fake {
    fn post(&self, url: &str, headers: &[(String, String)], body: &str) -> Result<Reply, NetworkError> {
        let request = Seen { url: url.to_owned(), body: body.to_owned(), headers: headers.to_vec() };
        let number = {
            let mut seen = self.seen.lock().expect("not poisoned");
            seen.push(request.clone());
            seen.len() - 1
        };
        (self.answers.lock().expect("not poisoned"))(number, &request)
    }
}

/// An answer of AWS's.
pub fn reply(status: u16, body: &str) -> Result<Reply, NetworkError> {
    Ok(Reply { status, request_id: true, date: None, retry_after: None, body: body.to_owned() })
}

/// An error of AWS's.
pub fn error(status: u16, code: &str, message: &str) -> Result<Reply, NetworkError> {
    reply(
        status,
        &format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

/// AWS's answer to a live key.
pub fn identity(account: &str) -> Result<Reply, NetworkError> {
    reply(
        200,
        &format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::{account}:user/bob</Arn><UserId>AIDABOB</UserId><Account>{account}</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>"
        ),
    )
}
