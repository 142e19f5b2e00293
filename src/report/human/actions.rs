//! What to do about a credential: the steps in a sentence, or each with its commands where everything is wanted.

use super::text::{BOLD, Page};
use crate::finding::Tier;
use crate::report::document::FindingEntry;
use crate::report::runbook;
use anstyle::Style;
use std::io::{self, Write};

/// Writes the steps. What is a guess or a mere name gets them only where everything is wanted.
pub fn write(finding: &FindingEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let steps = runbook::steps(finding);
    if page.verbose() {
        for (number, step) in (1..).zip(&steps) {
            page.labelled("to do", BOLD, &format!("{number}. {}", step.title), out)?;
            page.labelled("", Style::new(), &step.text, out)?;
            step.commands.iter().try_for_each(|command| page.command(command, out))?;
        }
        return Ok(());
    }
    if !matches!(finding.tier, Tier::Pair | Tier::Secret) {
        return Ok(());
    }
    let titles: Vec<&str> = steps.iter().map(|step| step.title).collect();
    page.labelled("to do", Style::new(), &format!("{}.", titles.join(". ")), out)
}
