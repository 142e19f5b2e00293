//! The index file: what the next commit would record, and which files are tracked.

use super::repo::Repo;
use crate::regular;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads the repository's index; `None` if there is none, as in a fresh or bare repository.
///
/// Its checksum is not verified, as git does not either: that would take longer than all the rest.
///
/// # Errors
/// Text that says what is wrong with it.
pub(crate) fn read(repo: &Repo) -> Result<Option<gix::index::File>, String> {
    let path = repo.index_path();
    let broken = |why: &dyn std::fmt::Display| format!("cannot read the index {}: {why}", path.display());
    match regular::open(&path) {
        // As to git: what was staged is lost, not absent.
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.len() == 0) => {
            return Err(broken(&"it is empty; `git reset` writes it anew"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(&error)),
    }
    let options = gix::index::decode::Options::default();
    let read = || gix::index::File::at(&path, repo.hash(), true, options);
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(index)) => Ok(Some(index)),
        Ok(Err(error)) => Err(broken(&error)),
        Err(_) => Err(broken(&"it is damaged")),
    }
}
