//! A time budget, and runs that are killed: in the end the report is that of one full run.

use super::support::keys;
use super::support::pack;
use super::support::program;
use super::support::random::Random;
use super::support::repository::{self, Bases, Repository, Shape};
use super::support::run;
use super::{assert_reports, plan};
use gix::objs::Kind;
use keysift::error::GapKind;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A repository that takes a while: many blobs in many packs and deltas.
fn large(folder: &Path, blobs: usize) -> Repository {
    let mut random = Random::new(30);
    let any = Shape::any(&mut random);
    let shape = Shape {
        blobs,
        trees: 60,
        commits: 40,
        tags: 2,
        packs: 2,
        blob_size: 30_000,
        deltas: 60,
        bases: Bases::Any,
        ..any
    };
    let words = super::support::planted::words(&mut random);
    repository::write(folder, &shape, &words, &mut random)
}

#[test]
fn runs_with_a_budget_come_to_the_report_of_a_full_one() {
    let folder = tempfile::tempdir().unwrap();
    let repository = large(folder.path(), 250);
    let mut plan = plan(&repository.path, 1);
    let (full, _) = run::run_plan(&plan);
    plan.store = Some(folder.path().join("store.redb"));
    let (mut remembered, mut runs) = (0, 0);
    let last = loop {
        // At first there is no time at all, in the end there is enough of it.
        plan.budget = Some(Duration::from_millis(55 * runs));
        let (mut report, notes) = run::run_plan(&plan);
        assert!(notes.is_empty(), "{notes:?}");
        let known = std::mem::take(&mut report.receipt.remembered);
        assert!(known >= remembered, "run {runs} knows {known} objects, the one before knew {remembered}");
        remembered = known;
        let Some(gap) = report.gaps.iter().find(|gap| gap.why.contains("time budget")) else { break report };
        assert_eq!(gap.kind, GapKind::Limit);
        assert!(gap.why.contains("the next run goes on from here"), "{}", gap.why);
        runs += 1;
    };
    assert!(runs > 0, "without any time nothing is complete");
    assert_reports(&full, &last, &format!("after {runs} runs"));
}

#[test]
fn a_killed_run_leaves_a_store_that_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let repository = large(folder.path(), 60);
    // Whole blobs take longest.
    let (mut random, objects) = (Random::new(31), repository.path.join("objects"));
    let entries: Vec<pack::Entry> = (0..40)
        .map(|n| {
            let mut data: Vec<u8> = random.text(b"abcdefghij0123456789 =:\"\n", 400_000);
            data.extend(format!("{n}\n{}", keys::profile(&mut random)).into_bytes());
            let id = pack::id_of(repository.hash, Kind::Blob, &data);
            pack::Entry { id, kind: Kind::Blob, stored: pack::Stored::Whole, data }
        })
        .collect();
    let options = pack::Options { hash: repository.hash, level: 1, wide_offsets: 0 };
    pack::write(&objects.join("pack"), &entries, &options);
    let mut plan = plan(&repository.path, 1);
    let (full, _) = run::run_plan(&plan);
    let store = folder.path().join("store.redb");
    let start = || {
        let mut command = program::keysift(["history", "-q", "-j", "1", "--store"]);
        command.arg(&store).env_remove("KEYSIFT_NO_STORE").current_dir(&repository.path);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("keysift starts")
    };
    // How long a run takes here says when it can be killed.
    let begun = Instant::now();
    start().wait().unwrap();
    let whole = begun.elapsed().as_micros() as usize;
    let mut killed = 0;
    for n in 0..12 {
        if n % 4 == 0 {
            let _ = fs::remove_file(&store);
        }
        let (mut child, begun) = (start(), Instant::now());
        let moment = Duration::from_micros(random.below(whole + whole / 8) as u64);
        while begun.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("it is there or has ended");
        killed += usize::from(child.wait().unwrap().code().is_none());
        plan.store = None;
        if n % 4 == 3 {
            plan.store = Some(store.clone());
            let (mut report, notes) = run::run_plan(&plan);
            assert!(notes.is_empty(), "{notes:?}");
            report.receipt.remembered = 0;
            assert_reports(&full, &report, &format!("after {killed} kills"));
        }
    }
    assert!(killed > 0, "no run was killed before its end");
}

#[test]
fn the_budget_of_other_commands_is_a_plain_stop() {
    let folder = tempfile::tempdir().unwrap();
    let repository = large(folder.path(), 20);
    let mut plan = plan(&repository.path, 1);
    plan.budget = Some(Duration::ZERO);
    let (report, _) = run::run_plan(&plan);
    let stopped = report.gaps.iter().find(|gap| gap.kind == GapKind::Limit).expect("there was no time");
    assert!(stopped.why.contains("the next run starts anew"), "{}", stopped.why);
    fs::write(folder.path().join("a.txt"), "nothing").unwrap();
    plan.command = keysift::engine::Command::Scan { paths: vec![folder.path().join("a.txt")] };
    plan.budget = Some(Duration::from_secs(3600));
    assert!(run::run_plan(&plan).0.is_complete(), "there was time enough");
}

#[test]
fn without_a_store_the_program_says_what_comes_of_a_budget() {
    let folder = tempfile::tempdir().unwrap();
    let repository = large(folder.path(), 5);
    let path = repository.path.to_str().unwrap();
    let ended = program::run(folder.path(), ["history", path, "--no-store", "--time-budget", "1h"]);
    assert!(ended.err.contains("starts anew"), "{}", ended.err);
    let ended = program::run(folder.path(), ["scan", path, "--time-budget", "1h30"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("90s, 4m or 1h30m"), "{}", ended.err);
}
