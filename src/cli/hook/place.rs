//! The folder that git takes hooks from, found without asking git: the configuration is read by gix, and so is what it
//! includes.

use super::global;
use gix::config::file::Metadata;
use gix::config::file::includes;
use gix::config::path::interpolate;
use gix::config::{File, Source};
use keysift::error::{Error, Result};
use keysift::scanner::Limits;
use keysift::source::repo::{Environment, Layout, Repo};
use std::path::{Path, PathBuf};

/// Where hooks are.
#[derive(Debug, Clone)]
pub struct Place {
    pub folder: PathBuf,
    /// Why there, for a person.
    pub why: String,
    /// Whether the folder is among the files that are checked out, so that others get it too.
    pub shared: bool,
}

/// The repository that we are in.
pub fn layout() -> Result<Layout> {
    let environment = Environment::from_lookup(|name| std::env::var_os(name));
    Ok(Repo::open(Path::new("."), &environment, &Limits::default())?.layout().clone())
}

/// Where git takes the hooks of this repository from, for reading.
///
/// # Errors
/// A configuration that cannot be read.
pub fn of_repository(layout: &Layout) -> Result<Place> {
    let files =
        [(Source::Local, layout.common_dir.join("config")), (Source::Worktree, layout.git_dir.join("config.worktree"))];
    if let Some(path) = hooks_path(&files, Some(&layout.git_dir))? {
        let folder = layout.work_tree.as_deref().unwrap_or(&layout.git_dir).join(path);
        let inside = |folder: &Path| {
            let (folder, top) = (folder.canonicalize().ok()?, layout.work_tree.as_ref()?.canonicalize().ok()?);
            let git = layout.common_dir.canonicalize().ok()?;
            Some(folder.starts_with(top) && !folder.starts_with(git))
        };
        // A folder that is not there yet lies where its nearest parent lies.
        let shared = folder.ancestors().find_map(inside).unwrap_or(false);
        return Ok(Place { folder, why: "core.hooksPath of this repository".into(), shared });
    }
    let own = Place { folder: layout.common_dir.join("hooks"), why: "the repository's own".into(), shared: false };
    match global::hooks_path()? {
        // Keysift's own scripts there run the repository's hooks as well.
        Some(path) if !global::passes_on(&path) => {
            Ok(Place { folder: path, why: "core.hooksPath of this user, for all repositories".into(), shared: false })
        }
        _ => Ok(own),
    }
}

/// Where `install` may write hooks of this repository.
///
/// # Errors
/// Also where git takes them from a folder for all repositories.
pub fn to_install(layout: &Layout) -> Result<Place> {
    let place = of_repository(layout)?;
    if global::hooks_path()?.is_some_and(|path| path == place.folder) {
        return Err(Error::usage(format!(
            "git takes hooks from {}, for all repositories (core.hooksPath). Write `keysift hook install --global` for \
             all of them, or `git config core.hooksPath .git/hooks` for this one to have its own",
            place.folder.display()
        )));
    }
    Ok(place)
}

/// The value of core.hooksPath in `files`, the last one counts; none of them need exist.
///
/// # Errors
/// A file that is no configuration, or a value that means nothing.
pub fn hooks_path(files: &[(Source, PathBuf)], git_dir: Option<&Path>) -> Result<Option<PathBuf>> {
    let home = std::env::home_dir();
    let context = interpolate::Context {
        home_dir: home.as_deref(),
        home_for_user: Some(interpolate::home_for_user),
        ..Default::default()
    };
    let conditional = includes::conditional::Context { git_dir, branch_name: None };
    let options = gix::config::file::init::Options {
        includes: includes::Options::follow(context, conditional),
        ..Default::default()
    };
    // A FIFO would be waited for.
    let regular = files.iter().filter(|(_, path)| path.is_file());
    let mut metadata = regular.map(|(source, path)| Metadata {
        path: Some(path.clone()),
        source: *source,
        level: 0,
        trust: gix::sec::Trust::Full,
    });
    let broken = |why: &dyn std::fmt::Display| Error::usage(format!("the configuration of git cannot be read: {why}"));
    let config = File::from_paths_metadata_buf(&mut metadata, &mut Vec::new(), false, options);
    let Some(value) = config.map_err(|error| broken(&error))?.and_then(|config| config.path("core.hooksPath")) else {
        return Ok(None);
    };
    let path = value.interpolate(context).map_err(|error| broken(&error))?;
    if path.as_os_str().is_empty() {
        return Err(Error::usage("core.hooksPath is empty, so git finds no hooks. Set it to a folder, or unset it"));
    }
    Ok(Some(path))
}
