//! The matcher against the plain path: both lanes against a look at every place, and contents in pieces against the
//! whole.

use super::input::{Input, planted};
use super::repository::DETECTOR;
use keysift::detect::DetectWorker;
use keysift::detect::lanes::{literals, runs};
use keysift::scanner::{AHEAD, BEHIND, LocalWorker, Mark, Scanner, View, Worker};
use std::cell::RefCell;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let (cut, plain) = (input.below(512) + 1, input.byte() & 1 == 0);
    let content = if plain { input.0.to_vec() } else { planted(input.0) };
    lanes(&content);
    WORKER.with_borrow_mut(|worker| {
        pieces(worker, &content, cut);
        worker.scan(&content, &mut Vec::new());
    });
}

thread_local! {
    /// Kept, because what it learns about the rules costs more than most inputs.
    static WORKER: RefCell<DetectWorker<'static>> = RefCell::new(DETECTOR.worker());
}

fn lanes(content: &[u8]) {
    let (mut quick, mut plain) = (Vec::new(), Vec::new());
    runs::find(content, 0, content.len(), |position| quick.push(position));
    runs::find_plainly(content, 0, content.len(), |position| plain.push(position));
    assert_eq!(quick, plain, "lane one");
    let words = ["password", "://", "-----begin", "secret", "aws_", "api"];
    let words = words.iter().map(|word| literals::Literal { text: word.as_bytes().to_vec(), any_case: word.len() > 3 });
    let lane = literals::Literals::new(words.collect(), &[]);
    let (mut quick, mut plain) = (Vec::new(), Vec::new());
    lane.find(content, 0, content.len(), |at, word| quick.push((at, word)));
    lane.find_plainly(content, 0, content.len(), |at, word| plain.push((at, literals::Seen::Word(word))));
    quick.sort_unstable();
    assert_eq!(quick, plain, "lane two");
}

fn pieces(worker: &mut impl LocalWorker, content: &[u8], cut: usize) {
    let (mut whole, mut pieces): (Vec<Mark>, Vec<Mark>) = (Vec::new(), Vec::new());
    worker.look(View::whole(content), 0, content.len(), &mut whole).expect("a whole view is never too short");
    for from in (0..content.len()).step_by(cut) {
        let to = (from + cut).min(content.len());
        let (first, last) = (from.saturating_sub(BEHIND), (to + AHEAD).min(content.len()));
        let view = View { bytes: &content[first..last], offset: first, length: content.len() };
        if worker.look(view, from, to, &mut pieces).is_err() {
            worker.look(View::whole(content), from, to, &mut pieces).expect("a whole view is never too short");
        }
    }
    whole.sort_unstable();
    pieces.sort_unstable();
    assert_eq!(pieces, whole, "in pieces of {cut} bytes");
}
