//! Times as they are typed: 90s, 4m or 1h30m.

use std::time::Duration;

/// Parses a time such as `90s`, `4m` or `1h30m`.
pub fn duration(typed: &str) -> Result<Duration, String> {
    let expected = || "expected a time such as 90s, 4m or 1h30m".to_string();
    let (mut rest, mut seconds, mut largest) = (typed, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let mut after = rest[digits..].chars();
        let unit = match after.next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(expected()),
        };
        // From large to small, each once.
        if unit >= largest {
            return Err(expected());
        }
        largest = unit;
        let number: u64 = rest[..digits].parse().map_err(|_| expected())?;
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(expected)?;
        rest = after.as_str();
    }
    match seconds {
        0 => Err(format!("{}, and more than nothing", expected())),
        1..=31_536_000 => Ok(Duration::from_secs(seconds)),
        _ => Err("at most a year".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_budgets() {
        for (typed, seconds) in [("90s", 90), ("4m", 240), ("1h30m", 5400), ("1h2m3s", 3723)] {
            assert_eq!(duration(typed), Ok(Duration::from_secs(seconds)), "{typed}");
        }
        for wrong in [
            "",
            "0s",
            "0h0m",
            "4",
            "m",
            "4 m",
            "-4m",
            "1.5h",
            "1m1h",
            "1m1m",
            "99999999999999999999s",
            "400d",
            "9000h",
            "4é",
        ] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
