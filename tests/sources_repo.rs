//! Opening repositories of every shape, and what names objects in them.

mod support;

use gix::hash::Kind as Hash;
use keysift::error::{Error, GapKind};
use keysift::scanner::Limits;
use keysift::source::repo::{Environment, Head, ReadError, ReferenceKind, Repo};
use std::path::Path;
use std::time::{Duration, Instant};
use support::git::{Fixture, fifo, git_with};
use support::reftable::{self, Change, Options, Ref};

fn open(path: impl AsRef<Path>) -> Repo {
    Repo::open(path.as_ref(), &Environment::default(), &Limits::default()).expect("a repository")
}

fn refused(path: impl AsRef<Path>) -> String {
    match Repo::open(path.as_ref(), &Environment::default(), &Limits::default()) {
        Err(Error::Repository(text)) => text,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it was opened"),
    }
}

fn text(repo: &Repo, id: &str) -> String {
    let mut out = Vec::new();
    repo.objects().reader().read(&gix::ObjectId::from_hex(id.as_bytes()).unwrap(), &mut out).expect("readable");
    String::from_utf8(out).unwrap()
}

#[test]
fn a_work_tree_a_subfolder_and_the_git_folder_are_the_same_repository() {
    let fixture = Fixture::new();
    let commit = fixture.commit_file("a/b/c.txt", "content", "first");
    for path in [".", "a/b", ".git", ".git/refs"] {
        let repo = open(fixture.join(path));
        assert_eq!(repo.head_id().unwrap().to_string(), commit, "{path}");
        assert!(repo.gaps().is_empty());
    }
}

#[test]
fn a_bare_repository_is_read() {
    let fixture = Fixture::new();
    let commit = fixture.commit_file("a", "content", "first");
    fixture.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let repo = open(fixture.join("bare.git"));
    assert_eq!(repo.head_id().unwrap().to_string(), commit);
    assert!(repo.format().bare && repo.layout().work_tree.is_none());
}

#[test]
fn a_linked_worktree_has_its_own_head_and_shares_the_rest() {
    let fixture = Fixture::new();
    let first = fixture.commit_file("a", "content", "first");
    fixture.git(&["worktree", "add", "-q", "-b", "side", "linked"]);
    let linked = fixture.join("linked");
    git_with(&linked, &["commit", "-q", "--allow-empty", "-m", "second"], &[]);
    let second = git_with(&linked, &["rev-parse", "HEAD"], &[]);

    let repo = open(&linked);
    assert_eq!(repo.head_id().unwrap().to_string(), second);
    assert_eq!(names(&repo), ["HEAD", "ORIG_HEAD", "main-worktree/HEAD", "refs/heads/main", "refs/heads/side"]);
    let repo = open(fixture.path());
    assert_eq!(repo.head_id().unwrap().to_string(), first);
    assert_eq!(
        names(&repo),
        ["HEAD", "refs/heads/main", "refs/heads/side", "worktrees/linked/HEAD", "worktrees/linked/ORIG_HEAD"]
    );
    let (ids, gaps) = repo.reflog_ids();
    assert_eq!((ids.len(), gaps.len()), (2, 0));
}

fn names(repo: &Repo) -> Vec<String> {
    let references = repo.references();
    assert!(references.gaps.is_empty(), "{:?}", references.gaps);
    references.all.iter().map(|reference| reference.name.to_string()).collect()
}

#[test]
fn head_may_be_detached_or_unborn() {
    let fixture = Fixture::new();
    assert_eq!(open(fixture.path()).head(), Head::Unborn);
    let commit = fixture.commit_file("a", "content", "first");
    fixture.git(&["checkout", "-q", "--detach"]);
    assert_eq!(open(fixture.path()).head_id().unwrap().to_string(), commit);
}

#[test]
fn sha256_is_read() {
    let fixture = Fixture::with(&["--object-format=sha256"]);
    let commit = fixture.commit_file("a", "content", "first");
    fixture.git(&["repack", "-adq"]);
    let repo = open(fixture.path());
    assert_eq!(repo.hash(), gix::hash::Kind::Sha256);
    assert_eq!(repo.head_id().unwrap().to_string(), commit);
    assert_eq!(text(&repo, &fixture.git(&["rev-parse", "HEAD:a"])), "content");
}

#[test]
fn packed_and_loose_refs_tags_and_pseudo_refs_are_listed() {
    let fixture = Fixture::new();
    let first = fixture.commit_file("a", "one", "first");
    fixture.git(&["tag", "-a", "v1", "-m", "annotated"]);
    fixture.git(&["branch", "old"]);
    fixture.git(&["pack-refs", "--all"]);
    let second = fixture.commit_file("a", "two", "second");
    fixture.git(&["update-ref", "ORIG_HEAD", &first]);
    fixture.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main"]);
    let repo = open(fixture.path());
    let references = repo.references();
    let find = |name: &str| references.all.iter().find(|reference| reference.name == name).expect(name);
    assert_eq!(find("refs/heads/old").target.to_string(), first);
    assert_eq!(find("refs/heads/main").target.to_string(), second);
    assert_eq!(find("refs/remotes/origin/HEAD").target.to_string(), second);
    assert_eq!(find("ORIG_HEAD").kind, ReferenceKind::Pseudo);
    let mut buffer = Vec::new();
    let (peeled, kind) = repo.objects().reader().peel(find("refs/tags/v1").target, &mut buffer).unwrap();
    assert_eq!((peeled.to_string(), kind), (first, gix::objs::Kind::Commit));
    assert!(references.gaps.is_empty());
}

#[test]
fn a_head_whose_branch_is_packed_is_resolved() {
    let fixture = Fixture::new();
    let commit = fixture.commit_file("a", "one", "first");
    fixture.git(&["branch", "main2"]);
    fixture.git(&["pack-refs", "--all"]);
    assert_eq!(open(fixture.path()).head_id().unwrap().to_string(), commit);
}

#[test]
fn a_garbage_ref_and_a_garbage_reflog_line_cost_themselves() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "one", "first");
    fixture.write(".git/refs/heads/bad", "garbage\n");
    fixture.write(".git/refs/heads/empty", "");
    let log = std::fs::read(fixture.join(".git/logs/HEAD")).unwrap();
    fixture.write(".git/logs/HEAD", [b"garbage\n".as_slice(), &log].concat());
    let repo = open(fixture.path());
    let references = repo.references();
    assert!(references.all.iter().any(|reference| reference.name == "refs/heads/main"));
    assert_eq!(references.gaps.len(), 2);
    assert!(references.gaps.iter().all(|gap| gap.kind == GapKind::Ref));
    let (ids, gaps) = repo.reflog_ids();
    assert_eq!((ids.len(), gaps.len()), (1, 1));
}

#[test]
fn a_dropped_stash_is_in_the_reflog() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "one", "first");
    for content in ["two", "three"] {
        fixture.write("a", content);
        fixture.git(&["stash", "-q"]);
    }
    let (ids, _) = open(fixture.path()).reflog_ids();
    for stash in ["stash@{0}", "stash@{1}"] {
        let id = gix::ObjectId::from_hex(fixture.id(stash).as_bytes()).unwrap();
        assert!(ids.contains(&id), "{stash}");
    }
}

#[test]
fn no_repository_says_what_to_do() {
    let fixture = tempfile::tempdir().unwrap();
    assert!(refused(fixture.path()).contains("keysift scan"));
    assert!(refused(fixture.path().join("absent")).contains("absent"));
}

#[test]
fn unknown_versions_are_refused_and_unknown_extensions_are_gaps() {
    let fixture = Fixture::new();
    fixture.git(&["config", "extensions.sparkle", "true"]);
    let gaps = open(fixture.path()).gaps();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].kind == GapKind::Repository && gaps[0].what == "extensions.sparkle");
    fixture.git(&["config", "core.repositoryformatversion", "2"]);
    assert!(refused(fixture.path()).contains("repositoryformatversion 2"));
}

/// Puts reftables, the oldest first, in the place of a repository's refs; needs no git that knows them.
fn keep_in_tables(fixture: &Fixture, tables: &[&[u8]]) {
    let names: Vec<String> = (0..tables.len()).map(|n| format!("0x{n:012}-0x{n:012}-00c0ffee.ref\n")).collect();
    for (name, table) in names.iter().zip(tables) {
        fixture.write(&format!(".git/reftable/{}", name.trim_end()), table);
    }
    fixture.write(".git/reftable/tables.list", names.concat());
    fixture.write(".git/HEAD", "ref: refs/heads/.invalid\n");
    let mut config = std::fs::read_to_string(fixture.join(".git/config")).unwrap();
    if !config.contains("refStorage") {
        config.push_str("[extensions]\n\trefStorage = reftable\n");
    }
    fixture.write(".git/config", config.replace("repositoryformatversion = 0", "repositoryformatversion = 1"));
}

#[test]
fn reftables_are_read_newer_ones_win_and_deletions_count() {
    for hash in [Hash::Sha1, Hash::Sha256] {
        let name = if hash == Hash::Sha1 { "sha1" } else { "sha256" };
        let fixture = Fixture::with(&[&format!("--object-format={name}")]);
        let first = id(&fixture.commit_file("a", "one", "first"));
        fixture.git(&["tag", "-a", "v1", "-m", "annotated"]);
        let tag = id(&fixture.id("v1"));
        let second = id(&fixture.commit_file("a", "two", "second"));
        std::fs::remove_dir_all(fixture.join(".git/logs")).unwrap();
        let null = gix::ObjectId::null(hash);
        // Enough refs for several blocks and whole keys in the middle of them.
        let mut refs = vec![(b"HEAD".to_vec(), Ref::Symbolic(b"refs/heads/main".to_vec()))];
        refs.extend((0..100).map(|n| (format!("refs/heads/many/{n:03}").into_bytes(), Ref::Object(first))));
        refs.push((b"refs/heads/gone".to_vec(), Ref::Object(first)));
        refs.push((b"refs/heads/main".to_vec(), Ref::Object(first)));
        refs.push((b"refs/tags/v1".to_vec(), Ref::Tag(tag, first)));
        refs.sort_by(|a, b| a.0.cmp(&b.0));
        let entry = |number, old, new, said: &str| {
            (b"refs/heads/main".to_vec(), number, Change::From(old, new, said.as_bytes().to_vec()))
        };
        let mut logs =
            vec![entry(3, null, null, ""), entry(2, tag, first, "taken back\n"), entry(1, null, first, "made\n")];
        logs.extend(
            (0..100).map(|n| (format!("refs/heads/many/{n:03}").into_bytes(), 1, Change::From(null, first, vec![]))),
        );
        for (block, padded) in [(512, true), (300, false)] {
            let options = Options { hash, changes: (1, 3), block, padded, whole: 7 };
            let old = reftable::write(&refs, &logs, &options);
            let newer = [
                (b"ORIG_HEAD".to_vec(), Ref::Object(first)),
                (b"refs/heads/gone".to_vec(), Ref::Gone),
                (b"refs/heads/main".to_vec(), Ref::Object(second)),
            ];
            let changes = [entry(4, first, second, "moved"), (b"refs/heads/main".to_vec(), 2, Change::Gone)];
            let new = reftable::write(&newer, &changes, &Options { changes: (2, 4), ..options });
            let nothing = reftable::write(&[], &[], &Options { changes: (5, 5), ..options });
            let only_logs = [(b"HEAD".to_vec(), 6, Change::From(first, second, b"said".to_vec()))];
            let only_logs = reftable::write(&[], &only_logs, &Options { changes: (6, 6), ..options });
            keep_in_tables(&fixture, &[&old, &new, &nothing, &only_logs]);
            let repo = open(fixture.path());
            assert_eq!(repo.head_id(), Some(second));
            let references = repo.references();
            assert_eq!(references.gaps, []);
            let target = |name: &str| references.all.iter().find(|r| r.name == name).map(|r| (r.target, r.kind));
            assert_eq!(references.all.len(), 104);
            assert_eq!(target("HEAD"), Some((second, ReferenceKind::Head)));
            assert_eq!(target("ORIG_HEAD"), Some((first, ReferenceKind::Pseudo)));
            assert_eq!(target("refs/heads/main"), Some((second, ReferenceKind::Ref)));
            assert_eq!(target("refs/tags/v1"), Some((tag, ReferenceKind::Ref)));
            assert_eq!((target("refs/heads/gone"), target("refs/heads/many/099").is_some()), (None, true));
            for (name, expected) in [
                ("main", Some(second)),
                ("v1", Some(tag)),
                ("gone", None),
                ("many/050", Some(first)),
                ("HEAD", Some(second)),
            ] {
                assert_eq!(repo.find_reference(name), Ok(expected), "{name}");
            }
            let mut logged = std::collections::BTreeMap::new();
            let gaps = repo.reflog_texts(&mut |path, text| {
                logged.insert(String::from_utf8(path.to_vec()).unwrap(), String::from_utf8(text.to_vec()).unwrap());
            });
            assert_eq!((gaps, logged.len()), (vec![], 2 + 100));
            let blank = " ".repeat(2 * hash.len_in_hex() + 1);
            let person = "Ada Author <ada@example.com> 1700000000 -0330";
            let lines = format!("{blank} {person}\tmade\n{blank} {person}\tmoved\n");
            assert_eq!(logged["logs/refs/heads/main"], lines);
            assert_eq!(logged["logs/HEAD"], format!("{blank} {person}\tsaid\n"));
            let (ids, gaps) = repo.reflog_ids();
            let mut expected = vec![first, second];
            expected.sort();
            assert_eq!((ids, gaps), (expected, vec![]), "the tag is in an entry that was taken back");
        }
    }
}

#[test]
fn a_damaged_reftable_is_a_gap_and_the_others_are_read() {
    let fixture = Fixture::new();
    let commit = id(&fixture.commit_file("a", "content", "first"));
    std::fs::remove_dir_all(fixture.join(".git/logs")).unwrap();
    let options = Options { hash: Hash::Sha1, changes: (1, 1), block: 256, padded: true, whole: 16 };
    let refs =
        |names: &[&str]| names.iter().map(|name| (name.as_bytes().to_vec(), Ref::Object(commit))).collect::<Vec<_>>();
    let old = reftable::write(&refs(&["HEAD", "refs/heads/main"]), &[], &options);
    let logs: Vec<_> =
        (0..20).rev().map(|n| (b"HEAD".to_vec(), n, Change::From(commit, commit, vec![b'x'; 40]))).collect();
    let many: Vec<String> = (0..20).map(|n| format!("refs/heads/{n:02}")).collect();
    let new = reftable::write(&refs(&many.iter().map(String::as_str).collect::<Vec<_>>()), &logs, &options);
    keep_in_tables(&fixture, &[&old, &new]);
    assert_eq!(open(fixture.path()).references().gaps, []);
    for length in (0..new.len()).step_by(29).chain([new.len() - 1]) {
        keep_in_tables(&fixture, &[&old, &new[..length]]);
        let repo = open(fixture.path());
        let references = repo.references();
        assert!(references.gaps.len() == 1 && references.gaps[0].why.contains("git refs verify"), "{length}");
        assert!(references.all.iter().any(|reference| reference.name == "refs/heads/main"), "{length}");
        assert!(matches!(repo.head(), Head::Unreadable(_)), "{length}: the newest table could say otherwise");
        assert!(repo.find_reference("main").is_err(), "{length}");
        assert_eq!(repo.reflog_ids().1.len(), 1, "{length}");
    }
    // Bent: what is told may be wrong, but it comes to an end. The fuzz target bends every byte.
    for at in (0..new.len()).step_by(31) {
        let mut bent = new.clone();
        bent[at] ^= 0xff;
        keep_in_tables(&fixture, &[&old, &bent]);
        let repo = open(fixture.path());
        let references = repo.references();
        assert!(references.all.iter().any(|reference| reference.name == "refs/heads/main"), "{at}");
        repo.reflog_ids();
    }
}

fn id(hex: &str) -> gix::ObjectId {
    gix::ObjectId::from_hex(hex.as_bytes()).expect("git says ids in full")
}

#[test]
fn fifos_in_the_place_of_its_files_are_errors_and_do_not_hang() {
    let start = Instant::now();
    for name in ["config", "HEAD", "commondir"] {
        let fixture = Fixture::new();
        let path = fixture.join(".git").join(name);
        let _ = std::fs::remove_file(&path);
        fifo(&path);
        assert!(refused(fixture.path()).contains(name), "{name}");
    }
    let fixture = Fixture::new();
    let blob = {
        fixture.commit_file("a", "content", "first");
        fixture.git(&["rev-parse", "HEAD:a"])
    };
    let object = fixture.join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    std::fs::remove_file(&object).unwrap();
    for path in ["packed-refs", "refs/heads/pipe", "logs/pipe", "shallow", "objects/info/alternates", "FETCH_HEAD"] {
        fifo(fixture.join(".git").join(path));
    }
    fifo(&object);
    let repo = open(fixture.path());
    assert_eq!(repo.gaps().len(), 1, "the alternates");
    assert_eq!(repo.references().gaps.len(), 3);
    assert_eq!(repo.reflog_ids().1.len(), 1);
    assert!(repo.shallow().1.is_some());
    let mut out = Vec::new();
    let error = repo.objects().reader().read(&gix::ObjectId::from_hex(blob.as_bytes()).unwrap(), &mut out);
    assert!(matches!(error, Err(ReadError::Damaged(_))), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn alternates_are_followed_in_circles_and_a_missing_one_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path();
    for name in ["one", "two", "three"] {
        std::fs::create_dir(fixture.join(name)).unwrap();
        git_with(&fixture.join(name), &["init", "-q"], &[]);
    }
    let alternates = |name: &str, content: String| {
        std::fs::write(fixture.join(format!("{name}/.git/objects/info/alternates")), content).unwrap();
    };
    alternates("one", "../../../two/.git/objects\n# comment\n".into());
    alternates("two", format!("{}\n", fixture.join("three/.git/objects").display()));
    alternates("three", "../../../one/.git/objects\n/nowhere/objects\n".into());
    let id = git_with(&fixture.join("three"), &["hash-object", "-w", "--stdin"], &[]);
    let repo = open(fixture.join("one"));
    assert_eq!(repo.object_directories().len(), 3);
    assert_eq!(repo.gaps().len(), 1);
    assert!(repo.gaps()[0].what.contains("nowhere"));
    assert_eq!(text(&repo, &id), "");
}

#[test]
fn a_quarantine_is_read_through_the_environment() {
    let fixture = Fixture::new();
    let commit = fixture.commit_file("a", "content", "first");
    std::fs::create_dir(fixture.join("quarantine")).unwrap();
    let quarantine = fixture.join("quarantine");
    let objects = fixture.join(".git/objects");
    let variables = [
        ("GIT_OBJECT_DIRECTORY", quarantine.to_str().unwrap()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.to_str().unwrap()),
    ];
    fixture.write("new", "quarantined");
    let id = git_with(fixture.path(), &["hash-object", "-w", "new"], &variables);
    let environment = Environment::from_lookup(|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
    });
    let repo = Repo::open(fixture.path(), &environment, &Limits::default()).unwrap();
    assert_eq!(text(&repo, &id), "quarantined");
    assert!(text(&repo, &commit).contains("Ada Author"));
    let mut out = Vec::new();
    let outside =
        open(fixture.path()).objects().reader().read(&gix::ObjectId::from_hex(id.as_bytes()).unwrap(), &mut out);
    assert_eq!(outside, Err(ReadError::Missing));
}

#[test]
fn packs_that_come_later_are_found_and_deltas_are_resolved() {
    let fixture = Fixture::new();
    let long: String = (0..2000).map(|n| format!("line {n}\n")).collect();
    let mut blobs = Vec::new();
    for n in 0..5 {
        fixture.commit_file("a", format!("{long}{n}"), "more");
        blobs.push((fixture.git(&["rev-parse", "HEAD:a"]), n));
    }
    let repo = open(fixture.path());
    let mut reader = repo.objects().reader();
    let mut out = Vec::new();
    for (round, command) in
        [&["count-objects"][..], &["repack", "-adq"], &["repack", "-adqf", "--depth=1"]].iter().enumerate()
    {
        fixture.git(command);
        for (blob, n) in &blobs {
            reader.read(&gix::ObjectId::from_hex(blob.as_bytes()).unwrap(), &mut out).expect("readable");
            assert_eq!(out, format!("{long}{n}").as_bytes(), "round {round}");
        }
    }
}

#[test]
fn damage_costs_itself_and_is_told_from_absence() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "content of a", "first");
    fixture.commit_file("b", "content of b", "second");
    let [a, b] = ["HEAD:a", "HEAD:b"].map(|spec| fixture.git(&["rev-parse", spec]));
    let path = fixture.join(format!(".git/objects/{}/{}", &a[..2], &a[2..]));
    let mut bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    fixture.write(".git/objects/pack/pack-bad.idx", "garbage");
    fixture.write(".git/objects/pack/pack-bad.pack", "garbage");
    let repo = open(fixture.path());
    let mut out = Vec::new();
    let read = |id: &str, out: &mut Vec<u8>| {
        repo.objects().reader().read(&gix::ObjectId::from_hex(id.as_bytes()).unwrap(), out)
    };
    assert!(matches!(read(&a, &mut out), Err(ReadError::Damaged(_))));
    assert!(read(&b, &mut out).is_ok());
    assert_eq!(read(&"1".repeat(40), &mut out), Err(ReadError::Missing));
    assert!(repo.gaps().iter().any(|gap| gap.kind == GapKind::Pack));
}

#[test]
fn content_above_the_limit_is_not_read() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x".repeat(3000), "first");
    let id = gix::ObjectId::from_hex(fixture.git(&["rev-parse", "HEAD:a"]).as_bytes()).unwrap();
    for pack in [false, true] {
        if pack {
            fixture.git(&["repack", "-adq"]);
        }
        let limits = Limits { max_content: 2999, ..Limits::default() };
        let repo = Repo::open(fixture.path(), &Environment::default(), &limits).unwrap();
        let error = repo.objects().reader().read(&id, &mut Vec::new()).unwrap_err();
        assert_eq!(error, ReadError::TooLarge { size: 3000, limit: 2999 });
        assert_eq!(repo.object_gap(id, &error).kind, GapKind::Limit);
    }
}

#[test]
fn replace_refs_and_grafts_hide_nothing() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "secret content", "first");
    let secret = fixture.git(&["rev-parse", "HEAD:a"]);
    fixture.commit_file("a", "harmless", "second");
    fixture.git(&["replace", &secret, &fixture.git(&["rev-parse", "HEAD:a"])]);
    assert_eq!(text(&open(fixture.path()), &secret), "secret content");
}

#[test]
fn a_shallow_clone_and_a_partial_clone_say_so() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "one", "first");
    let absent = fixture.git(&["rev-parse", "HEAD:a"]);
    fixture.commit_file("a", "two", "second");
    fixture.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", fixture.path().display());
    fixture.git(&["clone", "-q", "--depth=1", &url, "shallow"]);
    let (ids, gap) = open(fixture.join("shallow")).shallow();
    assert_eq!(ids.len(), 1);
    assert!(gap.unwrap().why.contains("git fetch --unshallow"));

    fixture.git(&["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"]);
    let repo = open(fixture.join("partial"));
    assert_eq!(repo.format().promisor.as_deref(), Some("origin"));
    let id = gix::ObjectId::from_hex(absent.as_bytes()).unwrap();
    let error = repo.objects().reader().read(&id, &mut Vec::new()).unwrap_err();
    let gap = repo.object_gap(id, &error);
    assert!(gap.kind == GapKind::History && gap.why.contains("partial clone"));
    assert_eq!(open(fixture.path()).shallow(), (Vec::new(), None));
}
