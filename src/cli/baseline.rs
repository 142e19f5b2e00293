//! `keysift baseline`: makes and keeps the list of findings that are dealt with. A repository is searched with its whole
//! history, so that what the list says holds for every other command.

use super::args::{BaselineCommand, BaselineFields, BaselineTarget, Settings};
use super::exit::ExitCode;
use super::settings::{self, Resolved, days_since_1970};
use super::{audit, message};
use keysift::baseline::{self, Baseline, Entry, Verdict};
use keysift::engine::{self, Command};
use keysift::error::{Error, Result};
use keysift::finding::{AllowedBy, Finding, Report, Sighting};
use keysift::scanner::{Limits, Progress};
use keysift::source::repo::{Environment, Repo};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs a subcommand.
pub fn run(command: BaselineCommand) -> Result<ExitCode> {
    match command {
        BaselineCommand::Create { target, fields } => create(&target, &fields),
        BaselineCommand::Update { target, fields } => update(&target, &fields),
        BaselineCommand::Prune { target } => prune(&target),
        BaselineCommand::Audit { target, owner } => audit(&target, owner),
    }
}

fn create(target: &BaselineTarget, fields: &BaselineFields) -> Result<ExitCode> {
    let mut resolved = resolve(target)?;
    if resolved.baseline.0.symlink_metadata().is_ok() {
        let file = &resolved.baseline.1;
        return Err(Error::usage(format!("{file} is there already: `keysift baseline update` adds what is new")));
    }
    let name = resolved.baseline.1.clone();
    let mut baseline = Baseline::new(&name, engine::key(&resolved.plan), &settings::today());
    resolved.plan.baseline = Some(baseline.clone());
    let report = search(&resolved)?;
    let added = add(&mut baseline, &report, fields)?;
    write(&resolved.baseline.0, &baseline)?;
    message::note(format!("{added} recorded in {name}"));
    union_merge(&resolved);
    Ok(ended(&report))
}

fn update(target: &BaselineTarget, fields: &BaselineFields) -> Result<ExitCode> {
    let (resolved, mut baseline) = open(target)?;
    let report = search(&resolved)?;
    let added = add(&mut baseline, &report, fields)?;
    write(&resolved.baseline.0, &baseline)?;
    message::note(format!("{added} added to {}, {} in all", baseline.name, baseline.entries.len()));
    Ok(ended(&report))
}

fn prune(target: &BaselineTarget) -> Result<ExitCode> {
    let (resolved, mut baseline) = open(target)?;
    let report = search(&resolved)?;
    if !report.is_complete() {
        tell_gaps(&report);
        return Err(Error::usage(format!("{} is left as it is: what was not read may still be there", baseline.name)));
    }
    let found = report.findings.iter().map(|finding| finding.fingerprint.as_str());
    let seen: BTreeSet<&str> = found.chain(report.suppressions.iter().map(|s| s.fingerprint.as_str())).collect();
    let before = baseline.entries.len();
    let expired: BTreeSet<String> =
        baseline.entries.values().filter(|e| baseline.is_expired(e)).map(|e| e.fingerprint.clone()).collect();
    baseline.entries.retain(|print, _| seen.contains(print.as_str()) && !expired.contains(print));
    write(&resolved.baseline.0, &baseline)?;
    let gone = before - baseline.entries.len();
    message::note(format!("{gone} taken out of {}, {} left", baseline.name, baseline.entries.len()));
    Ok(ExitCode::Clean)
}

fn audit(target: &BaselineTarget, owner: Option<String>) -> Result<ExitCode> {
    let mut resolved = resolve(target)?;
    let (path, name) = resolved.baseline.clone();
    let key = engine::key(&resolved.plan);
    let today = settings::today();
    let mut baseline = Baseline::read(&path, &name, &today)?.unwrap_or_else(|| Baseline::new(&name, key, &today));
    resolved.plan.baseline = Some(without_entries(&baseline));
    let report = search(&resolved)?;
    let later = baseline::date(days_since_1970() + 30);
    let judged =
        |print: &str| baseline.entries.get(print).is_some_and(|e| e.verdict.is_some() && !baseline.is_expired(e));
    let open: Vec<&Finding> = report.findings.iter().filter(|finding| !judged(&finding.fingerprint)).collect();
    let mut stdin = std::io::stdin().lock();
    let mut answers = 0;
    for (finding, number) in open.iter().zip(1..) {
        let Some(answer) = audit::ask(finding, number, open.len(), &mut stdin)? else { break };
        let audit::Answer::Verdict { verdict, reason } = answer else { continue };
        let entry = baseline.entries.entry(finding.fingerprint.clone()).or_insert_with(|| entry_of(finding));
        entry.verdict = Some(verdict);
        entry.expires = if verdict == Verdict::Later { Some(later.clone()) } else { None };
        entry.owner = owner.clone().or(entry.owner.take());
        if !reason.is_empty() {
            entry.reason = reason;
        }
        // After each answer, so that none is lost.
        write(&path, &baseline)?;
        answers += 1;
    }
    message::note(format!("{answers} of {} judged", open.len()));
    Ok(ended(&report))
}

/// Adds what `choose` picks of all that is in `repo` to its baseline, which is made if there is none. `rules` is a
/// configuration with more rules to search by, without those whose ids it is told.
pub fn import(
    repo: &Path,
    rules: impl Fn(&BTreeSet<&str>) -> String,
    mut choose: impl FnMut(&Report, &mut dyn FnMut(Entry)),
) -> Result<ExitCode> {
    let target = |settings| BaselineTarget { path: repo.to_owned(), settings };
    let there = resolve(&target(Settings::default()))?.config;
    let rules = rules(&there.rules.iter().map(|(rule, _)| rule.id.as_str()).collect());
    let failed = |error| Error::io("cannot write a temporary file", error);
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    file.write_all(rules.as_bytes()).map_err(failed)?;
    let settings = Settings { config: Some(file.path().to_owned()), ..Settings::default() };
    let mut resolved = resolve(&target(settings))?;
    let (path, name) = resolved.baseline.clone();
    let (key, today) = (engine::key(&resolved.plan), settings::today());
    let mut baseline = Baseline::read(&path, &name, &today)?.unwrap_or_else(|| Baseline::new(&name, key, &today));
    resolved.plan.baseline = Some(without_entries(&baseline));
    let report = search(&resolved)?;
    let before = baseline.entries.len();
    choose(&report, &mut |entry| {
        baseline.entries.entry(entry.fingerprint.clone()).or_insert(entry);
    });
    let added = baseline.entries.len() - before;
    if added > 0 {
        write(&path, &baseline)?;
        union_merge(&resolved);
    }
    message::note(format!("{added} added to {name}, {} in all", baseline.entries.len()));
    Ok(ended(&report))
}

/// The plan for a target, with no baseline: all that is there is wanted.
fn resolve(target: &BaselineTarget) -> Result<Resolved> {
    let path = target.path.clone();
    if !path.exists() {
        return Err(Error::usage(format!("{}: there is no such file or folder", path.display())));
    }
    let command = if Repo::open(&path, &Environment::default(), &Limits::default()).is_ok() {
        Command::History { repo: path, attribution: true, full_blobs: false, submodules: false }
    } else {
        Command::Scan { paths: vec![path] }
    };
    let mut settings = target.settings.clone();
    settings.no_baseline = true;
    settings::resolve(&settings, command, Environment::default())
}

/// As `resolve`, with the baseline that must be there. The run has its key and none of its entries.
fn open(target: &BaselineTarget) -> Result<(Resolved, Baseline)> {
    let mut resolved = resolve(target)?;
    let (path, name) = &resolved.baseline;
    let baseline = Baseline::read(path, name, &settings::today())?
        .ok_or_else(|| Error::usage(format!("there is no {name}: `keysift baseline create` makes one")))?;
    resolved.plan.baseline = Some(without_entries(&baseline));
    Ok((resolved, baseline))
}

fn without_entries(baseline: &Baseline) -> Baseline {
    Baseline::new(&baseline.name, baseline.key, &settings::today())
}

fn search(resolved: &Resolved) -> Result<Report> {
    let progress = Arc::new(Progress::default());
    let stop = Arc::new(AtomicBool::new(false));
    super::signal::install(Arc::clone(&stop));
    let bar = super::progress::Bar::start(Arc::clone(&progress), false);
    let report = engine::run(&resolved.plan, &progress, &stop);
    drop(bar);
    let report = report?;
    if stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(Error::usage("interrupted: the baseline is left as it is"));
    }
    Ok(report)
}

/// Adds what is not there; says how many entries that are.
fn add(baseline: &mut Baseline, report: &Report, fields: &BaselineFields) -> Result<usize> {
    let expires = fields.expires.as_deref().map(expiry).transpose()?;
    let before = baseline.entries.len();
    let mut insert = |entry: Entry, verdict| {
        let fingerprint = entry.fingerprint.clone();
        let new = || Entry {
            verdict,
            owner: fields.owner.clone(),
            expires: expires.clone(),
            reason: fields.reason.clone().unwrap_or_default(),
            ..entry.clone()
        };
        let halves = entry.halves.clone();
        let known = baseline.entries.entry(fingerprint).or_insert_with(new);
        // Entries of old say less.
        if known.halves.is_empty() {
            known.halves = halves;
        }
    };
    for finding in &report.findings {
        insert(entry_of(finding), None);
    }
    // What markers allow is recorded by value, so that another value beside the same marker is news.
    for left_out in report.suppressions.iter().filter(|s| s.allowed.by == AllowedBy::Marker) {
        if !report.findings.iter().any(|finding| finding.fingerprint == left_out.fingerprint) {
            insert(entry(&left_out.fingerprint, &left_out.rule_id, &left_out.primary), Some(Verdict::Marked));
        }
    }
    Ok(baseline.entries.len() - before)
}

/// An entry that says nothing but what was found.
pub fn entry_of(finding: &Finding) -> Entry {
    let halves = finding.halves.clone();
    Entry { halves, ..entry(&finding.fingerprint, &finding.rule_id, &finding.primary) }
}

fn entry(fingerprint: &str, rule_id: &str, place: &Sighting) -> Entry {
    Entry {
        fingerprint: fingerprint.into(),
        rule_id: rule_id.into(),
        path: place.origin.path().unwrap_or_default().to_vec(),
        verdict: None,
        owner: None,
        halves: Vec::new(),
        expires: None,
        reason: String::new(),
        line: 0,
    }
}

/// A day, or so many days from now.
fn expiry(text: &str) -> Result<String> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()) {
        return Ok(baseline::date(days_since_1970() + i64::from(days)));
    }
    if baseline::is_date(text) {
        return Ok(text.to_string());
    }
    Err(Error::usage(format!("--expires takes a day such as 2027-01-31 or a number of days such as 90d, not {text}")))
}

/// Replaces the file whole or not at all.
fn write(path: &Path, baseline: &Baseline) -> Result<()> {
    let failed = |error| Error::io(format!("cannot write {}", baseline.name), error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(baseline.text().as_bytes()).map_err(failed)?;
    // It is made to be committed and read by others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map(drop).map_err(|error| failed(error.error))
}

/// Two branches that each add a line must not conflict: git keeps both when told so.
fn union_merge(resolved: &Resolved) {
    let Some(root) = resolved.root.as_ref().filter(|root| root.join(".git").exists()) else { return };
    if resolved.baseline.0 != root.join(baseline::FILE) {
        return;
    }
    let path = root.join(".gitattributes");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if path.is_dir() || known.lines().any(|line| line.starts_with(baseline::FILE)) {
        return;
    }
    let line = format!("{} merge=union\n", baseline::FILE);
    let glue = if known.is_empty() || known.ends_with('\n') { "" } else { "\n" };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    match file.and_then(|mut file| file.write_all(format!("{glue}{line}").as_bytes())) {
        Ok(()) => message::note(format!("added `{}` to .gitattributes: commit both files", line.trim())),
        Err(error) => message::note(format!("add `{}` to .gitattributes yourself: {error}", line.trim())),
    }
}

fn ended(report: &Report) -> ExitCode {
    tell_gaps(report);
    if report.is_complete() { ExitCode::Clean } else { ExitCode::Incomplete }
}

fn tell_gaps(report: &Report) {
    for gap in report.gaps.iter().take(5) {
        message::note(format!("not read: {}: {}", gap.what, gap.why));
    }
}
