//! The exit status: decided in one place.

use keysift::error::GapKind;
use keysift::finding::Report;

/// What a run's exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Nothing found, and everything was read.
    Clean = 0,
    /// Findings, whether or not everything was read.
    Found = 1,
    /// Wrong usage or configuration, or the report could not be written: there is no answer.
    Failed = 2,
    /// Nothing found, but a part of the input was not read: no clean bill.
    Incomplete = 3,
    /// Interrupted by Ctrl-C or a request to end; what was found until then is reported.
    Interrupted = 130,
}

impl ExitCode {
    /// The status of a run that gave `report`. With `exit_zero` findings do not count; gaps still do, because a gap is
    /// never silent.
    pub fn of(report: &Report, exit_zero: bool) -> Self {
        if report.gaps.iter().any(|gap| gap.kind == GapKind::Interrupted) {
            Self::Interrupted
        } else if !report.findings.is_empty() && !exit_zero {
            Self::Found
        } else if !report.is_complete() {
            Self::Incomplete
        } else {
            Self::Clean
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
