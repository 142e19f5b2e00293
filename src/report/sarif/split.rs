//! One report as several SARIF files, where one would be more than GitHub takes.

use super::{Choice, Part, RESULTS, RUNS, items, write};
use crate::report::document::Document;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// GitHub takes 10 MB of a file after gzip; what its client sends is that much more or less than what we measure.
const PACKED: usize = 9_000_000;

/// `document` in parts, each of which makes a file that GitHub takes; nearly always one.
///
/// # Errors
/// Those of writing to memory, which are none.
pub fn split(document: &Document, choice: Choice) -> io::Result<Vec<Part>> {
    let parts = within(document, choice, RUNS * RESULTS, PACKED)?;
    Ok(parts.into_iter().zip(1..).map(|(document, number)| Part { document, number }).collect())
}

fn within(document: &Document, choice: Choice, results: usize, packed: usize) -> io::Result<Vec<Document>> {
    let count = items(document, choice).len();
    if count <= 1 || (count <= results && fits(document, choice, packed)?) {
        return Ok(vec![document.clone()]);
    }
    let (first, second) = halves(document);
    let mut parts = within(&first, choice, results, packed)?;
    parts.extend(within(&second, choice, results, packed)?);
    Ok(parts)
}

/// Each of the lists that results are made of, cut in the middle.
fn halves(document: &Document) -> (Document, Document) {
    let (mut first, mut second) = (document.clone(), document.clone());
    halve(&mut first.findings, &mut second.findings);
    halve(&mut first.suppressions, &mut second.suppressions);
    (first, second)
}

/// Two copies of a list become its halves, the odd one in the first.
fn halve<T>(first: &mut Vec<T>, second: &mut Vec<T>) {
    let middle = first.len().div_ceil(2);
    first.truncate(middle);
    second.drain(..middle);
}

/// Whether the file is small enough. What is small before it is packed need not be packed to know that.
fn fits(document: &Document, choice: Choice, packed: usize) -> io::Result<bool> {
    let mut plain = Count(0);
    write(document, choice, &mut plain)?;
    if plain.0 <= packed {
        return Ok(true);
    }
    let mut gzip = GzEncoder::new(Count(0), Compression::default());
    write(document, choice, &mut gzip)?;
    Ok(gzip.finish()?.0 <= packed)
}

/// Counts bytes and forgets them.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{split, within};
    use crate::report::document::{Document, Secrets};
    use crate::report::sarif::{Choice, Scope};
    use crate::report::tests::sample;

    fn many(count: usize) -> Document {
        let mut document = Document::new(&sample::history(), Secrets::Hidden);
        let one = document.findings[0].clone();
        document.findings = (0..count)
            .map(|number| {
                let mut finding = one.clone();
                finding.fingerprint = format!("ks1:{number:032x}");
                finding
            })
            .collect();
        document
    }

    #[test]
    fn what_fits_stays_one() {
        assert_eq!(split(&many(0), Choice::default()).unwrap().len(), 1);
        let document = many(30);
        let parts = split(&document, Choice::default()).unwrap();
        assert_eq!((parts.len(), &parts[0].document, parts[0].number), (1, &document, 1));
    }

    #[test]
    fn every_finding_is_in_one_part() {
        let document = many(30);
        for (results, packed) in [(7, usize::MAX), (usize::MAX, 2_500)] {
            let parts = within(&document, Choice::default(), results, packed).unwrap();
            assert!(parts.len() > 3, "{}", parts.len());
            assert!(parts.iter().all(|part| part.findings.len() <= results && part.gaps == document.gaps));
            let all: Vec<_> = parts.into_iter().flat_map(|part| part.findings).collect();
            assert_eq!(all, document.findings);
        }
        assert_eq!(
            within(&document, Choice { scope: Scope::Head, ..Choice::default() }, 1, 0).unwrap().len(),
            1,
            "none of them is in HEAD"
        );
    }
}
