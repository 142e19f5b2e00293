//! Files of the other tools, as they write them, and what becomes of each line.

use super::{Imported, Kind};
use crate::config::{Config, Trust};
use std::path::Path;

fn import(kind: Kind, text: &str) -> Imported {
    let mut imported = Imported::default();
    imported.add(kind, "theirs", text).unwrap();
    // Whatever comes out must be a configuration.
    let (mut config, text) = (Config::default(), imported.text());
    config.add_text(&text, "ours", Path::new(""), Trust::Repository).unwrap_or_else(|e| panic!("{e}\n{text}"));
    imported
}

fn notes(imported: &Imported) -> Vec<String> {
    imported.notes.iter().map(|note| format!("{}: {}", note.source.line, note.text)).collect()
}

#[test]
fn files_are_known_by_name_or_text() {
    for (name, text, kind) in [
        ("a/.gitleaks.toml", "", Kind::Gitleaks),
        ("gitleaks.toml", "", Kind::Gitleaks),
        ("x/.gitleaksignore", "", Kind::GitleaksIgnore),
        (".secrets.baseline", "{}", Kind::DetectSecrets),
        ("known.json", "\n {\"version\": \"1.5.0\"}", Kind::DetectSecrets),
        ("exclude.txt", "^vendor/\n", Kind::ExcludePaths),
        (".trufflehog-Exclude", "^vendor/\n", Kind::ExcludePaths),
    ] {
        assert_eq!(Kind::of(name, text), Some(kind), "{name}");
    }
    assert_eq!(Kind::of("exclude/deploy.env", "password = hunter2\n"), None, "it would be printed");
}

const GITLEAKS: &str = r##"title = "ours"

[extend]
useDefault = true
disabledRules = ["jwt", "made-up-rule"]

[[rules]]
id = "Acme_Token"
description = "Acme \"deploy\" token"
regex = '''(?i)\bacme[_-](live|test)_([a-z0-9]{24})\b'''
secretGroup = 2
entropy = 3
keywords = ["acme"]
tags = ["acme", "internal"]
  [[rules.allowlists]]
  description = "documented examples"
  condition = "AND"
  paths = ['''^docs/''']
  stopwords = ["EXAMPLE"]
  [[rules.allowlists]]
  regexTarget = "line"
  regexes = ['''not-a-secret''', '''(?=nope)''']

[[rules]]
id = "bare-hex"
regex = '''[a-f0-9]{32}'''
keywords = ["acme"]

[[rules]]
id = "aws-access-token"
[rules.allowlist]
regexes = ['''AKIA.{12}TEST''']

[[rules]]
id = "github-pat"
regex = '''ghp_[0-9a-zA-Z]{36}'''
path = '''\.env$'''

[[allowlists]]
description = "generated"
paths = ['''(^|/)vendor/''', '''go\.(mod|sum)$''']
commits = ["0123456789ABCDEF0123456789abcdef01234567", "HEAD"]

[[allowlists]]
targetRules = ["Acme_Token", "curl-auth-user"]
regexTarget = "match"
regexes = ['''^acme''', '''staging''']
"##;

#[test]
fn a_configuration_of_gitleaks() {
    let imported = import(Kind::Gitleaks, GITLEAKS);
    let text = imported.text();
    let notes = notes(&imported);
    for line in [
        "    \"jwt\",  # theirs:5",
        "id = \"acme-token\"",
        "    \"ACME\",\n    \"Acme\",\n    \"acme\",",
        "regex = '(?i)\\bacme[_-](live|test)_(?P<secret>[a-z0-9]{24})\\b'",
        "entropy = 3.0",
        "reason = \"documented examples\"\nrules = [\"acme-token\"]\npath_patterns = [\"^docs/\"]\nvalues = [\"(?i)EXAMPLE\"]",
        "lines = [\"not-a-secret\"]",
        "values = [\"AKIA.{12}TEST\"]",
        "id = \"gitleaks-github-pat\"",
        "path_patterns = [\n    \"(^|/)vendor/\",\n    'go\\.(mod|sum)$',\n]",
        "commits = [\"0123456789abcdef0123456789abcdef01234567\"]",
        "rules = [\n    \"acme-token\",\n    \"curl-user\",\n]\nlines = [\"staging\"]",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    assert!(!text.contains("bare-hex"), "{text}");
    let expected = [
        "5: `made-up-rule` is not switched off",
        "8: the rule `Acme_Token` is tried where its fixed text",
        "22: the regex `(?=nope)` is not carried over: look-around",
        "26: the rule `bare-hex` is not carried over: its regex has no fixed text",
        "37: `path` of the rule `github-pat` is not carried over",
        "42: the commit `HEAD` is not carried over",
        "47: the regex `^acme` is not carried over",
        "47: `regexTarget = \"match\"` became `lines`",
    ];
    for start in expected {
        assert!(notes.iter().any(|note| note.starts_with(start)), "{start}\nis not in\n{}", notes.join("\n"));
    }
    assert_eq!(notes.len(), expected.len(), "{}", notes.join("\n"));
}

#[test]
fn all_of_a_condition_or_nothing() {
    let imported = import(Kind::Gitleaks, "[allowlist]\ncondition = \"AND\"\npaths = ['(?=x)']\nregexes = ['a']\n");
    assert_eq!(imported.text(), "", "without the path it would allow too much");
    assert_eq!(imported.notes.len(), 2);
    let mut broken = Imported::default();
    let error = broken.add(Kind::Gitleaks, "theirs", "a = 1\nb = [\n").unwrap_err().to_string();
    assert!(error.starts_with("theirs:"), "{error}");
}

#[test]
fn fingerprints_of_gitleaks() {
    let text =
        format!("# known\n\n{}:a:b/c d.env:aws-access-token:12\ne.env:private-key:3 \nnonsense\n", "a".repeat(40));
    let imported = import(Kind::GitleaksIgnore, &text);
    let told: Vec<_> =
        imported.known.iter().map(|k| (k.commit.is_some(), k.path.as_str(), k.line, k.rules.len())).collect();
    assert_eq!(told, [(true, "a:b/c d.env", 12, 3), (false, "e.env", 3, 4)]);
    assert_eq!(notes(&imported), ["5: `nonsense` is not carried over: it is no fingerprint of gitleaks"]);
    assert_eq!(imported.text(), "");
}

#[test]
fn a_baseline_of_detect_secrets() {
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let text = format!(
        r#"{{
  "version": "1.5.0",
  "plugins_used": [{{ "name": "AWSKeyDetector" }}],
  "filters_used": [
    {{ "path": "detect_secrets.filters.allowlist.is_line_allowlisted" }},
    {{ "path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^test/.*\\.json$", "(?<!a)b"] }},
    {{ "path": "detect_secrets.filters.regex.should_exclude_secret", "pattern": ["^fake"] }},
    {{ "path": "detect_secrets.filters.wordlist.should_exclude_secret", "min_length": 3 }}
  ],
  "results": {{
    "src/app.py": [
      {{ "type": "Secret Keyword", "filename": "src/app.py", "hashed_secret": "{hash}", "is_verified": false, "line_number": 4, "is_secret": false }},
      {{ "type": "Private Key", "filename": "src/app.py", "hashed_secret": "{hash}", "line_number": 9 }}
    ]
  }}
}}"#
    );
    let imported = import(Kind::DetectSecrets, &text);
    let out = imported.text();
    assert!(
        out.contains("# theirs:6\n[[allow]]\nreason = \"excluded by theirs\"\npath_patterns = ['^test/.*\\.json$']"),
        "{out}"
    );
    assert!(out.contains("values = [\"^fake\"]"), "{out}");
    let notes = notes(&imported);
    assert!(notes[0].starts_with("8: the filter `detect_secrets.filters.wordlist"), "{notes:?}");
    assert!(notes[1].starts_with("6: the path `(?<!a)b` is not carried over"), "{notes:?}");
    assert_eq!(imported.known[0].sha1.as_deref(), Some(hash));
    assert_eq!((imported.known[0].is_real, imported.known[0].source.line), (Some(false), 12));
    assert_eq!((&imported.known[1].sha1, imported.known[1].line), (&None, 9), "all private keys have one header");
    assert!(Imported::default().add(Kind::DetectSecrets, "theirs", "[]").is_err());
}

#[test]
fn excluded_paths_of_trufflehog() {
    let imported = import(Kind::ExcludePaths, "# generated\n^vendor/\n\n.*\\.lock$\n*bad\n");
    assert!(imported.text().contains("# theirs:2\n[[allow]]"), "{}", imported.text());
    assert!(imported.text().contains("'.*\\.lock$',"), "{}", imported.text());
    assert_eq!(notes(&imported).len(), 1);
    assert!(notes(&imported)[0].starts_with("5: the path `*bad`"), "{:?}", notes(&imported));
}
