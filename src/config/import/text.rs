//! What was carried over, as the text of a `.keysift.toml`.

use super::{Imported, NewRule};
use crate::config::Source;
use std::fmt::Write as _;

pub(super) fn write(imported: &Imported) -> String {
    let mut text = String::new();
    if !imported.disabled.is_empty() {
        text += "[rules]\ndisable = [\n";
        for (id, source) in &imported.disabled {
            let _ = writeln!(text, "    {},  # {}", quoted(id), comment(source));
        }
        text += "]\n";
    }
    for (allow, source) in &imported.allow {
        let _ = write!(text, "\n# {}\n[[allow]]\nreason = {}\n", comment(source), quoted(&allow.reason));
        for (name, list) in allow.lists() {
            write_list(&mut text, name, list);
        }
    }
    text += &write_rules(imported.rules.iter());
    text.trim_start().to_string()
}

pub(super) fn write_rules<'r>(rules: impl Iterator<Item = &'r NewRule>) -> String {
    let mut text = String::new();
    for rule in rules {
        let _ = write!(text, "\n# {}\n[[rule]]\n", comment(&rule.source));
        let _ = writeln!(text, "id = {}\ndescription = {}", quoted(&rule.id), quoted(&rule.description));
        write_list(&mut text, "literals", &rule.literals);
        let _ = writeln!(text, "regex = {}\nends = \"any\"", quoted(&rule.regex));
        if let Some(entropy) = rule.entropy {
            let _ = writeln!(text, "entropy = {entropy:?}");
        }
        if rule.reach != 256 {
            let _ = writeln!(text, "reach = {}", rule.reach);
        }
        write_list(&mut text, "tags", &rule.tags);
    }
    text
}

fn write_list(text: &mut String, name: &str, list: &[String]) {
    match list {
        [] => {}
        [one] => {
            let _ = writeln!(text, "{name} = [{}]", quoted(one));
        }
        _ => {
            let _ = writeln!(text, "{name} = [");
            for one in list {
                let _ = writeln!(text, "    {},", quoted(one));
            }
            *text += "]\n";
        }
    }
}

/// A comment is one line, whatever a file is called.
fn comment(source: &Source) -> String {
    source.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A string as TOML writes it; the crate knows which quotes need no escapes.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_string()).to_string()
}
