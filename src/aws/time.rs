//! Times as AWS writes them, and as a report does.

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
    valid.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
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
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, date) = civil(day);
    Some(format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60))
}

/// Days since 1970-01-01. Years begin in March here, so that the leap day is the last one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
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
