//! Calendar days as text, `YYYY-MM-DD`: they sort as they are, and people write them.

/// The day that is so many days after 1970-01-01.
pub fn date(days: i64) -> String {
    // Years that begin in March, in eras of 400: the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Whether a text is a day.
pub fn is_date(text: &str) -> bool {
    let digits = |part: &str, most: u32| part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number));
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    form && digits(&text[5..7], 12) && digits(&text[8..], 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for (days, text) in [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (20_780, "2026-11-23")] {
            assert_eq!(date(days), text);
        }
        assert!(is_date("2026-11-23"));
        for wrong in ["2026-13-01", "2026-1-1", "tomorrow", "2026-00-10", "", "2026-11-2é"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
