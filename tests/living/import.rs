//! `keysift config import`: what the old tool left out, keysift leaves out, and what it cannot is said.

use super::support::git::Fixture;
use super::support::keys;
use super::support::program::{end, run};
use super::support::random::Random;
use super::{counts, well};
use std::fs;
use std::process::Command;

/// The lines of a profile that hold a key id and a secret, and which secret that is.
fn profile(random: &mut Random) -> (String, String) {
    let (id, secret) = (keys::key_id(random), keys::secret(random));
    (keys::profile_of(&id, &secret), secret)
}

fn sha1(text: &str) -> String {
    let fixture = Fixture::new();
    fixture.write("text", text);
    let mut sum = Command::new("sha1sum");
    end(sum.arg(fixture.join("text"))).out[..40].to_string()
}

#[test]
fn a_team_comes_from_gitleaks() {
    let random = &mut Random::new(511);
    let fixture = Fixture::new();
    fixture.write("vendor/lib.cfg", profile(random).0);
    fixture.write("src/old.cfg", profile(random).0);
    let token = ["acme", "_live_", "q7w2e9r4t1y6u3i8o5p0a2s4"].concat();
    fixture.write("src/acme.txt", format!("see {token}\n"));
    fixture.write("src/sample.txt", "see acme_live_exampleexampleexampleexample\n");
    fixture.git(&["add", "."]);
    fixture.git(&["commit", "--quiet", "--message", "start"]);
    let commit = fixture.git(&["rev-parse", "HEAD"]).trim().to_string();
    let line = |path: &str, what: &str| {
        let text = fs::read_to_string(fixture.join(path)).unwrap();
        1 + text.lines().position(|line| line.contains(what)).unwrap()
    };
    fixture.write(
        ".gitleaks.toml",
        r#"
[extend]
useDefault = true

[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''acme_live_([a-z0-9]{24,30})'''
keywords = ["acme_live_"]
[[rules.allowlists]]
stopwords = ["EXAMPLE"]

[allowlist]
description = "not ours"
paths = ['''^vendor/''']
"#,
    );
    let ignored = [
        format!("{commit}:src/old.cfg:aws-access-token:{}", line("src/old.cfg", "access_key_id")),
        format!("src/acme.txt:acme-token:{}", line("src/acme.txt", "acme_live")),
        "src/gone.cfg:private-key:7".to_string(),
    ];
    fixture.write(".gitleaksignore", ignored.join("\n"));
    assert_eq!(counts(fixture.path(), &["scan", "src", "vendor"]), (2, 0));

    let told = well(fixture.path(), &["config", "import", ".gitleaks.toml", "-o", ".keysift.toml"]);
    assert_eq!(told.out, "");
    let again = run(fixture.path(), ["config", "import", ".gitleaks.toml", "-o", ".keysift.toml"]);
    assert_eq!(again.code, Some(2), "nothing is overwritten: {}", again.err);
    well(fixture.path(), &["config", "import", ".gitleaks.toml", "-o", ".keysift.toml", "--force"]);
    // One by the rule that came along; the vendored pair and the example are left out.
    assert_eq!(counts(fixture.path(), &["scan", "src", "vendor"]), (2, 2));

    let blind = well(fixture.path(), &["config", "import", ".gitleaksignore"]);
    assert_eq!(blind.err.matches("with --repo REPO").count(), 3, "{}", blind.err);
    let told = well(fixture.path(), &["config", "import", ".gitleaksignore", "--repo", "."]);
    assert!(told.err.contains("2 added to .keysift-baseline, 2 in all"), "{}", told.err);
    assert!(told.err.contains(".gitleaksignore:3: the finding at src/gone.cfg:7 is not carried over"), "{}", told.err);
    assert_eq!(counts(fixture.path(), &["scan", "src", "vendor"]), (0, 4));
    assert_eq!(counts(fixture.path(), &["history"]), (0, 4));
    let baseline = fs::read_to_string(fixture.join(".keysift-baseline")).unwrap();
    assert!(baseline.contains("# imported from .gitleaksignore:1"), "{baseline}");
    assert!(!baseline.contains(&token) && !told.err.contains(&token));
    let told = well(fixture.path(), &["config", "import", ".gitleaksignore", "--repo", "."]);
    assert!(told.err.contains("0 added to .keysift-baseline, 2 in all"), "{}", told.err);
}

#[test]
fn a_team_comes_from_detect_secrets_and_trufflehog() {
    let random = &mut Random::new(512);
    let fixture = Fixture::new();
    let (known, secret) = profile(random);
    let (real, real_secret) = profile(random);
    fixture.write("known.cfg", known);
    fixture.write("real.cfg", real);
    fixture.write("fixtures/a.cfg", profile(random).0);
    fixture.git(&["add", "."]);
    fixture.git(&["commit", "--quiet", "--message", "start"]);
    let entry = |path: &str, secret: &str, is_secret: &str| {
        let hash = sha1(secret);
        format!(
            "\"{path}\": [{{ \"type\": \"AWS Access Key\", \"filename\": \"{path}\", \"hashed_secret\": \"{hash}\",\n\
             \"is_verified\": false, \"line_number\": 99{is_secret} }}]"
        )
    };
    let [one, two, three] = [
        entry("known.cfg", &secret, ", \"is_secret\": false"),
        entry("real.cfg", &real_secret, ", \"is_secret\": true"),
        entry("gone.cfg", "no longer there", ""),
    ];
    fixture.write(
        ".secrets.baseline",
        format!("{{ \"version\": \"1.5.0\", \"filters_used\": [], \"results\": {{\n{one},\n{two},\n{three} }} }}"),
    );
    fixture.write("exclude.txt", "# made up\n^fixtures/\n(?<=x)y\n");
    let told = well(fixture.path(), &["config", "import", ".secrets.baseline", "exclude.txt", "--repo", "."]);
    assert!(told.out.contains("path_patterns = [\"^fixtures/\"]"), "{}", told.out);
    assert!(told.err.contains("exclude.txt:3: the path `(?<=x)y` is not carried over: look-around"), "{}", told.err);
    assert!(told.err.contains("the finding at gone.cfg:99 is not carried over"), "{}", told.err);
    fixture.write(".keysift.toml", told.out);
    let baseline = fs::read_to_string(fixture.join(".keysift-baseline")).unwrap();
    assert!(baseline.contains(" as=real ") && baseline.contains(" as=false "), "{baseline}");
    // What somebody called real stays reported.
    assert_eq!(counts(fixture.path(), &["history"]), (1, 2));
    let wrong = run(fixture.path(), ["config", "import", "--as", "detect-secrets", "exclude.txt"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("exclude.txt:1: this is no baseline of detect-secrets"), "{}", wrong.err);
}
