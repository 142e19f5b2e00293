//! What `BASE..HEAD` names.
//!
//! Names, ids, entries of reflogs and the suffixes `~` and `^` are resolved here, so that a quarantine, reftables and
//! refs that are traps are no trouble; the rest of git's grammar (`@{upstream}`, `:/text`, abbreviated ids) is gix's.

use super::commit::Commit;
use crate::error::{Error, Result};
use crate::origin::Oid;
use crate::regular;
use crate::source::repo::{Reader, RefStorage, Repo, When};
use gix::bstr::BStr;
use gix::objs::Kind;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Commits and how they are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    pub left: Vec<Oid>,
    pub right: Vec<Oid>,
    /// Three dots: what either side has and not both. Two: what the right side has and the left one has not.
    pub symmetric: bool,
    /// What was named and is no commit: tags, trees, blobs.
    pub others: Vec<Oid>,
}

/// Resolves `spec` in `repo`.
///
/// # Errors
/// [`Error::Usage`] if it is no range, or if one of its sides names no commit.
pub fn resolve(repo: &Repo, spec: &str) -> Result<Spec> {
    let (left, right, symmetric) = match (spec.split_once("..."), spec.split_once("..")) {
        (Some((left, right)), _) => (left, right, true),
        (_, Some((left, right))) => (left, right, false),
        _ => {
            return Err(Error::usage(format!(
                "{spec}: a range is wanted. Write {spec}..HEAD for what HEAD adds to it, or {spec}~1..{spec} for that \
                 commit alone"
            )));
        }
    };
    if left.is_empty() && right.is_empty() {
        return Err(Error::usage(format!("{spec}: this names nothing. Write BASE..HEAD")));
    }
    let side = |text: &str| one(repo, if text.is_empty() { "HEAD" } else { text });
    Ok(Spec { left: vec![side(left)?], right: vec![side(right)?], symmetric, others: Vec::new() })
}

fn one(repo: &Repo, text: &str) -> Result<Oid> {
    if !text.is_empty() && text.bytes().all(|byte| byte == b'0') && text.len() == repo.hash().len_in_hex() {
        return Err(Error::usage(format!(
            "{text}: this is git's way to say that there was nothing before. Name the branch that the new one began at"
        )));
    }
    Resolver::new(repo).resolve(text).map_err(|why| Error::usage(format!("{text}: {why}")))
}

pub(super) struct Resolver<'r> {
    repo: &'r Repo,
    pub(super) reader: Reader<'r>,
    pub(super) buffer: Vec<u8>,
}

impl<'r> Resolver<'r> {
    pub(super) fn new(repo: &'r Repo) -> Self {
        Self { repo, reader: repo.objects().reader(), buffer: Vec::new() }
    }

    /// The object that `text` names, of whatever kind, tags not followed.
    pub(super) fn object(&mut self, text: &str) -> std::result::Result<Oid, String> {
        match self.name(text)? {
            Some(id) => Ok(id),
            None => self.by_gix(text),
        }
    }

    fn resolve(&mut self, text: &str) -> std::result::Result<Oid, String> {
        let (base, mut rest) = split(text);
        if rest.contains(':') {
            let id = self.by_gix(text)?;
            return self.commit(id);
        }
        let mut id = self.object(base)?;
        while let Some(kind) = rest.chars().next() {
            rest = &rest[kind.len_utf8()..];
            if let Some(after) = rest.strip_prefix('{').filter(|_| kind == '^') {
                let (what, after) = after.split_once('}').ok_or("a brace is not closed")?;
                if !matches!(what, "" | "commit") {
                    let id = self.by_gix(text)?;
                    return self.commit(id);
                }
                id = self.commit(id)?;
                rest = after;
                continue;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = if digits == 0 { Ok(1) } else { rest[..digits].parse::<u32>() };
            let number = number.map_err(|_| "the number in it is too large".to_owned())?;
            rest = &rest[digits..];
            id = match kind {
                '~' => self.ancestor(id, number)?,
                '^' => self.parent(id, number)?,
                _ => return Err("this is no name of a commit".into()),
            };
        }
        self.commit(id)
    }

    /// A full id, the name of a ref, or an entry of its reflog; `None` if it is nothing of that.
    fn name(&mut self, name: &str) -> std::result::Result<Option<Oid>, String> {
        if let Some((name, what)) = name.strip_suffix('}').and_then(|name| name.split_once("@{"))
            && let Some(when) = when(what)
        {
            let name = if name == "@" { "HEAD" } else { name };
            let found = self.repo.find_logged(name, when).map_err(|gap| format!("{}: {}", gap.what, gap.why))?;
            let none = || format!("there is no reflog that goes so far back; `git reflog {name}` shows what there is");
            return found.map(Some).ok_or_else(none);
        }
        if name.len() == self.repo.hash().len_in_hex()
            && let Ok(id) = Oid::from_hex(name.as_bytes())
        {
            return Ok(Some(id));
        }
        let name = if name == "@" { "HEAD" } else { name };
        self.repo.find_reference(name).map_err(|gap| format!("{}: {}", gap.what, gap.why))
    }

    /// The commit that `id` is, or that its tag is about.
    fn commit(&mut self, id: Oid) -> std::result::Result<Oid, String> {
        match self.reader.peel(id, &mut self.buffer) {
            Ok((id, Kind::Commit)) => Ok(id),
            Ok((_, kind)) => Err(format!("this names a {kind}, a commit is wanted")),
            Err((id, error)) => {
                let gap = self.repo.object_gap(id, &error);
                Err(format!("object {} cannot be read: {}. `git fetch` may get it", gap.what, gap.why))
            }
        }
    }

    fn ancestor(&mut self, id: Oid, generations: u32) -> std::result::Result<Oid, String> {
        let mut id = self.commit(id)?;
        for _ in 0..generations {
            id = self.parent(id, 1)?;
        }
        Ok(id)
    }

    fn parent(&mut self, id: Oid, number: u32) -> std::result::Result<Oid, String> {
        let id = self.commit(id)?;
        if number == 0 {
            return Ok(id);
        }
        let commit = Commit::read(&mut self.reader, id, &mut self.buffer);
        let parents = commit.map_err(|error| self.repo.object_gap(id, &error).why)?.parents;
        parents.get(number as usize - 1).copied().ok_or_else(|| format!("commit {id} has no parent number {number}"))
    }

    /// Everything else.
    fn by_gix(&mut self, text: &str) -> std::result::Result<Oid, String> {
        let layout = self.repo.layout();
        // Gix reads no refs but files, and those without asking what they are: so what begins with a ref is given to it as
        // an id, and where it reads refs itself, each must be one that can be read.
        let (base, rest) = split(text);
        let named = if base.is_empty() { None } else { self.name(base)? };
        if named.is_none() && (base.contains("@{") || text.starts_with(":/")) {
            if self.repo.format().refs != RefStorage::Files {
                return Err(
                    "in a repository with reftables keysift does not know what this names. Name a branch, a tag \
                            or an id, which `git rev-parse` tells"
                        .into(),
                );
            }
            if let Some(gap) = self.repo.references().gaps.into_iter().next() {
                return Err(format!("{}: {}", gap.what, gap.why));
            }
        }
        let with_id = named.map(|id| format!("{id}{rest}"));
        let text = with_id.as_deref().unwrap_or(text);
        // Gix opens these without asking what they are.
        for name in ["packed-refs", "shallow", "logs/HEAD"] {
            regular::read(&layout.common_dir.join(name), regular::limit::LOG).map_err(|error| error.to_string())?;
        }
        let unknown = || {
            "this names no commit here. A shallow or partial clone may lack it: `git fetch --unshallow` gets it all"
                .to_owned()
        };
        let options = gix::open::Options::isolated()
            .with(gix::sec::Trust::Full)
            .open_path_as_is(true)
            .config_overrides(["core.useReplaceRefs=false"]);
        let resolve = || {
            let repo = options.open(&layout.git_dir).ok()?.to_thread_local();
            repo.rev_parse_single(BStr::new(text.as_bytes())).ok().map(|id| id.detach())
        };
        catch_unwind(AssertUnwindSafe(resolve)).ok().flatten().ok_or_else(unknown)
    }
}

/// A name, with what stands in braces behind its `@`, and the rest.
fn split(text: &str) -> (&str, &str) {
    let braces = text.find("@{").and_then(|open| Some(open..open + text[open..].find('}')?));
    let is_end = |at: usize| !braces.as_ref().is_some_and(|braces| braces.contains(&at));
    let mut ends = text.match_indices(['~', '^', ':']).map(|(at, _)| at).filter(|&at| is_end(at));
    text.split_at(ends.next().unwrap_or(text.len()))
}

/// The entry of a reflog that `@{what}` means, if it means one: by number or by date.
fn when(what: &str) -> Option<When> {
    if !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_digit()) {
        // What has more digits than a number goes further back than any log.
        return Some(When::Ago(what.parse().unwrap_or(usize::MAX)));
    }
    if what.starts_with('-') {
        return None;
    }
    let time = gix::date::parse(what, Some(gix::date::Zoned::now())).ok()?;
    Some(When::At(time.seconds))
}
