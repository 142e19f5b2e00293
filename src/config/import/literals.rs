//! What text every match of a regex holds. The prefilter needs some, and other tools' rules do not say: their keywords
//! need not lie within the match.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Shortest text that is worth a look; what the rule loader takes.
const SHORTEST: usize = 3;
/// Most texts of one rule.
const MOST: usize = 90;
/// Longest regex that is looked into, nested as deeply.
const DEPTH: usize = 60;

/// Texts of which every match of a regex holds one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Anchors {
    pub literals: Vec<String>,
    /// Whether the regex takes letters in either case: then each text is there in lower case, in upper case, and with a
    /// capital only.
    pub any_case: bool,
    /// The most bytes that a match can have, where there is such a bound.
    pub longest: Option<usize>,
}

/// The anchors of a regex in our syntax; `None` if there are none that are long enough.
pub(super) fn anchors(regex: &str) -> Option<Anchors> {
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(regex).ok()?;
    let words = required(&hir, DEPTH)?;
    if words.iter().any(|word| word.len() < SHORTEST) {
        return None;
    }
    let any_case = words.iter().flatten().any(|letter| letter.either);
    let mut literals: Vec<String> = words.iter().flat_map(|word| spellings(word)).collect::<Option<_>>()?;
    literals.sort();
    literals.dedup();
    (literals.len() <= MOST).then_some(Anchors { literals, any_case, longest: hir.properties().maximum_len() })
}

/// A byte, or a letter in either case.
#[derive(Debug, Clone, Copy)]
struct Letter {
    lower: u8,
    either: bool,
}

type Word = Vec<Letter>;

fn spellings(word: &[Letter]) -> Vec<Option<String>> {
    let spell = |upper: &dyn Fn(usize) -> bool| {
        let case = |(at, letter): (usize, &Letter)| match letter.either && upper(at) {
            true => letter.lower.to_ascii_uppercase(),
            false => letter.lower,
        };
        String::from_utf8(word.iter().enumerate().map(case).collect()).ok()
    };
    vec![spell(&|_| false), spell(&|_| true), spell(&|at| at == 0)]
}

/// Words of which every match holds one: of several choices the one whose shortest word is longest.
fn required(hir: &Hir, depth: usize) -> Option<Vec<Word>> {
    let depth = depth.checked_sub(1)?;
    match hir.kind() {
        HirKind::Literal(literal) => {
            Some(vec![literal.0.iter().map(|&byte| Letter { lower: byte, either: false }).collect()])
        }
        HirKind::Class(class) => letter(class).map(|letter| vec![vec![letter]]),
        HirKind::Capture(capture) => required(&capture.sub, depth),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, depth),
        HirKind::Alternation(all) => {
            let all: Vec<Vec<Word>> = all.iter().map(|one| required(one, depth)).collect::<Option<_>>()?;
            Some(all.into_iter().flatten().collect()).filter(|words: &Vec<Word>| words.len() <= MOST)
        }
        HirKind::Concat(all) => {
            let mut choices: Vec<Vec<Word>> = Vec::new();
            let mut run: Word = Vec::new();
            for one in all {
                match one.kind() {
                    HirKind::Literal(literal) => {
                        run.extend(literal.0.iter().map(|&byte| Letter { lower: byte, either: false }));
                        continue;
                    }
                    HirKind::Class(class) if letter(class).is_some() => {
                        run.extend(letter(class));
                        continue;
                    }
                    // What has no width does not part two letters.
                    HirKind::Look(_) => continue,
                    _ => choices.extend(required(one, depth)),
                }
                choices.push(vec![std::mem::take(&mut run)]);
            }
            choices.push(vec![run]);
            choices
                .into_iter()
                .max_by_key(|words| (words.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(words.len())))
        }
        _ => None,
    }
}

/// The letter that a class stands for, if it has nothing but its two cases.
fn letter(class: &Class) -> Option<Letter> {
    let Class::Bytes(class) = class else { return None };
    let mut bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
    let (upper, lower) = (bytes.next()?, bytes.next()?);
    let pair = upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == lower && bytes.next().is_none();
    pair.then_some(Letter { lower, either: true })
}

#[cfg(test)]
mod tests {
    use super::anchors;

    fn literals(regex: &str) -> Option<Vec<String>> {
        anchors(regex).map(|anchors| anchors.literals)
    }

    #[test]
    fn every_match_holds_one() {
        for (regex, expected) in [
            (r"\bacme_[a-z0-9]{32}\b", Some(vec!["acme_"])),
            // One of its texts is too short: "ab".
            (r"(?:ab|pk_live|pk_test)[0-9]{4}", None),
            (r"(?:pk_live|pk_test)_[0-9]{4}", Some(vec!["pk_live", "pk_test"])),
            (r"[a-f0-9]{32}", None),
            (r"(?i)acme.{0,20}([a-f0-9]{32})", Some(vec!["ACME", "Acme", "acme"])),
            (r"(key|token)=(\w+)", Some(vec!["key", "token"])),
            (r"(?:corp)?[0-9]+", None),
            (r"(foo){2}", Some(vec!["foo"])),
        ] {
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(literals(regex), expected, "{regex}");
        }
        assert_eq!(anchors("(?i)acme[0-9]{4}").unwrap().longest, Some(8));
        assert_eq!(anchors("acme[0-9]+").unwrap().longest, None);
    }
}
