//! "Did you mean": the known word that is nearest to one that is not.

/// `; did you mean ...?` with the nearest of `known`, or nothing where none is near.
pub(crate) fn hint<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    nearest(word, known).map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
}

/// The nearest of `known`; nothing when even that one differs in more than half of its letters.
fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|known| (distance(known, word), known))
        .min()
        .filter(|(distance, known)| *distance * 2 <= known.len())
        .map(|(_, known)| known)
}

/// Edit distance. Quadratic in lengths of some dozens.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), &b.as_bytes()[..b.len().min(200)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_near_word_is_offered_and_a_far_one_is_not() {
        let known = || ["disable", "enable", "paths"].into_iter();
        assert_eq!(hint("disalbe", known()), "; did you mean `disable`?");
        assert_eq!(hint("completely-else", known()), "");
    }
}
