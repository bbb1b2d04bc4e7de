//! How numbers of documents look.

/// A numerator's pattern: text with `{series}` and `{number}`; `{number:6}` pads with zeros.
///
/// ```
/// # use tillkit_domain::Numerator;
/// let numerator = Numerator::parse("R{series}-{number:6}")?;
/// assert_eq!(numerator.render("T3A", 42), "RT3A-000042");
/// assert!(Numerator::parse("{number}").is_err());
/// # Ok::<(), tillkit_domain::BadNumerator>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numerator {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Series,
    Number(usize),
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is no pattern of a numerator: {why}")]
pub struct BadNumerator {
    /// The pattern.
    pub pattern: String,
    /// What refused.
    pub why: &'static str,
}

impl Numerator {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`BadNumerator`] unless `{series}` and `{number}` stand in it once each, and nothing else in braces.
    pub fn parse(pattern: &str) -> Result<Numerator, BadNumerator> {
        let refused = |why| BadNumerator { pattern: pattern.into(), why };
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(open) = rest.find('{') {
            let (text, after) = rest.split_at(open);
            let close = after.find('}').ok_or_else(|| refused("a brace does not close"))?;
            parts.push(Part::Text(text.into()));
            parts.push(
                part(&after[1..close])
                    .ok_or_else(|| refused("only {series} and {number} may stand in braces"))?,
            );
            rest = &after[close + 1..];
        }
        parts.push(Part::Text(rest.into()));
        let numbers = parts.iter().filter(|part| matches!(part, Part::Number(_))).count();
        let series = parts.iter().filter(|part| matches!(part, Part::Series)).count();
        // A1 and 11, A11 and 1: both would print A111.
        let run_together =
            |pair: &[Part]| matches!(pair, [Part::Series, Part::Number(_)] | [Part::Number(_), Part::Series]);
        let printed: Vec<Part> =
            parts.into_iter().filter(|part| *part != Part::Text(String::new())).collect();
        if printed.windows(2).any(run_together) {
            return Err(refused("something must stand between {series} and {number}"));
        }
        match (series, numbers) {
            (1, 1) => Ok(Numerator { parts: printed }),
            _ => Err(refused("{series} and {number} must stand in it once each")),
        }
    }

    /// The number as printed.
    pub fn render(&self, series: &str, number: u64) -> String {
        let rendered = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Series => series.into(),
            Part::Number(width) => format!("{number:0width$}"),
        });
        rendered.collect()
    }
}

fn part(name: &str) -> Option<Part> {
    match name.split_once(':') {
        None if name == "series" => Some(Part::Series),
        None if name == "number" => Some(Part::Number(0)),
        Some(("number", width)) => width.parse().ok().filter(|width| *width <= 12).map(Part::Number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_tell_tills_apart_is_no_pattern() {
        for bad in [
            "",
            "{series}",
            "{number}",
            "{series}{number",
            "{series}-{number}-{number}",
            "{series}-{number:99}",
            "{series}-{number}{day}",
            "{series}{number}",
            "{number:6}{series}",
        ] {
            assert!(Numerator::parse(bad).is_err(), "{bad}");
        }
    }
}
