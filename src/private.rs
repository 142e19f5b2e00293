//! Folders that only their owner may look into: what keysift remembers lies there.

use std::io;
use std::path::Path;

/// Makes `folder` and those above it, as far as they are missing.
///
/// # Errors
/// Those of making a folder.
#[cfg(unix)]
pub fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes `folder` and those above it, as far as they are missing; who may look into it is inherited here.
///
/// # Errors
/// Those of making a folder.
#[cfg(not(unix))]
pub fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
