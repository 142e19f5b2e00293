//! Detection is local: where its spots are depends on their lines, and what it says of one on the bytes around it. The
//! history engine relies on it when it looks at the lines that a delta changes and inherits the marks of copied bytes,
//! so it is held here against random contents.

use super::support::random::Random;
use super::support::{content, keys, lines, planted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keysift::decode::Kind;
use keysift::detect::{DetectWorker, Detector};
use keysift::finding::Credentials;
use keysift::rule::RuleSet;
use keysift::scanner::{AHEAD, BEHIND, LocalWorker, MOST_MARKS, Mark, Scanner, Spot, Verdict};
use std::sync::Arc;

const ROUNDS: usize = 1500;

fn detector() -> Detector {
    Detector::new(Arc::new(RuleSet::embedded()), Arc::new(Credentials::default()))
}

/// What strings that are joined over lines are made of.
const JOINED: [&str; 20] = [
    "\"",
    "\"",
    "\"",
    "'",
    "'",
    "\n",
    "\n",
    "\r\n",
    " ",
    "    ",
    "\t",
    " +",
    ".",
    "..",
    ".concat(",
    " \\\n",
    "||",
    " <>\n",
    "abcdefgh1234",
    "x",
];

/// What may join two strings: most often it does.
fn joint(random: &mut Random) -> String {
    let mut blanks =
        || (0..random.below(3)).map(|_| *random.pick(&["\n", "\r\n", " ", "    ", "\t"])).collect::<String>();
    let (before, behind) = (blanks(), blanks());
    let operator = random.pick(&["+", " +", ".", "..", ".concat(", "\\", "||", "<>", "", "-", "x"]);
    format!("{before}{operator}{behind}")
}

/// A random content: credentials and the like among other text, with more joined strings than text has, and in some the
/// lines are long.
fn random_content(random: &mut Random, size: usize) -> Vec<u8> {
    let mut words = planted::words(random);
    words.extend((0..4).map(|_| (0..random.between(3, 30)).flat_map(|_| random.pick(&JOINED).bytes()).collect()));
    let (first, last) = (keys::key_id(random), keys::secret(random));
    words.extend((0..4).map(|_| format!("aws = \"{first}\"{}\"{last}\"", joint(random)).into_bytes()));
    let mut content = content::assemble(random, &words, size);
    if random.chance(25) {
        content.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b' ');
    }
    content
}

fn all_spots(worker: &mut impl LocalWorker, content: &[u8]) -> Vec<Spot> {
    lines::spots(worker, content, 0..content.len())
}

fn judged(worker: &mut impl LocalWorker, content: &[u8], spots: &[Spot]) -> Vec<Mark> {
    let mut marks = Vec::new();
    worker.judge(content, spots, &mut marks);
    marks
}

fn hits(marks: &[Mark]) -> usize {
    marks.iter().filter(|mark| matches!(mark.verdict, Verdict::Hit(_))).count()
}

fn spot_of(mark: &Mark) -> Spot {
    Spot { at: mark.at, rule: mark.rule }
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

/// Tells which content a check failed at.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.0);
        }
    }
}

/// Calls `check` with the detector's worker and random contents.
fn each_content(seed: u64, size: usize, mut check: impl FnMut(&mut DetectWorker<'_>, &mut Random, &[u8])) {
    let detector = detector();
    let mut worker = detector.worker();
    for seed in (seed..).take(ROUNDS) {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let content = random_content(&mut random, size);
        check(&mut worker, &mut random, &content);
    }
}

#[test]
fn lines_apart_have_the_spots_of_the_whole() {
    let (mut compared, mut found, mut continued) = (0, 0, 0);
    each_content(0, 2000, |worker, random, content| {
        let percent = *random.pick(&[10, 50, 100]);
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', content).filter(|_| random.chance(percent)).collect();
        let whole = all_spots(worker, content);
        let apart = lines::apart(worker, content, &ends);
        assert_eq!(apart, whole, "cut at {ends:?}: {}", content.escape_ascii());
        compared += whole.len();
        found += hits(&judged(worker, content, &apart));
        for line in memchr::memchr_iter(b'\n', content).map(|end| end + 1) {
            if let Some(spot) = worker.continued(content, line) {
                continued += 1;
                assert!(worker.may_go_on(content, line), "the line at {line} does go on");
                assert!((spot.at as usize) < line && whole.contains(&spot), "{spot:?} before {line}");
            }
        }
    });
    assert!(compared > 20 * ROUNDS, "only {compared} spots were compared");
    assert!(found > ROUNDS, "only {found} hits: the contents hold too little to mean anything");
    assert!(continued > ROUNDS / 4, "only {continued} spots go on in another line");
}

#[test]
fn ranges_that_touch_share_the_spots_of_the_whole() {
    let mut compared = 0;
    each_content(1_000_000, 2000, |worker, random, content| {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < content.len() {
            let longest = *random.pick(&[1, 20, 300, 3000]);
            let to = (from + random.between(1, longest)).min(content.len());
            let known = pieces.len();
            worker.spots(content, from, to, &mut pieces);
            assert!(pieces[known..].iter().all(|spot| (from..to).contains(&(spot.at as usize))));
            assert!(pieces[known..].is_sorted_by(|a, b| a < b), "sorted, each once");
            from = to;
        }
        assert_eq!(pieces, all_spots(worker, content));
        compared += pieces.len();
    });
    assert!(compared > 20 * ROUNDS, "only {compared} spots were compared");
}

#[test]
fn an_anchor_behind_an_escape_belongs_to_the_range_it_lies_in() {
    let detector = detector();
    let mut worker = detector.worker();
    let content = format!("\\n{} = ", keys::key_id(&mut Random::new(1))).into_bytes();
    for cut in 0..content.len() {
        let mut at = |from, to| {
            let mut at: Vec<u32> = lines::spots(&mut worker, &content, from..to).iter().map(|spot| spot.at).collect();
            // Several rules may ask.
            at.dedup();
            at
        };
        let (head, tail) = (at(0, cut), at(cut, content.len()));
        assert_eq!((head, tail), if cut <= 2 { (vec![], vec![2]) } else { (vec![2], vec![]) }, "cut at {cut}");
    }
}

#[test]
fn a_spot_depends_on_what_is_near() {
    let mut compared = 0;
    each_content(2_000_000, 1500, |worker, random, content| {
        let whole = all_spots(worker, content);
        let mut places: Vec<usize> = (0..20).map(|_| random.below(content.len())).collect();
        places.extend(whole.iter().map(|spot| spot.at as usize));
        for at in places {
            let here: Vec<Spot> = whole.iter().filter(|spot| spot.at as usize == at).copied().collect();
            assert_eq!(lines::near(worker, content, at), here, "at {at}: {}", content.escape_ascii());
            compared += here.len();
        }
    });
    assert!(compared > 20 * ROUNDS, "only {compared} spots were compared");
}

#[test]
fn every_spot_leaves_its_marks_whatever_else_is_judged() {
    let (mut compared, mut found, mut gone) = (0, 0, 0);
    each_content(3_000_000, 1500, |worker, _, content| {
        let spots = all_spots(worker, content);
        let marks = judged(worker, content, &spots);
        let mut one_by_one = Vec::new();
        for spot in &spots {
            let known = one_by_one.len();
            worker.judge(content, std::slice::from_ref(spot), &mut one_by_one);
            assert!(one_by_one.len() > known, "{spot:?} left no mark");
            for mark in &one_by_one[known..] {
                assert_eq!(spot_of(mark), *spot);
                let (at, from, to) = (mark.at as usize, mark.from as usize, mark.to as usize);
                assert_eq!(from, at.saturating_sub(BEHIND));
                assert!(at < to && to <= content.len(), "{mark:?}");
            }
        }
        assert_eq!(marks, one_by_one, "in the order of the spots");
        let mut looked = Vec::new();
        assert!(worker.look(content, &mut looked));
        let mut sorted = marks;
        sorted.sort_unstable();
        assert_eq!(looked, sorted);
        compared += looked.len();
        found += hits(&looked);
        // Where a joint was and is none, since another line follows.
        for at in memchr::memchr2_iter(b'"', b'\'', content) {
            let spot = Spot { at: at as u32, rule: Kind::Folding.rule() };
            if !spots.contains(&spot) {
                gone += 1;
                assert_eq!(judged(worker, content, &[spot]), [], "{spot:?} is none");
            }
        }
    });
    assert!(compared > 20 * ROUNDS, "only {compared} marks were compared");
    assert!(found > ROUNDS && gone > ROUNDS, "only {found} hits, {gone} quotes that join nothing");
}

#[test]
fn more_marks_than_are_kept_are_told() {
    let detector = detector();
    let mut worker = detector.worker();
    let mut look = |lines: usize| worker.look("password=\n".repeat(lines).as_bytes(), &mut Vec::new());
    assert!(look(1000));
    assert!(!look(MOST_MARKS + 1));
}

/// Some of a text, to stand beside a window that is copied: nothing where an end of its content cut the window off.
fn beside<'t>(random: &mut Random, text: &'t [u8], is_cut: bool) -> &'t [u8] {
    let size = if is_cut || random.chance(20) { 0 } else { random.between(1, 400) };
    let from = random.below(text.len() - size);
    &text[from..from + size]
}

/// Holds the marks of one spot, with their window copied between other text.
fn holds_elsewhere(worker: &mut impl LocalWorker, content: &[u8], marks: &[Mark], head: &[u8], tail: &[u8]) {
    let window = marks[0].from as usize..marks[0].to as usize;
    let by = head.len() as isize - window.start as isize;
    let other = [head, &content[window.clone()], tail].concat();
    let mut there: Vec<Mark> = marks.iter().map(|mark| moved(mark, by)).collect();
    let mut here = judged(worker, &other, &[spot_of(&there[0])]);
    here.sort_unstable();
    there.sort_unstable();
    assert!(
        here == there,
        "{window:?} of {} beside {} and {}: {here:?} and {there:?}",
        content.escape_ascii(),
        head.escape_ascii(),
        tail.escape_ascii()
    );
}

#[test]
fn what_a_mark_says_depends_on_its_window() {
    let (mut compared, mut found) = (0, 0);
    each_content(4_000_000, 1500, |worker, random, content| {
        let mut marks = Vec::new();
        worker.look(content, &mut marks);
        let text = random_content(random, 1500);
        for marks in marks.chunk_by(|a, b| spot_of(a) == spot_of(b)) {
            let (from, to) = (marks[0].from as usize, marks[0].to as usize);
            // As the engine tells whether the beginning of the base cut it off.
            let is_first = from == 0 && marks[0].at as usize != BEHIND;
            let (head, tail) = (beside(random, &text, is_first), beside(random, &text, to == content.len()));
            holds_elsewhere(worker, content, marks, head, tail);
            compared += marks.len();
            found += hits(marks);
        }
    });
    assert!(compared > 20 * ROUNDS, "only {compared} marks were compared");
    assert!(found > ROUNDS, "only {found} hits were compared");
}

#[test]
fn copied_bytes_keep_their_marks() {
    let mut kept = 0;
    each_content(5_000_000, 3000, |worker, random, content| {
        let from = random.below(content.len() / 3);
        let to = random.between(content.len() / 2, content.len());
        let text = random_content(random, 1500);
        let (head, tail) = (beside(random, &text, false), beside(random, &text, false));
        let other = [head, &content[from..to], tail].concat();
        let by = head.len() as isize - from as isize;

        // What has its line and its whole window within the copied bytes. A window that ends with them may have been cut
        // short by the end of one content.
        let line_end = |rest: &[u8]| memchr::memchr(b'\n', rest);
        let first = line_end(&content[from..to]).map_or(to, |end| from + end + 1);
        let last = memchr::memrchr(b'\n', &content[from..to]).map_or(from, |end| from + end);
        let inside = |mark: &Mark| {
            let at = mark.at as usize;
            let line = (first..last).contains(&at) || (from + BEHIND..to.saturating_sub(AHEAD)).contains(&at);
            line && at >= from + BEHIND && (mark.to as usize) < to
        };
        let mut marks = |content: &[u8]| {
            let mut marks = Vec::new();
            worker.look(content, &mut marks);
            marks
        };
        let here: Vec<Mark> = marks(content).into_iter().filter(inside).collect();
        let there = marks(&other).into_iter().filter(|mark| mark.at as isize >= by);
        let there: Vec<Mark> = there.map(|mark| moved(&mark, -by)).filter(inside).collect();
        assert_eq!(here, there, "{from}..{to} moved by {by}");
        kept += here.len();
    });
    assert!(kept > ROUNDS, "only {kept} marks were compared");
}

/// A content with what a decoder begins with, and what follows the window of the mark there in another content.
type Case = (Kind, String, String);

/// Texts that a decoder refuses, or cuts, because of what stands further on than [`AHEAD`]; an end of the content is told
/// from one of the window.
fn far_looks() -> [Case; 7] {
    let id = keys::key_id(&mut Random::new(1));
    let text = format!("id = {id}\n{}", "a line of text\n".repeat(20));
    let (base64, hex) = (STANDARD.encode(&text[..300]), hex(text.as_bytes()));
    let joint = format!("\"\t{}+{}\"", " ".repeat(35), " ".repeat(35));
    let parts = [0, 2, 4, 6, 8].map(|at| &id[at..at + 2]).join(&joint);
    let mail = format!("quoted-printable\n\n{}", "a line of text\n".repeat(20));
    let secret = keys::secret(&mut Random::new(2));
    let sent = STANDARD.encode(format!("{}password={}", "a line of text\n".repeat(10), &secret[..20]));
    [
        // Both alphabets.
        (Kind::Base64, format!("{base64}-+"), String::new()),
        // Half a byte; a token that goes on; bytes that are no text.
        (Kind::Hex, format!("{hex}0"), String::new()),
        (Kind::Hex, format!("{hex}_"), String::new()),
        (Kind::Hex, format!("{}{}", &hex[..400], "00".repeat(100)), String::new()),
        // Too little for a credential.
        (Kind::Folding, format!("{parts}\";"), format!("+\"{}\"", &id[8..])),
        // The next part of the mail begins.
        (Kind::QuotedPrintable, format!("{mail}--x\n"), format!(" \nid =3D {id}\n")),
        // A token that is cut.
        (Kind::Base64, format!("{sent}{}%{}", &secret[20..], "x7".repeat(100)), String::new()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_window_holds_all_that_was_looked_at() {
    let detector = detector();
    let mut worker = detector.worker();
    for (kind, content, tail) in far_looks() {
        let before = match kind {
            Kind::QuotedPrintable => "Content-Transfer-Encoding: ",
            Kind::Folding => "",
            _ => "x: ",
        };
        // A joint begins with the quote behind the first part.
        let at = before.len() + if kind == Kind::Folding { 2 } else { 0 };
        let content = [before, &content, &"\nthe rest of it".repeat(100)].concat().into_bytes();
        let marks = judged(&mut worker, &content, &[Spot { at: at as u32, rule: kind.rule() }]);
        assert!((marks[0].to as usize) < content.len(), "the end of the content is another thing");
        holds_elsewhere(&mut worker, &content, &marks, b"", tail.as_bytes());
    }
}

#[test]
fn a_window_that_begins_with_the_content_is_like_any_other() {
    let detector = detector();
    let mut worker = detector.worker();
    // An escape stands for the first letter.
    let id = format!("\\x41{}", &keys::key_id(&mut Random::new(1))[1..]);
    let content = ["-".repeat(BEHIND), id].concat().into_bytes();
    let marks = judged(&mut worker, &content, &[Spot { at: BEHIND as u32, rule: Kind::Escapes.rule() }]);
    holds_elsewhere(&mut worker, &content, &marks, b"\n", b"");
}
