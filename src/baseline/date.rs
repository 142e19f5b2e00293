//! Calendar days as text, `YYYY-MM-DD`: they sort as they are, and people write them.

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
    fn texts() {
        assert!(is_date("2026-11-23"));
        for wrong in ["2026-13-01", "2026-1-1", "tomorrow", "2026-00-10", "", "2026-11-2é"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
