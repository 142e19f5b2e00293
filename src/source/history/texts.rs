//! What people wrote that is in no object: names of refs, and reflogs, which keep the subjects of commits that were
//! amended and the addresses that were cloned from.

use crate::allow::Allowances;
use crate::error::{Gap, GapKind};
use crate::finding::{CredentialIndex, Credentials, Exposure, Harvest, PLACES_SHOWN, Reachable};
use crate::origin::Origin;
use crate::scanner::{SHORTEST_NAME, Scanner};
use crate::source::repo::{ReferenceKind, Repo};
use crate::source::search::{Failed, Search};
use crate::source::sight::sights;
use rustc_hash::{FxHashMap, FxHashSet};

/// Searches the names of refs and the reflogs; with `lives`, tells of what is nowhere else how it is kept.
pub fn search<S: Scanner>(
    repo: &Repo,
    scanner: &S,
    credentials: &Credentials,
    allow: &Allowances,
    lives: bool,
    harvest: &mut Harvest,
) {
    let in_messages =
        harvest.sightings.iter().filter(|sighting| matches!(sighting.origin, Origin::CommitMessage { .. }));
    let in_messages: FxHashSet<CredentialIndex> = in_messages.map(|sighting| sighting.credential).collect();
    let mut texts = Texts { credentials, allow, lives, listed: FxHashMap::default(), harvest };
    let mut search = Search::new(scanner);

    let references = repo.references().all;
    let names = references.iter().filter(|reference| reference.kind == ReferenceKind::Ref).map(|r| &r.name[..]);
    let names: Vec<&[u8]> = names.filter(|name| name.len() >= SHORTEST_NAME).collect();
    // All at once, since there are many and hardly ever one with a credential in it.
    if !matches!(search.hits(&names.join(&b'\n')), Ok([])) {
        for name in names {
            texts.look(&mut search, name, &Origin::Ref { name: name.to_vec() }, Reachable::Ref, |_| true);
        }
    }
    let gaps = repo.reflog_texts(&mut |path, text| {
        let origin = Origin::Reflog { path: path.to_vec() };
        // A reflog repeats the subjects of commits: where those have it, it is told there.
        texts.look(&mut search, text, &origin, Reachable::Reflog, |credential| !in_messages.contains(&credential));
    });
    harvest.gaps.extend(gaps);
}

struct Texts<'a> {
    credentials: &'a Credentials,
    allow: &'a Allowances,
    lives: bool,
    /// Places that were listed, by credential.
    listed: FxHashMap<CredentialIndex, usize>,
    harvest: &'a mut Harvest,
}

impl Texts<'_> {
    fn look<S: Scanner>(
        &mut self,
        search: &mut Search<'_, S>,
        text: &[u8],
        origin: &Origin,
        reachable: Reachable,
        wanted: impl Fn(CredentialIndex) -> bool,
    ) {
        let Ok(hits) = search.hits(text) else {
            let what = String::from_utf8_lossy(origin.path().unwrap_or_default()).into_owned();
            return self.harvest.gaps.push(Gap { kind: GapKind::Ref, what, why: Failed::WHY.into() });
        };
        for sight in sights(self.credentials, self.allow, text, hits, |hit| wanted(hit.credential)) {
            let credential = sight.credential;
            let listed = self.listed.entry(credential).or_default();
            *listed += 1;
            if *listed > PLACES_SHOWN {
                *self.harvest.unlisted.entry(credential).or_default() += 1;
                self.harvest.unsure.insert(credential);
                continue;
            }
            self.harvest.sightings.push(sight.at(origin.clone(), self.allow));
            if self.lives {
                self.harvest.exposures.entry(credential).or_insert_with(|| kept(reachable, origin));
            }
        }
    }
}

/// The life of what no object holds.
fn kept(reachable: Reachable, origin: &Origin) -> Exposure {
    let refs = match origin {
        Origin::Ref { name } => vec![String::from_utf8_lossy(name).into_owned()],
        _ => Vec::new(),
    };
    Exposure {
        introduced: Vec::new(),
        removed: Vec::new(),
        in_head: false,
        head: Vec::new(),
        ref_count: refs.len(),
        refs,
        commit_count: 0,
        path_count: 0,
        reachable,
    }
}
