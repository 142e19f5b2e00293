//! How much a text looks like words: the odds of its letter pairs and of its changes of character class.
//!
//! Random base64 scores far below zero, identifiers, paths and sentences far above. Of 200,000 random 40-character
//! secrets 1 in 10,000 scores above -5 and none above 20; identifiers and paths of that length score above 100. The
//! table is data, made by `tools/letter_pairs.py`.

/// Log-odds of the pair of letters against chance, in half bits, `n` being zero. Row: first letter; column: second.
const PAIRS: [&[u8; 26]; 26] = [
    b"gqrpdlodpemtpsapetqunnkjng", // a
    b"nhidpdfaohcqgaogamljndaaic", // b
    b"renhsiaqpappgbthfolsoeacka", // c
    b"nhhltbgardalfioealofngffka", // d
    b"rlsuopnjlferqukpmvurholqka", // e
    b"nbfapnfaqaamgeoealhjnaaaka", // f
    b"ncgdqekmoaalhnlaanmfnaaaea", // g
    b"qaaarabapaafigpaalhljaaaha", // h
    b"porpqppceaiqqwsngorscpalao", // i
    b"caaajaaaaaaaaajaaaeahaaaaa", // j
    b"jaacpgganaafajebabmgeadafa", // k
    b"rghntjfasahrfgrjagnnnkdara", // l
    b"rmbhsaaaqaahnboqaamhneaaha", // m
    b"qerrrnujqdmlimpiafstmnhakc", // n
    b"mmpoklmemhmprunpaspoqppiee", // o
    b"rdgirefkoagqfaqoarmonaaaja", // p
    b"aaaaaaaaaaadaaaaabaaoaaaaa", // q
    b"sjnnvlnfsammonrlaoqqokidna", // r
    b"oeocsjcprbklljopgiqtqhibma", // s
    b"ramkujaquaanheqiarqooejgoa", // t
    b"onoknjmanaaporioaqqqfaafaa", // u
    b"oafasaaaoaaadalbadebabaeea", // v
    b"ncaanaamnaafamnaalkdaacaaa", // w
    b"iajamaaflaaaeacnaadmaaabea", // x
    b"gggajadakaaijlikaelidahaae", // y
    b"kgfanbdbiaedeacfacgdcaaaea", // z
];

/// A single rare pair must not outweigh a word: abbreviations have them too.
const PAIR_BOUND: i32 = 6;

/// Log-odds, in half bits, of one class following another in words and paths against random base64. Rows and columns:
/// lower case, upper case, digit, `/`, anything else.
const CLASSES: [[i32; 5]; 5] =
    [[3, -2, -3, 1, -8], [0, -1, -3, 0, -8], [-4, -4, 0, -1, -8], [1, 1, -2, -8, -8], [-8, -8, -8, -8, -8]];

fn class(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        b'/' => 3,
        _ => 4,
    }
}

/// Odds in half bits that `text` is made of words rather than drawn at random from base64: positive means words.
pub fn wordiness(text: &[u8]) -> i32 {
    text.windows(2)
        .map(|pair| {
            let (first, second) = (class(pair[0]), class(pair[1]));
            // A change from lower to upper case is where a new word of a CamelCase name begins: the letters of two
            // words say nothing together.
            let letters = if first < 2 && second < 2 && (first, second) != (0, 1) {
                letter_odds(pair[0], pair[1]).clamp(-PAIR_BOUND, PAIR_BOUND)
            } else {
                0
            };
            CLASSES[first][second] + letters
        })
        .sum()
}

/// Odds in half bits of the letter pairs of `text` alone, whatever their case; other characters count nothing.
pub fn letter_wordiness(text: &[u8]) -> i32 {
    text.windows(2)
        .filter(|pair| pair[0].is_ascii_alphabetic() && pair[1].is_ascii_alphabetic())
        .map(|pair| letter_odds(pair[0], pair[1]).clamp(-PAIR_BOUND, PAIR_BOUND))
        .sum()
}

fn letter_odds(first: u8, second: u8) -> i32 {
    let row = PAIRS[usize::from(first.to_ascii_lowercase() - b'a')];
    i32::from(row[usize::from(second.to_ascii_lowercase() - b'a')]) - i32::from(b'n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::Random;

    #[test]
    fn words_are_far_from_random_text() {
        for words in [
            "MultiTypeNumberFallbackWithStringKeyword",
            "com/actions/checkout/blob/main/CHANGELOG",
            "MyStack/MyBucketDeployment/Role/Resource",
            "theQuickBrownFoxJumpsOverTheLazyDogAgain",
        ] {
            assert!(wordiness(words.as_bytes()) > 60, "{words}: {}", wordiness(words.as_bytes()));
        }
        let mut random = Random::new(1);
        let above = (0..20_000).filter(|_| wordiness(random.base64(40).as_bytes()) > 5).count();
        assert!(above <= 3, "{above} of 20,000 random texts look like words");
    }

    #[test]
    fn short_and_foreign_text_is_no_panic() {
        assert_eq!(wordiness(b""), 0);
        assert_eq!(wordiness(b"a"), 0);
        wordiness(&[0, 255, 128, b'a', b'Z']);
        letter_wordiness(&[b'a', 255, b'z']);
    }
}
