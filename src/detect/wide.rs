//! UTF-16: content whose characters are two bytes wide is narrowed before it is searched.
//!
//! Credentials are ASCII, so one byte a code unit is enough: a unit above ASCII becomes a byte that no rule wants. An
//! offset in the narrowed text is then half of the offset in the content.

use crate::scanner::HEAD;

/// Which byte of a pair comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// Stands for every character that is not ASCII.
const OTHER: u8 = 0x80;
/// Without a mark, so many pairs at least must be there to tell.
const PAIRS: usize = 8;

/// The order of content that is UTF-16, by its mark or by where zeros stand in its first bytes.
pub fn order(content: &[u8]) -> Option<Order> {
    match content {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let head = &content[..content.len().min(HEAD)];
    let pairs = head.as_chunks::<2>().0;
    if pairs.len() < PAIRS {
        return None;
    }
    // Nine of ten characters are ASCII in whatever language source and configuration are written.
    let text = |b: u8| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let most = |count: usize| count * 10 >= pairs.len() * 9;
    if most(pairs.iter().filter(|p| p[1] == 0 && text(p[0])).count()) {
        Some(Order::Little)
    } else if most(pairs.iter().filter(|p| p[0] == 0 && text(p[1])).count()) {
        Some(Order::Big)
    } else {
        None
    }
}

/// One byte for each code unit.
pub fn narrow(content: &[u8], order: Order) -> Vec<u8> {
    let unit = |pair: &[u8; 2]| match order {
        Order::Little => u16::from_le_bytes(*pair),
        Order::Big => u16::from_be_bytes(*pair),
    };
    let byte = |u: u16| u8::try_from(u).ok().filter(u8::is_ascii).unwrap_or(OTHER);
    content.as_chunks::<2>().0.iter().map(|pair| byte(unit(pair))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, order: Order) -> Vec<u8> {
        let bytes = |u: u16| if order == Order::Little { u.to_le_bytes() } else { u.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn tells_and_narrows_both_orders_with_and_without_a_mark() {
        for order in [Order::Little, Order::Big] {
            let text = "key = \"value\"\r\nnext";
            assert_eq!(super::order(&wide(text, order)), Some(order));
            let marked = wide(&format!("\u{feff}é{text}"), order);
            assert_eq!(super::order(&marked), Some(order));
            assert_eq!(narrow(&marked, order), [&[OTHER, OTHER], text.as_bytes()].concat());
        }
        assert_eq!(super::order(b"plain text, long enough to tell"), None);
        assert_eq!(super::order(&[0; 64]), None);
    }
}
