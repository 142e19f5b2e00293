//! Forms of text: base64, hex, escapes, joined strings, mail, wide characters, and one within another.

use super::support::random::Random;
use super::support::{keys, run};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use flate2::Compression;
use flate2::write::GzEncoder;
use keysift::engine::Command;
use keysift::finding::{Finding, Report, Tier};
use std::io::Write;

/// A form of a pair: the text of a file that holds it. The files begin with two lines of something else.
type Form = fn(&str, &str) -> Vec<u8>;

const HEAD: &str = "# a file\n\n";

fn profile(id: &str, secret: &str) -> String {
    format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
}

fn base64(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

fn hex(text: impl AsRef<[u8]>) -> String {
    text.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn each(text: &str, escape: impl Fn(u32) -> String) -> String {
    text.chars().map(|c| escape(c as u32)).collect()
}

fn wrapped(text: &str, width: usize, separator: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(separator)
}

fn parts(text: &str, joint: &str) -> String {
    let (first, second) = text.split_at(text.len() / 2);
    format!("{first}{joint}{second}")
}

/// Each with whether the secret is sure to stand on line 4 (the id on 3).
const FORMS: &[(&str, bool, Form)] = &[
    ("k8s Secret", true, |id, secret| {
        format!("{HEAD}  AWS_ACCESS_KEY_ID: {}\n  AWS_SECRET_ACCESS_KEY: {}\n", base64(id), base64(secret)).into()
    }),
    ("k8s Secret, line ends encoded", true, |id, secret| {
        let line = |text: &str| base64(format!("{text}\n"));
        format!("{HEAD}  accesskey: {}\n  secretkey: {}\n", line(id), line(secret)).into()
    }),
    ("base64url", true, |id, secret| {
        format!("{HEAD}id={}\nsecret={}\n", URL_SAFE.encode(id), URL_SAFE.encode(format!("aws?{secret}"))).into()
    }),
    ("base64 without padding, quoted", true, |id, secret| {
        format!("{HEAD}a = \"{}\"\nb = '{}'\n", STANDARD_NO_PAD.encode(id), STANDARD_NO_PAD.encode(secret)).into()
    }),
    ("a file in base64 on one line", false, |id, secret| {
        format!("{HEAD}credentials: {}\n", base64(profile(id, secret))).into()
    }),
    ("a file in base64, wrapped at 76", false, |id, secret| {
        format!("{HEAD}{}\n", wrapped(&base64(profile(id, secret)), 76, "\n")).into()
    }),
    ("wrapped at 64, indented, CRLF", false, |id, secret| {
        format!("{HEAD}data: |\r\n    {}\r\n", wrapped(&base64(profile(id, secret)), 64, "\r\n    ")).into()
    }),
    ("wrapped in a JSON string", false, |id, secret| {
        format!("{HEAD}{{\"data\": \"{}\\n\"}}\n", wrapped(&base64(profile(id, secret)), 60, "\\n")).into()
    }),
    ("PowerShell's encoded command", false, |id, secret| {
        let wide: Vec<u8> = profile(id, secret).encode_utf16().flat_map(u16::to_le_bytes).collect();
        format!("{HEAD}powershell -enc {}\n", base64(wide)).into()
    }),
    ("base64 behind a byte order mark", false, |id, secret| {
        format!("{HEAD}data: {}\n", base64(format!("\u{feff}{}", profile(id, secret)))).into()
    }),
    ("base64 behind a comment with accents", false, |id, secret| {
        let text = format!("# \u{e9}t\u{e9} \u{e0} No\u{eb}l, \u{e9}\u{e8}\u{ea}\n{}", profile(id, secret));
        format!("{HEAD}data: {}\n", base64(text)).into()
    }),
    ("base64 behind a comment in Chinese, wrapped", false, |id, secret| {
        let text = format!(
            "\u{5bc6}\u{94a5}\u{ff0c}\u{8bf7}\u{52ff}\u{63d0}\u{4ea4}\u{ff01}\u{8c22}\n{}",
            profile(id, secret)
        );
        format!("{HEAD}{}\n", wrapped(&base64(text), 64, "\n")).into()
    }),
    ("base64url behind Cyrillic", true, |id, secret| {
        let line = |text: &str| URL_SAFE.encode(format!("\u{43a}\u{43b}\u{44e}\u{447} aws: {text}"));
        format!("{HEAD}{}\n{}\n", line(id), line(secret)).into()
    }),
    ("hex of UTF-16", true, |id, secret| {
        let wide = |text: &str| hex(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
        format!("{HEAD}id: {}\nsecret: 0x{}\n", wide(id), wide(secret)).into()
    }),
    ("hex of UTF-16, the other order and marked", true, |id, secret| {
        let wide =
            |text: &str| hex(format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
        format!("{HEAD}id: {}\nsecret: {}\n", wide(id), wide(secret)).into()
    }),
    ("gzip of UTF-16 in base64", false, |id, secret| {
        let wide: Vec<u8> = profile(id, secret).encode_utf16().flat_map(u16::to_le_bytes).collect();
        format!("{HEAD}data: {}\n", base64(gzip(&wide))).into()
    }),
    ("hex", true, |id, secret| format!("{HEAD}id: {}\nsecret: 0x{}\n", hex(id), hex(secret)).into()),
    ("percent, where it must be", true, |id, secret| {
        let secret = secret.replace('/', "%2F").replace('+', "%2b");
        format!("{HEAD}http://host/?key={id}\nhttp://host/?secret={secret}&x=1\n").into()
    }),
    ("percent, all of it", true, |id, secret| {
        let all = |text: &str| each(text, |c| format!("%{c:02X}"));
        format!("{HEAD}{}\n{}\n", all(id), all(secret)).into()
    }),
    ("percent twice", true, |id, secret| {
        let secret = secret.replace('/', "%252F").replace('+', "%252B");
        format!("{HEAD}key={id}\nsecret={secret}\n").into()
    }),
    ("JSON with escaped slashes", true, |id, secret| {
        format!("{HEAD}{{\"key\":\"{id}\",\n\"secret\":\"{}\"}}\n", secret.replace('/', "\\/").replace('+', "\\u002b"))
            .into()
    }),
    ("JSON within JSON", true, |id, secret| {
        let secret = secret.replace('/', "\\\\\\/").replace('+', "\\\\u002B");
        format!("{HEAD}\"{{\\\"key\\\":\\\"{id}\\\",\n\\\"secret\\\":\\\"{secret}\\\"}}\"\n").into()
    }),
    ("\\u, all of it", true, |id, secret| {
        let all = |text: &str| each(text, |c| format!("\\u{c:04x}"));
        format!("{HEAD}a=\"{}\"\nb=\"{}\"\n", all(id), all(secret)).into()
    }),
    ("\\x, all of it", true, |id, secret| {
        let all = |text: &str| each(text, |c| format!("\\x{c:02X}"));
        format!("{HEAD}a=\"{}\"\nb=\"{}\"\n", all(id), all(secret)).into()
    }),
    ("entities", true, |id, secret| {
        let secret = secret.replace('/', "&#47;").replace('+', "&#x2B;");
        format!("{HEAD}<a id=&quot;{id}&quot;/>\n<a secret=&quot;{secret}&quot;/>\n").into()
    }),
    ("a line end before each in one string", false, |id, secret| {
        format!("{HEAD}keys = \"id and secret:\\n{id}\\n{secret}\\n\"\n").into()
    }),
    ("Java, JavaScript, Go", true, |id, secret| {
        format!("{HEAD}id = \"{}\";\nsecret = \"{}\";\n", parts(id, "\" + \""), parts(secret, "\"+\"")).into()
    }),
    ("PHP, Perl", true, |id, secret| {
        format!("{HEAD}$id = '{}';\n$secret = '{}';\n", parts(id, "' . '"), parts(secret, "'.'")).into()
    }),
    ("Python and C, side by side", true, |id, secret| {
        format!("{HEAD}id = \"{}\"\nsecret = \"{}\"\n", parts(id, "\" \""), parts(secret, "\" \"")).into()
    }),
    ("over two lines", false, |id, secret| {
        format!("{HEAD}id = (\"{}\")\nsecret = \"{}\"\n", parts(id, "\"\n   \""), parts(secret, "\" +\n  \"")).into()
    }),
    ("prefix and rest", true, |id, secret| {
        format!("{HEAD}id = \"{}\" + \"{}\"\nsecret = '{secret}'\n", &id[..4], &id[4..]).into()
    }),
    ("Lua, SQL, Haskell", true, |id, secret| {
        format!("{HEAD}id = \"{}\"\nsecret = '{}'\n", parts(id, "\" .. \""), parts(secret, "' || '")).into()
    }),
    ("many parts", true, |id, secret| {
        let cut = |text: &str| wrapped(text, 5, "\" + \"");
        format!("{HEAD}id = \"{}\";\nsecret = \"{}\";\n", cut(id), cut(secret)).into()
    }),
    ("mail, quoted-printable", false, |id, secret| {
        let body = format!("aws_access_key_id=3D{id} aws_secret_access_key=3D{}", parts(secret, "=\r\n"));
        format!("{HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{body}\r\n")
            .into()
    }),
    ("mail of several parts, one 7-bit and one in base64", false, |id, secret| {
        let part = |encoding: &str, body: &str| {
            format!("--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n")
        };
        let coded = wrapped(&base64(format!("Hello,\nhere is the other half.\nsecret: {secret}\n")), 76, "\r\n");
        format!("{HEAD}{}{}--b--\r\n", part("7bit", &format!("Hello, the id is {id}.")), part("base64", &coded)).into()
    }),
    ("gzip in base64", false, |id, secret| {
        format!("{HEAD}user_data: {}\n", base64(gzip(profile(id, secret).as_bytes()))).into()
    }),
    ("gzip in base64, wrapped", false, |id, secret| {
        let text = format!("{}{}", "# a line of a script\n".repeat(40), profile(id, secret));
        format!("{HEAD}{}\n", wrapped(&base64(gzip(text.as_bytes())), 64, "\n")).into()
    }),
    ("a Helm release: gzip in base64 in base64", false, |id, secret| {
        format!("{HEAD}  release: {}\n", base64(base64(gzip(profile(id, secret).as_bytes())))).into()
    }),
    ("UTF-16", true, |id, secret| {
        format!("\u{feff}{HEAD}id={id}\nsecret={secret}\n").encode_utf16().flat_map(u16::to_le_bytes).collect()
    }),
    ("UTF-32 without a mark", true, |id, secret| {
        format!("{HEAD}id={id}\nsecret={secret}\n").chars().flat_map(|c| (c as u32).to_be_bytes()).collect()
    }),
    ("UTF-32 with a mark", true, |id, secret| {
        format!("\u{feff}{HEAD}id={id}\nsecret={secret}\n").chars().flat_map(|c| (c as u32).to_le_bytes()).collect()
    }),
    ("base64 in UTF-16", true, |id, secret| {
        let text = format!("{HEAD}id: {}\nsecret: {}\n", base64(id), base64(secret));
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }),
    ("base64 twice", true, |id, secret| {
        format!("{HEAD}id: {}\nsecret: {}\n", base64(base64(id)), base64(base64(secret))).into()
    }),
    ("five deep", true, |id, secret| {
        let deep = |text: &str| base64(hex(base64(base64(text).replace('=', "%3D"))));
        format!("{HEAD}id: {}\nsecret: {}\n", deep(id), deep(secret)).into()
    }),
];

fn scan(content: &[u8]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), content).unwrap();
    run::run(Command::Scan { paths: vec![folder.path().to_path_buf()] }, 1)
}

fn pair<'r>(report: &'r Report, id: &str, secret: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| {
        let parts: Vec<&[u8]> = finding.credential.parts.iter().map(|(_, part)| part.expose()).collect();
        finding.tier == Tier::Pair && parts == [id.as_bytes(), secret.as_bytes()]
    })
}

#[test]
fn every_form_gives_the_pair_at_its_place_and_shows_nothing_of_it() {
    let mut missed = Vec::new();
    for (number, (name, on_line_4, form)) in FORMS.iter().enumerate() {
        for seed in 0..6 {
            let mut random = Random::new(number as u64 * 100 + seed);
            let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
            let content = form(&id, &secret);
            let report = scan(&content);
            let Some(found) = pair(&report, &id, &secret) else {
                missed.push(format!(
                    "{name}: no pair (seed {seed}): {:?}",
                    report.findings.iter().map(|f| (&f.rule_id, f.tier)).collect::<Vec<_>>()
                ));
                break;
            };
            let lines: Vec<u32> = found.places.iter().map(|place| place.place.line).collect();
            let last = String::from_utf8_lossy(&content).lines().count() as u32;
            if lines.iter().any(|line| !(3..=last.max(3)).contains(line)) || *on_line_4 && lines != [3, 4] {
                missed.push(format!("{name}: on lines {lines:?}"));
                break;
            }
            let json = run::json(&report);
            let forms =
                [secret.clone(), base64(&secret), hex(&secret), base64(base64(&secret)), secret[20..].to_string()];
            // What three bytes of it have in common with their encoded form, whatever stands before them.
            let pieces = (0..3).map(|shift| base64(&secret.as_bytes()[shift..shift + 12]));
            if let Some(shown) = forms.into_iter().chain(pieces).position(|form| json.contains(&form)) {
                missed.push(format!("{name}: the report shows form {shown} of the secret"));
                break;
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// A place in encoded text holds the encoded secret, and few characters more.
#[test]
fn a_place_in_encoded_text_is_that_of_the_secret() {
    let mut random = Random::new(77);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    for head in ["", "# \u{5bc6}\u{94a5}\u{ff0c}\u{8bf7}\u{52ff}\u{63d0}\u{4ea4}\n", "\u{feff}", "# \u{e9}\u{e9}\n"] {
        let text = format!("{head}{}", profile(&id, &secret));
        let at = text.find(&secret).unwrap();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide_at = text[..at].encode_utf16().count() * 2;
        for (encoded, first, last) in [
            (base64(&text), at * 4 / 3, (at + 40) * 4 / 3 + 1),
            (hex(&text), at * 2, (at + 40) * 2),
            (base64(&wide), wide_at * 4 / 3, (wide_at + 80) * 4 / 3 + 1),
            (hex(&wide), wide_at * 2, (wide_at + 80) * 2),
        ] {
            // UTF-16 is known by its zeros, which characters beyond ASCII have not.
            if encoded.len() > text.len() * 2 && text.chars().any(|c| !c.is_ascii() && c != '\u{feff}') {
                continue;
            }
            let report = scan(format!("x: {encoded}\n").as_bytes());
            let Some(found) = pair(&report, &id, &secret) else { panic!("{head:?}: {encoded}") };
            let places: Vec<(usize, usize)> = found
                .places
                .iter()
                .map(|seen| (seen.place.column as usize - 4, seen.place.end_column as usize - 4))
                .collect();
            let is_it = |&(start, end): &(usize, usize)| start.abs_diff(first) <= 1 && end.abs_diff(last) <= 1;
            assert!(places.iter().any(is_it), "{head:?}: {places:?}, not {first}..{last}");
        }
    }
}

#[test]
fn a_small_run_that_unpacks_to_much_costs_little() {
    let mut random = Random::new(9);
    let bomb = base64(gzip(&vec![b'a'; 40 << 20]));
    let text = format!("x: {bomb}\n{}", keys::profile(&mut random));
    assert_eq!(scan(text.as_bytes()).findings.len(), 1);
}

#[cfg(unix)]
#[test]
fn a_database_is_searched() {
    let mut random = Random::new(10);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let folder = tempfile::tempdir().unwrap();
    let script = "import sqlite3, sys\nd = sqlite3.connect('settings.db')\n\
        d.execute('CREATE TABLE settings (name TEXT, value TEXT)')\n\
        value = '{\"id\": \"%s\", \"secret\": \"%s\"}' % (sys.argv[1], sys.argv[2])\n\
        d.execute('INSERT INTO settings VALUES (?, ?)', ('aws', value))\nd.commit()\n";
    let made = std::process::Command::new("python3").args(["-c", script, &id, &secret]).current_dir(&folder).status();
    assert!(made.expect("python3 is there").success());
    let report = run::run(Command::Scan { paths: vec![folder.path().to_path_buf()] }, 1);
    assert!(pair(&report, &id, &secret).is_some(), "{:?}", report.findings);
}

#[test]
fn what_is_six_deep_is_left_alone() {
    let mut random = Random::new(1);
    let (mut id, mut secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let plain = (id.clone(), secret.clone());
    for depth in 1..=6 {
        (id, secret) = (base64(id), base64(secret));
        let report = scan(format!("id: {id}\nsecret: {secret}\n").as_bytes());
        assert_eq!(pair(&report, &plain.0, &plain.1).is_some(), depth <= 5, "{depth} deep");
    }
}

#[test]
fn encoded_things_that_are_no_credentials_are_none() {
    let mut random = Random::new(2);
    for text in [
        format!("sha1 {}\nsha256 {}\n", hex(random.bytes(20)), hex(random.bytes(32))),
        format!("data:image/png;base64,{}\n", base64(random.bytes(3000))),
        format!("integrity sha512-{}\n", base64(random.bytes(64))),
        format!("{}\n", wrapped(&base64(random.bytes(3000)), 76, "\n")),
        "printf(\"%02x%02x\\n\" \"a\" \"b\");\n".to_string(),
        "http://host/a%2Fb%2Fc?x=%7B%22name%22%3A%22value%22%7D\n".to_string(),
    ] {
        let report = scan(text.as_bytes());
        assert!(
            report.findings.is_empty(),
            "{text}: {:?}",
            report.findings.iter().map(|f| &f.rule_id).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_private_key_in_base64_is_one() {
    let mut random = Random::new(3);
    let der = [&[0x30, 0x82, 4, 0xa4, 2, 1, 0, 2, 0x82, 1, 1, 0][..], &random.bytes(1180)].concat();
    let kind = "RSA PRIVATE KEY";
    let pem = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", wrapped(&base64(der), 64, "\n"));
    let encoded = scan(format!("users:\n- user:\n    client-key-data: {}\n", base64(&pem)).as_bytes());
    assert_eq!(encoded.findings.len(), 1);
    assert_eq!(encoded.findings[0].primary.place.line, 3);
}
