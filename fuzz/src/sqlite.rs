//! SQLite databases and their logs: any pages are rows or bytes, and what comes out is bounded by what goes in.

use super::input::Input;
use keysift::container;

/// What one name before each value can make of a database, and what is handed out of an empty one.
const GROWTH: usize = 80;
const BUDGET: u64 = 1 << 20;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let code = input.byte();
    let size = 512 << (code >> 1 & 3);
    let content = match (code & 1, code & 8) {
        (0, _) => database(input.0, size),
        (_, 0) => log(input, size),
        _ => journal(input, size),
    };
    assert!(container::is_container(&content), "header and size are as they have to be");
    let (mut total, mut whole) = (0, 0);
    container::unpack(&content, BUDGET, &mut |name, member| match name {
        Some(_) => total += member.len(),
        None => {
            whole += 1;
            assert_eq!(member.len(), content.len(), "what no row took stands at its place");
        }
    });
    assert_eq!(whole, 1);
    let most = GROWTH * content.len() + BUDGET as usize;
    assert!(total <= most, "{total} bytes out of {}", content.len());
}

/// Any pages below a header that is believed.
fn database(pages: &[u8], size: usize) -> Vec<u8> {
    let mut content = pages.to_vec();
    let pages = content.len().div_ceil(size).max(1);
    content.resize(pages * size, 0);
    content[..16].copy_from_slice(b"SQLite format 3\0");
    content[16..18].copy_from_slice(&(size as u16).to_be_bytes());
    content[20] %= 32;
    content[21..24].copy_from_slice(&[64, 32, 32]);
    content
}

/// Frames of any pages. A byte for each says which page it is of, and whether a transaction ends with it.
fn log(mut input: Input<'_>, size: usize) -> Vec<u8> {
    let mut content = [0x377f_0682u32, 3_007_000, size as u32, 0, 1, 2, 3, 4].map(u32::to_be_bytes).concat();
    while !input.0.is_empty() {
        let code = input.byte();
        let frame = [u32::from(code >> 1), u32::from(code & 1), 1, 2, 3, 4].map(u32::to_be_bytes).concat();
        content.extend(frame);
        let mut page = input.take(size).to_vec();
        page.resize(size, 0);
        content.extend(page);
    }
    content
}

/// A rollback journal of any pages: a byte for each says which page it is of, and whether another part begins.
fn journal(mut input: Input<'_>, size: usize) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        fill_up(&mut content);
        content.extend([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
        let count = u32::from(input.byte());
        content.extend([count, 1, 2, 512, size as u32].map(u32::to_be_bytes).concat());
        fill_up(&mut content);
        loop {
            if input.0.is_empty() {
                return content;
            }
            let code = input.byte();
            if code & 1 == 1 {
                break;
            }
            content.extend(u32::from(code >> 1).to_be_bytes());
            let mut page = input.take(size).to_vec();
            page.resize(size, 0);
            content.extend(page);
            content.extend(b"sum!");
        }
    }
}

/// Parts and headers of a journal take whole sectors.
fn fill_up(content: &mut Vec<u8>) {
    content.resize(content.len().next_multiple_of(512), 0);
}
