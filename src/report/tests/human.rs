//! The human format as a person sees it.

use super::{sample, written};
use crate::finding::{Reachable, Report};
use crate::origin::Origin;
use crate::report::{Format, Options, Verbosity};
use unicode_width::UnicodeWidthStr;

fn human(report: &Report, width: usize, verbosity: Verbosity) -> String {
    written(Format::Human, report, &Options { width, verbosity, ..Options::default() })
}

const PAIR: &str = r#"
CRITICAL    AWS access key id with its secret [pair: aws-key-pair]
  at        config/deploy.py:12:26 (commit 1a2b3c4d5e, Jane Doe, 2019-03-04)
            | aws_secret_access_key = "***"
            |                          ^^^
  key id    KEYID
  exposure  introduced 2019-03-04 in 1a2b3c4d5e by Jane Doe, removed 2019-03-05
            in 4d5e6f7081 by Søren Ågård; still reachable from 5 refs
            (refs/heads/main, refs/remotes/origin/main, refs/tags/v1.0, …);
            1,234 commits, 2 paths
  facts     account: 581039954779
  also at   6 more places: config/deploy.py:14:26 (2b3c4d5e6f),
            scripts/\xff.sh:3:26 (3c4d5e6f70), …
  to do     Deactivate the key. End what the key has already opened. Look for
            uses that are not yours. Replace it, then delete it. Clean the
            history, if you must.
  id        ks1:00112233445566778899aabbccddeeff
"#;

const TOKEN: &str = "
HIGH        GitHub personal access token (classic) [secret: github-pat]
  at        message of commit 5e6f708192:3:13
            | log in with *** please
            |             ^^^
  exposure  not in HEAD; reachable from a reflog only; 1 commit
  to do     Revoke it. Clean the history, if you must.
  id        ks1:ffeeddccbbaa99887766554433221100
";

const REST: &str = "
2 credentials were found, in the history only: whoever can clone it can read
them. The oldest came in on 2019-03-04.

severity   credentials    places   in HEAD  only history
critical             1         7         0             1
high                 1         1         0             1
total                2         8         0             2

Incomplete: 2 gaps in what was read.
  - history refs/heads/main: the clone is shallow; run `git fetch --unshallow`
  - object dead000000000000000000000000000000000000: the object is missing.

Searched 848,990 of 849,000 objects (8.1 GB, 78,123 commits) with 3 rules in
2.3s. Not searched: 1 missing, 9 tree.
";

#[test]
fn a_history_at_80_columns() {
    let pair = PAIR.trim_start().replace("KEYID", &sample::key_id_text());
    assert_eq!(human(&sample::history(), 80, Verbosity::Normal), format!("{pair}{TOKEN}{REST}"));
    let quiet = human(&sample::history(), 80, Verbosity::Quiet);
    assert_eq!(quiet, format!("{pair}{TOKEN}Incomplete: 2 gaps in what was read.\n"));
}

#[test]
fn a_scan_and_a_clean_scan() {
    let expected = "\
MEDIUM      Random value on a secret-named variable [generic: generic-secret]
  at        src/./settings.toml:7:16
            | password = '***'   # staging
            |             ^^^
  id        ks1:00112233445566778899aabbccddeeff

1 credential was found, readable today.

severity   credentials    places
medium               1         1
total                1         1

Searched 3 of 3 files (512 bytes) with 3 rules in 15ms.
";
    assert_eq!(human(&sample::scan(), 80, Verbosity::Normal), expected);
    let clean = "No credentials found.\nSearched 3 of 3 files (512 bytes) with 3 rules in 15ms.\n";
    assert_eq!(human(&sample::clean(), 80, Verbosity::Normal), clean);
    assert_eq!(human(&sample::clean(), 80, Verbosity::Quiet), "");
}

#[test]
fn verbose_lists_everything() {
    let text = human(&sample::history(), 200, Verbosity::Verbose);
    for line in [
        "  added     2019-03-04 in 1a2b3c4d5e by Jane Doe, config/deploy.py:12, \"Deploy from the new account\"\n",
        "  removed   2019-03-05 in 4d5e6f7081 by Søren Ågård, config/deploy.py:12, \"Deploy from the new account\"\n",
        "  refs      refs/heads/main, refs/remotes/origin/main, refs/tags/v1.0, and 2 more\n",
        "  also at   config/deploy.py:14:26 (2b3c4d5e6f)\n  also at   scripts/\\xff.sh:3:26 (3c4d5e6f70)\n",
        "            and 4 more places\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn lines_fit_the_width() {
    let mut report = sample::history();
    report.findings[0].primary.excerpt.text = format!("{}***{}", "前 front ".repeat(20), " behind 後".repeat(20));
    let start = "前 front ".len() * 20;
    report.findings[0].primary.excerpt.mark = (start, start + 3);
    for width in 64..200 {
        let text = human(&report, width, Verbosity::Verbose);
        // A command stands whole, so that it can be copied.
        let lines = text.lines().filter(|line| !line.starts_with("            $ "));
        let longest = lines.map(UnicodeWidthStr::width).max().unwrap_or_default();
        assert!(longest <= width, "{width}: {longest}\n{text}");
        assert!(text.contains("***") && text.contains("^^^"));
    }
}

#[test]
fn carets_stand_under_the_mark() {
    let mut report = sample::scan();
    let before = "\t日本 \u{202e}é = ";
    report.findings[0].primary.excerpt.text = format!("{before}***;");
    report.findings[0].primary.excerpt.mark = (before.len(), before.len() + 3);
    let text = human(&report, 80, Verbosity::Normal);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2], "            | 日本 \\u{202e}é = ***;");
    let column = |line: &str, mark: &str| line[..line.find(mark).unwrap()].width();
    assert_eq!(column(lines[2], "***"), column(lines[3], "^^^"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let options = Options { color: true, ..Options::default() };
    let colored = written(Format::Human, &sample::history(), &options);
    assert!(colored.contains("\u{1b}["));
    let plain = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(plain, human(&sample::history(), 80, Verbosity::Normal));
}

#[test]
fn exposures_in_words() {
    let mut report = sample::history();
    let says = |report: &Report, phrase: &str| {
        let text = human(report, 500, Verbosity::Normal);
        assert!(text.contains(phrase), "{phrase}\n{text}");
    };
    let event = sample::event("77", "Ann", 0, b"a");
    let life = report.findings[0].exposure.as_mut().unwrap();
    life.introduced.push(event.clone());
    life.removed.push(event);
    says(
        &report,
        "by Jane Doe and 1 more time, removed 2 times, last 1970-01-01 in 7700000000 by Ann; still reachable",
    );
    let life = report.findings[0].exposure.as_mut().unwrap();
    life.in_head = true;
    life.refs.truncate(1);
    life.ref_count = 1;
    says(&report, "and 1 more time, still in HEAD; reachable from 1 ref (refs/heads/main); 1,234 commits, 2 paths");
    let life = report.findings[0].exposure.as_mut().unwrap();
    life.in_head = false;
    life.reachable = Reachable::Nothing;
    says(&report, "reachable from no ref, until git prunes it;");
}

#[test]
fn places_of_every_kind() {
    let id = sample::oid("ab12");
    for (origin, expected) in [
        (Origin::Stdin, "standard input:7:16\n"),
        (Origin::Staged { path: b"a b".to_vec(), blob: id }, "a b:7:16 (staged for the next commit)\n"),
        (Origin::Commit { commit: id, path: b"a".to_vec(), blob: id }, "a:7:16 (commit ab12000000)\n"),
        (Origin::TagMessage { tag: id }, "message of tag ab12000000:7:16\n"),
        (Origin::Blob { blob: id }, "blob ab12000000:7:16\n"),
    ] {
        let mut report = sample::scan();
        report.findings[0].primary.origin = origin;
        let text = human(&report, 80, Verbosity::Normal);
        assert!(text.contains(&format!("  at        {expected}")), "{text}");
    }
}

#[test]
fn many_gaps_are_cut_and_named() {
    let mut report = sample::clean();
    report.gaps = (0..10).flat_map(|_| sample::history().gaps).collect();
    let text = human(&report, 80, Verbosity::Normal);
    assert!(text.starts_with("No credentials found in what could be read.\nIncomplete: 20 gaps"));
    assert!(text.contains("  and 15 more; -v or --format json lists them all\n"));
    assert_eq!(human(&report, 80, Verbosity::Verbose).matches("  - ").count(), 20);
}

#[test]
fn verbose_tells_the_commands() {
    let text = human(&sample::history(), 80, Verbosity::Verbose);
    let id = sample::key_id_text();
    for line in [
        "  to do     1. Deactivate the key\n".to_owned(),
        format!("            $ aws iam get-access-key-last-used --access-key-id {id}\n"),
        format!("            $ aws iam update-access-key --user-name USER --access-key-id {id} --status Inactive\n"),
        "            $ git filter-repo --strip-blobs-with-ids blobs.txt\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    let live = Report { findings: vec![sample::live_pair()], ..sample::history() };
    let text = human(&live, 80, Verbosity::Verbose);
    assert!(text.contains(&format!("$ aws iam update-access-key --user-name deploy --access-key-id {id}")), "{text}");
    assert!(text.contains("1 of them is live: deactivate first."), "{text}");
}

#[test]
fn a_long_list_ends_with_where_to_start() {
    let mut report = sample::history();
    report.findings = vec![sample::pair(), sample::token(), sample::token(), sample::token()];
    let text = human(&report, 80, Verbosity::Normal);
    assert!(
        text.contains("\nStart with:\n  critical  config/deploy.py:12:26  AWS access key id with its secret\n"),
        "{text}"
    );
}

#[test]
fn places_are_links_where_the_terminal_shows_them() {
    let with = |report: &Report| {
        let options = Options { links: Some("/home/me".into()), ..Options::default() };
        written(Format::Human, report, &options)
    };
    let file = "\u{1b}]8;;file:///home/me/src/./settings.toml\u{1b}\\src/./settings.toml:7:16\u{1b}]8;;\u{1b}\\\n";
    assert!(with(&sample::scan()).contains(file));
    let mut report = sample::history();
    assert!(!with(&report).contains("\u{1b}]8"), "nobody knows the addresses of that host");
    report.remote = Some("https://github.com/a/b".to_owned());
    let commit = sample::oid("1a2b3c4d5e6f");
    let address = format!("\u{1b}]8;;https://github.com/a/b/blob/{commit}/config/deploy.py#L12\u{1b}\\");
    assert!(with(&report).contains(&address));
}
