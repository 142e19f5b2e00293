//! What stands in a log of either kind: images of pages, one after the other.
//!
//! A write-ahead log holds pages as they are to be, a rollback journal as they were before a transaction. Both are left
//! where a program was stopped, and tell what the database itself does not, or not any more.

use super::{be32, page_size};

/// How a write-ahead log begins; the last bit tells in which order its sums are made.
const AHEAD: u32 = 0x377f_0682;
const AHEAD_VERSION: u32 = 3_007_000;
const AHEAD_HEADER: usize = 32;
const AHEAD_FRAME: usize = 24;
/// How a rollback journal begins, and each part of it.
const ROLLBACK: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
const ROLLBACK_HEADER: usize = 28;

/// An image of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Where it begins in the log.
    pub start: usize,
    /// The page's number in the database.
    pub page: u32,
    /// A transaction ends with it.
    pub ends: bool,
}

/// The length of a page in the log that begins with `head`, if it is one.
pub(super) fn log_page_size(head: &[u8]) -> Option<usize> {
    if head.len() >= AHEAD_HEADER && be32(head, 0) & !1 == AHEAD && be32(head, 4) == AHEAD_VERSION {
        return page_size(be32(head, 8));
    }
    let is_rollback = head.len() >= ROLLBACK_HEADER && head.starts_with(&ROLLBACK);
    if is_rollback && sector(head).is_some() { page_size(be32(head, 24)) } else { None }
}

/// What the parts of a rollback journal are rounded up to.
fn sector(head: &[u8]) -> Option<usize> {
    let size = be32(head, 20) as usize;
    (size.is_power_of_two() && (32..=65_536).contains(&size)).then_some(size)
}

/// All images in a log whose pages are of `size` bytes.
pub(super) fn frames(log: &[u8], size: usize) -> Vec<Frame> {
    if log.starts_with(&ROLLBACK) { rollback(log, size) } else { ahead(log, size) }
}

fn ahead(log: &[u8], size: usize) -> Vec<Frame> {
    let frames = log[AHEAD_HEADER..].chunks_exact(AHEAD_FRAME + size).enumerate();
    let frame = |(number, bytes): (usize, &[u8])| Frame {
        start: AHEAD_HEADER + number * (AHEAD_FRAME + size) + AHEAD_FRAME,
        page: be32(bytes, 0),
        ends: be32(bytes, 4) != 0,
    };
    frames.map(frame).collect()
}

fn rollback(log: &[u8], size: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut at = 0;
    while let Some(head) = log.get(at..at + ROLLBACK_HEADER).filter(|head| head.starts_with(&ROLLBACK)) {
        let Some(sector) = sector(head) else { break };
        // The number before an image, and a sum behind it.
        let images = log.get(at + sector..).unwrap_or_default().chunks_exact(size + 8);
        // A transaction that was not brought to disk says nothing of how many there are, or that they go to the end.
        let stated = match be32(head, 8) {
            0 => usize::MAX,
            count => count as usize,
        };
        let count = stated.min(images.len());
        let start = |number: usize| at + sector + number * (size + 8) + 4;
        frames.extend(images.take(count).enumerate().map(|(number, image)| Frame {
            start: start(number),
            page: be32(image, 0),
            ends: false,
        }));
        at = (start(count) - 4).next_multiple_of(sector);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 512;

    fn part(count: u32, sector: u32, pages: &[u32]) -> Vec<u8> {
        let mut part = [&ROLLBACK[..], &[count, 7, 9, sector, SIZE as u32].map(u32::to_be_bytes).concat()].concat();
        part.resize(sector as usize, 0);
        for page in pages {
            part.extend([&page.to_be_bytes()[..], &[b'x'; SIZE], b"sum!"].concat());
        }
        part
    }

    #[test]
    fn images_of_a_rollback_journal() {
        let pages = |log: &[u8]| {
            assert_eq!(log_page_size(log), Some(SIZE));
            let frames = frames(log, SIZE);
            assert!(frames.iter().all(|frame| log[frame.start..frame.start + SIZE] == [b'x'; SIZE]));
            frames.iter().map(|frame| frame.page).collect::<Vec<_>>()
        };
        assert_eq!(pages(&part(2, 512, &[3, 1, 9])), [3, 1], "as many as it states");
        for all in [0, u32::MAX, 4] {
            assert_eq!(pages(&part(all, 512, &[3, 1, 9])), [3, 1, 9], "{all}");
        }
        let mut two = part(2, 512, &[3, 1]);
        two.resize(two.len().next_multiple_of(512), 0);
        two.extend(part(1, 512, &[8]));
        assert_eq!(pages(&two), [3, 1, 8]);
        assert_eq!(pages(&two[..two.len() - 1]), [3, 1], "what is cut is no image");
        assert_eq!(pages(&two[..28]), [0; 0]);
        assert_eq!(log_page_size(&part(2, 0, &[])), None);
    }
}
