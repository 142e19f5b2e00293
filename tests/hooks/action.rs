//! The GitHub Action, run by act on generated events, and linted.

use super::{pair, passed, said};
use crate::support::git::{Fixture, START, command};
use crate::support::tools;
use std::path::Path;
use std::process::{Command, Output};

const WORKFLOW: &str = "\
on:
  push:
  pull_request:
  merge_group:
  schedule:
    - cron: 17 3 * * 1
permissions: {}
jobs:
  keysift:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683
      - id: keysift
        uses: ./.action
        with:
          program: PROGRAM
          fail: FAIL
      - if: always()
        shell: bash
        env:
          STATUS: ${{ steps.keysift.outputs.status }}
          FINDINGS: ${{ steps.keysift.outputs.findings }}
          SEARCHED: ${{ steps.keysift.outputs.searched }}
          SARIF: ${{ steps.keysift.outputs.sarif }}
        run: |
          echo \"told: $STATUS $FINDINGS $SEARCHED $(grep -c '\"ruleId\"' \"$SARIF\" 2>/dev/null || true)\"
";

/// A repository with the action in it, two commits on main, and a branch.
struct Project {
    fixture: Fixture,
    base: String,
    head: String,
}

impl Project {
    fn new(fail: bool) -> Self {
        let fixture = Fixture::new();
        fixture.write(".gitignore", "keysift.sarif\n");
        for file in ["action.yml", "action/run.sh"] {
            fixture.write(&format!(".action/{file}"), std::fs::read(file).unwrap());
        }
        let workflow = WORKFLOW.replace("PROGRAM", env!("CARGO_BIN_EXE_keysift")).replace("FAIL", &fail.to_string());
        fixture.write(".github/workflows/keysift.yml", workflow);
        fixture.commit_file("old", pair(40), "an old key");
        let base = fixture.commit_file("file", "x\n", "base");
        fixture.git(&["checkout", "-qb", "topic"]);
        fixture.commit_file("new", pair(41), "a new key");
        let head = fixture.commit_file("new", "taken out\n", "no key any more");
        Self { fixture, base, head }
    }

    fn pull_request(&self, head: &str) -> String {
        format!(
            r#"{{"pull_request":{{"base":{{"sha":"{}","ref":"main"}},"head":{{"sha":"{head}","ref":"topic"}}}}}}"#,
            self.base
        )
    }

    fn push(&self, before: &str, after: &str, branch: &str) -> String {
        format!(
            r#"{{"before":"{before}","after":"{after}","ref":"refs/heads/{branch}","repository":{{"default_branch":"main"}}}}"#
        )
    }

    fn act(&self, name: &str, event: &str) -> Output {
        act(self.fixture.path(), name, event)
    }
}

/// Runs the workflow of the repository in `folder`, without containers.
fn act(folder: &Path, name: &str, event: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("event.json"), event).unwrap();
    let mut act = Command::new(tools::python("act"));
    crate::support::program::isolate(&mut act);
    act.args([name, "-P", "ubuntu-latest=-self-hosted", "-e"])
        .arg(home.path().join("event.json"))
        .current_dir(folder)
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("act starts")
}

#[track_caller]
fn tells(output: &Output, success: bool, told: &str) {
    let said = said(output);
    assert_eq!(output.status.success(), success, "{said}");
    assert!(said.contains(&format!("told: {told}")), "{told} is not in: {said}");
}

const ZERO: &str = "0000000000000000000000000000000000000000";

#[test]
fn each_event_has_its_range() {
    let project = Project::new(true);
    let (base, head) = (&project.base, &project.head);
    let found = format!("found 1 {base}..{head} 1");
    tells(&project.act("pull_request", &project.pull_request(head)), false, &found);
    let queue = format!(r#"{{"merge_group":{{"base_sha":"{base}","head_sha":"{head}"}}}}"#);
    tells(&project.act("merge_group", &queue), false, &found);
    tells(&project.act("push", &project.push(base, head, "topic")), false, &found);
    tells(&project.act("push", &project.push(head, head, "topic")), true, &format!("clean 0 {head}..{head}"));
    tells(&project.act("push", &project.push(head, ZERO, "topic")), true, "clean 0 ");
    tells(&project.act("schedule", "{}"), false, "found 2 history 2");
    tells(&project.act("push", &project.push(ZERO, head, "main")), false, "found 2 history 2");
    let nonsense = project.act("push", &project.push("$(touch x)", head, "topic"));
    assert!(!nonsense.status.success());
}

#[test]
fn findings_need_not_fail() {
    let project = Project::new(false);
    let output = project.act("pull_request", &project.pull_request(&project.head));
    tells(&output, true, "found 1 ");
    assert!(said(&output).contains("new:"), "{}", said(&output));
}

/// A clone of one commit, as actions/checkout makes it, of a repository that is then gone or not.
fn shallow(project: &Project) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", project.fixture.path().display());
    let clone = ["clone", "-q", "--depth=1", "--branch=topic", &url, "."];
    passed(&command(folder.path(), START).args(clone).output().unwrap());
    folder
}

#[test]
fn a_shallow_checkout_is_deepened_or_fails() {
    let project = Project::new(true);
    let (base, head) = (&project.base, &project.head);
    let event = project.pull_request(head);
    tells(&act(shallow(&project).path(), "pull_request", &event), false, &format!("found 1 {base}..{head} 1"));
    // A new branch, and a forced push whose old commit nobody has any more: what main has not.
    for before in [ZERO, &"1".repeat(40)] {
        let output = act(shallow(&project).path(), "push", &project.push(before, head, "topic"));
        tells(&output, false, &format!("found 1 {base}..{head} 1"));
    }
    let clone = shallow(&project);
    let nowhere = ["remote", "set-url", "origin", "file:///nowhere"];
    passed(&command(clone.path(), START).args(nowhere).output().unwrap());
    for (name, event) in [("pull_request", event.as_str()), ("schedule", "{}")] {
        let output = act(clone.path(), name, event);
        assert!(!output.status.success() && said(&output).contains("fetch-depth: 0"), "{}", said(&output));
    }
}

#[test]
fn a_branch_named_like_a_shell_injection_does_nothing() {
    let project = Project::new(true);
    let name = "a$(touch${IFS}injected)`touch${IFS}injected`;touch${IFS}injected";
    project.fixture.git(&["checkout", "-qb", name]);
    let event = project.push(ZERO, &project.head, name).replace(r#""main""#, &format!("{name:?}"));
    let output = project.act("push", &event);
    assert!(!said(&output).contains("told: clean"), "{}", said(&output));
    let event = format!(
        r#"{{"pull_request":{{"base":{{"sha":"{}","ref":{name:?}}},"head":{{"sha":"{}","ref":{name:?}}}}}}}"#,
        project.base, project.head
    );
    tells(&project.act("pull_request", &event), false, "found 1 ");
    let mut found = Command::new("find");
    let found = found.arg(project.fixture.path()).args(["-name", "injected"]).output().unwrap();
    assert!(found.stdout.is_empty(), "{}", said(&found));
}

#[test]
fn the_action_and_the_workflows_have_no_lint() {
    let zizmor = Command::new(tools::python("zizmor")).args(["--offline", "action.yml", ".github"]).output().unwrap();
    passed(&zizmor);
    let project = Project::new(true);
    for folder in [Path::new("."), project.fixture.path()] {
        let workflows =
            std::fs::read_dir(folder.join(".github/workflows")).unwrap().flatten().map(|entry| entry.path());
        let lint = Command::new(tools::python("actionlint")).args(workflows).output().unwrap();
        passed(&lint);
    }
    let text = std::fs::read_to_string("action.yml").unwrap();
    let (_, script) = text.split_once("      run: ").unwrap();
    assert!(!script.contains("${{"), "{script}");
}
