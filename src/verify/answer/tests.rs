use super::*;
use crate::verify::testing::{error, identity, reply};

fn meaning(reply: Result<Reply, super::super::http::NetworkError>) -> Answer {
    understand(&reply.expect("is no network error")).0
}

#[test]
fn every_row_of_the_table() {
    assert_eq!(meaning(identity("123456789012")), Answer::Success);
    assert_eq!(meaning(error(403, "InvalidClientTokenId", "The security token is invalid.")), Answer::UnknownId);
    assert_eq!(meaning(error(403, "SignatureDoesNotMatch", "The request signature we calculated")), Answer::Mismatch);
    assert_eq!(meaning(error(403, "SignatureDoesNotMatch", "Signature expired: x is now earlier")), Answer::Skewed);
    assert_eq!(meaning(error(403, "SignatureDoesNotMatch", "Signature not yet current: x")), Answer::Skewed);
    assert_eq!(meaning(error(403, "ExpiredToken", "The token is expired")), Answer::Expired);
    assert_eq!(meaning(error(403, "AccessDenied", "explicit deny")), Answer::Forbidden);
    assert!(matches!(meaning(error(403, "RegionDisabledException", "")), Answer::Nothing(_)));
    for code in ["IncompleteSignature", "MissingAuthenticationToken", "ValidationError"] {
        let Answer::Nothing(why) = meaning(error(400, code, "text")) else { panic!("{code}") };
        assert!(why.contains("fault") && why.contains(code), "{why}");
    }
    for (status, code, failure) in [
        (400, "Throttling", Failure::Throttled),
        (429, "", Failure::Throttled),
        (500, "InternalFailure", Failure::Transient),
        (502, "", Failure::Transient),
        (503, "ServiceUnavailable", Failure::Transient),
        (504, "", Failure::Transient),
        (400, "RequestTimeout", Failure::Transient),
    ] {
        assert!(
            matches!(meaning(error(status, code, "")), Answer::Retry(kind, _) if kind == failure),
            "{status} {code}"
        );
    }
}

/// A page of whatever stands between us and AWS tells nothing about a key, whatever it says.
#[test]
fn a_stranger_is_never_believed() {
    let portal = "<html><body>Please log in</body></html>";
    for status in [200, 302, 400, 401, 403, 404, 407, 511] {
        assert!(matches!(meaning(reply(status, portal)), Answer::Nothing(_)), "{status}");
        let mut forged = error(status, "InvalidClientTokenId", "").expect("a reply");
        forged.request_id = false;
        assert!(matches!(understand(&forged).0, Answer::Nothing(_)), "{status} without AWS's request id");
    }
    for body in ["", "null", "<Code>InvalidClientTokenId</Code>", "<a><Code>InvalidClientTokenId", "\u{0}"] {
        assert!(matches!(meaning(reply(403, body)), Answer::Nothing(_)), "{body:?}");
    }
}

#[test]
fn the_first_code_counts_at_any_depth() {
    let body = "<Response><Errors><Error><Deep><Code> ExpiredToken </Code></Deep></Error>\
                <Error><Code>Throttling</Code></Error></Errors></Response>";
    assert_eq!(meaning(reply(403, body)), Answer::Expired);
    assert_eq!(first("<a><!-- <b>x</b> --><b>y &amp; z</b></a>", "b").as_deref(), Some("y & z"));
    assert_eq!(first("<a:b xmlns:a='u'>1</a:b>", "b").as_deref(), Some("1"));
    assert_eq!(first("<b/>", "b"), None);
    let mut all = Vec::new();
    each("<l><m><id>1</id></m><m><id>2</id></m></l>", "m", |inside| {
        all.push(inside);
        true
    });
    assert_eq!(all, ["<id>1</id>", "<id>2</id>"]);
}
