//! Tests over all formats, and the sample reports they share.

mod hostile;
mod human;
mod json;
mod leaks;
pub mod sample;
mod sarif;

use super::{Format, Options, write};
use crate::finding::Report;

/// What `write` writes.
fn written(format: Format, report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    write(format, report, options, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("every format is UTF-8")
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    let error = "xml".parse::<Format>().unwrap_err();
    assert_eq!(
        error,
        "unknown format \"xml\"; there are human, json, jsonl, sarif, html, csv, junit, gitlab, sonarqube, github, markdown"
    );
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in Format::ALL {
        let options = Options { color: true, width: 500, ..Options::default() };
        let first = written(format, &sample::history(), &options);
        assert_eq!(first, written(format, &sample::history(), &options));
        let mut slower = sample::history();
        slower.receipt.duration_ms += 12_345;
        let slower = written(format, &slower, &options);
        let differing = first.lines().zip(slower.lines()).filter(|(a, b)| a != b).count();
        let timeless = [Format::Csv, Format::Gitlab, Format::Sonarqube, Format::Github, Format::Markdown];
        let expected = usize::from(!timeless.contains(&format));
        assert_eq!((differing, first.lines().count()), (expected, slower.lines().count()), "{format:?}");
    }
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let error = write(format, &sample::history(), &Options::default(), &mut Full).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{format:?}");
    }
}
