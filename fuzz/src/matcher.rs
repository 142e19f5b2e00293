//! The matcher against the plain path: the sweep against a look at every place, and what is found in some lines, in ranges
//! and near a place against the whole.

use super::input::{Input, planted};
use super::lines;
use super::repository::DETECTOR;
use keysift::detect::DetectWorker;
use keysift::detect::lanes::runs;
use keysift::detect::lanes::sweep::{All, sweep};
use keysift::detect::lanes::words::{Word, Words};
use keysift::scanner::{LocalWorker, Mark, Scanner, Spot, Worker};
use std::cell::RefCell;
use std::sync::LazyLock;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let (cut, plain) = (input.below(512) + 1, input.byte() & 1 == 0);
    let content = if plain { input.0.to_vec() } else { planted(input.0) };
    lanes(&content, cut);
    WORKER.with_borrow_mut(|worker| {
        let spots = spots(worker, &content, cut);
        marks(worker, &content, &spots);
        worker.scan(&content, &mut Vec::new());
    });
}

thread_local! {
    /// Kept, because what it learns about the rules costs more than most inputs.
    static WORKER: RefCell<DetectWorker<'static>> = RefCell::new(DETECTOR.worker());
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let words = ["password", "://", "-----begin", "secret", "aws_", "api"];
    let words = words.map(|word| Word { text: word.into(), any_case: word.len() > 3 });
    Words::new(words.into(), &[[b"\\%", b"nux2"]], &[[b"\"'", b" +."]])
});

fn lanes(content: &[u8], cut: usize) {
    let words = &*WORDS;
    let (from, to) = (cut.min(content.len()) / 2, content.len());
    let mut quick = All::default();
    sweep(content, from, to, words, &mut quick);
    let mut plain = All::default();
    runs::find_plainly(content, from, to, |position| plain.runs.push(position));
    words.find_plainly(content, from, to, |at, word| plain.words.push((at, word)));
    quick.runs.sort_unstable_by_key(|position| position.at);
    assert_eq!(quick.runs, plain.runs, "lane one");
    // A word may begin before the range.
    quick.words.retain(|&(at, _)| at >= from);
    quick.words.sort_unstable();
    assert_eq!(quick.words, plain.words, "lane two");
    quick.signs.sort_unstable();
    for at in from..to {
        let joins = at > 0
            && runs::is_token(content[at - 1])
            && matches!(content[at..], [b'"' | b'\'', b' ' | b'+' | b'.', ..]);
        if joins || matches!(content[at..], [b'\\' | b'%', b'n' | b'u' | b'x' | b'2', ..]) {
            assert!(quick.signs.binary_search(&at).is_ok(), "a sign at {at}");
        }
    }
}

/// The spots of the content, which do not depend on how it is cut.
fn spots(worker: &mut impl LocalWorker, content: &[u8], cut: usize) -> Vec<Spot> {
    let whole = lines::spots(worker, content, 0..content.len());
    let mut ranges = Vec::new();
    for from in (0..content.len()).step_by(cut) {
        worker.spots(content, from, content.len().min(from + cut), &mut ranges);
    }
    assert_eq!(ranges, whole, "in ranges of {cut} bytes");
    let ends: Vec<usize> = (0..content.len()).filter(|&at| content[at] == b'\n').step_by(1 + cut % 5).collect();
    assert_eq!(lines::apart(worker, content, &ends), whole, "line by line");
    for spots in whole.chunk_by(|a, b| a.at == b.at) {
        assert_eq!(lines::near(worker, content, spots[0].at as usize), spots, "by what is near");
    }
    whole
}

/// Every spot leaves marks, which are the same in a look at all of the content.
fn marks(worker: &mut impl LocalWorker, content: &[u8], spots: &[Spot]) {
    let mut marks: Vec<Mark> = Vec::new();
    for spot in spots {
        let known = marks.len();
        worker.judge(content, std::slice::from_ref(spot), &mut marks);
        assert!(known < marks.len(), "{spot:?} left no mark");
    }
    let mut looked = Vec::new();
    worker.look(content, &mut looked);
    marks.sort_unstable();
    assert_eq!(looked, marks);
}
