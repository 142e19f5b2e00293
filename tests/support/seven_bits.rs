//! Numbers as packs and reftables hold them, the same way to write the way back to a base and a length.

/// Seven bits a byte, the high ones first, each byte but the last one less than it says.
pub fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![value as u8 & 0x7f];
    value >>= 7;
    while value > 0 {
        value -= 1;
        bytes.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    bytes.reverse();
    bytes
}
