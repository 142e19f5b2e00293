//! Detection is local: what it says of a place depends on the bytes around the place and not on the rest. The history
//! engine relies on it when it inherits the hits of copied bytes, so it is held here against random contents.

use super::support::random::Random;
use super::support::{content, keys, planted};
use keysift::detect::Detector;
use keysift::finding::Credentials;
use keysift::rule::RuleSet;
use keysift::scanner::{AHEAD, BEHIND, LocalWorker, Mark, Scanner, Verdict, View};
use std::sync::Arc;

const ROUNDS: usize = 1500;

fn detector() -> Detector {
    Detector::new(Arc::new(RuleSet::embedded()), Arc::new(Credentials::default()))
}

fn marks(worker: &mut impl LocalWorker, content: &[u8]) -> Vec<Mark> {
    let mut marks = Vec::new();
    worker.look(View::whole(content), 0, content.len(), &mut marks).expect("a whole view is never too short");
    marks
}

/// A mark moved by `by` bytes.
fn moved(mark: &Mark, by: isize) -> Mark {
    let add = |at: u32| (at as isize + by) as u32;
    let hit = |mut hit: keysift::finding::Hit| {
        (hit.start, hit.end) = (add(hit.start), add(hit.end));
        hit
    };
    let verdict = match mark.verdict {
        Verdict::Nothing => Verdict::Nothing,
        Verdict::Loose(found) => Verdict::Loose(hit(found)),
        Verdict::Hit(found) => Verdict::Hit(hit(found)),
    };
    Mark { at: add(mark.at), from: add(mark.from), to: add(mark.to), rule: mark.rule, verdict }
}

#[test]
fn pieces_of_a_content_give_the_marks_of_the_whole() {
    let detector = detector();
    let mut worker = detector.worker();
    let mut found = 0;
    for round in 0..ROUNDS {
        let mut random = Random::new(round as u64);
        let words = planted::words(&mut random);
        let content = content::assemble(&mut random, &words, 2000);
        let whole = marks(&mut worker, &content);
        found += whole.iter().filter(|mark| matches!(mark.verdict, Verdict::Hit(_))).count();
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < content.len() {
            let longest = *random.pick(&[1, 20, 300, 3000]);
            let to = (from + random.between(1, longest)).min(content.len());
            // A view with no more around the piece than the contract asks for; where that is too short, all of it.
            let (first, last) = (from.saturating_sub(BEHIND), (to + AHEAD).min(content.len()));
            let view = View { bytes: &content[first..last], offset: first, length: content.len() };
            let known = pieces.len();
            if worker.look(view, from, to, &mut pieces).is_err() {
                assert_eq!(pieces.len(), known, "round {round}: marks were left behind");
                worker.look(View::whole(&content), from, to, &mut pieces).expect("a whole view is never too short");
            }
            assert!(pieces[known..].iter().all(|mark| (from..to).contains(&(mark.at as usize))), "round {round}");
            from = to;
        }
        let mut whole = whole;
        whole.sort_unstable();
        pieces.sort_unstable();
        assert_eq!(pieces, whole, "round {round}");
    }
    assert!(found > ROUNDS, "only {found} hits: the contents hold too little to mean anything");
}

#[test]
fn an_anchor_behind_an_escape_belongs_to_the_piece_it_lies_in() {
    let detector = detector();
    let mut worker = detector.worker();
    let content = format!("\\n{} = ", keys::key_id(&mut Random::new(1))).into_bytes();
    for cut in 0..content.len() {
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        worker.look(View::whole(&content), 0, cut, &mut head).unwrap();
        worker.look(View::whole(&content), cut, content.len(), &mut tail).unwrap();
        let at = |marks: &[Mark]| marks.iter().map(|mark| mark.at as usize).collect::<Vec<_>>();
        assert_eq!(
            (at(&head), at(&tail)),
            if cut <= 2 { (vec![], vec![2]) } else { (vec![2], vec![]) },
            "cut at {cut}"
        );
    }
}

#[test]
fn copied_bytes_keep_their_marks() {
    let detector = detector();
    let mut worker = detector.worker();
    let mut kept = 0;
    for round in 0..ROUNDS {
        let mut random = Random::new(1_000_000 + round as u64);
        let words = planted::words(&mut random);
        let content = content::assemble(&mut random, &words, 3000);
        let from = random.below(content.len() / 3);
        let to = random.between(content.len() / 2, content.len());
        let (before, after) = (random.below(400), random.below(400));
        let head = content::assemble(&mut random, &words, before);
        let tail = content::assemble(&mut random, &words, after);
        let other = [&head[..], &content[from..to], &tail].concat();
        let by = head.len() as isize - from as isize;

        // What has its whole window, and at least the distance that every verdict may look, within the copied bytes.
        // A window that ends with them may have been cut short by the end of one content.
        let inside = |mark: &Mark| {
            let first = (mark.at as usize).checked_sub(BEHIND).map(|first| first.min(mark.from as usize));
            let last = (mark.at as usize + AHEAD).max(mark.to as usize);
            first.is_some_and(|first| first >= from) && last < to
        };
        let here: Vec<Mark> = marks(&mut worker, &content).iter().filter(|m| inside(m)).copied().collect();
        let there: Vec<Mark> = marks(&mut worker, &other)
            .iter()
            .filter(|mark| mark.at.min(mark.from) as isize >= by)
            .map(|mark| moved(mark, -by))
            .filter(inside)
            .collect();
        assert_eq!(here, there, "round {round}: {from}..{to} moved by {by}");
        kept += here.len();
    }
    assert!(kept > ROUNDS, "only {kept} marks were compared");
}
