//! The excerpt with its mark, cut to the width of the page.

use super::text::{CYAN, INDENT, Page, RED, columns};
use crate::report::document::ExcerptEntry;
use crate::report::escape::terminal;
use std::io::{self, Write};

/// Writes the line, and carets under the mark. Writes nothing where there is no text.
pub fn write(excerpt: &ExcerptEntry, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if excerpt.text.trim().is_empty() {
        return Ok(());
    }
    let (before, mark, after) = excerpt.split();
    let [before, mark, after] = [before.trim_start(), mark, after.trim_end()].map(visible);
    let (before, mark, after) = fit(&before, &mark, &after, page.width - INDENT - 2);
    let margin = " ".repeat(INDENT);
    let bar = page.paint(CYAN, "|");
    writeln!(out, "{margin}{bar} {before}{}{after}", page.paint(RED, &mark))?;
    let carets = "^".repeat(columns(&mark));
    if !carets.is_empty() {
        writeln!(out, "{margin}{bar} {}{}", " ".repeat(columns(&before)), page.paint(RED, &carets))?;
    }
    Ok(())
}

/// Escaped, with tabs as single spaces: the line is read for its words.
fn visible(text: &str) -> String {
    terminal(text.replace('\t', " ").as_bytes())
}

/// The three pieces, shortened to `width` columns in all. The mark is kept, then what stands before it, since that is
/// where the name is.
fn fit(before: &str, mark: &str, after: &str, width: usize) -> (String, String, String) {
    let mark = head(mark, width);
    let room = width - columns(&mark);
    let wanted_after = columns(after).min(room / 3);
    let before = tail(before, room - wanted_after);
    let after = head(after, room - columns(&before));
    (before, mark, after)
}

/// The start of `text` that fits, with an ellipsis if that is not all.
fn head(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = text;
    while columns(kept) + 1 > width {
        match kept.char_indices().next_back() {
            Some((at, _)) => kept = &kept[..at],
            None => return String::new(),
        }
    }
    format!("{kept}…")
}

/// The end of `text` that fits, with an ellipsis if that is not all.
fn tail(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = text;
    while columns(kept) + 1 > width {
        match kept.chars().next() {
            Some(first) => kept = &kept[first.len_utf8()..],
            None => return String::new(),
        }
    }
    format!("…{kept}")
}

/// Text that is shown whole, line by line and never wrapped: a key id, or a secret that was asked for.
pub fn write_lines(label: &str, text: &str, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let mut head = page.label(label);
    for line in text.lines() {
        writeln!(out, "{head}{}", terminal(line.as_bytes()))?;
        head = " ".repeat(INDENT);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::fit;

    fn fitted(before: &str, mark: &str, after: &str, width: usize) -> String {
        let (before, mark, after) = fit(before, mark, after, width);
        format!("{before}<{mark}>{after}")
    }

    #[test]
    fn the_mark_stays() {
        assert_eq!(fitted("name = ", "***", ";", 40), "name = <***>;");
        assert_eq!(fitted("a long name in front = ", "***", " and behind", 15), "…ront = <***> an…");
        assert_eq!(fitted("a long name in front = ", "***", ";", 15), "…n front = <***>;");
        assert_eq!(fitted("", "***", " a long text behind", 15), "<***> a long tex…");
        assert_eq!(fitted("x = ", "a mark that is long", ";", 10), "<a mark th…>");
        assert_eq!(fitted("日本語日本語", "***", "日本語", 12), "…本語<***>日…");
    }
}
