//! Dates of commits as ISO 8601 text.
//!
//! A commit may carry any 64-bit number of seconds and nearly any offset, so the calendar is computed here, where no
//! value is out of range, rather than by a library that refuses some.

const DAY: i128 = 86_400;

/// `2019-03-04T12:00:00+01:00` for seconds since 1970 and an offset from UTC in seconds. Years outside 0 to 9999 have
/// a sign and at least six digits. An offset of a day or more means nothing, and the time is given in UTC then.
pub fn iso8601(seconds: i64, offset: i32) -> String {
    let minutes = if offset.unsigned_abs() < DAY as u32 { offset / 60 } else { 0 };
    let local = i128::from(seconds) + i128::from(minutes) * 60;
    let (year, month, day) = civil(local.div_euclid(DAY));
    let second = local.rem_euclid(DAY);
    let year = if (0..=9999).contains(&year) { format!("{year:04}") } else { format!("{year:+07}") };
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (offset_hour, offset_minute) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{offset_hour:02}:{offset_minute:02}")
}

/// The part of [`iso8601`]'s text before the time of day.
pub fn day(iso8601: &str) -> &str {
    iso8601.split_once('T').map_or(iso8601, |(day, _)| day)
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar. Years are counted from
/// March, so that the leap day is the last of its year.
fn civil(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i128::from(month <= 2), month, day)
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
