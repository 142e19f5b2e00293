//! Times as AWS writes them, and as a report does.

use crate::calendar::{DAY, date, days};

/// Seconds since 1970 of `YYYYMMDDTHHMMSSZ`.
pub fn parse_amz_date(text: &[u8]) -> Option<i64> {
    let shape = text.len() == 16 && text[8] == b'T' && text[15] == b'Z';
    let digits = shape && text.iter().enumerate().all(|(at, byte)| at == 8 || at == 15 || byte.is_ascii_digit());
    if !digits {
        return None;
    }
    let number =
        |from: usize, to: usize| text[from..to].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (hour, minute, second) = (number(9, 11), number(11, 13), number(13, 15));
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    valid.then(|| days(year, month, day) * DAY + hour * 3_600 + minute * 60 + second)
}

/// Seconds since 1970 of `2026-01-31T23:59:00Z`; fractions of a second are cut off.
pub fn parse_iso_8601(text: &str) -> Option<i64> {
    let plain: String = text.split('.').next()?.chars().filter(|c| *c != '-' && *c != ':').collect();
    parse_amz_date(format!("{}Z", plain.trim_end_matches('Z')).as_bytes())
}

/// `2026-01-31T23:59:00Z` for seconds since 1970; `None` outside of the years 1970 to 9999.
pub fn iso_8601(seconds: i64) -> Option<String> {
    if !(0..253_402_300_800).contains(&seconds) {
        return None;
    }
    let (day, rest) = (date(seconds / DAY), seconds % DAY);
    Some(format!("{day}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_times() {
        assert_eq!(parse_amz_date(b"19700101T000000Z"), Some(0));
        assert_eq!(parse_amz_date(b"20130524T000000Z"), Some(1_369_353_600));
        assert_eq!(parse_amz_date(b"20240229T235959Z"), Some(1_709_251_199));
        for text in ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.123Z"] {
            assert_eq!(parse_iso_8601(text), Some(1_709_251_199), "{text}");
        }
        assert_eq!(iso_8601(1_709_251_199).as_deref(), Some("2024-02-29T23:59:59Z"));
        for wrong in ["20241301T000000Z", "2024-02-29T23:59Z", "20240229T235959", "2024022aT235959Z", ""] {
            assert_eq!(parse_amz_date(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(iso_8601(-1), None);
        assert_eq!(iso_8601(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn both_ways(seconds in 0..253_402_300_800i64) {
            let text: String = iso_8601(seconds).expect("in range").chars().filter(|c| *c != '-' && *c != ':').collect();
            prop_assert_eq!(parse_amz_date(text.as_bytes()), Some(seconds));
        }
    }
}
