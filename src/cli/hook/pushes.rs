//! Which commits a push is about.
//!
//! A plain `pre-push` hook reads every ref on standard input. pre-commit and prek tell of the first ref only, in
//! variables, and of a push that includes the root commit not even that; what they do not tell is made up for by
//! taking all local branches and tags that the remote has not.

use keysift::engine::Command;
use keysift::error::{Error, Result};
use keysift::source::range::Named;
use std::path::PathBuf;

/// `pre-push`: lines `<local ref> <local id> <remote ref> <remote id>`; `remote` is its name, or its address.
///
/// # Errors
/// A line that is none of those.
pub fn pre_push(input: &str, remote: &str) -> Result<Option<Command>> {
    // Git writes nothing when all is there already, and a hook manager that keeps standard input to itself looks alike.
    if input.trim().is_empty() {
        return Ok(Some(unpushed(remote, Vec::new())));
    }
    let (mut tips, mut known) = (Vec::new(), tracking(remote));
    for line in input.lines() {
        // A local ref may be any expression, spaces in it included; what follows it has none.
        let mut fields = line.rsplitn(4, ' ');
        let (Some(there), Some(_), Some(here), Some(_)) = (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(unreadable("pre-push", line));
        };
        add(&mut tips, here);
        add(&mut known, there);
    }
    Ok(push(tips, known))
}

/// `pre-receive`: lines `<old id> <new id> <ref>`. Everything that any ref has was accepted before.
///
/// # Errors
/// A line that is none of those.
pub fn pre_receive(input: &str) -> Result<Option<Command>> {
    let (mut tips, mut known) = (Vec::new(), vec![Named::Below("refs/".into())]);
    for line in input.lines() {
        let mut fields = line.splitn(3, ' ');
        let (Some(old), Some(new), Some(_)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(unreadable("pre-receive", line));
        };
        add(&mut tips, new);
        add(&mut known, old);
    }
    Ok(push(tips, known))
}

/// What pre-commit and prek say in their variables; `None` if it is no push.
pub fn of_framework(variable: impl Fn(&str) -> Option<String>) -> Option<Command> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let (from, to) = (given("PRE_COMMIT_FROM_REF"), given("PRE_COMMIT_TO_REF"));
    match (given("PRE_COMMIT_REMOTE_NAME"), from, to) {
        (Some(remote), from, to) => {
            let tips = [to, given("PRE_COMMIT_LOCAL_BRANCH")].into_iter().flatten();
            let Command::Push { repo, tips, mut known } = unpushed(&remote, tips.map(Named::Object).collect()) else {
                unreachable!("made as a push")
            };
            known.extend(from.map(Named::Object));
            Some(Command::Push { repo, tips, known })
        }
        // `pre-commit run --from-ref A --to-ref B`
        (None, Some(from), Some(to)) => {
            Some(Command::Range { repo: PathBuf::from("."), spec: format!("{from}..{to}") })
        }
        _ => None,
    }
}

/// All local branches and tags that `remote` has not, and `tips`.
fn unpushed(remote: &str, mut tips: Vec<Named>) -> Command {
    tips.extend(["refs/heads/", "refs/tags/"].map(|prefix| Named::Below(prefix.into())));
    Command::Push { repo: PathBuf::from("."), tips, known: tracking(remote) }
}

/// What this clone knows the remote to have.
fn tracking(remote: &str) -> Vec<Named> {
    vec![Named::Below(format!("refs/remotes/{remote}/"))]
}

/// Adds an id, unless it is git's way to say that there is none.
fn add(to: &mut Vec<Named>, id: &str) {
    if id.bytes().any(|byte| byte != b'0') {
        to.push(Named::Object(id.to_owned()));
    }
}

/// `None` if nothing but deletions is pushed.
fn push(tips: Vec<Named>, known: Vec<Named>) -> Option<Command> {
    (!tips.is_empty()).then(|| Command::Push { repo: PathBuf::from("."), tips, known })
}

fn unreadable(hook: &str, line: &str) -> Error {
    Error::usage(format!("{hook}: this line of standard input is not what git writes: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(named: &[Named]) -> Vec<&str> {
        named
            .iter()
            .map(|named| match named {
                Named::Object(text) | Named::Below(text) => text.as_str(),
            })
            .collect()
    }

    #[test]
    fn deletions_and_new_branches_name_one_side_only() {
        let (zero, one, two) = ("0".repeat(40), "1".repeat(40), "2".repeat(40));
        let input = format!("refs/heads/a {one} refs/heads/a {zero}\n(delete) {zero} refs/heads/b {two}\n");
        let Some(Command::Push { tips, known, .. }) = pre_push(&input, "origin").unwrap() else { panic!("no push") };
        assert_eq!(objects(&tips), [&one]);
        assert_eq!(objects(&known), ["refs/remotes/origin/", &two]);
        assert!(pre_push(&format!("(delete) {zero} refs/heads/b {two}\n"), "origin").unwrap().is_none());
        assert!(pre_push("nonsense\n", "origin").is_err());
        let spaced = format!("HEAD^{{/a b}} {one} refs/heads/a {two}");
        assert!(
            matches!(pre_push(&spaced, "origin"), Ok(Some(Command::Push { tips, .. })) if objects(&tips) == [&one])
        );
    }

    #[test]
    fn a_framework_that_says_nothing_of_a_push_means_a_commit() {
        assert!(of_framework(|_| None).is_none());
        let push = of_framework(|name| (name == "PRE_COMMIT_REMOTE_NAME").then(|| "up".to_owned()));
        let Some(Command::Push { tips, known, .. }) = push else { panic!("no push") };
        assert_eq!((objects(&tips), objects(&known)), (vec!["refs/heads/", "refs/tags/"], vec!["refs/remotes/up/"]));
    }
}
