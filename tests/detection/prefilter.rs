//! The prefilter may say too much and never too little: what a plain search finds, which asks every rule at every place
//! where its own text says that it may apply, and base64 and hex where they begin a text, the lanes must
//! find too. Held with all rules, on their examples, whole and damaged, encoded, one beside the other and among other
//! text, and on the carriers of AWS keys. Where escapes and joined strings begin, the plain search takes the lanes' word.

use super::carriers::{CARRIERS, with_keys};
use super::support::random::Random;
use super::support::{content, keys};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use keysift::decode::Kind;
use keysift::detect::{DetectWorker, Detector};
use keysift::finding::{Credentials, Hit, RuleIndex};
use keysift::rule::model::{Carrier, Class, Shape};
use keysift::rule::{Rule, RuleSet, written};
use keysift::scanner::{LocalWorker, Mark, Scanner, Spot, Verdict};
use regex_automata::{Anchored, Input};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Contents of random pieces.
const ROUNDS: u64 = 120;

struct World {
    rules: Arc<RuleSet>,
    credentials: Arc<Credentials>,
    detector: Detector,
}

/// What a mark says, without the anchor by which it was found: one place may be reached from several.
type Said = (String, u32, u32, bool);

impl World {
    fn new() -> Self {
        let (rules, credentials) = (Arc::new(RuleSet::embedded()), Arc::new(Credentials::default()));
        Self { detector: Detector::new(Arc::clone(&rules), Arc::clone(&credentials)), rules, credentials }
    }

    fn said(&self, marks: &[Mark]) -> BTreeSet<Said> {
        let of = |hit: Hit, loose| {
            let rule = self.credentials.get(hit.credential).rule;
            (self.rules.get(rule).text.id.clone(), hit.start, hit.end, loose)
        };
        let said = |mark: &Mark| match mark.verdict {
            Verdict::Hit(hit) => Some(of(hit, false)),
            Verdict::Loose(hit) => Some(of(hit, true)),
            Verdict::Nothing => None,
        };
        marks.iter().filter_map(said).collect()
    }

    /// What the lanes lead to.
    fn filtered(&self, worker: &mut DetectWorker<'_>, content: &[u8]) -> BTreeSet<Said> {
        let mut marks = Vec::new();
        assert!(worker.look(content, &mut marks), "a small content has no more marks than are kept");
        self.said(&marks)
    }

    /// What asking at every place finds.
    fn plain(&self, worker: &mut DetectWorker<'_>, content: &[u8]) -> BTreeSet<Said> {
        let mut marks = Vec::new();
        let mut ask = |at: usize, rule: RuleIndex| {
            worker.judge(content, &[Spot { at: at as u32, rule }], &mut marks);
        };
        for (index, rule) in self.rules.iter() {
            places(rule, content, |at| ask(at, index));
        }
        for at in starts(content, is_token) {
            if is_text(&base64_head(content, at)) {
                ask(at, Kind::Base64.rule());
            }
            if is_text(&hex_head(content, at)) {
                ask(at, Kind::Hex.rule());
            }
        }
        self.said(&marks)
    }

    fn compare(&self, worker: &mut DetectWorker<'_>, content: &[u8], missed: &mut Vec<String>) -> usize {
        let (plain, filtered) = (self.plain(worker, content), self.filtered(worker, content));
        for said in plain.difference(&filtered).take(3) {
            let around = content.len().min(said.2 as usize + 30);
            let text = String::from_utf8_lossy(&content[(said.1 as usize).saturating_sub(60)..around]).into_owned();
            missed.push(format!("{} at {}: {text:?}", said.0, said.1));
        }
        plain.len()
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/_-".contains(&b)
}

/// Where stretches of `wanted` bytes begin.
fn starts(content: &[u8], wanted: impl Fn(u8) -> bool) -> impl Iterator<Item = usize> {
    (0..content.len()).filter(move |&at| wanted(content[at]) && (at == 0 || !wanted(content[at - 1])))
}

/// The places where a rule may apply by what its entry says, found the slow way.
fn places(rule: &Rule, content: &[u8], mut found: impl FnMut(usize)) {
    let text = &rule.text;
    for at in 0..content.len() {
        let rest = &content[at..];
        let is_name = |name: &String| {
            // A name's first word tells whether it may stand here; the rule itself looks at the rest.
            let first = name.split('_').next().unwrap_or(name);
            rest.get(..first.len()).is_some_and(|start| start.eq_ignore_ascii_case(first.as_bytes()))
        };
        let begins = |literal: &String| rest.starts_with(literal.as_bytes());
        if text.prefixes.iter().any(begins) && may_begin(content, at)
            || text.literals.iter().any(begins)
            || text.carrier == Carrier::Assignment && text.names.iter().any(is_name)
            || text.carrier == Carrier::Authorization && text.names.iter().any(is_name)
        {
            found(at);
        }
    }
    if let Some(Shape { class, min, max }) = &text.shape {
        let member = |b: u8| is_of(*class, b);
        // What a letter or digit of another class stands before is the rest of something else.
        for at in starts(content, member).filter(|&at| at == 0 || !content[at - 1].is_ascii_alphanumeric()) {
            let length = content[at..].iter().take_while(|&&b| member(b)).count();
            if (*min..=*max).contains(&length) {
                found(at);
            }
        }
    }
}

/// The classes, as the rule model words them.
fn is_of(class: Class, b: u8) -> bool {
    match class {
        Class::Hex => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        Class::HexAny => b.is_ascii_hexdigit(),
        Class::Uuid => b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b'-',
        Class::LowerAlnum => b.is_ascii_digit() || b.is_ascii_lowercase(),
        Class::UpperAlnum => b.is_ascii_digit() || b.is_ascii_uppercase(),
        Class::Alnum => b.is_ascii_alphanumeric(),
        Class::Base64 => b.is_ascii_alphanumeric() || b == b'+' || b == b'/',
        Class::Base64Url => b.is_ascii_alphanumeric() || b == b'_' || b == b'-',
    }
}

/// What 24 characters of base64 at `at` stand for.
fn base64_head(content: &[u8], at: usize) -> Vec<u8> {
    let head = content.get(at..at + 24).unwrap_or_default();
    STANDARD.decode(head).or_else(|_| URL_SAFE.decode(head)).unwrap_or_default()
}

/// What 40 digits at `at`, behind `0x` or not, stand for.
fn hex_head(content: &[u8], at: usize) -> Vec<u8> {
    let at = if content[at..].starts_with(b"0x") { at + 2 } else { at };
    let digits = content.get(at..at + 40).unwrap_or_default();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect::<Option<_>>().unwrap_or_default()
}

/// Whether this begins a text: ASCII, behind a byte order mark or not. Text that begins otherwise is not decoded.
fn is_text(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    !text.is_empty() && text.iter().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t' | b'\r'))
}

/// Whether a token may begin at `at`: not after a letter, digit, `+` or `/`, unless that belongs to an escape.
fn may_begin(content: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| content[before]) else { return true };
    let escape = |letters: &[u8]| at >= 2 && content[at - 2] == b'\\' && letters.contains(&before);
    !(before.is_ascii_alphanumeric() || before == b'+' || before == b'/') || escape(b"nrt")
}

/// An example with something changed: a byte, its beginning or end, the case of its letters, what stands around it.
fn mutated(random: &mut Random, example: &[u8]) -> Vec<u8> {
    let mut text = example.to_vec();
    for _ in 0..random.between(1, 3) {
        let at = random.below(text.len().max(1));
        match random.below(9) {
            0 if !text.is_empty() => text[at] = *random.pick(b"aZ0_-+/= \"'\\\n.:"),
            1 if !text.is_empty() => drop(text.remove(at)),
            2 => text.insert(at, *random.pick(b"aZ0_-+/= \"'\\\n.:")),
            3 => text.truncate(text.len().max(1) - 1),
            4 => text = [b"\\n".as_slice(), &text].concat(),
            5 => {
                text.extend_from_slice(random.pick::<&[u8]>(&[b"/", b"==", b"_x", b"\\n", b"\xff", b"%2F", b",", b"<"]))
            }
            6 => text.make_ascii_lowercase(),
            7 => text = text.iter().flat_map(|&b| if b == b'"' { vec![b'\\', b'"'] } else { vec![b] }).collect(),
            _ => text = text.iter().map(|&b| if b == b' ' { b'\t' } else { b }).collect(),
        }
    }
    text
}

fn examples() -> Vec<Vec<u8>> {
    let files = written().expect("the built-in rules are read");
    let rules = files.iter().flat_map(|(_, rules)| rules).map(|written| &written.rule);
    let examples = rules.flat_map(|rule| rule.positive.iter().chain(&rule.negative));
    examples.map(|example| example.replace("{}", "").into_bytes()).collect()
}

#[test]
fn examples_whole_and_damaged() {
    let world = World::new();
    let mut worker = world.detector.worker();
    let (mut missed, mut found) = (Vec::new(), 0);
    // Several to a content: asking every rule at every place takes its time.
    for (number, examples) in examples().chunks(8).enumerate() {
        let mut random = Random::new(number as u64);
        let mut text = Vec::new();
        for example in examples {
            text.extend_from_slice(example);
            text.push(b'\n');
            text.extend(mutated(&mut random, example));
            text.extend_from_slice(random.pick::<&[u8]>(&[b"\n", b" ", b"\r\n", b"; ", b"\", \""]));
        }
        found += world.compare(&mut worker, &text, &mut missed);
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    assert!(found > 1500, "only {found} finds: the contents hold too little to mean anything");
}

/// What says no before a regex is asked says it of no match: not of the examples, nor of what is left of them changed.
#[test]
fn what_matches_is_admitted() {
    let (world, files) = (World::new(), written().expect("the built-in rules are read"));
    let texts = |id: &str| {
        let of = files.iter().flat_map(|(_, rules)| rules).filter(|written| written.rule.id == id);
        let examples: Vec<String> = of.flat_map(|written| written.rule.positive.clone()).collect();
        examples
    };
    let (mut matches, mut random) = (0, Random::new(77));
    for (_, rule) in world.rules.iter() {
        let Some(pattern) = &rule.regex else { continue };
        for example in texts(&rule.text.id) {
            let whole = example.replace("{}", "").into_bytes();
            for text in [mutated(&mut random, &whole), whole] {
                for from in 0..text.len() {
                    let input = Input::new(&text).span(from..text.len()).anchored(Anchored::Yes);
                    if pattern.regex().is_match(input) {
                        matches += 1;
                        assert!(pattern.admits(&text[from..]), "{}: {example}", rule.text.id);
                    }
                }
            }
        }
    }
    assert!(matches > 1000, "only {matches} matches");
}

/// What stands before an example in the text that is encoded.
const BEFORE: [&str; 4] = ["", "x: ", "\n\n", "\u{feff}"];

#[test]
fn examples_in_base64_and_hex() {
    let world = World::new();
    let mut worker = world.detector.worker();
    let (mut missed, mut found) = (Vec::new(), 0);
    for (number, examples) in examples().chunks(8).enumerate() {
        let mut random = Random::new(5_000 + number as u64);
        let mut text = Vec::new();
        for example in examples {
            let plain = [random.pick(&BEFORE).as_bytes(), example].concat();
            let encoded = match random.below(3) {
                0 => plain.iter().map(|byte| format!("{byte:02x}")).collect(),
                1 => STANDARD.encode(STANDARD.encode(&plain)),
                _ => STANDARD.encode(&plain),
            };
            text.extend_from_slice(format!("data{}{encoded}\n", random.pick(&[": ", "=\"", " ", "\t- "])).as_bytes());
        }
        found += world.compare(&mut worker, &text, &mut missed);
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    assert!(found > 500, "only {found} finds: the contents hold too little to mean anything");
}

#[test]
fn random_pieces_among_other_text() {
    let world = World::new();
    let mut worker = world.detector.worker();
    let examples = examples();
    let (mut missed, mut found) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let mut random = Random::new(9_000 + round);
        let mut words: Vec<Vec<u8>> = (0..12).map(|_| random.pick(&examples).clone()).collect();
        words.extend((0..4).map(|_| {
            let example = random.pick(&examples).clone();
            mutated(&mut random, &example)
        }));
        words.push(keys::profile(&mut random).into_bytes());
        let content = content::assemble(&mut random, &words, 1500);
        found += world.compare(&mut worker, &content, &mut missed);
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    assert!(found > ROUNDS as usize, "only {found} finds: the contents hold too little to mean anything");
}

#[test]
fn carriers_of_keys() {
    let world = World::new();
    let mut worker = world.detector.worker();
    let (mut missed, mut found) = (Vec::new(), 0);
    for (number, (_, template)) in CARRIERS.iter().enumerate() {
        let mut random = Random::new(number as u64);
        let text = with_keys(template, &keys::key_id(&mut random), &keys::secret(&mut random), "");
        let damaged = mutated(&mut random, text.as_bytes());
        found += world.compare(&mut worker, text.as_bytes(), &mut missed);
        world.compare(&mut worker, &damaged, &mut missed);
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    assert!(found >= 2 * CARRIERS.len(), "only {found} finds");
}
