//! The questions of `keysift baseline audit`: one finding at a time, one letter for an answer.

use super::message::escape;
use keysift::baseline::Verdict;
use keysift::error::{Error, Result};
use keysift::finding::Finding;
use std::io::{BufRead, Write};

/// What was answered.
pub enum Answer {
    Verdict { verdict: Verdict, reason: String },
    Skip,
}

const QUESTION: &str = "[r]eal, [f]alse, [t]est, [l]ater (30 days), [s]kip, [q]uit? ";

/// Asks about one finding, on standard error; `None` when there shall be no more questions.
///
/// # Errors
/// When answers cannot be read.
pub fn ask(finding: &Finding, number: usize, total: usize, answers: &mut dyn BufRead) -> Result<Option<Answer>> {
    let mut screen = std::io::stderr();
    // A screen that cannot be written to has nobody before it; the answers then end as well.
    let mut say = |text: String| drop(screen.write_all(text.as_bytes()).and_then(|()| screen.flush()));
    let place = &finding.primary;
    let path = String::from_utf8_lossy(place.origin.path().unwrap_or(b"(no file)")).into_owned();
    let commit = place.origin.commit().map_or(String::new(), |id| format!(" in {}", id.to_hex_with_len(10)));
    let severity = format!("{:?}", finding.severity).to_lowercase();
    say(format!(
        "\n{number}/{total}  {severity}  {} ({})\n  {}:{}{commit}\n  | {}\n",
        escape(&finding.description),
        finding.rule_id,
        escape(&path).replace('\n', "\\n"),
        place.place.line,
        escape(&place.excerpt.text).replace('\n', " "),
    ));
    loop {
        say(QUESTION.to_string());
        let Some(word) = line(answers)? else { return Ok(None) };
        let verdict = match word.to_ascii_lowercase().as_str() {
            "r" | "real" => Verdict::Real,
            "f" | "false" => Verdict::False,
            "t" | "test" => Verdict::Test,
            "l" | "later" => Verdict::Later,
            "s" | "skip" => return Ok(Some(Answer::Skip)),
            "q" | "quit" => return Ok(None),
            _ => continue,
        };
        if verdict == Verdict::Real {
            say("  It stays reported until it is gone: revoke it first.\n".to_string());
        }
        say("Reason: ".to_string());
        let reason = line(answers)?.unwrap_or_default();
        return Ok(Some(Answer::Verdict { verdict, reason }));
    }
}

fn line(answers: &mut dyn BufRead) -> Result<Option<String>> {
    let mut line = String::new();
    let length = answers.read_line(&mut line).map_err(|error| Error::io("cannot read the answer", error))?;
    Ok((length > 0).then(|| line.trim().to_string()))
}
