//! Where verification is refused: in a git hook, whose user waits and did not ask for it, and for pull requests from
//! forks, whose authors could make our machine ask about any key of theirs or try keys that are not.

use serde_json::Value;
use std::ffi::OsString;

/// Why verification is refused here, if it is.
pub fn reason(env: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let set = |name: &&str| env(name).is_some_and(|value| **name == *"GIT_PREFIX" || !value.is_empty());
    // git hands the index to commit hooks, the quarantine to receive hooks and a prefix to whatever else it starts (set,
    // if empty); pre-commit says that it runs us.
    let hook = ["GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "GIT_PREFIX", "PRE_COMMIT"];
    if let Some(name) = hook.iter().find(|name| set(name)) {
        return Some(format!("--verify is refused in a git hook ({name} is set): run it by hand, or in CI"));
    }
    if from_fork(env) {
        return Some(
            "--verify is refused for pull requests from forks: verify after the merge, or run it by hand".to_owned(),
        );
    }
    None
}

/// Whether a GitHub workflow runs for a pull request of another repository; in doubt it does.
fn from_fork(env: impl Fn(&str) -> Option<OsString>) -> bool {
    let event = env("GITHUB_EVENT_NAME").and_then(|name| name.into_string().ok()).unwrap_or_default();
    if !event.starts_with("pull_request") {
        return false;
    }
    let read = |path: OsString| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok();
    let Some(event) = env("GITHUB_EVENT_PATH").and_then(read) else { return true };
    let repository = |side: &str| event["pull_request"][side]["repo"]["full_name"].as_str().map(str::to_owned);
    match (repository("head"), repository("base")) {
        (Some(head), Some(base)) => head != base,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(set: &[(&str, &str)]) -> bool {
        reason(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())).is_some()
    }

    #[test]
    fn hooks_and_forks() {
        assert!(!refused(&[]));
        assert!(!refused(&[("GIT_INDEX_FILE", "")]));
        assert!(refused(&[("GIT_PREFIX", "")]), "as in pre-push");
        assert!(refused(&[("GIT_INDEX_FILE", ".git/index")]));
        assert!(refused(&[("PRE_COMMIT", "1")]));
        assert!(!refused(&[("GITHUB_EVENT_NAME", "push")]));
        assert!(refused(&[("GITHUB_EVENT_NAME", "pull_request")]), "in doubt");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        let with = |head: &str| {
            let event = serde_json::json!({ "pull_request": {
                "head": { "repo": { "full_name": head } }, "base": { "repo": { "full_name": "team/app" } } } });
            std::fs::write(&path, event.to_string()).unwrap();
            let path = path.to_str().unwrap();
            refused(&[("GITHUB_EVENT_NAME", "pull_request_target"), ("GITHUB_EVENT_PATH", path)])
        };
        assert!(with("mallory/app"));
        assert!(!with("team/app"));
    }
}
