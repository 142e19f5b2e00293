//! base32 and base64 as AWS's tokens use them: tolerant of padding and of the URL alphabet, into the caller's buffer.

/// The alphabet of key ids: upper-case letters and 2 to 7.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Decodes the 16 base32 characters of a key id's body.
pub fn base32(body: &[u8; 16]) -> Option<[u8; 10]> {
    let mut bits = 0u128;
    for &byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u128::from(value);
    }
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&bits.to_be_bytes()[6..]);
    Some(bytes)
}

/// The inverse of [`base32`].
pub fn to_base32(bytes: [u8; 10]) -> [u8; 16] {
    let bits = bytes.iter().fold(0u128, |bits, &byte| bits << 8 | u128::from(byte));
    std::array::from_fn(|at| BASE32[(bits >> (5 * (15 - at)) & 31) as usize])
}

/// Decodes base64 of either alphabet into `buffer` until the text ends, its padding begins or the buffer is full.
/// `None` for a character outside the alphabets.
pub fn base64<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let (mut bits, mut held, mut length) = (0u32, 0, 0);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            if length == buffer.len() {
                break;
            }
            held -= 8;
            buffer[length] = (bits >> held) as u8;
            length += 1;
        }
    }
    Some(&buffer[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_goes_both_ways() {
        let bytes = [0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3, 0xfe, 0xff];
        assert_eq!(base32(&to_base32(bytes)), Some(bytes));
        assert_eq!(to_base32([0; 10]), *b"AAAAAAAAAAAAAAAA");
        assert_eq!(base32(b"AAAAAAAAAAAAAAA1"), None);
        assert_eq!(base32(b"aaaaaaaaaaaaaaaa"), None);
    }

    #[test]
    fn base64_takes_both_alphabets_padding_and_short_buffers() {
        let mut buffer = [0; 8];
        assert_eq!(base64(b"aGVsbG8=", &mut buffer), Some(&b"hello"[..]));
        assert_eq!(base64(b"aGVsbG8", &mut buffer), Some(&b"hello"[..]));
        assert_eq!(base64(b"-_8=", &mut buffer), base64(b"+/8=", &mut [0; 8]));
        assert_eq!(base64(b"aGVsbG8gd29ybGQh", &mut [0; 4]), Some(&b"hell"[..]));
        assert_eq!(base64(b"a b", &mut buffer), None);
    }
}
