//! What somebody sees who watches: a bar on a terminal, a line a day elsewhere, nothing for a program.

use std::{cell::Cell, io::IsTerminal, time::Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use jiff::civil::Date;

/// Progress on standard error.
pub struct Progress {
    on: On,
    /// The day that was named last.
    day: Cell<Option<Date>>,
}

enum On {
    /// A program reads the result.
    Nothing,
    /// A terminal.
    Bar(ProgressBar),
    /// A file, or a pipe.
    Lines { began: Instant, rows: Cell<u64> },
}

impl Progress {
    /// What suits standard error.
    pub fn new(is_silent: bool) -> Progress {
        let on = if is_silent {
            On::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(std::time::Duration::from_millis(100));
            On::Bar(bar)
        } else {
            On::Lines { began: Instant::now(), rows: Cell::new(0) }
        };
        Progress { on, day: Cell::new(None) }
    }

    /// So many rows have been read.
    pub fn reads(&self, rows: u64) {
        if let On::Bar(bar) = &self.on {
            bar.set_message(format!("reading the file: {} rows", HumanCount(rows)));
        }
    }

    /// From here on rows are counted.
    pub fn of_rows(&self, count: u64) {
        match &self.on {
            On::Nothing => {}
            On::Lines { rows, .. } => rows.set(count),
            On::Bar(bar) => {
                // The template is this one; a wrong one would leave the plain bar.
                let style = ProgressStyle::with_template(
                    "{bar:24} {human_pos} of {human_len} rows, {elapsed}  {wide_msg}",
                );
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_length(count);
            }
        }
    }

    /// What is being done.
    pub fn says(&self, what: &str) {
        match &self.on {
            On::Nothing => {}
            On::Bar(bar) => bar.set_message(what.to_string()),
            On::Lines { began, .. } => eprintln!("{:7.1} s  {what}", began.elapsed().as_secs_f64()),
        }
    }

    /// So many rows have been sold; a new day is named.
    pub fn sold(&self, sold: u64, today: Date) {
        let is_new = self.day.replace(Some(today)) != Some(today);
        match &self.on {
            On::Nothing => {}
            On::Bar(bar) => {
                bar.set_position(sold);
                if is_new {
                    bar.set_message(today.to_string());
                }
            }
            On::Lines { rows, .. } if is_new => {
                self.says(&format!("{today}: {} of {} rows", HumanCount(sold), HumanCount(rows.get())));
            }
            On::Lines { .. } => {}
        }
    }

    /// Leaves the terminal as it was.
    pub fn ends(&self) {
        if let On::Bar(bar) = &self.on {
            bar.finish_and_clear();
        }
    }
}
