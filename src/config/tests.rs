//! Merging, errors, and what may not be said.

use super::*;

fn config(texts: &[&str]) -> Result<Config> {
    let mut config = Config::default();
    for (text, number) in texts.iter().zip(1..) {
        config.add_text(text, &format!("f{number}"), Path::new("."), Trust::Repository)?;
    }
    Ok(config)
}

fn error(text: &str) -> String {
    let config = match config(&[text]) {
        Ok(config) => config,
        Err(error) => return error.to_string(),
    };
    let rules = match config.rules(RuleSet::embedded()) {
        Ok(rules) => Arc::new(rules),
        Err(error) => return error.to_string(),
    };
    config.allowances(&rules, true, Folders::default()).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn a_stronger_file_replaces_scalars_and_adds_to_lists() {
    let weak =
        "[limits]\nthreads = 2\nmax_content = \"1M\"\n[rules]\ndisable = [\"a\", \"b\"]\n[severity]\nx = \"low\"\n";
    let strong = "[limits]\nthreads = 3\n[rules]\ndisable = [\"c\"]\nenable = [\"a\"]\n[severity]\nx = \"high\"\n";
    let config = config(&[weak, strong]).unwrap();
    assert_eq!(config.threads, Some((3, Source { file: "f2".into(), line: 2 })));
    assert_eq!(config.max_content, Some((1 << 20, Source { file: "f1".into(), line: 3 })));
    assert_eq!(config.disabled.keys().collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(config.severity["x"].0, Severity::High);
    assert_eq!(config.files, ["f1", "f2"]);
}

#[test]
fn errors_name_the_line_and_the_nearest_name() {
    for (text, expected) in [
        (
            "[rules]\ndisalbe = []\n",
            "f1:2: unknown field `disalbe`, expected one of `paths`, `disable`, `enable`; did you mean `disable`?",
        ),
        (
            "\n[rules]\ndisable = [\n \"aws-session-tokne\"]\n",
            "f1:4: no rule has the id `aws-session-tokne`; did you mean `aws-session-token`?",
        ),
        ("[severity]\naws-session-token = \"hihg\"\n", "did you mean `high`?"),
        ("[severity]\nno-such-rule-at-all-x = \"low\"\n", "f1:2: no rule has the id"),
        ("[[allow]]\nreason = \"r\"\n", "f1:1: an entry needs at least one of"),
        ("[[allow]]\nreason = \"r\"\nvalues = ['([']\n", "f1:1: "),
        ("[[allow]]\npaths = [\"a\"]\n", "missing field `reason`"),
        ("[limits]\nmax_content = \"12X\"\n", "f1:2: `X` is no unit"),
        ("[limits]\nthreads = 0\n", "f1:2: "),
        ("baseline = \"../elsewhere\"\n", "f1:1: ../elsewhere leads out of the repository"),
        ("[rules]\npaths = [\"/etc\"]\n", "f1:2: /etc leads out of the repository"),
        ("[verify]\naccounts = [\"12\"]\n", "f1:2: `12` is no account"),
        ("[verify]\nrate = 100.0\n", "f1:2: `rate` and `max_calls` count in your own configuration only"),
        ("x = \n", "f1:1: "),
    ] {
        let error = error(text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn own_rules_are_added_and_replace_none() {
    let rule = |id: &str| {
        format!("[[rule]]\nid = \"{id}\"\ndescription = \"d\"\nprefixes = [\"acme_\"]\nregex = 'acme_[a-z]{{20}}'\n")
    };
    let rules = config(&[&rule("acme")]).unwrap().rules(RuleSet::embedded()).unwrap();
    assert!(rules.find("acme").is_some());
    let taken = rules.get(crate::finding::RuleIndex(0)).text.id.clone();
    assert!(error(&rule(&taken)).starts_with("f1:1: there is a rule"), "{}", error(&rule(&taken)));
    assert!(error(&rule("acme").replace("acme_[a-z]", "(")).contains("f1:5: rule `acme`"));
}
