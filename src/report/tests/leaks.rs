//! No format lets a secret out, however it got into the report.

use super::{sample, written};
use crate::error::{Gap, GapKind};
use crate::finding::{PartKind, Report};
use crate::origin::Origin;
use crate::report::{Format, Options, Verbosity};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A report in which secrets stand wherever text from outside can.
fn planted() -> (Report, Vec<String>) {
    let mut report = sample::history();
    let secret = sample::secret_text();
    let finding = &mut report.findings[0];
    let path = format!("keys/{secret}/\u{ff}").into_bytes();
    finding.facts.insert(format!("name {secret}"), secret.clone());
    finding.primary.origin = Origin::Commit { commit: sample::oid("1a"), path: path.clone(), blob: sample::oid("b1") };
    finding.primary.excerpt.text = format!("a = \"***\", b = \"{secret}\"");
    finding.primary.excerpt.mark = (5, 8);
    finding.places.insert(0, finding.primary.clone());
    let exposure = finding.exposure.as_mut().unwrap();
    exposure.refs.push(format!("refs/heads/{secret}"));
    for event in exposure.introduced.iter_mut().chain(&mut exposure.removed) {
        event.path = [&path[..], b"\xff"].concat();
        event.commit.author = secret.clone();
        event.commit.summary = format!("use {secret}");
    }
    report.gaps.push(Gap { kind: GapKind::Ref, what: secret.clone(), why: format!("no {secret}") });
    report.target = format!("/srv/{secret}");
    report.remote = Some(format!("https://git:{secret}@example.com/{secret}.git"));
    let all = report.findings.iter().flat_map(|finding| &finding.credential.parts);
    let secrets: Vec<String> = all
        .filter(|(kind, _)| *kind != PartKind::KeyId)
        .map(|(_, secret)| String::from_utf8(secret.expose().to_vec()).unwrap())
        .collect();
    assert_eq!(secrets.len(), 2);
    (report, secrets)
}

/// A secret in every guise that a reader could undo.
fn guises(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut guises = vec![
        secret.to_owned(),
        STANDARD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        crate::report::escape::percent(bytes),
        bytes.iter().rev().map(|&byte| char::from(byte)).collect(),
    ];
    // Base64 of text around the secret shifts it by one or two bytes.
    for shift in 1..3 {
        let padded = [&b"xx"[..shift], bytes].concat();
        guises.push(STANDARD.encode(padded)[4..40].to_owned());
    }
    // Half a secret is too much as well.
    guises.push(secret[..secret.len() / 2].to_owned());
    guises.push(secret[secret.len() / 2..].to_owned());
    guises
}

#[test]
fn no_format_shows_a_secret() {
    let (report, secrets) = planted();
    for format in Format::ALL {
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            for width in [40, 80, 1000] {
                let options = Options { verbosity, width, color: width == 1000, ..Options::default() };
                let text = written(format, &report, &options);
                for guise in secrets.iter().flat_map(|secret| guises(secret)) {
                    assert!(!text.contains(&guise), "{format:?} {verbosity:?} {width}");
                }
                assert!(!text.contains("hunter2hunter2"));
                let id = sample::key_id_text();
                let has_it = format != Format::Sonarqube;
                assert!(!has_it || text.contains(&id), "{format:?}: the key id is no secret");
            }
        }
    }
}

#[test]
fn secrets_are_shown_only_on_demand_and_never_in_sarif() {
    let (report, secrets) = planted();
    let options = Options { show_secrets: true, width: 200, ..Options::default() };
    for format in [Format::Human, Format::Json, Format::Jsonl] {
        let text = written(format, &report, &options);
        assert!(secrets.iter().all(|secret| text.contains(secret.as_str())), "{format:?}");
    }
    let text = written(Format::Sarif, &report, &options);
    assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())));
}
