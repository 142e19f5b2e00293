//! Places as SARIF locations.

use super::message::literal;
use super::properties;
use crate::report::document::{PlaceEntry, PlaceKind};
use crate::report::escape::percent;
use crate::report::plain::short;
use serde_json::json;
use serde_sarif::sarif::{ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region};

/// What relative URIs are relative to. This name is the one that consumers know.
pub const SOURCE_ROOT: &str = "%SRCROOT%";

/// The location of `place`.
pub fn location(place: &PlaceEntry) -> Location {
    let region = Region::builder()
        .start_line(i64::from(place.line))
        .start_column(i64::from(place.column_utf16.unwrap_or(place.column)))
        .end_line(i64::from(place.end_line))
        .end_column(i64::from(place.end_column_utf16.unwrap_or(place.end_column)))
        .build();
    let physical = PhysicalLocation::builder().artifact_location(artifact(place)).region(region).build();
    let mut location = Location::builder().physical_location(physical).build();
    let mut bag = vec![("kind", json!(place.kind))];
    bag.extend(place.commit.as_ref().map(|id| ("commit", json!(id))));
    bag.extend(place.blob.as_ref().map(|id| ("blob", json!(id))));
    bag.extend(place.tag.as_ref().map(|id| ("tag", json!(id))));
    location.properties = Some(properties(bag));
    // The region is one of the archive's member, which no URI can name.
    location.logical_locations = place
        .member
        .as_ref()
        .map(|member| vec![LogicalLocation::builder().fully_qualified_name(member.clone()).kind("member").build()]);
    location
}

/// A further location of the same credential, with what a viewer shows beside it.
pub fn related(place: &PlaceEntry, id: i64) -> Location {
    let mut location = location(place);
    location.id = Some(id);
    let text = match (&place.commit, &place.path) {
        (Some(commit), Some(_)) => format!("Also here, in commit {}.", literal(&short(commit))),
        _ => "Also here.".to_owned(),
    };
    location.message = Some(Message::builder().text(text).build());
    location
}

fn artifact(place: &PlaceEntry) -> ArtifactLocation {
    let uri = uri(place);
    let relative = !uri.starts_with("file:");
    let mut artifact = ArtifactLocation::builder().uri(uri).build();
    artifact.uri_base_id = relative.then(|| SOURCE_ROOT.to_owned());
    artifact
}

/// The URI of what holds the place. Consumers demand a file, so what has no path gets one that says what it is.
fn uri(place: &PlaceEntry) -> String {
    if let Some(path) = &place.path {
        let uri = path_uri(&path.bytes());
        // These are no files of the source.
        let in_git = matches!(place.kind, PlaceKind::Ref | PlaceKind::Reflog);
        return if in_git { format!("git-folder/{uri}") } else { uri };
    }
    let id = |id: &Option<String>| id.clone().unwrap_or_default();
    match place.kind {
        PlaceKind::CommitMessage | PlaceKind::Commit => format!("git-commit/{}", id(&place.commit)),
        PlaceKind::TagMessage => format!("git-tag/{}", id(&place.tag)),
        PlaceKind::Blob | PlaceKind::Staged => format!("git-blob/{}", id(&place.blob)),
        PlaceKind::Stdin | PlaceKind::File | PlaceKind::Ref | PlaceKind::Reflog => "stdin".to_owned(),
    }
}

/// A relative URI for a relative path, without `.` and empty segments and without `..` where that can be resolved; a
/// file URI for an absolute path.
fn path_uri(path: &[u8]) -> String {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if segments.last().is_some_and(|last| *last != b"..") => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let encoded = percent(&segments.join(&b'/'));
    if path.starts_with(b"/") { format!("file:///{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::path_uri;

    #[test]
    fn paths_become_uris() {
        for (path, expected) in [
            (&b"src/main.rs"[..], "src/main.rs"),
            (b"./a//b/./c", "a/b/c"),
            (b"a/../b", "b"),
            (b"../../a", "../../a"),
            (b"/etc/a b", "file:///etc/a%20b"),
            (b"c:evil", "c%3Aevil"),
            (b"%41/\xff\xe2\x80\xae?#", "%2541/%FF%E2%80%AE%3F%23"),
        ] {
            assert_eq!(path_uri(path), expected);
        }
    }
}
