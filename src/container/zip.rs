//! The zip family.

use super::{Unpacker, joined};
use std::io::Cursor;
use zip::ZipArchive;

/// Hands out the members of a zip archive.
pub(super) fn open(unpacker: &mut Unpacker<'_>, content: &[u8], name: &[u8], depth: usize) {
    let mut archive = match ZipArchive::new(Cursor::new(content)) {
        Ok(archive) => archive,
        Err(error) => return unpacker.damaged(format!("it cannot be read as a zip archive ({error})")),
    };
    // By the size that each states, which is all that is read of it.
    let mut numbers: Vec<(u64, usize)> = Vec::with_capacity(archive.len());
    numbers.extend((0..archive.len()).map(|n| (archive.by_index_raw(n).map_or(0, |member| member.size()), n)));
    numbers.sort_unstable();
    for (size, number) in numbers {
        let mut member = match archive.by_index(number) {
            Ok(member) => member,
            Err(zip::result::ZipError::UnsupportedArchive(why)) => {
                unpacker.damaged(format!("a member of it is encrypted or packed in a way not known here ({why})"));
                continue;
            }
            Err(error) => {
                unpacker.damaged(format!("a member of it cannot be read ({error})"));
                continue;
            }
        };
        if member.is_dir() {
            continue;
        }
        let name = joined(name, member.name_raw());
        if !unpacker.member(&mut member, Some(size), &name, depth) {
            return;
        }
    }
}
