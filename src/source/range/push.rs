//! What a push is about: many tips, and much that the other side has already.

use super::Named;
use super::spec::{Resolver, Spec};
use crate::error::{Error, Gap, Result};
use crate::origin::Oid;
use crate::source::repo::{ReferenceKind, Repo};
use gix::objs::Kind;

/// Resolves `tips` and `known` in `repo`; `gap` is told what refs cannot be read.
///
/// # Errors
/// [`Error::Usage`] if a tip names nothing that can be read.
pub(super) fn resolve(repo: &Repo, tips: &[Named], known: &[Named], gap: &mut dyn FnMut(Gap)) -> Result<Spec> {
    let mut push = Push { repo, resolver: Resolver::new(repo), refs: None, spec: Spec::default() };
    for named in tips {
        push.tip(named, gap)?;
    }
    for named in known {
        push.known(named, gap);
    }
    let mut spec = push.spec;
    for ids in [&mut spec.left, &mut spec.right, &mut spec.others] {
        ids.sort_unstable();
        ids.dedup();
    }
    Ok(spec)
}

struct Push<'r> {
    repo: &'r Repo,
    resolver: Resolver<'r>,
    /// All refs below `refs/`, once they are needed: a large repository has very many.
    refs: Option<Vec<(String, Oid)>>,
    spec: Spec,
}

impl Push<'_> {
    fn tip(&mut self, named: &Named, gap: &mut dyn FnMut(Gap)) -> Result<()> {
        let ids = match named {
            Named::Object(text) => {
                vec![(text.clone(), self.resolver.object(text).map_err(|why| Error::usage(format!("{text}: {why}")))?)]
            }
            Named::Below(prefix) => self.below(prefix, gap),
        };
        for (name, id) in ids {
            self.follow(id).map_err(|why| Error::usage(format!("{name}: {why}")))?;
        }
        Ok(())
    }

    /// Enters `id` as a tip, and each tag on the way from it.
    fn follow(&mut self, id: Oid) -> std::result::Result<(), String> {
        let mut id = id;
        loop {
            let read = self.resolver.reader.read(&id, &mut self.resolver.buffer);
            match read.map_err(|error| format!("object {id}: {}", self.repo.object_gap(id, &error).why))? {
                Kind::Commit => {
                    self.spec.right.push(id);
                    return Ok(());
                }
                Kind::Tag => {
                    self.spec.others.push(id);
                    let tag = gix::objs::TagRefIter::from_bytes(&self.resolver.buffer, self.repo.hash());
                    id = tag.target_id().map_err(|_| format!("object {id} is no valid tag"))?;
                }
                Kind::Tree | Kind::Blob => {
                    self.spec.others.push(id);
                    return Ok(());
                }
            }
        }
    }

    fn known(&mut self, named: &Named, gap: &mut dyn FnMut(Gap)) {
        let ids: Vec<Oid> = match named {
            Named::Object(text) => self.resolver.object(text).into_iter().collect(),
            Named::Below(prefix) => self.below(prefix, gap).into_iter().map(|(_, id)| id).collect(),
        };
        for id in ids {
            // What cannot be read makes the range larger than it is, never smaller.
            if let Ok((id, Kind::Commit)) = self.resolver.reader.peel(id, &mut self.resolver.buffer) {
                self.spec.left.push(id);
            }
        }
    }

    fn below(&mut self, prefix: &str, gap: &mut dyn FnMut(Gap)) -> Vec<(String, Oid)> {
        let refs = self.refs.get_or_insert_with(|| {
            let references = self.repo.references();
            references.gaps.into_iter().for_each(gap);
            let all = references.all.into_iter().filter(|reference| reference.kind == ReferenceKind::Ref);
            all.map(|reference| (reference.name.to_string(), reference.target)).collect()
        });
        refs.iter().filter(|(name, _)| name.starts_with(prefix)).cloned().collect()
    }
}
