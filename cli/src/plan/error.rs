//! Errors of a plan, with the line that caused them.

use std::{error, fmt, ops::Range};

/// The error of a plan. It prints the line to which it belongs:
///
/// ```
/// use weight_init_cli::Network;
///
/// let error = Network::parse("layer = [\n  { name = 'fc', dense = [3, 4], init = 'he_norml' },\n]").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 2, column 41: unknown scheme: did you mean `he_normal`?
///   |
/// 2 |   { name = 'fc', dense = [3, 4], init = 'he_norml' },
///   |                                         ^^^^^^^^^^"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    message: String,
    line: Option<Line>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// Counted from 1.
    number: usize,
    /// The column of the first character, counted from 1.
    column: usize,
    /// The number of characters, at least 1.
    len: usize,
    text: String,
}

impl PlanError {
    /// Returns an error that belongs to a range of a text's bytes. It shows the first of several lines.
    pub(super) fn at(text: &str, span: Range<usize>, message: impl fmt::Display) -> Self {
        let start = floor(text, span.start);
        let (before, after) = text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let indent = before.get(line_start..).unwrap_or_default();
        let rest = after.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let marked = rest.get(..floor(rest, span.end.saturating_sub(start))).unwrap_or_default();
        let line = Line {
            number: 1 + before.matches('\n').count(),
            column: 1 + indent.chars().count(),
            len: marked.chars().count().max(1),
            // A tab would move the mark.
            text: format!("{indent}{rest}").replace('\t', " "),
        };
        Self { message: message.to_string(), line: Some(line) }
    }

    /// Returns an error of the whole text.
    pub(super) fn whole(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), line: None }
    }

    /// Returns the number of the line, counted from 1, unless the error is one of the whole text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line.as_ref().map(|line| line.number)
    }

    /// Returns the message without the line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Returns the last boundary between characters that is not after an index.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Line { number, column, len, ref text }) = self.line else {
            return f.write_str(&self.message);
        };
        let margin = " ".repeat(number.to_string().len());
        writeln!(f, "line {number}, column {column}: {}", self.message)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {text}")?;
        write!(f, "{margin} | {}{}", " ".repeat(column - 1), "^".repeat(len))
    }
}

impl error::Error for PlanError {}
