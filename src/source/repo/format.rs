//! What the repository's own configuration says about its format. Nothing in it is ever run, nothing is included.

use super::path_from_bytes;
use crate::error::{Error, Gap, GapKind, Result};
use crate::regular::{self, limit};
use gix::bstr::{BString, ByteSlice};
use gix::hash::Kind;
use std::path::{Path, PathBuf};

/// The facts that reading depends on.
#[derive(Debug, Clone)]
pub struct Format {
    pub hash: Kind,
    pub refs: RefStorage,
    pub bare: bool,
    /// Why objects may be missing: this is a partial clone. Holds the remote's name.
    pub promisor: Option<String>,
    /// Where git LFS keeps content, if not in the usual place; relative to the common directory.
    pub lfs_storage: Option<PathBuf>,
    /// Address of the remote "origin", or of the only remote.
    pub remote: Option<String>,
    /// Extensions that keysift does not know.
    pub gaps: Vec<Gap>,
}

/// How refs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefStorage {
    /// A file each, and `packed-refs`.
    Files,
    /// Tables in the folder `reftable`.
    Reftable,
    /// Some other way, or another place, as the configuration has it.
    Unknown(String),
}

impl Format {
    /// Reads `config` in the common directory; a repository without one has git's defaults.
    ///
    /// # Errors
    /// [`Error::Repository`] if the file cannot be read, is no configuration, or states a version or an object format
    /// that is unknown.
    pub fn read(common_dir: &Path) -> Result<Self> {
        let path = common_dir.join("config");
        let broken = |why: &dyn std::fmt::Display| Error::Repository(format!("cannot read {}: {why}", path.display()));
        let content = regular::read(&path, limit::LIST).map_err(|error| broken(&error))?.unwrap_or_default();
        let meta = gix::config::file::Metadata::from(gix::config::Source::Local);
        let config = gix::config::File::from_bytes_no_includes(&content, meta, Default::default())
            .map_err(|_| broken(&"it is no valid git configuration; `git config --list` says where"))?;
        Self::from_config(&config).map_err(|why| Error::Repository(format!("{}: {why}", path.display())))
    }

    fn from_config(config: &gix::config::File) -> std::result::Result<Self, String> {
        let mut format = Format {
            hash: Kind::Sha1,
            refs: RefStorage::Files,
            bare: false,
            promisor: None,
            lfs_storage: None,
            remote: None,
            gaps: Vec::new(),
        };
        let mut version = BString::from("0");
        let mut remotes = Vec::new();
        for section in config.sections() {
            let header = section.header();
            let body = section.body();
            match header.name().to_ascii_lowercase().as_slice() {
                b"core" => {
                    version = body.value("repositoryformatversion").unwrap_or(version);
                    if let Some(value) = body.value_implicit("bare") {
                        format.bare = value.is_none_or(|text| is_true(&text));
                    }
                }
                b"extensions" if header.subsection_name().is_none() => {
                    for name in body.value_names() {
                        format
                            .extension(&name.to_ascii_lowercase(), body.value(&name).unwrap_or_default().as_bstr())?;
                    }
                }
                b"lfs" if header.subsection_name().is_none() => {
                    format.lfs_storage =
                        body.value("storage").map(|path| path_from_bytes(&path)).or(format.lfs_storage);
                }
                b"remote" => {
                    let name = header.subsection_name().unwrap_or_default().to_str_lossy().into_owned();
                    let promises = body.value_implicit("promisor").is_some_and(|v| v.is_none_or(|text| is_true(&text)));
                    if promises || body.contains_value_name("partialclonefilter") {
                        format.promisor.get_or_insert_with(|| name.clone());
                    }
                    if let Some(url) = body.value("url") {
                        remotes.push((name, url.to_str_lossy().into_owned()));
                    }
                }
                _ => {}
            }
        }
        if !matches!(version.trim(), b"0" | b"1") {
            return Err(format!("repositoryformatversion {version} is unknown; keysift reads versions 0 and 1"));
        }
        let origin = remotes.iter().position(|(name, _)| name == "origin").or((remotes.len() == 1).then_some(0));
        format.remote = origin.map(|index| remotes.swap_remove(index).1);
        Ok(format)
    }

    fn extension(&mut self, name: &str, value: &gix::bstr::BStr) -> std::result::Result<(), String> {
        match name {
            "noop"
            | "noop-v1"
            | "preciousobjects"
            | "worktreeconfig"
            | "relativeworktrees"
            | "compatobjectformat"
            | "submodulepathconfig" => {}
            "partialclone" => self.promisor = Some(value.to_str_lossy().into_owned()),
            "refstorage" => {
                self.refs = match value.as_bytes() {
                    b"files" | b"files://" => RefStorage::Files,
                    b"reftable" | b"reftable://" => RefStorage::Reftable,
                    _ => RefStorage::Unknown(value.to_string()),
                }
            }
            "objectformat" => {
                self.hash = match value.to_ascii_lowercase().as_slice() {
                    b"sha1" => Kind::Sha1,
                    b"sha256" => Kind::Sha256,
                    _ => return Err(format!("object format {value} is unknown; keysift reads sha1 and sha256")),
                }
            }
            _ => self.gaps.push(Gap {
                kind: GapKind::Repository,
                what: format!("extensions.{name}"),
                why: "keysift does not know this repository extension, so what it changes may have been missed".into(),
            }),
        }
        Ok(())
    }
}

fn is_true(text: &BString) -> bool {
    gix::config::Boolean::try_from(text.as_bstr()).is_ok_and(|value| value.0)
}
