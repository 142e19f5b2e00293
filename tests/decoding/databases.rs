//! SQLite databases that the real program wrote: values that go on in other pages, UTF-16, logs, deleted rows.

use super::support::git::Fixture;
use super::support::keys;
use super::support::random::Random;
use super::support::run::{self, How};
use keysift::engine::Command;
use keysift::finding::Report;
use std::path::Path;
use std::process::Command as Process;

/// Runs a script of Python with a database open as `d`; further arguments are `a`.
fn python(folder: &Path, script: &str, arguments: &[&str]) {
    let script =
        format!("import sqlite3, sys, os, shutil\na = sys.argv[1:]\nd = sqlite3.connect('app.db')\n{script}\n");
    let made = Process::new("python3").args(["-c", &script]).args(arguments).current_dir(folder).status();
    assert!(made.expect("python3 is there").success());
}

fn scan(path: &Path) -> Report {
    run::run(Command::Scan { paths: vec![path.to_path_buf()] }, 1)
}

/// The members that `secret` is found in; of the content itself none.
fn members(report: &Report, secret: &str) -> Vec<Option<String>> {
    let places = &run::finding_of(report, secret).places;
    places.iter().map(|place| place.origin.member().map(|name| String::from_utf8_lossy(name).into_owned())).collect()
}

const SETTINGS: &str = "d.execute('CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT, value TEXT)')\n";

#[test]
fn a_value_that_pages_cut_is_whole() {
    for (page, encoding) in [(512, "UTF-8"), (1024, "UTF-16le"), (4096, "UTF-16be"), (65_536, "UTF-8")] {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Random::new(page);
        let keys: Vec<String> = (0..40).map(|_| keys::secret(&mut random)).collect();
        let script = format!(
            "d.execute('PRAGMA page_size={page}')\nd.execute('PRAGMA encoding=\"{encoding}\"')\n{SETTINGS}\
             text = ''.join('%d some line of a long text\\naws_secret_access_key = %s\\n' % (n, k) for n, k in enumerate(a))\n\
             for n in range(200): d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('note %d' % n, 'nothing here' * 9))\n\
             d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('profile', text * 1))\nd.commit()"
        );
        python(folder.path(), &script, &keys.iter().map(String::as_str).collect::<Vec<_>>());
        let report = scan(folder.path());
        for key in &keys {
            let members = members(&report, key);
            assert_eq!(members.len(), 1, "{page} {encoding}: {members:?}");
            assert!(members[0].as_deref().is_some_and(|name| name.starts_with("settings/page ")), "{members:?}");
        }
        assert_eq!(report.gaps, [], "{page} {encoding}");
    }
}

#[test]
fn columns_stand_apart_and_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(2);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let password = format!("q8{}W1", &keys::secret(&mut random)[..8].replace(['/', '+'], "x"));
    let script = "d.execute('CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, aws_id TEXT, aws_secret TEXT, password TEXT)')\n\
        d.execute('INSERT INTO accounts (owner, aws_id, aws_secret, password) VALUES (?, ?, ?, ?)', ('bob', a[0], a[1], a[2]))\n\
        d.execute('CREATE TABLE plain (note TEXT, password TEXT, name TEXT, PRIMARY KEY (name)) WITHOUT ROWID')\n\
        d.execute('INSERT INTO plain VALUES (?, ?, ?)', ('a note', a[3], 'eve'))\nd.commit()";
    let other = format!("k5{}Z3", &keys::secret(&mut random)[..8].replace(['/', '+'], "x"));
    python(folder.path(), script, &[&id, &secret, &password, &other]);
    let report = scan(folder.path());
    let found = run::finding_of(&report, &id);
    assert_eq!(found.credential.parts.len(), 2, "the row is a pair");
    assert_eq!(found.primary.excerpt.text.split(", aws_id").next(), Some("rowid=1, owner='bob'"));
    assert_eq!(run::finding_of(&report, &password).rule_id, "generic-password");
    // Here the key comes first.
    let other = run::finding_of(&report, &other);
    assert_eq!(other.rule_id, "generic-password");
    assert!(
        other.primary.excerpt.text.starts_with("name='eve', note='a note', password='"),
        "{:?}",
        other.primary.excerpt
    );
    assert_eq!(report.gaps, []);
}

#[test]
fn what_was_deleted_is_still_found_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(3);
    let (id, secret) = (keys::key_id(&mut random), keys::secret(&mut random));
    let profile = keys::profile_of(&id, &secret);
    let script = format!(
        "d.execute('PRAGMA secure_delete=0')\n{SETTINGS}for n in range(3000): d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('n', 'filler %d' % n))\n\
         d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('n', a[0]))\nd.commit()\n\
         d.execute('DELETE FROM settings WHERE id > 5')\nd.commit()"
    );
    python(folder.path(), &script, &[&profile]);
    let report = scan(folder.path());
    assert_eq!(run::finding_of(&report, &secret).credential.parts.len(), 2);
    assert_eq!(report.gaps, []);
}

#[test]
fn a_log_that_was_not_written_back_is_read() {
    for encoding in ["UTF-8", "UTF-16le"] {
        let folder = tempfile::tempdir().unwrap();
        let mut random = Random::new(4);
        let secret = keys::secret(&mut random);
        let script = format!(
            "d.execute('PRAGMA encoding=\"{encoding}\"')\n{SETTINGS}d.execute('PRAGMA journal_mode=WAL')\n\
             d.execute('PRAGMA wal_autocheckpoint=0')\n\
             d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('profile', 'x' * 9000 + ' aws_secret_access_key = ' + a[0] + ' ' + 'y' * 4000))\n\
             d.commit()\nshutil.copy('app.db-wal', 'kept.db-wal')"
        );
        python(folder.path(), &script, &[&secret]);
        let log = folder.path().join("kept.db-wal");
        let found = members(&scan(&log), &secret);
        assert!(found.iter().flatten().any(|name| name.starts_with("page ")), "{encoding}: {found:?}");
    }
}

#[test]
fn a_rollback_journal_that_was_left_behind_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(7);
    let secret = keys::secret(&mut random);
    // Pages go to the database before the transaction is through, which is when the journal holds what they were.
    let script = format!(
        "{SETTINGS}d.execute('PRAGMA cache_size=5')\n\
         d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('profile', 'x' * 9000 + ' aws_secret_access_key = ' + a[0] + ' ' + 'y' * 4000))\n\
         d.commit()\nd.execute('PRAGMA secure_delete=1')\nd.execute('DELETE FROM settings')\n\
         for n in range(500): d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('n', 'filler %d' % n * 40))\n\
         shutil.copy('app.db-journal', 'kept.db-journal')"
    );
    python(folder.path(), &script, &[&secret]);
    let found = members(&scan(&folder.path().join("kept.db-journal")), &secret);
    assert!(found.iter().flatten().any(|name| name.starts_with("page ")), "{found:?}");
}

#[test]
fn a_damaged_database_is_a_gap_and_the_rest_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(5);
    let keys: Vec<String> = (0..60).map(|_| keys::secret(&mut random)).collect();
    let script = format!(
        "d.execute('PRAGMA page_size=512')\n{SETTINGS}\
         for k in a: d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('aws_secret_access_key', k + '\\n' * 200))\nd.commit()"
    );
    python(folder.path(), &script, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    let path = folder.path().join("app.db");
    let mut content = std::fs::read(&path).unwrap();
    let whole = scan(&path).findings.len();
    assert!(whole >= 60, "{whole}");
    let page = content.len() / 512 / 2 * 512;
    content[page..page + 512].fill(0xff);
    std::fs::write(&path, content).unwrap();
    let report = scan(&path);
    assert!(report.findings.len() >= whole - 4, "{} of {whole}", report.findings.len());
    assert!(report.gaps.iter().any(|gap| gap.why.contains("of this database cannot be read")), "{:?}", report.gaps);
}

#[test]
fn a_database_in_a_history_and_in_an_archive() {
    let git = Fixture::new();
    let mut random = Random::new(6);
    let key = format!("{}\naws_secret_access_key = {}", "z".repeat(3000), keys::secret(&mut random));
    python(
        git.path(),
        &format!("{SETTINGS}d.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ('key', a[0]))\nd.commit()"),
        &[&key],
    );
    std::process::Command::new("gzip").args(["-k", "app.db"]).current_dir(git.path()).status().unwrap();
    git.commit("a database");
    let path = git.path().to_path_buf();
    let report = run::history(&path, How { attribution: true, full_blobs: false, threads: 2 });
    let full = run::history(&path, How { attribution: true, full_blobs: true, threads: 1 });
    assert!(run::json(&report) == run::json(&full), "changed bytes and every byte differ");
    let mut members: Vec<_> =
        report.findings.iter().flat_map(|f| &f.places).filter_map(|p| p.origin.member()).collect();
    members.sort();
    assert_eq!(members, [&b"app.db!/settings/page 2"[..], b"settings/page 2"]);
    assert_eq!(report.gaps, []);
}
