//! `keysift config`: the effective configuration, each value with where it comes from.

use super::args::ConfigCommand;
use super::exit::ExitCode;
use super::message::escape;
use super::settings::{self, Resolved};
use clap::ArgMatches;
use clap::parser::ValueSource;
use keysift::aws::accounts::digits;
use keysift::config;
use keysift::engine::Command;
use keysift::error::{Error, Result};
use keysift::source::repo::Environment;
use serde_json::json;
use std::io::{self, Write};

/// Runs a subcommand.
pub fn run(command: ConfigCommand, typed: &ArgMatches) -> Result<ExitCode> {
    let (path, json, settings) = match command {
        ConfigCommand::Show { path, json, settings } => (path, json, settings),
        ConfigCommand::Import(import) => return super::import::run(&import),
    };
    let resolved = settings::resolve(&settings, Command::Scan { paths: vec![path] }, Environment::default())?;
    let typed = typed.subcommand().and_then(|(_, typed)| typed.subcommand()).map(|(_, typed)| typed);
    let rows = rows(&resolved, &|id| typed.and_then(|typed| typed.value_source(id)));
    let mut out = anstream::stdout().lock();
    let written = if json { write_json(&rows, &mut out) } else { write_text(&rows, &mut out) };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot write to standard output", error))
        }
        _ => Ok(ExitCode::Clean),
    }
}

/// A value: its name, itself, and where it comes from.
struct Row {
    name: String,
    value: String,
    from: String,
}

const BUILT_IN: &str = "built in";

fn rows(resolved: &Resolved, typed: &dyn Fn(&str) -> Option<ValueSource>) -> Vec<Row> {
    let (plan, config) = (&resolved.plan, &resolved.config);
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String, from: String| rows.push(Row { name: name.into(), value, from });
    let source = |id: &str, variable: &str, file: Option<String>| match typed(id) {
        Some(ValueSource::CommandLine) => format!("--{}", id.replace('_', "-")),
        Some(ValueSource::EnvVariable) => variable.to_string(),
        _ => file.unwrap_or(BUILT_IN.into()),
    };
    for file in &config.files {
        row("file", file.clone(), "read".into());
    }
    let from = |value: &Option<(u64, config::Source)>| value.as_ref().map(|v| v.1.to_string());
    row(
        "limits.max_content",
        plan.limits.max_content.to_string(),
        source("max_content", "KEYSIFT_MAX_CONTENT", from(&config.max_content)),
    );
    row(
        "limits.max_unpacked",
        plan.limits.max_unpacked.to_string(),
        source("max_unpacked", "KEYSIFT_MAX_UNPACKED", from(&config.max_unpacked)),
    );
    let from = |value: &Option<(usize, config::Source)>| value.as_ref().map(|v| v.1.to_string());
    row(
        "limits.max_findings",
        plan.limits.max_findings.to_string(),
        source("max_findings", "KEYSIFT_MAX_FINDINGS", from(&config.max_findings)),
    );
    row("limits.threads", plan.threads.to_string(), source("threads", "KEYSIFT_THREADS", from(&config.threads)));
    let baseline = match &plan.baseline {
        Some(baseline) => format!("{} ({} entries)", resolved.baseline.1, baseline.entries.len()),
        None => "none".into(),
    };
    let file = config.baseline.as_ref().map(|(_, source)| source.to_string());
    let off = typed("no_baseline").filter(|source| *source == ValueSource::CommandLine);
    row(
        "baseline",
        baseline,
        off.map_or_else(|| source("baseline", "KEYSIFT_BASELINE", file), |_| "--no-baseline".into()),
    );
    let markers = if plan.allow.markers.is_some() { "read" } else { "ignored" };
    row("markers", markers.into(), source("no_markers", "KEYSIFT_NO_MARKERS", None));
    row("rules", format!("{} in all", plan.rules.len()), source("rules", "", None));
    for (name, accounts) in [("verify.canary_accounts", &config.canary_accounts), ("verify.accounts", &config.accounts)]
    {
        for (account, source) in accounts {
            row(name, digits(*account), source.to_string());
        }
    }
    if let Some((rate, source)) = &config.verify_rate {
        row("verify.rate", rate.to_string(), source.to_string());
    }
    if let Some((calls, source)) = &config.verify_calls {
        row("verify.max_calls", calls.to_string(), source.to_string());
    }
    for (rule, source) in &config.rules {
        row("rule", rule.id.clone(), source.to_string());
    }
    for (id, source) in &config.disabled {
        row("rules.disable", id.clone(), source.to_string());
    }
    for (id, (severity, source)) in &config.severity {
        row(&format!("severity.{id}"), format!("{severity:?}").to_lowercase(), source.to_string());
    }
    for allow in &config.allow {
        row("allow", allow.summary(), allow.source.to_string());
    }
    rows
}

fn write_text(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    for Row { name, value, from } in rows {
        writeln!(out, "{name:<width$}  {}  [{}]", escape(value).replace('\n', "\\n"), escape(from))?;
    }
    Ok(())
}

fn write_json(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<_> = rows.iter().map(|r| json!({ "name": r.name, "value": r.value, "from": r.from })).collect();
    writeln!(out, "{:#}", serde_json::Value::from(rows))
}
