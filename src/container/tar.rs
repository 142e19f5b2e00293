//! Tar archives.

use super::{Unpacker, joined};
use tar::Archive;

/// Length of a header.
const HEADER: usize = 512;
/// Where a header holds its checksum.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Whether content begins with a tar header: its checksum is right.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEADER).filter(|header| header[0] != 0) else { return false };
    let digits = header[CHECKSUM].iter().skip_while(|&&b| b == b' ').take_while(|b| matches!(b, b'0'..=b'7'));
    let (stated, count) = digits.fold((0u32, 0), |(sum, n), &b| (sum * 8 + u32::from(b - b'0'), n + 1));
    let sum: u32 =
        header.iter().enumerate().map(|(at, &b)| if CHECKSUM.contains(&at) { 32 } else { u32::from(b) }).sum();
    count >= 3 && stated == sum
}

/// Hands out the members of a tar archive.
pub(super) fn open(unpacker: &mut Unpacker<'_>, content: &[u8], name: &[u8], depth: usize) {
    let mut archive = Archive::new(content);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return unpacker.damaged(format!("it cannot be read as a tar archive ({error})")),
    };
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return unpacker.damaged(format!("its rest cannot be read as a tar archive ({error})")),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = joined(name, &entry.path_bytes());
        if !unpacker.member(&mut entry, &name, depth) {
            return;
        }
    }
}
