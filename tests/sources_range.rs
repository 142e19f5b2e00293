//! What a range of commits adds.

mod support;

use keysift::error::{Error, GapKind};
use keysift::finding::{Exposure, Harvest};
use keysift::origin::Origin;
use keysift::source::range::{Commits, Options, run};
use keysift::source::repo::Environment;
use std::path::Path;
use support::git::{Fixture, fifo, git_with};
use support::scanner::Surroundings;

struct Answer {
    /// `KEY1 at path in id`, sorted.
    words: Vec<String>,
    harvest: Harvest,
    surroundings: Surroundings,
}

impl Answer {
    fn exposure(&self, key: &str) -> &Exposure {
        let of = |index| self.surroundings.credentials.get(index).parts[0].1.expose() == key.as_bytes();
        self.harvest.exposures.iter().find(|(index, _)| of(**index)).expect("an exposure").1
    }
}

fn range_with(folder: &Path, spec: &str, environment: Environment, threads: usize) -> Result<Answer, Error> {
    let surroundings = Surroundings { threads, ..Default::default() };
    let options = Options { repo: folder.to_owned(), environment, commits: Commits::Spec(spec.to_owned()) };
    let harvest = run(&options, &surroundings.scanner(), &surroundings.credentials, &surroundings.context())?;
    let receipt = &harvest.receipt;
    assert_eq!(receipt.seen, receipt.scanned + receipt.skipped.values().sum::<u64>(), "{receipt:?}");
    let words = surroundings.words(&harvest.sightings);
    let mut words: Vec<String> = words
        .iter()
        .zip(&harvest.sightings)
        .map(|(word, sighting)| {
            let commit = sighting.origin.commit().expect("every place of a range has a commit");
            let word = word.split(':').next().unwrap();
            let message = if matches!(sighting.origin, Origin::CommitMessage { .. }) { "message" } else { "" };
            format!("{word}{message} in {commit}")
        })
        .collect();
    words.sort();
    Ok(Answer { words, harvest, surroundings })
}

#[track_caller]
fn range(fixture: &Fixture, spec: &str) -> Answer {
    let one = range_with(fixture.path(), spec, Environment::default(), 1).expect("the range resolves");
    let more = range_with(fixture.path(), spec, Environment::default(), 3).expect("the range resolves");
    assert_eq!((&one.words, &one.harvest.gaps), (&more.words, &more.harvest.gaps), "threads make a difference");
    assert_eq!(one.harvest.receipt, more.harvest.receipt);
    more
}

fn refused(fixture: &Fixture, spec: &str) -> String {
    match range_with(fixture.path(), spec, Environment::default(), 1) {
        Err(Error::Usage(text)) => text,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("{spec} was accepted"),
    }
}

#[test]
fn what_a_commit_adds_and_a_later_one_removes_is_told() {
    let fixture = Fixture::new();
    let first = fixture.commit_file("a", "KEY1\n", "first");
    let second = fixture.commit_file("b/c", "x\nKEY2\n", "second");
    let third = fixture.commit_file("b/c", "x\n", "third");
    let answer = range(&fixture, &format!("{first}..HEAD"));
    assert_eq!(answer.words, [format!("KEY2 at b/c in {second}")]);
    assert_eq!(answer.harvest.receipt.commits, 2);
    let exposure = answer.exposure("KEY2");
    assert_eq!(exposure.introduced.len(), 1);
    assert_eq!(exposure.introduced[0].commit.id.to_string(), second);
    assert_eq!((exposure.introduced[0].commit.author.as_str(), exposure.introduced[0].line), ("Ada Author", 2));
    assert_eq!(exposure.removed[0].commit.id.to_string(), third);
    assert!(!exposure.in_head);
    assert_eq!(exposure.refs, ["refs/heads/main"]);
    assert!(range(&fixture, &format!("{second}..{third}")).words.is_empty());
    assert!(answer.harvest.gaps.is_empty());
}

#[test]
fn a_key_that_stays_is_in_head_and_only_new_ones_are_told() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "KEY1\n", "first");
    let second = fixture.commit_file("a", "KEY1\nKEY2\n", "second");
    fixture.git(&["mv", "a", "z"]);
    fixture.write("z", "KEY1\nKEY2\nKEY3\n");
    let third = fixture.commit("third");
    let answer = range(&fixture, "HEAD~2..");
    assert_eq!(answer.words, [format!("KEY2 at a in {second}"), format!("KEY3 at z in {third}")]);
    let exposure = answer.exposure("KEY2");
    assert!(exposure.in_head && exposure.removed.is_empty());
    assert_eq!(exposure.path_count, 2);
}

/// main: base, ours; side: base, theirs; and a merge that adds something of its own.
fn merged(fixture: &Fixture) -> [String; 4] {
    let base = fixture.commit_file("shared", "1\n2\n3\n4\n5\n", "base");
    fixture.git(&["checkout", "-qb", "side"]);
    let theirs = fixture.commit_file("theirs", "KEY1", "theirs");
    fixture.git(&["checkout", "-q", "main"]);
    let ours = fixture.commit_file("ours", "KEY2", "ours");
    fixture.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    fixture.write("shared", "1\n2\n3 KEY3\n4\n5\n");
    fixture.write("evil/deep", "KEY4");
    let merge = fixture.commit("merge");
    [base, theirs, ours, merge]
}

#[test]
fn a_merge_is_told_for_what_only_it_holds() {
    let fixture = Fixture::new();
    let [base, theirs, ours, merge] = merged(&fixture);
    let expected = [
        format!("KEY1 at theirs in {theirs}"),
        format!("KEY2 at ours in {ours}"),
        format!("KEY3 at shared in {merge}"),
        format!("KEY4 at evil/deep in {merge}"),
    ];
    assert_eq!(range(&fixture, &format!("{base}..main")).words, expected);
    assert_eq!(range(&fixture, &format!("{ours}..main")).words, [&expected[..1], &expected[2..]].concat());
    assert_eq!(range(&fixture, "main^2..main").words, expected[1..]);
    assert_eq!(range(&fixture, "side..main~1").words, expected[1..2]);
}

#[test]
fn two_dots_and_three_dots_are_gits() {
    let fixture = Fixture::new();
    let base = fixture.commit_file("a", "x", "base");
    fixture.git(&["checkout", "-qb", "side"]);
    let theirs = fixture.commit_file("theirs", "KEY1", "theirs");
    fixture.git(&["checkout", "-q", "main"]);
    let ours = fixture.commit_file("ours", "KEY2", "ours");
    assert_eq!(range(&fixture, "side..main").words, [format!("KEY2 at ours in {ours}")]);
    assert_eq!(range(&fixture, "..side").words, [format!("KEY1 at theirs in {theirs}")]);
    let both = [format!("KEY1 at theirs in {theirs}"), format!("KEY2 at ours in {ours}")];
    for spec in ["side...main", "main...side", "...side"] {
        assert_eq!(range(&fixture, spec).words, both, "{spec}");
    }
    assert_eq!(range(&fixture, &format!("{base}...main")).words, both[1..]);
    for spec in ["side..main", "main..side", "side...main", "main...side", "side..side"] {
        let count = fixture.git(&["rev-list", "--count", spec]).parse::<u64>().unwrap();
        assert_eq!(range(&fixture, spec).harvest.receipt.commits, count, "{spec}");
    }
}

#[test]
fn criss_cross_merges_have_several_merge_bases() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "base");
    fixture.git(&["checkout", "-qb", "side"]);
    fixture.commit_file("b", "KEY1", "side one");
    fixture.git(&["checkout", "-q", "main"]);
    fixture.commit_file("c", "KEY2", "main one");
    fixture.git(&["branch", "main-one"]);
    fixture.git(&["merge", "-q", "--no-edit", "side"]);
    fixture.git(&["checkout", "-q", "side"]);
    fixture.git(&["merge", "-q", "--no-edit", "main-one"]);
    let side = fixture.commit_file("d", "KEY3", "side two");
    fixture.git(&["checkout", "-q", "main"]);
    let main = fixture.commit_file("e", "KEY4", "main two");
    let answer = range(&fixture, "main...side");
    assert_eq!(answer.words, [format!("KEY3 at d in {side}"), format!("KEY4 at e in {main}")]);
    assert_eq!(answer.harvest.receipt.commits.to_string(), fixture.git(&["rev-list", "--count", "main...side"]));
}

#[test]
fn every_way_to_name_a_commit_resolves() {
    let fixture = Fixture::new();
    for n in 0..4 {
        fixture.tick();
        fixture.commit_file("a", format!("{n}"), &format!("message {n}"));
    }
    fixture.git(&["tag", "light", "HEAD~2"]);
    fixture.git(&["tag", "-a", "v1.0", "-m", "x", "HEAD~2"]);
    fixture.git(&["update-ref", "refs/remotes/origin/topic", "HEAD~2"]);
    fixture.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/topic"]);
    fixture.git(&["update-ref", "ORIG_HEAD", "HEAD~2"]);
    let id = fixture.id("HEAD~2");
    let short = &id[..8];
    for left in [
        "light",
        "v1.0",
        "tags/v1.0",
        "refs/tags/v1.0^{}",
        "v1.0^{commit}",
        "v1.0^0",
        "origin/topic",
        "origin",
        "HEAD~2",
        "HEAD^^",
        "@~1^",
        "main~~",
        "ORIG_HEAD",
        "HEAD~1^1",
        &id,
        short,
        "main@{2}",
        ":/message 1",
        "HEAD^{/message 1}",
    ] {
        assert_eq!(range(&fixture, &format!("{left}..HEAD")).harvest.receipt.commits, 2, "{left}");
    }
    fixture.git(&["pack-refs", "--all"]);
    assert_eq!(range(&fixture, "v1.0..main").harvest.receipt.commits, 2);
    assert_eq!(range(&fixture, "origin..main").harvest.receipt.commits, 2);
}

#[test]
fn entries_of_reflogs_are_those_that_git_means() {
    let fixture = Fixture::new();
    for n in 0..3 {
        fixture.tick();
        fixture.commit_file("a", format!("{n}"), &format!("message {n}"));
    }
    fixture.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    fixture.tick();
    fixture.commit_file("b", "x", "on the side");
    fixture.git(&["update-ref", "refs/remotes/origin/topic", "main~1", "--create-reflog"]);
    fixture.git(&["update-ref", "refs/remotes/origin/topic", "main"]);
    fixture.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/topic"]);
    // Of this log the beginning is gone, as git forgets it.
    let log = fixture.join(".git/logs/refs/heads/main");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.split_once('\n').unwrap().1).unwrap();
    let date = fixture.git(&["log", "-1", "--format=%cI", "main~1"]);
    for name in ["main", "HEAD", "", "side", "origin", "heads/side", "refs/remotes/origin/topic"] {
        for entry in ["0", "1", "2", "3", "4", "9", &date, "2001-01-01 00:00:00 +0000", "now"] {
            let what = format!("{name}@{{{entry}}}");
            for range in [format!("{what}...HEAD"), format!("main~2..{what}")] {
                let gits = fixture.try_git(&["rev-list", "--count", &range]);
                let gits =
                    gits.status.success().then(|| String::from_utf8(gits.stdout).unwrap().trim().parse().unwrap());
                let ours = range_with(fixture.path(), &range, Environment::default(), 1);
                assert_eq!(ours.ok().map(|answer| answer.harvest.receipt.commits), gits, "{range}");
            }
        }
    }
}

#[test]
fn pipes_in_the_place_of_refs_and_logs_are_errors_and_do_not_hang() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "first");
    fixture.git(&["config", "branch.main.remote", "origin"]);
    fixture.git(&["config", "branch.main.merge", "refs/heads/topic"]);
    fixture.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    std::fs::create_dir_all(fixture.join(".git/refs/remotes/origin")).unwrap();
    for name in ["refs/heads/pipe", "refs/remotes/origin/topic", "logs/refs/heads/main"] {
        let path = fixture.join(format!(".git/{name}"));
        let _ = std::fs::remove_file(&path);
        fifo(path);
    }
    for left in
        ["pipe@{0}", "pipe:a", "pipe^{/first}", "main@{0}", "main@{yesterday}", "main@{upstream}", "@{u}", ":/first"]
    {
        assert!(refused(&fixture, &format!("{left}..HEAD")).contains("regular"), "{left}");
    }
}

#[test]
fn what_is_no_range_says_what_to_write() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "first");
    assert!(refused(&fixture, "HEAD").contains("HEAD..HEAD"));
    assert!(refused(&fixture, "nowhere..HEAD").contains("nowhere"));
    assert!(refused(&fixture, "HEAD~5..HEAD").contains("no parent"));
    assert!(refused(&fixture, "HEAD^{tree}..HEAD").contains("HEAD^{tree}"));
    assert!(refused(&fixture, &format!("{}..HEAD", "0".repeat(40))).contains("branch"));
    assert!(refused(&fixture, &format!("{}..HEAD", "1".repeat(40))).contains("git fetch"));
    assert!(refused(&fixture, "..").contains("BASE..HEAD"));
    fixture.git(&["tag", "blob", &fixture.id("HEAD:a")]);
    assert!(refused(&fixture, "blob..HEAD").contains("a commit is wanted"));
    for name in ["refs/heads/pipe", "packed-refs"] {
        fifo(fixture.join(format!(".git/{name}")));
    }
    assert!(refused(&fixture, "pipe..HEAD").contains("regular"));
    assert!(refused(&fixture, "HEAD@{0}..other").contains("regular"));
}

#[test]
fn commit_messages_and_links_are_searched() {
    let fixture = Fixture::new();
    let first = fixture.commit_file("a", "x", "first");
    std::os::unix::fs::symlink("KEY1", fixture.join("link")).unwrap();
    let second = fixture.commit("subject\n\nwith KEY2 in it");
    let answer = range(&fixture, &format!("{first}.."));
    assert_eq!(answer.words, [format!("KEY1 at link in {second}"), format!("KEY2 at message in {second}")]);
}

#[test]
fn a_bare_sha256_repository_and_odd_names() {
    let fixture = Fixture::with(&["--object-format=sha256"]);
    fixture.commit_file("a", "x", "first");
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"odd\xff\nname");
    std::fs::write(fixture.join(name), "KEY1").unwrap();
    fixture.commit("second");
    fixture.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    let answer = range_with(&fixture.join("bare.git"), "main~1..main", Environment::default(), 2).unwrap();
    assert_eq!(answer.harvest.sightings[0].origin.path().unwrap(), b"odd\xff\nname");
}

#[test]
fn a_quarantined_push_is_read() {
    let fixture = Fixture::new();
    let first = fixture.commit_file("a", "x", "first");
    std::fs::create_dir(fixture.join("quarantine")).unwrap();
    let quarantine = fixture.join("quarantine").display().to_string();
    let objects = fixture.join(".git/objects").display().to_string();
    let variables =
        [("GIT_OBJECT_DIRECTORY", quarantine.as_str()), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.as_str())];
    fixture.write("b", "KEY1");
    git_with(fixture.path(), &["add", "b"], &variables);
    let tree = git_with(fixture.path(), &["write-tree"], &variables);
    let commit = git_with(fixture.path(), &["commit-tree", "-p", &first, "-m", "second", &tree], &variables);
    let environment = Environment::from_lookup(|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
    });
    let answer = range_with(fixture.path(), &format!("{first}..{commit}"), environment, 2).unwrap();
    assert_eq!(answer.words, [format!("KEY1 at b in {commit}")]);
    assert!(answer.harvest.gaps.is_empty());
    assert!(refused(&fixture, &format!("{first}..{commit}")).contains("cannot be read"));
}

#[test]
fn a_shallow_boundary_in_the_range_is_a_gap_and_one_outside_is_not() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "KEY1", "first");
    fixture.commit_file("b", "KEY2", "second");
    fixture.commit_file("c", "KEY3", "third");
    let url = format!("file://{}", fixture.path().display());
    fixture.git(&["clone", "-q", "--depth=2", &url, "shallow"]);
    let shallow = |spec: &str| range_with(&fixture.join("shallow"), spec, Environment::default(), 2).unwrap();
    assert_eq!(shallow("HEAD~1..HEAD").harvest.gaps, []);
    // An unrelated history begins where this one does not end.
    git_with(&fixture.join("shallow"), &["checkout", "-q", "--orphan", "other"], &[]);
    git_with(&fixture.join("shallow"), &["commit", "-qm", "other"], &[]);
    let answer = shallow("other..main");
    assert_eq!(answer.words.len(), 3);
    assert_eq!(answer.harvest.gaps[0].kind, GapKind::History);
    assert!(answer.harvest.gaps[0].why.contains("--unshallow"));
}

#[test]
fn a_missing_blob_is_a_gap_and_the_rest_is_found() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "first");
    fixture.write("b", "KEY1");
    fixture.write("c", "KEY2");
    let second = fixture.commit("second");
    let blob = fixture.id("HEAD:b");
    std::fs::remove_file(fixture.join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    let answer = range(&fixture, "HEAD~1..");
    assert_eq!(answer.words, [format!("KEY2 at c in {second}")]);
    assert_eq!((answer.harvest.gaps.len(), answer.harvest.gaps[0].what.as_str()), (1, blob.as_str()));
}

#[test]
fn a_key_that_comes_in_twice_has_both_commits() {
    let fixture = Fixture::new();
    fixture.commit_file("a", "x", "first");
    let second = fixture.commit_file("a", "KEY1", "second");
    fixture.commit_file("a", "x", "third");
    let fourth = fixture.commit_file("b", "KEY1", "fourth");
    let answer = range(&fixture, "HEAD~3..");
    assert_eq!(answer.words.len(), 2);
    let exposure = answer.exposure("KEY1");
    let ids: Vec<String> = exposure.introduced.iter().map(|event| event.commit.id.to_string()).collect();
    assert_eq!(ids, [second, fourth]);
    assert_eq!(exposure.removed.len(), 1);
    assert!(exposure.in_head);
}

#[test]
fn commits_of_a_random_history_are_those_that_git_lists() {
    let fixture = Fixture::new();
    let mut random = support::random::Random::new(7);
    let mut names = vec!["main".to_owned()];
    fixture.commit_file("f", "0", "0");
    for n in 1..35 {
        if random.chance(80) {
            fixture.tick();
        }
        let from = random.pick(&names).clone();
        fixture.git(&["checkout", "-q", &from]);
        if random.chance(35) {
            let other = random.pick(&names).clone();
            fixture.git(&["merge", "-q", "-s", "ours", "--no-ff", "-m", "merge", &other]);
        } else {
            fixture.git(&["commit", "-q", "--allow-empty", "-m", &format!("commit {n}")]);
        }
        if random.chance(40) {
            let name = format!("b{n}");
            fixture.git(&["branch", &name]);
            names.push(name);
        }
    }
    for _ in 0..12 {
        let (left, right) = (random.pick(&names).clone(), random.pick(&names).clone());
        for dots in ["..", "..."] {
            let spec = format!("{left}{dots}{right}");
            let count = fixture.git(&["rev-list", "--count", &spec]);
            let answer = range_with(fixture.path(), &spec, Environment::default(), 2).unwrap();
            assert_eq!(answer.harvest.receipt.commits.to_string(), count, "{spec}");
        }
    }
}
