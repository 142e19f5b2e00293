//! The timeline of exposures: a bar for each credential, from the commit that brought it in to the one that took it out,
//! or to the right edge while it is still there. Dots mark every commit that brought it in, strokes those that took it out.

use crate::report::document::{Document, EventEntry, FindingEntry, name};
use crate::report::escape::terminal;
use crate::report::plain::{day, is_current, position, present};

/// Bars that are drawn; the findings come worst first.
const BARS: usize = 40;
/// Dots and strokes of one bar.
const MARKS: usize = 20;
/// Height of a row in pixels; `style.css` gives the names beside it the same.
const ROW: usize = 20;
/// Room for the axis above the rows.
const TOP: usize = 24;
/// What is called this often or more would overlap on the axis.
const TICKS: i64 = 8;

/// A picture, as numbers. Lengths along the axis are per cent, so that it fits every width.
pub struct Timeline {
    pub bars: Vec<Bar>,
    pub ticks: Vec<(f64, String)>,
    pub height: usize,
    /// How many findings with dates are not drawn.
    pub more: usize,
}

/// A bar.
pub struct Bar {
    pub number: usize,
    pub severity: String,
    pub name: String,
    pub x: f64,
    pub width: f64,
    /// Its middle, from the top.
    pub middle: usize,
    pub open: bool,
    pub introduced: Vec<f64>,
    pub removed: Vec<f64>,
    pub label: String,
}

struct Span {
    number: usize,
    introduced: Vec<i64>,
    removed: Vec<i64>,
    open: bool,
}

impl Timeline {
    /// Of `document`; `None` without dates.
    pub fn new(document: &Document) -> Option<Self> {
        let mut spans: Vec<Span> =
            document.findings.iter().enumerate().filter_map(|(index, finding)| span(index + 1, finding)).collect();
        let more = spans.len().saturating_sub(BARS);
        spans.truncate(BARS);
        spans.sort_by_key(|span| (span.introduced[0], span.number));
        let days = || spans.iter().flat_map(|span| span.introduced.iter().chain(&span.removed)).copied();
        let (first, last) = (days().min()?, days().max()?);
        // Air at both ends: for the dot of the first commit, and so that what is still there reaches beyond the last.
        let air = ((last - first) / 25).max(15);
        let (from, to) = (first - air, last + air);
        let scale = |day: i64| round((day - from) as f64 / (to - from) as f64 * 100.0);
        let bars: Vec<Bar> = spans.iter().enumerate().map(|(row, span)| bar(document, row, span, to, &scale)).collect();
        Some(Self { height: TOP + bars.len() * ROW, ticks: ticks(from, to, &scale), bars, more })
    }
}

fn bar(document: &Document, row: usize, span: &Span, end: i64, scale: &dyn Fn(i64) -> f64) -> Bar {
    let finding = &document.findings[span.number - 1];
    let x = scale(span.introduced[0]);
    let until = if span.open { end } else { span.removed.last().copied().unwrap_or(span.introduced[0]) };
    let exposure = finding.exposure.as_ref();
    let dated = |events: Option<&EventEntry>| events.map(|event| day(&event.date)).unwrap_or_default();
    let kind = terminal(finding.description.as_bytes());
    // Many findings are of one kind; the file tells them apart, and its name is short.
    let place = position(present(finding));
    let file = place.rsplit('/').next().unwrap_or(&place);
    let state = match span.open {
        true => "still there".to_owned(),
        false => format!("gone {}", dated(exposure.and_then(|e| e.removed.last()))),
    };
    let since = dated(exposure.and_then(|e| e.introduced.first()));
    Bar {
        number: span.number,
        severity: name(finding.severity),
        x,
        width: round((scale(until) - x).max(0.4)),
        middle: TOP + row * ROW + ROW / 2,
        open: span.open,
        introduced: span.introduced.iter().take(MARKS).map(|&day| scale(day)).collect(),
        removed: span.removed.iter().take(MARKS).map(|&day| scale(day)).collect(),
        label: format!("{}: {kind}, {place}; since {since}, {state}", name(finding.severity)),
        name: file.to_owned(),
    }
}

fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn span(number: usize, finding: &FindingEntry) -> Option<Span> {
    let exposure = finding.exposure.as_ref()?;
    let days = |events: &[EventEntry]| {
        let mut days: Vec<i64> = events.iter().filter_map(|event| days(&event.date)).collect();
        days.sort_unstable();
        days
    };
    let introduced = days(&exposure.introduced);
    // A removal before the first introduction is somebody's clock.
    let removed =
        days(&exposure.removed).into_iter().filter(|day| introduced.first().is_some_and(|first| day >= first));
    let removed = removed.collect();
    (!introduced.is_empty()).then(|| Span { number, introduced, removed, open: is_current(finding) })
}

/// A date as a number of days. All months have 31 of them here: nobody sees that on an axis. Dates that no repository
/// can have, as people and fuzzers write them, have no place on it.
fn days(date: &str) -> Option<i64> {
    let day = day(date);
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = (1970..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    sound.then(|| (year * 12 + month - 1) * 31 + day - 1)
}

/// Years, or months where the whole axis is short.
fn ticks(from: i64, to: i64, scale: &dyn Fn(i64) -> f64) -> Vec<(f64, String)> {
    let months = (to - from) / 31;
    let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240];
    let step = steps.into_iter().find(|step| months / step <= TICKS).unwrap_or(480);
    let first = (from / 31 + step) / step * step;
    let marks = (first..=to / 31).step_by(step as usize);
    marks
        .map(|month| {
            let (year, of_year) = (month / 12, month % 12 + 1);
            let label = if step >= 12 { year.to_string() } else { format!("{year}-{of_year:02}") };
            (scale(month * 31), label)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Timeline, days, ticks};
    use crate::report::document::{Document, Secrets};
    use crate::report::tests::sample;

    #[test]
    fn only_sound_dates_have_a_place() {
        assert_eq!(days("2019-01-01T00:00:00+00:00"), Some(2019 * 12 * 31));
        for date in ["", "yesterday", "+292277026596-12-04T15:30:07+00:00", "1969-12-31T00:00:00+00:00", "2019-13-01"] {
            assert_eq!(days(date), None, "{date}");
        }
    }

    #[test]
    fn an_axis_has_few_ticks() {
        let scale = |day: i64| day as f64;
        let at = |date: &str| days(date).unwrap();
        let names = |from, to| ticks(at(from), at(to), &scale).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("2019-01-10", "2019-04-02"), ["2019-02", "2019-03", "2019-04"]);
        assert_eq!(
            names("2016-05-01", "2019-04-02"),
            ["2016-07", "2017-01", "2017-07", "2018-01", "2018-07", "2019-01"]
        );
        assert_eq!(names("2005-05-01", "2019-04-02"), ["2006", "2008", "2010", "2012", "2014", "2016", "2018"]);
    }

    #[test]
    fn bars_end_where_the_credential_went() {
        let timeline = Timeline::new(&Document::new(&sample::history(), Secrets::Hidden)).expect("one has dates");
        let [bar] = &timeline.bars[..] else { panic!("the token has no dates") };
        assert_eq!((bar.number, bar.open, bar.introduced.len(), bar.removed.len()), (1, false, 1, 1));
        assert!(bar.x > 0.0 && bar.x + bar.width < 100.0 && bar.removed[0] > bar.introduced[0]);
        assert_eq!(
            bar.label,
            "critical: AWS access key id with its secret, config/deploy.py:12:26; since 2019-03-04, gone 2019-03-05"
        );
        let mut report = sample::history();
        report.findings[0].exposure.as_mut().unwrap().in_head = true;
        let timeline = Timeline::new(&Document::new(&report, Secrets::Hidden)).expect("one has dates");
        assert!(timeline.bars[0].open && timeline.bars[0].x + timeline.bars[0].width > 99.9);
    }
}
