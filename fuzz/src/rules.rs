//! Rule files: any text is a rule set that can be used, or an error that names a line.

use keysift::detect::Detector;
use keysift::finding::Credentials;
use keysift::rule::{RuleSet, parse_file};
use keysift::scanner::{Scanner, Worker};
use std::path::Path;
use std::sync::Arc;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(rules) = parse_file(Path::new("any.toml"), &text) else { return };
    let Ok(rules) = RuleSet::from_texts(rules) else { return };
    let detector = Detector::new(Arc::new(rules), Arc::new(Credentials::default()));
    let mut hits = Vec::new();
    detector.worker().scan(data, &mut hits);
    assert!(hits.iter().all(|hit| hit.start <= hit.end && hit.end as usize <= data.len()));
}
