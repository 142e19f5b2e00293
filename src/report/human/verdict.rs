//! Whether a credential still works, in one sentence.

use super::text::{DIM, GREEN, RED, YELLOW};
use crate::report::escape::terminal;
use crate::verdict::{Verdict, Verification};
use anstyle::Style;

/// The colour of a verdict.
pub fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Live | Verdict::IdActive => RED,
        Verdict::WrongSecret | Verdict::Canary => YELLOW,
        Verdict::Inactive | Verdict::Expired => GREEN,
        Verdict::Unknown => DIM,
    }
}

/// What is known, why, whose key it is, and how fresh that is.
pub fn sentence(told: &Verification) -> String {
    let mut text = match told.verdict {
        Verdict::Live => "LIVE: it works",
        Verdict::IdActive => "id active; the secret was not tried",
        Verdict::WrongSecret => "wrong secret: the id is live, this secret is not its own",
        Verdict::Inactive => "inactive: unknown to AWS, deleted or deactivated",
        Verdict::Expired => "expired: its session has ended",
        Verdict::Canary => "canary, not asked",
        Verdict::Unknown => "unknown",
    }
    .to_owned();
    let mut add = |joint: &str, more: Option<&str>| {
        if let Some(more) = more {
            text += joint;
            text += &terminal(more.as_bytes());
        }
    };
    add("; ", told.arn.as_deref());
    // The ARN holds the account.
    add("; account ", told.account.as_deref().filter(|_| told.arn.is_none()));
    add(": ", told.reason.as_deref());
    for (name, value) in &told.facts {
        add("; ", Some(&format!("{}: {value}", name.replace('_', " "))));
    }
    add("; asked ", told.checked.as_deref());
    add("", told.cached.then_some(" (cached)"));
    text
}
