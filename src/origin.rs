//! `Origin`: where a piece of content was found; `Place`: where in it.

/// Where content was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file on disk; the path as the user would type it, raw bytes.
    File { path: Vec<u8> },
    /// Standard input.
    Stdin,
    /// An entry of the index.
    Staged { path: Vec<u8>, blob: Oid },
    /// A file in a commit: the commit that brought it in, and its path there.
    Commit { commit: Oid, path: Vec<u8>, blob: Oid },
    /// A commit object itself: its message (or a header, an author name).
    CommitMessage { commit: Oid },
    /// An annotated tag object.
    TagMessage { tag: Oid },
    /// A blob of a repository without a known commit: unreachable, or attribution was not asked for.
    Blob { blob: Oid },
    /// A member of an archive; places in it are places in what it unpacks to. Names of nested ones are joined by `!/`.
    Member { of: Box<Origin>, name: Vec<u8> },
    /// The name of a file or folder, which is the last part of the path; places are places in that name.
    Name { of: Box<Origin> },
    /// The name of a ref, `refs/heads/…`; places are places in that name.
    Ref { name: Vec<u8> },
    /// A reflog: what was done with a ref, in words; the path is within git's folder, `logs/HEAD`.
    Reflog { path: Vec<u8> },
}

impl Origin {
    /// The path, where the origin has one; of a ref its name.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Origin::File { path } | Origin::Staged { path, .. } | Origin::Commit { path, .. } => Some(path),
            Origin::Reflog { path } | Origin::Ref { name: path } => Some(path),
            Origin::Member { of, .. } | Origin::Name { of } => of.path(),
            _ => None,
        }
    }

    /// The id of the object that holds the content.
    pub fn object(&self) -> Option<Oid> {
        match self {
            Origin::File { .. } | Origin::Stdin | Origin::Ref { .. } | Origin::Reflog { .. } => None,
            Origin::Staged { blob, .. } | Origin::Commit { blob, .. } | Origin::Blob { blob } => Some(*blob),
            Origin::CommitMessage { commit: id } | Origin::TagMessage { tag: id } => Some(*id),
            Origin::Member { of, .. } | Origin::Name { of } => of.object(),
        }
    }

    /// The commit, where one is known.
    pub fn commit(&self) -> Option<Oid> {
        match self {
            Origin::Commit { commit, .. } | Origin::CommitMessage { commit } => Some(*commit),
            Origin::Member { of, .. } | Origin::Name { of } => of.commit(),
            _ => None,
        }
    }

    /// The name of the archive's member, where the content is one.
    pub fn member(&self) -> Option<&[u8]> {
        match self {
            Origin::Member { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether this is a name and not what the name stands for.
    pub fn is_name(&self) -> bool {
        matches!(self, Origin::Name { .. })
    }

    /// The name of this.
    #[must_use]
    pub fn as_name(self) -> Origin {
        Origin::Name { of: Box::new(self) }
    }

    /// What holds the content: the file itself, not the member of it.
    pub fn holder(&self) -> &Origin {
        match self {
            Origin::Member { of, .. } | Origin::Name { of } => of.holder(),
            _ => self,
        }
    }

    /// The member `name` of this, or this where there is no name.
    #[must_use]
    pub fn within(self, name: Option<&[u8]>) -> Origin {
        match name {
            Some(name) => Origin::Member { of: Box::new(self), name: name.to_vec() },
            None => self,
        }
    }
}

/// An object id, SHA-1 or SHA-256.
pub type Oid = gix::ObjectId;

/// A place in content. Lines and columns count from 1; columns count bytes; `end_column` is exclusive. LF, CRLF and a
/// lone CR each end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    /// `column` and `end_column` in UTF-16 code units, as editors and SARIF count.
    pub column_utf16: u32,
    pub end_column_utf16: u32,
}
