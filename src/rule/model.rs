//! The rule model: what an entry of `rules/*.toml` may say. Pure data, checked and compiled elsewhere.

use crate::finding::{Confidence, Severity, Tier};
use serde::{Deserialize, Serialize};

/// One rule file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    #[serde(default, rename = "rule")]
    pub rules: Vec<toml::Spanned<RuleText>>,
}

/// One `[[rule]]` entry, as written. Exactly one of `prefixes`, `shape`, `literals` and `names` says how the prefilter
/// finds the places worth a look.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Lower case, digits and dashes; unique.
    pub id: String,
    /// One sentence in the singular: "GitHub personal access token (classic)".
    pub description: String,
    #[serde(default = "default_tier")]
    pub tier: Tier,
    #[serde(default = "default_severity")]
    pub severity: Severity,
    #[serde(default = "default_confidence")]
    pub confidence: Confidence,
    #[serde(default)]
    pub tags: Vec<String>,
    /// A page of the provider that says what the format is.
    #[serde(default)]
    pub reference: Option<String>,

    /// Lane one, by prefix: the credential starts with one of these (2 bytes at least, case-sensitive) inside a run of
    /// at least 16 characters of `[A-Za-z0-9+/_-]`. The regex is tried anchored at the prefix. A prefix counts only
    /// where a token can begin: not after a letter, digit, `+` or `/`, unless that belongs to an escape such as
    /// `\n` or `%2F`.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Lane one, by shape: a whole run of one character class and length. Needs `near`, unless the regex is enough.
    #[serde(default)]
    pub shape: Option<Shape>,
    /// Lane two: the regex is searched around each of these literals (3 bytes at least on one line, case-sensitive), and its
    /// match must cover the literal.
    #[serde(default)]
    pub literals: Vec<String>,
    /// Lane two: a value that is assigned to a variable, key, argument, element or header whose name holds one of
    /// these words (lower case; matched in any case, `_` and `-` and nothing are the same).
    #[serde(default)]
    pub names: Vec<String>,
    /// How a value without a format of its own is carried; with `names` (or `literals` for userinfo) and no `regex`.
    #[serde(default)]
    pub carrier: Carrier,
    /// With `names`: a value that is merely no language and no placeholder counts too, at low confidence. For names that
    /// say "password" plainly.
    #[serde(default)]
    pub weak: bool,

    /// With `regex`: the secret is judged by its looks too, as an assigned value is. Placeholders, references and words
    /// are none, and the confidence is what the looks allow.
    #[serde(default)]
    pub looks: Option<Looks>,

    /// What a match looks like. The named group `secret` is the credential; without the group the whole match is. May
    /// be absent with `shape` and `names`. `(?x)` is allowed. Case-sensitive unless `(?i)` says otherwise.
    #[serde(default)]
    pub regex: Option<String>,
    /// One of these words (any case; `_` stands for `_`, `-`, `.`, a space or nothing) must stand within `distance` bytes of the match.
    #[serde(default)]
    pub near: Vec<String>,
    /// Bytes before and after the match in which `near` is looked for; at most 120.
    #[serde(default = "default_distance")]
    pub distance: usize,
    /// Characters that may not stand right after the secret; `word` by default.
    #[serde(default)]
    pub ends: Ends,
    /// Shannon entropy of the secret in bits per character, at least.
    #[serde(default)]
    pub entropy: Option<f64>,
    /// Character-class bounds on the secret.
    #[serde(default)]
    pub needs: Needs,
    /// Regexes on the secret: a match means "not a credential".
    #[serde(default)]
    pub allow: Vec<String>,
    /// Regexes on the line (at most 256 bytes on either side of the secret): a match means "not a credential".
    #[serde(default)]
    pub allow_line: Vec<String>,
    /// A check digit or structure that the secret must have.
    #[serde(default)]
    pub check: Option<Check>,
    /// Bytes after the anchor that the rule may look at. 256 unless the credential is longer; at most 65,536.
    #[serde(default = "default_reach")]
    pub reach: usize,
    /// Globs on the path (where a path is known): only there.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Globs on the path: not there.
    #[serde(default)]
    pub not_paths: Vec<String>,
    /// Only together with a hit of another rule in the same content.
    #[serde(default)]
    pub requires: Option<Requires>,
    /// The id of the rule whose hits this one's candidates complete: the secret of a key id. A candidate that has no
    /// `near` word is then kept for pairing alone.
    #[serde(default)]
    pub completes: Option<String>,
    /// What the credential's deciding part is.
    #[serde(default)]
    pub part: crate::finding::PartKind,

    /// Texts in which the rule must find something. `{}` is removed first: it splits a key so that this file holds
    /// none whole.
    #[serde(default)]
    pub positive: Vec<String>,
    /// Texts in which it must find nothing.
    #[serde(default)]
    pub negative: Vec<String>,
}

/// A whole run of one character class: the characters before and after it are outside the class, and no letter or digit
/// stands before it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub class: Class,
    /// Length in bytes, 16 at least.
    pub min: usize,
    pub max: usize,
}

/// Character classes of shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// `[0-9a-f]`
    Hex,
    /// `[0-9A-Fa-f]`
    HexAny,
    /// `[0-9a-f-]`
    Uuid,
    /// `[a-z0-9]`
    LowerAlnum,
    /// `[A-Z0-9]`
    UpperAlnum,
    /// `[A-Za-z0-9]`
    Alnum,
    /// `[A-Za-z0-9+/]`
    Base64,
    /// `[A-Za-z0-9_-]`
    Base64Url,
}

/// How a value without a format of its own is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// Name, operator and value.
    #[default]
    Assignment,
    /// The password in a URL's userinfo; the literal is `://`.
    Userinfo,
    /// The credentials of an HTTP authorization scheme; the names are those of schemes.
    Authorization,
}

/// What a secret without a format of its own must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// Random, and 8 characters long at least.
    Random,
    /// That, or at low confidence merely no language and 4 characters long.
    Weak,
}

/// What must not follow a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// Not a letter, digit or `_`.
    #[default]
    Word,
    /// Not a letter, digit, `+` or `/`.
    Base64,
    /// Not a letter, digit, `_` or `-`.
    Base64Url,
    /// Anything may follow.
    Any,
}

/// Character-class bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    #[serde(default)]
    pub digits: usize,
    #[serde(default)]
    pub upper: usize,
    #[serde(default)]
    pub lower: usize,
    /// Distinct characters.
    #[serde(default)]
    pub distinct: usize,
}

/// Structures that can be checked offline. Each is a few lines in `rule/check.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// AWS key id: base32, account in range or old generation, not a documented example.
    AwsKeyId,
    /// Of the form of an AWS key id, but none that AWS can have issued, and no documented example.
    AwsKeyIdWeak,
    /// AWS secret: entropy, not hex, not a documented example.
    AwsSecret,
    /// AWS session token: decodes to the known structure.
    AwsSessionToken,
    /// Bedrock long-term key: decodes to `user-at-account:secret`.
    AwsBedrock,
    /// GitHub and npm: the last six characters are the CRC-32 of what stands between the prefix and them, in base62.
    Crc32Base62,
    /// A JSON Web Token: header and payload decode to JSON objects.
    Jwt,
    /// A PEM or OpenSSH private key block that holds a key, not an encrypted or stubbed one.
    PrivateKey,
}

/// Another rule that must have hit nearby.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    pub rule: String,
    /// Bytes between the two.
    pub within: usize,
}

/// What of a literal the prefilter looks for, which looks at lines: the longest of its lines.
pub fn longest_line(literal: &str) -> &str {
    literal.split('\n').max_by_key(|line| line.len()).unwrap_or(literal)
}

/// Longest shape: its whole run must lie within what lane one is sure to see of its surroundings.
pub const MAX_SHAPE: usize = 200;

/// Shortest prefix, in bytes: shorter ones stand everywhere.
pub const MIN_PREFIX: usize = 2;
/// Most that `distance` may be.
pub const MAX_DISTANCE: usize = 120;

fn default_tier() -> Tier {
    Tier::Secret
}
fn default_severity() -> Severity {
    Severity::High
}
fn default_confidence() -> Confidence {
    Confidence::High
}
fn default_distance() -> usize {
    80
}
fn default_reach() -> usize {
    256
}
