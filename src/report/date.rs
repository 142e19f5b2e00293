//! Dates of commits as ISO 8601 text.
//!
//! A commit may carry any 64-bit number of seconds and nearly any offset: no value is out of range here.

use crate::calendar::{DAY, date};

/// `2019-03-04T12:00:00+01:00` for seconds since 1970 and an offset from UTC in seconds. Years outside 0 to 9999 have
/// a sign and at least six digits. An offset of a day or more means nothing, and the time is given in UTC then.
pub fn iso8601(seconds: i64, offset: i32) -> String {
    let minutes = if offset.unsigned_abs() < DAY as u32 { offset / 60 } else { 0 };
    // The day and the second of the day each by itself: their sum with the offset may be beyond 64 bits.
    let second = seconds.rem_euclid(DAY) + i64::from(minutes) * 60;
    let day = date(seconds.div_euclid(DAY) + second.div_euclid(DAY));
    let second = second.rem_euclid(DAY);
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (offset_hour, offset_minute) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{day}T{hour:02}:{minute:02}:{second:02}{sign}{offset_hour:02}:{offset_minute:02}")
}

/// The part of [`iso8601`]'s text before the time of day.
pub fn day(iso8601: &str) -> &str {
    iso8601.split_once('T').map_or(iso8601, |(day, _)| day)
}

#[cfg(test)]
mod tests {
    use super::{day, iso8601};

    #[test]
    fn ordinary_and_extreme_dates() {
        for (seconds, offset, expected) in [
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (1_551_700_800, 3600, "2019-03-04T13:00:00+01:00"),
            (951_782_400, 0, "2000-02-29T00:00:00+00:00"),
            (1_709_251_199, 0, "2024-02-29T23:59:59+00:00"),
            (0, -12_600, "1969-12-31T20:30:00-03:30"),
            (-1, 0, "1969-12-31T23:59:59+00:00"),
            (253_402_300_799, 0, "9999-12-31T23:59:59+00:00"),
            (253_402_300_800, 0, "+010000-01-01T00:00:00+00:00"),
            (-62_167_219_200, 0, "0000-01-01T00:00:00+00:00"),
            (-62_167_219_201, 0, "-000001-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(iso8601(seconds, offset), expected);
        }
    }

    #[test]
    fn nonsense_is_survived() {
        // git accepts offsets such as +9999, which is more than four days.
        assert_eq!(iso8601(0, 362_340), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso8601(0, i32::MIN), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso8601(0, 3630), "1970-01-01T01:00:00+01:00");
        assert_eq!(iso8601(i64::MAX, 0), "+292277026596-12-04T15:30:07+00:00");
        assert_eq!(iso8601(i64::MIN, 0), "-292277022657-01-27T08:29:52+00:00");
    }

    #[test]
    fn agrees_with_gix_where_gix_has_an_answer() {
        for seconds in (-60_000_000_000_i64..250_000_000_000).step_by(1_234_567_891) {
            for offset in [0, 3600, -19_800] {
                let time = gix::date::Time { seconds, offset };
                let theirs = time.format(gix::date::time::format::ISO8601_STRICT).expect("in range");
                assert_eq!(iso8601(seconds, offset), theirs);
            }
        }
    }

    #[test]
    fn the_day_alone() {
        assert_eq!(day(&iso8601(1_551_700_800, 3600)), "2019-03-04");
    }
}
