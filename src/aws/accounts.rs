//! Accounts that a report should name: canaries, whose keys are an alarm, and numbers that stand for no account.

use super::key_id::MAX_ACCOUNT;

/// Accounts of the Thinkst canary tokens. Any call with one of their keys raises an alarm at whoever planted it.
const THINKST: [u64; 10] = [
    52_310_077_262,
    171_436_882_533,
    266_735_846_894,
    534_261_010_715,
    595_918_472_158,
    717_712_589_309,
    730_335_385_048,
    819_147_034_852,
    893_192_397_702,
    992_382_622_183,
];

/// Accounts whose keys behave like the Thinkst ones: lists of other scanners name them.
const LOOK_ALIKES: [u64; 19] = [
    44_858_866_125,
    251_535_659_677,
    344_043_088_457,
    351_906_852_752,
    390_477_818_340,
    426_127_672_474,
    427_150_556_519,
    439_872_796_651,
    445_142_720_921,
    465_867_158_099,
    528_757_803_018,
    538_784_191_382,
    637_958_123_769,
    693_412_236_332,
    729_780_141_977,
    732_624_840_810,
    735_421_457_923,
    959_235_150_393,
    982_842_642_351,
];

/// Which list names an account as a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Canary {
    Thinkst,
    LookAlike,
    /// The user's own list.
    Listed,
}

impl Canary {
    /// What a report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Canary::Thinkst => "Thinkst",
            Canary::LookAlike => "look-alike",
            Canary::Listed => "listed by the user",
        }
    }
}

/// The list that names `account` as a canary; `extra` is the user's own.
pub fn canary(account: u64, extra: &[u64]) -> Option<Canary> {
    if THINKST.binary_search(&account).is_ok() {
        Some(Canary::Thinkst)
    } else if LOOK_ALIKES.binary_search(&account).is_ok() {
        Some(Canary::LookAlike)
    } else {
        extra.contains(&account).then_some(Canary::Listed)
    }
}

/// What there is to say about a number that stands for no real account.
pub fn note(account: u64) -> Option<&'static str> {
    match account {
        0 => Some("local emulators issue ids of this account"),
        123_456_789_012 => Some("AWS's documentation and emulators use this account"),
        _ => None,
    }
}

/// The twelve digits of an account.
pub fn digits(account: u64) -> String {
    format!("{account:012}")
}

/// Reads twelve digits.
pub fn parse(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().filter(|account| *account <= MAX_ACCOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_apart() {
        assert!(THINKST.is_sorted() && LOOK_ALIKES.is_sorted());
        assert!(THINKST.iter().all(|account| LOOK_ALIKES.binary_search(account).is_err()));
    }

    #[test]
    fn canaries_are_told_from_others() {
        assert_eq!(canary(534_261_010_715, &[]), Some(Canary::Thinkst));
        assert_eq!(canary(52_310_077_262, &[]), Some(Canary::Thinkst));
        assert_eq!(canary(729_780_141_977, &[]), Some(Canary::LookAlike));
        assert_eq!(canary(609_629_065_308, &[]), None);
        assert_eq!(canary(609_629_065_308, &[609_629_065_308]), Some(Canary::Listed));
    }

    #[test]
    fn digits_and_back() {
        assert_eq!(digits(29_608_264_753), "029608264753");
        assert_eq!(parse(b"029608264753"), Some(29_608_264_753));
        assert_eq!(parse(b"29608264753"), None);
        assert_eq!(parse(b"+29608264753"), None);
    }
}
