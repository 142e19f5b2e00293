//! What a push names that is no commit: annotated tags, and now and then a tag on a tree or a blob.

use super::Range;
use crate::error::{Gap, GapKind};
use crate::origin::{Oid, Origin};
use crate::scanner::Scanner;
use crate::source::changes::Role;
use crate::source::search::{Failed, Search};
use crate::source::trees::files_below;
use gix::objs::Kind;

impl<S: Scanner> Range<'_, S> {
    /// Searches `ids`, each with all that it holds.
    pub(super) fn search_others(&self, ids: &[Oid]) {
        let mut search = self.blobs.searcher();
        let mut messages = Search::new(self.scanner);
        let mut buffer = Vec::new();
        for id in ids {
            match search.reader.read(id, &mut buffer) {
                Ok(Kind::Tag) => match messages.hits_in_text(&buffer) {
                    Ok(hits) => {
                        self.blobs.searched(buffer.len());
                        self.collector.add(&buffer, hits, &Origin::TagMessage { tag: *id });
                    }
                    Err(Failed) => {
                        self.blobs.skip("search failed");
                        self.blobs.gap(Gap { kind: GapKind::Object, what: id.to_string(), why: Failed::WHY.into() });
                    }
                },
                Ok(Kind::Tree) => {
                    let mut blobs = Vec::new();
                    files_below(&mut search.reader, b"", *id, &mut |_, blob| blobs.push(blob));
                    blobs.into_iter().for_each(|blob| self.blob(blob, &mut search));
                }
                Ok(_) => self.blob(*id, &mut search),
                Err(error) => self.blobs.gap(self.blobs.repo.object_gap(*id, &error)),
            }
        }
    }

    fn blob(&self, blob: Oid, search: &mut crate::source::changes::BlobSearch<'_, '_, S>) {
        if !search.hits(blob, Role::New).is_empty() {
            search.report(blob, &[Origin::Blob { blob }], self.collector, |_| true);
        }
    }
}
