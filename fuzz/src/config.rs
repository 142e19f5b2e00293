//! Configuration files and baselines: any text is one that can be used and says the same when it is written again, or an
//! error that names a line.

use keysift::allow::Folders;
use keysift::baseline::Baseline;
use keysift::config::{Config, Trust};
use keysift::rule::RuleSet;
use std::path::Path;
use std::sync::Arc;

const TODAY: &str = "2026-01-01";

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for trust in [Trust::User, Trust::Repository] {
        let mut config = Config::default();
        // A folder that is not there: what a configuration names is not read.
        if config.add_text(&text, "any.toml", Path::new("/nonexistent/folder"), trust).is_err() {
            continue;
        }
        let Ok(rules) = config.rules(RuleSet::from_texts(Vec::new()).expect("no rules refer to none")) else {
            continue;
        };
        let folders = Folders { root: None, current: "/nonexistent".into() };
        let _ = config.allowances(&Arc::new(rules), true, folders);
    }
    if let Ok(baseline) = Baseline::parse("any", &text, TODAY) {
        let again = Baseline::parse("any", &baseline.text(), TODAY).expect("what is written can be read");
        assert_eq!(again.text(), baseline.text());
    }
}
