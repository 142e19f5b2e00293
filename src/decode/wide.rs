//! UTF-16 and UTF-32: content whose characters are two or four bytes wide is narrowed before it is searched.
//!
//! Credentials are ASCII, so one byte a code unit is enough: a unit above ASCII becomes a byte that no rule wants. An
//! offset in the narrowed text is then a half or a quarter of the offset in the content.

use crate::scanner::HEAD;

/// How wide a unit is, and which of its bytes comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
    Little32,
    Big32,
}

impl Order {
    const ALL: [Self; 4] = [Self::Little32, Self::Big32, Self::Little, Self::Big];

    /// Bytes of a unit.
    pub fn width(self) -> usize {
        match self {
            Self::Little | Self::Big => 2,
            Self::Little32 | Self::Big32 => 4,
        }
    }

    /// The value of a unit of this width.
    fn unit(self, bytes: &[u8]) -> u32 {
        let big = |bytes: &[u8]| bytes.iter().fold(0, |value, &b| value << 8 | u32::from(b));
        match self {
            Self::Big | Self::Big32 => big(bytes),
            Self::Little => big(&[bytes[1], bytes[0]]),
            Self::Little32 => big(&[bytes[3], bytes[2], bytes[1], bytes[0]]),
        }
    }
}

/// Stands for every character that is not ASCII.
const OTHER: u8 = 0x80;
/// Without a mark, so many units at least must be there to tell.
const UNITS: usize = 8;

/// The order of content that is UTF-16 or UTF-32, by its mark or by where zeros stand in its first bytes.
pub fn order(content: &[u8]) -> Option<Order> {
    match content {
        [0xff, 0xfe, 0, 0, ..] => return Some(Order::Little32),
        [0, 0, 0xfe, 0xff, ..] => return Some(Order::Big32),
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let head = &content[..content.len().min(HEAD)];
    // Text in one byte a character, as nearly all content is, has no zero.
    memchr::memchr(0, head)?;
    // Nine of ten characters are ASCII in whatever language source and configuration are written.
    let text = |unit: u32| matches!(u8::try_from(unit), Ok(b' '..=b'~' | b'\t' | b'\n' | b'\r'));
    Order::ALL.into_iter().find(|order| {
        let units = head.chunks_exact(order.width());
        units.len() >= UNITS && units.clone().filter(|unit| text(order.unit(unit))).count() * 10 >= units.len() * 9
    })
}

/// One byte for each code unit.
pub fn narrow(content: &[u8], order: Order) -> Vec<u8> {
    let byte = |unit: u32| u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(OTHER);
    content.chunks_exact(order.width()).map(|unit| byte(order.unit(unit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, order: Order) -> Vec<u8> {
        match order {
            Order::Little => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Order::Big => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Order::Little32 => text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect(),
            Order::Big32 => text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect(),
        }
    }

    #[test]
    fn tells_and_narrows_all_orders_with_and_without_a_mark() {
        for order in Order::ALL {
            let text = "key = \"value\"\r\nnext";
            assert_eq!(super::order(&wide(text, order)), Some(order));
            let marked = wide(&format!("\u{feff}\u{e9}{text}"), order);
            assert_eq!(super::order(&marked), Some(order));
            assert_eq!(narrow(&marked, order), [&[OTHER, OTHER], text.as_bytes()].concat());
        }
        assert_eq!(super::order(b"plain text, long enough to tell"), None);
        assert_eq!(super::order(&[0; 64]), None);
    }
}
