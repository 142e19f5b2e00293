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
    let mut members = Vec::new();
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                unpacker.damaged(format!("its rest cannot be read as a tar archive ({error})"));
                break;
            }
        };
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            continue;
        }
        // Of a sparse file only what is stored is content; the rest are zeros.
        let size = if kind.is_gnu_sparse() { entry.header().entry_size().unwrap_or(0) } else { entry.size() };
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX).min(content.len());
        members.push((size, start, joined(name, &entry.path_bytes())));
    }
    members.sort();
    for (size, start, name) in members {
        // That the last one is cut off was told by whoever read on behind it.
        let end = content.len().min(start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)));
        let mut here = &content[start..end];
        if !unpacker.member(&mut here, None, &name, depth) {
            return;
        }
    }
}
