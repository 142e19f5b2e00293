//! Opening repositories of every shape, and what names objects in them.

mod support;

use keysift::error::{Error, GapKind};
use keysift::scanner::Limits;
use keysift::source::repo::{Environment, Head, ReadError, ReferenceKind, Repo};
use std::path::Path;
use std::time::{Duration, Instant};
use support::git::{Fixture, fifo, git_with};

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

#[test]
fn a_reftable_is_a_gap_and_objects_are_still_read() {
    let fixture = Fixture::with(&["--ref-format=reftable"]);
    fixture.commit_file("a", "content", "first");
    let repo = open(fixture.path());
    let references = repo.references();
    assert!(references.all.is_empty());
    assert_eq!(references.gaps.len(), 1);
    assert!(matches!(repo.head(), Head::Unreadable(_)));
    assert_eq!(text(&repo, &fixture.git(&["rev-parse", "HEAD:a"])), "content");
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
