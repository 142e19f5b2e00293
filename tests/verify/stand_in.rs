//! The stand-in for STS and IAM, and the program run against it.

use crate::support::program::{Ended, isolate, keysift};
use crate::support::tools;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// A running stand-in. Its standard input is this process's pipe, so it ends with us.
pub struct StandIn {
    pub address: String,
    keys: Value,
    _process: Child,
}

/// The one stand-in of this run.
pub static STS: LazyLock<StandIn> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/strict_sts.py");
    let mut command = Command::new(tools::python("python"));
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("the stand-in starts");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("is piped")).read_line(&mut line).expect("it says what it made");
    let told: Value = serde_json::from_str(&line).expect("one line of JSON");
    let address = format!("http://127.0.0.1:{}", told["port"]);
    StandIn { address, keys: told["keys"].clone(), _process: process }
});

impl StandIn {
    /// A part (`id`, `secret`, `token`) of the key called `name`.
    pub fn part(&self, name: &str, part: &str) -> &str {
        self.keys[name][part].as_str().expect("the stand-in makes it")
    }

    /// The key called `name` as lines of a credentials file.
    pub fn profile(&self, name: &str) -> String {
        let (id, secret) = (self.part(name, "id"), self.part(name, "secret"));
        let token = self.keys[name]["token"].as_str().map_or(String::new(), |t| format!("aws_session_token = {t}\n"));
        format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n{token}")
    }
}

/// keysift, cut off from the user's AWS settings and caches, asking at `address`.
pub fn program(arguments: &[&str], folder: &Path, address: &str) -> Command {
    let mut command = keysift(arguments);
    isolate(&mut command);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_uppercase();
        if text.starts_with("AWS_") || text.ends_with("_PROXY") || text.starts_with("GITHUB_") || text == "PRE_COMMIT" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).env("AWS_ENDPOINT_URL_STS", address).env("XDG_CACHE_HOME", folder.join(".cache"));
    command
}

/// The verification of the one finding with a verdict in the JSON report that a run printed.
pub fn verification(ended: &Ended) -> Value {
    let report = ended.report();
    let findings = report["findings"].as_array().expect("a list").iter();
    let mut told = findings.filter_map(|finding| finding.get("verification"));
    told.next().unwrap_or_else(|| panic!("no verdict: {}\n{}", ended.out, ended.err)).clone()
}
