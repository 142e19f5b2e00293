//! AWS's signing test suite, as it lies in the source of the crate that signs, run through our own code.

use super::*;
use std::path::PathBuf;
use std::time::Duration;

/// Where cargo keeps the crate's source, of the version that is locked.
fn suite() -> PathBuf {
    let lock = include_str!("../../../Cargo.lock");
    let (_, rest) = lock.split_once("name = \"aws-sigv4\"\nversion = \"").expect("it is a dependency");
    let version = rest.split('"').next().expect("a version");
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).expect("cargo has a folder");
    let registries = std::fs::read_dir(home.join("registry/src")).expect("cargo keeps sources there");
    let places = registries.filter_map(Result::ok).map(|registry| registry.path().join(format!("aws-sigv4-{version}")));
    let found = places.map(|place| place.join("aws-signing-test-suite/v4")).find(|place| place.is_dir());
    found.expect("the crate's source holds the suite")
}

/// Every case of a request such as we send; without a token that is not signed, which we have no use for.
#[test]
fn awss_signing_test_suite() {
    let mut ran = 0;
    for case in std::fs::read_dir(suite()).expect("the suite is there") {
        let case = case.expect("readable").path();
        let read = |name: &str| std::fs::read_to_string(case.join(name)).expect("a file of the suite");
        // What we send has no folded or repeated headers and no odd paths; two folders are no cases of this form.
        let name = case.file_name().expect("a folder").to_string_lossy().into_owned();
        let sent = name.starts_with("post-") || name.starts_with("get-vanilla");
        if !sent || !case.join("context.json").exists() {
            continue;
        }
        let context: serde_json::Value = serde_json::from_str(&read("context.json")).expect("JSON");
        let flag = |name: &str| context[name].as_bool().unwrap_or(false);
        if !flag("normalize") || flag("omit_session_token") {
            continue;
        }
        let checksum = if flag("sign_body") { PayloadChecksumKind::XAmzSha256 } else { PayloadChecksumKind::NoHeader };
        let (head, body) = split(&read("request.txt"));
        let mut lines = head.lines();
        let (method, rest) = lines.next().expect("a request line").split_once(' ').expect("a method");
        let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).expect("a host").1;
        let credentials = Credentials {
            id: text(&context["credentials"]["access_key_id"]),
            secret: Secret::new(text(&context["credentials"]["secret_access_key"]).as_bytes()),
            token: context["credentials"]["token"].as_str().map(|token| Secret::new(token.as_bytes())),
        };
        let (region, service) = (text(&context["region"]), text(&context["service"]));
        let seconds = crate::aws::time::parse_iso_8601(&text(&context["timestamp"])).expect("a time");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds as u64);
        let url = format!("https://{host}{target}");
        let names: Vec<(String, &str)> =
            headers.iter().map(|(name, value)| (name.to_lowercase(), value.trim())).collect();
        let names = names.iter().map(|(name, value)| (name.as_str(), *value));
        let request = SignableRequest::new(method, url, names, SignableBody::Bytes(body.as_bytes()));
        let scope = Scope { region: &region, service: &service, time };
        let signed = signature(request.expect("signable"), scope, &credentials, checksum).expect("signs");
        let authorization = &signed.iter().find(|(name, _)| name == "authorization").expect("signed").1;
        let expected = read("header-signature.txt");
        assert!(authorization.ends_with(&format!("Signature={}", expected.trim())), "{}", case.display());
        ran += 1;
    }
    assert!(ran >= 12, "only {ran} cases of the suite ran: has it moved?");
}

fn split(request: &str) -> (String, String) {
    let request = request.replace("\r\n", "\n");
    let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
    (head.to_owned(), body.to_owned())
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a text").to_owned()
}
