//! How people write a secret down: one secret in many languages, formats and quotes, under names of many tongues; and
//! what looks like it and is none. The secrets are made at run time.

use super::no_secrets::NO_SECRETS;
use super::statements::STATEMENTS;
use super::support::random::Random;
use keysift::detect::Detector;
use keysift::finding::{Confidence, Credentials};
use keysift::rule::RuleSet;
use keysift::scanner::{Scanner, Worker};
use std::sync::Arc;

/// Names of three kinds, as words.
const NAMES: &[&[&str]] = &[&["password"], &["db", "password"], &["client", "secret"], &["api", "token"]];

/// Names for a password in other tongues and in short.
const TONGUES: &[&str] = &[
    "contraseña",
    "contrasena",
    "clave",
    "senha",
    "db_senha",
    "mot_de_passe",
    "motDePasse",
    "motdepasse",
    "Passwort",
    "kennwort",
    "parola",
    "пароль",
    "Пароль",
    "密码",
    "密碼",
    "パスワード",
    "비밀번호",
    "wachtwoord",
    "passord",
    "heslo",
    "hasło",
    "haslo",
    "sifre",
    "şifre",
    "passphrase",
    "passcode",
    "passkey",
    "passwd",
    "passw",
    "dbpass",
    "mypass",
    "smtppass",
    "userPass",
    "PASS",
    "ftp_pwd",
];

fn cased(template: &str, words: &[&str]) -> String {
    let capital = |word: &&str| word[..1].to_uppercase() + &word[1..];
    let pascal: String = words.iter().map(capital).collect();
    let camel = words[0].to_string() + &pascal[words[0].len()..];
    [
        ("{snake}", words.join("_")),
        ("{kebab}", words.join("-")),
        ("{camel}", camel),
        ("{Pascal}", pascal),
        ("{UPPER}", words.join("_").to_uppercase()),
        ("{dotted}", words.join(".")),
        ("{words}", words.join(" ")),
    ]
    .iter()
    .fold(template.to_string(), |text, (mark, name)| text.replace(mark, name))
}

/// Values by what they look like: as people choose them, and as programs make them.
fn value(kind: usize, random: &mut Random) -> String {
    let of = |random: &mut Random, set: &[u8], length| String::from_utf8(random.text(set, length)).expect("ASCII");
    match kind {
        0 => format!("q8{}W1x", of(random, b"bcdfghjkmnqrtvwzBCDFGHJKLMNQRTVWZ23456789", 9)),
        1 => format!("3f{}a9", of(random, b"123456789bcdef", 28)),
        _ => format!("k7{}Zq0", of(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 35)),
    }
}

struct Search {
    detector: Detector,
    credentials: Arc<Credentials>,
}

impl Search {
    fn new() -> Self {
        let (set, credentials) = (Arc::new(RuleSet::embedded()), Arc::new(Credentials::default()));
        Self { detector: Detector::new(set, Arc::clone(&credentials)), credentials }
    }

    /// What is found in `text`, with its confidence.
    fn all(&self, text: &str) -> Vec<(String, Confidence)> {
        let mut hits = Vec::new();
        self.detector.worker().scan(text.as_bytes(), &mut hits);
        let text = |hit: &keysift::finding::Hit| {
            let credential = self.credentials.get(hit.credential);
            (String::from_utf8_lossy(credential.parts[0].1.expose()).into_owned(), hit.confidence)
        };
        hits.iter().map(text).collect()
    }
}

/// Statements that are not read: what names the value stands behind it, or too far before it, or is prose as often.
const NOT_READ: &[&str] = &[
    "{snake}, host = '%', 'localhost'",
    "setattr(settings, '{UPPER}', '%')",
    "\"%\".equals({camel})",
    "assertEquals(\"%\", config.get{Pascal}());",
    "gh secret set {UPPER} --body '%'",
    "{snake} % # comment",
    "{\n  \"value\": \"%\",\n  \"name\": \"{UPPER}\"\n}",
];

#[test]
fn a_secret_is_found_in_every_language() {
    let search = Search::new();
    let mut random = Random::new(2_611);
    let mut missed = Vec::new();
    for (language, statements) in STATEMENTS {
        for statement in *statements {
            for (name, kind) in NAMES.iter().flat_map(|name| (0..3).map(move |kind| (name, kind))) {
                // A token is random; a password may be chosen.
                let value = value(kind, &mut random);
                let text = cased(statement, name).replace('%', &value);
                let found = search.all(&format!("first line\n{text}\nlast line\n"));
                if found.iter().any(|(found, _)| *found == value) == NOT_READ.contains(statement) {
                    missed.push(format!(
                        "{language}: {text}   [{}]",
                        found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>().join(" ")
                    ));
                    break;
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_password_is_one_in_every_tongue() {
    let search = Search::new();
    let mut random = Random::new(2_612);
    let mut missed = Vec::new();
    for name in TONGUES {
        for statement in ["@ = \"%\"", "@: %", "\"@\": \"%\"", "my_@ = '%';", "@\u{ff1a}%"] {
            let value = value(0, &mut random);
            let text = statement.replace('@', name).replace('%', &value);
            if !search.all(&format!("first line\n{text}\nlast line\n")).iter().any(|(found, _)| *found == value) {
                missed.push(text);
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn what_only_looks_like_a_secret_is_none() {
    let search = Search::new();
    let cried: Vec<String> = NO_SECRETS
        .iter()
        .map(|text| (text, search.all(&format!("first line\n{text}\nlast line\n"))))
        .filter(|(_, found)| !found.is_empty())
        .map(|(text, found)| format!("{text}   {found:?}"))
        .collect();
    assert!(cried.is_empty(), "{} cried at:\n{}", cried.len(), cried.join("\n"));
}
