//! What somebody sees who watches: a bar on a terminal, a line a day elsewhere, nothing for a program.

use std::{cell::Cell, io::IsTerminal, time::Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jiff::civil::Date;

/// Progress on standard error.
pub enum Progress {
    /// A program reads the result.
    Silent,
    /// A terminal.
    Bar(ProgressBar),
    /// A file, or a pipe.
    Lines {
        /// Since when.
        began: Instant,
        /// Rows there are.
        rows: Cell<u64>,
        /// The day that was named last.
        day: Cell<Option<Date>>,
    },
}

impl Progress {
    /// What suits standard error.
    pub fn new(is_silent: bool) -> Progress {
        if is_silent {
            return Progress::Silent;
        }
        if !std::io::stderr().is_terminal() {
            return Progress::Lines { began: Instant::now(), rows: Cell::new(0), day: Cell::new(None) };
        }
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Progress::Bar(bar)
    }

    /// From here on rows are counted.
    pub fn of_rows(&self, count: u64) {
        match self {
            Progress::Silent => {}
            Progress::Lines { rows, .. } => rows.set(count),
            Progress::Bar(bar) => {
                // The template is this one; a wrong one would leave the plain bar.
                let style = ProgressStyle::with_template(
                    "{bar:30} {human_pos} of {human_len} rows, {elapsed}  {msg}",
                );
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_length(count);
            }
        }
    }

    /// What is being done.
    pub fn says(&self, what: &str) {
        match self {
            Progress::Silent => {}
            Progress::Bar(bar) => bar.set_message(what.to_string()),
            Progress::Lines { began, .. } => eprintln!("{:7.1} s  {what}", began.elapsed().as_secs_f64()),
        }
    }

    /// So many rows have been sold.
    pub fn sold(&self, sold: u64, today: Date) {
        match self {
            Progress::Silent => {}
            Progress::Bar(bar) => bar.set_position(sold),
            Progress::Lines { rows, day, .. } => {
                if day.replace(Some(today)) != Some(today) {
                    self.says(&format!("{today}: {} of {} rows", HumanCount(sold), HumanCount(rows.get())));
                }
            }
        }
    }

    /// Leaves the terminal as it was.
    pub fn ends(&self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
