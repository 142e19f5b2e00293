//! `keysift verify`: one key, from a prompt or standard input, answered in words or JSON. Not from arguments: those stand
//! in the shell's history and in the list of processes.

use super::super::exit::ExitCode;
use super::super::message::escape;
use super::super::settings;
use super::args::{VerifyArgs, When};
use super::{Verify, resolve};
use clap::ValueEnum;
use keysift::aws::accounts;
use keysift::aws::key_id::{KeyId, Kind};
use keysift::aws::partitions::named_in;
use keysift::detect::Detector;
use keysift::error::{Error, Result};
use keysift::finding::Credentials;
use keysift::rule::RuleSet;
use keysift::scanner::{Scanner, Worker};
use keysift::secret::Secret;
use keysift::verdict::{Verdict, Verification};
use keysift::verify::Key;
use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Answer {
    Human,
    Json,
}

/// The options of `keysift verify`.
#[derive(Debug, clap::Args)]
pub struct PairArgs {
    /// Tell what would be asked, and ask nothing
    #[arg(long)]
    plan: bool,
    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Answer,
    /// The answer only: no plan, no notes
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    verify: VerifyArgs,
}

/// More input than this holds more than a key.
const MOST: u64 = 64 << 10;

/// Reads a key, asks, answers.
///
/// # Errors
/// No key or several, a place where verification is refused, standard output that cannot be written.
pub fn run(args: &PairArgs, stop: &AtomicBool) -> Result<ExitCode> {
    let when = if args.plan { When::Plan } else { When::Ask };
    let verify = resolve(Some(when), &args.verify, args.quiet, &settings::own()?)?.expect("it was asked for");
    let key = if std::io::stdin().is_terminal() { prompt(verify.operator.is_none())? } else { read(&verify)? };
    let (answers, plan) = verify.keys(vec![key.clone()], &Arc::default(), stop)?;
    let told = answers.into_iter().next().expect("one key has one answer");
    let text = match args.format {
        Answer::Human => words(&key, &told, plan.as_deref()),
        Answer::Json => {
            let mut json = serde_json::json!({ "key_id": key.id, "verification": told });
            if let Some(account) = key.account() {
                json["account"] = serde_json::json!(accounts::digits(account));
            }
            format!("{json:#}\n")
        }
    };
    if let (Answer::Json, Some(plan)) = (args.format, &plan) {
        super::super::message::note(plan);
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(Error::io("cannot write to standard output", error));
        }
        _ => {}
    }
    Ok(match told.verdict {
        Verdict::Live | Verdict::IdActive => ExitCode::Found,
        Verdict::WrongSecret | Verdict::Inactive | Verdict::Expired => ExitCode::Clean,
        Verdict::Canary | Verdict::Unknown => ExitCode::Incomplete,
    })
}

fn words(key: &Key, told: &Verification, plan: Option<&str>) -> String {
    let verdict = match told.verdict {
        Verdict::Live => "is live",
        Verdict::IdActive => "is active; its secret was not tried",
        Verdict::WrongSecret => "is live, but this secret is not its own",
        Verdict::Inactive => "is inactive: AWS does not know it, or it was deleted or deactivated",
        Verdict::Expired => "has expired",
        Verdict::Canary => "is a canary and was not asked about",
        Verdict::Unknown => "has no answer",
    };
    let mut text = plan.map(|plan| format!("{plan}\n")).unwrap_or_default();
    text += &format!("{} {verdict}", key.id);
    if let Some(reason) = &told.reason {
        text += &format!(": {reason}");
    }
    let facts = told.facts.iter().map(|(name, value)| (name.as_str(), Some(value)));
    let lines = [("account", &told.account), ("arn", &told.arn), ("user id", &told.user_id), ("asked", &told.checked)];
    for (name, value) in lines.into_iter().map(|(name, value)| (name, value.as_ref())).chain(facts) {
        if let Some(value) = value {
            text += &format!("\n  {name}: {value}");
        }
    }
    if told.cached {
        text += " (cached)";
    }
    if told.verdict == Verdict::Live {
        let id = &key.id;
        text += &format!(
            "\nDeactivate it: aws iam update-access-key --access-key-id {id} --status Inactive --user-name USER"
        );
    }
    escape(&text) + "\n"
}

/// Asks at the terminal; secrets are not shown.
fn prompt(with_secret: bool) -> Result<Key> {
    let failed = |error| Error::io("cannot read from the terminal", error);
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "Access key id: ");
    let _ = stderr.flush();
    let mut id = String::new();
    std::io::stdin().read_line(&mut id).map_err(failed)?;
    let id = id.trim();
    let kind = KeyId::parse(id.as_bytes()).ok_or_else(no_id)?.kind();
    let hidden = |prompt: &str| -> Result<Option<Secret>> {
        let text = rpassword::prompt_password(prompt).map_err(failed)?;
        Ok((!text.trim().is_empty()).then(|| Secret::new(text.trim().as_bytes())))
    };
    let secret = if with_secret { hidden("Secret access key (not shown): ")? } else { None };
    let token = if with_secret && kind == Kind::Temporary { hidden("Session token (not shown): ")? } else { None };
    Ok(Key { id: id.to_owned(), secret, token, evidence: Vec::new() })
}

fn no_id() -> Error {
    Error::usage("this is no AWS access key id: those have 20 characters and begin with AKIA or ASIA")
}

/// Reads standard input: id, secret and token, one after the other or in any form that a scan understands.
fn read(verify: &Verify) -> Result<Key> {
    let mut input = Vec::new();
    let failed = |error| Error::io("cannot read standard input", error);
    std::io::stdin().take(MOST + 1).read_to_end(&mut input).map_err(failed)?;
    if input.len() as u64 > MOST {
        return Err(Error::usage("standard input is too long for one key; use `keysift scan - --verify`"));
    }
    let mut keys = bare(&input).map_or_else(|| detected(&input), |key| vec![key]);
    keys.retain(|key| key.secret.is_some() || verify.operator.is_some());
    let mut key = match (keys.len(), keys.pop()) {
        (1, Some(key)) => key,
        (0, _) => return Err(Error::usage("standard input holds no AWS key: give the id and its secret, a line each")),
        (many, _) => {
            return Err(Error::usage(format!("standard input holds {many} keys; use `keysift scan - --verify`")));
        }
    };
    key.evidence = named_in(&String::from_utf8_lossy(&input));
    Ok(key)
}

/// An id, a secret and perhaps a token with nothing but spaces and line ends around them.
fn bare(input: &[u8]) -> Option<Key> {
    let words: Vec<&[u8]> = input.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    KeyId::parse(words.first()?)?;
    let secret = words.get(1).filter(|secret| secret.len() == 40).map(|secret| Secret::new(secret));
    if words.len() > 3 || (words.len() > 1 && secret.is_none()) {
        return None;
    }
    Some(Key {
        id: String::from_utf8(words[0].to_vec()).ok()?,
        secret,
        token: words.get(2).map(|token| Secret::new(token)),
        evidence: Vec::new(),
    })
}

fn detected(input: &[u8]) -> Vec<Key> {
    let credentials = Arc::new(Credentials::default());
    let detector = Detector::new(Arc::new(RuleSet::embedded()), Arc::clone(&credentials));
    let mut hits = Vec::new();
    detector.worker().scan(input, &mut hits);
    let mut keys: Vec<Key> = Vec::new();
    for key in hits.iter().filter_map(|hit| Key::of(&credentials.get(hit.credential))) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}
