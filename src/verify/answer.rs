//! What a response means. A proxy's page is no answer, and only AWS may call a key dead.

use super::http::Reply;
use super::retry::Failure;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

/// A response, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The call did what it should; the body tells the rest.
    Success,
    /// The signature was good, the call itself is forbidden: live, identity not told.
    Forbidden,
    /// AWS does not know the id (or, for a temporary key, its token does not fit).
    UnknownId,
    /// The signature is not that of the id's secret.
    Mismatch,
    /// The session has ended.
    Expired,
    /// This machine's clock is wrong.
    Skewed,
    /// Try again, it may pass.
    Retry(Failure, String),
    /// No answer that tells anything about the key, and why.
    Nothing(String),
}

/// What `reply` means, and AWS's error code where it has one.
pub fn understand(reply: &Reply) -> (Answer, Option<String>) {
    let code = first(&reply.body, "Code");
    let message = first(&reply.body, "Message").unwrap_or_default();
    let kind = code.as_deref().unwrap_or_default();
    if let Some(failure) = passing(reply.status, kind) {
        let what = if kind.is_empty() { format!("status {}", reply.status) } else { kind.to_owned() };
        return (Answer::Retry(failure, what), code);
    }
    if !reply.request_id || root(&reply.body).is_none() {
        return (Answer::Nothing(stranger(reply)), None);
    }
    let answer = match (reply.status, kind) {
        (200, "") => Answer::Success,
        (_, "InvalidClientTokenId" | "UnrecognizedClientException") => Answer::UnknownId,
        (_, "SignatureDoesNotMatch") if message.starts_with("Signature expired") => Answer::Skewed,
        (_, "SignatureDoesNotMatch") if message.starts_with("Signature not yet current") => Answer::Skewed,
        (_, "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture") => Answer::Skewed,
        (_, "SignatureDoesNotMatch" | "InvalidSignatureException") => Answer::Mismatch,
        (_, "ExpiredToken" | "ExpiredTokenException") => Answer::Expired,
        (_, "AccessDenied" | "AccessDeniedException") => Answer::Forbidden,
        (_, "RegionDisabledException") => Answer::Nothing("its STS is not enabled for the account".to_owned()),
        (_, "IncompleteSignature" | "MissingAuthenticationToken" | "ValidationError" | "InvalidAction") => {
            Answer::Nothing(format!("the request was spoilt on its way, or keysift has a fault: {kind}: {message}"))
        }
        (status, _) => {
            Answer::Nothing(format!("an answer that keysift does not know: status {status} {kind}: {message}"))
        }
    };
    (answer, code)
}

/// Whether a failure may pass by itself: by AWS's code, or by the status of whoever stands between.
fn passing(status: u16, code: &str) -> Option<Failure> {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete" => return Some(Failure::Throttled),
        "RequestTimeout"
        | "RequestTimeoutException"
        | "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "IDPCommunicationError" => return Some(Failure::Transient),
        _ => {}
    }
    match status {
        429 => Some(Failure::Throttled),
        500 | 502 | 503 | 504 => Some(Failure::Transient),
        _ => None,
    }
}

fn stranger(reply: &Reply) -> String {
    match reply.status {
        407 => "the proxy wants a login (status 407)".to_owned(),
        status @ 300..=399 => format!("status {status}: a redirect, so a proxy or a portal answered, not AWS"),
        status => format!("status {status} without AWS's marks: a proxy or a portal answered, not AWS"),
    }
}

/// The name of the outermost element, if it is one of the query interface's.
fn root(body: &str) -> Option<String> {
    let mut reader = Reader::from_str(body);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                return name.ends_with("Response").then_some(name);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The text of the first element called `name`, at any depth.
pub fn first(body: &str, name: &str) -> Option<String> {
    let mut found = None;
    each(body, name, |text| {
        found = Some(text);
        false
    });
    found
}

/// Hands out the inside of each element called `name`, at any depth, until told to stop.
pub fn each(body: &str, name: &str, mut wanted: impl FnMut(String) -> bool) {
    let mut reader = Reader::from_str(body);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) if start.local_name().as_ref() == name => {
                let Ok(span) = reader.read_to_end(start.name()) else { return };
                let inside = body.get(span.start as usize..span.end as usize).unwrap_or_default();
                let text = if inside.contains('<') {
                    inside.to_owned()
                } else {
                    unescape(inside).map_or_else(|_| inside.to_owned(), |text| text.into_owned())
                };
                if !wanted(text.trim().to_owned()) {
                    return;
                }
            }
            Event::Eof => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
