//! Text from outside: what may stand in a document, and how long it may be.
//!
//! A verb refuses what a person typed ([`check`]); a setting that is already on the till is cleaned and
//! shortened ([`fitted`]), so that a till never stops selling because of a long name.

use std::borrow::Cow;

/// Characters of a name: of an item, a unit, a tender, a promotion, a customer.
pub const NAME_CHARS: usize = 200;
/// Characters of a reason, a note, a line of a receipt's header or footer.
pub const NOTE_CHARS: usize = 500;
/// Characters of a reference: a card slip, a voucher, a delivery note.
pub const REFERENCE_CHARS: usize = 100;
/// Lines of a receipt's header, and of its footer.
pub const LAYOUT_LINES: usize = 30;

/// Why a text cannot stand in a document. Nothing has been recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadText {
    /// It is too long.
    #[error("{what} has {chars} characters, {most} are allowed")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// How many it has.
        chars: usize,
        /// How many it may have.
        most: usize,
    },
    /// It holds a character that is no text: NUL, a line feed, a printer command, a change of direction.
    #[error("{what} holds the character U+{code:04X}, which is no text")]
    NoText {
        /// Which text.
        what: &'static str,
        /// The character's code point.
        code: u32,
    },
}

/// Whether a character must not stand in a text: control characters, line and paragraph separators, and
/// the marks that turn the direction of what follows (Unicode TR36, "bidirectional text spoofing").
///
/// ```
/// # use tillkit_domain::text::is_no_text;
/// assert!(is_no_text('\u{1b}') && is_no_text('\n') && is_no_text('\u{202e}') && !is_no_text('ž'));
/// ```
pub fn is_no_text(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether a character leaves nothing on paper: what Unicode calls Default_Ignorable_Code_Point
/// (DerivedCoreProperties.txt: joiners, directional marks, selectors, Hangul fillers, tags).
///
/// ```
/// # use tillkit_domain::text::is_invisible;
/// assert!(is_invisible('\u{200b}') && is_invisible('\u{ad}') && !is_invisible(' ') && !is_invisible('-'));
/// ```
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text says nothing: it is empty, or a reader sees only blanks.
///
/// ```
/// # use tillkit_domain::text::is_blank;
/// assert!(is_blank("") && is_blank(" \u{200b}\u{3164}\n") && !is_blank("."));
/// ```
pub fn is_blank(text: &str) -> bool {
    // Braille with no dot raised is a letter to Unicode and a blank to a reader.
    let is_nothing = |letter: char| {
        letter.is_whitespace() || is_no_text(letter) || is_invisible(letter) || letter == '\u{2800}'
    };
    text.chars().all(is_nothing)
}

/// A text whose lines end in a line feed, whatever the system that wrote it ends its lines with.
///
/// ```
/// # use tillkit_domain::text::with_line_feeds;
/// assert_eq!(with_line_feeds("High Street 1\r\nLondon\r"), "High Street 1\nLondon\n");
/// ```
pub fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Refuses text that cannot stand in a document.
///
/// # Errors
/// [`BadText`], naming `what`.
///
/// ```
/// # use tillkit_domain::text::check;
/// assert!(check("a reason", "damaged", 500).is_ok());
/// assert!(check("a reason", "damaged\u{0}", 500).is_err() && check("a reason", "damaged", 3).is_err());
/// ```
pub fn check(what: &'static str, text: &str, most: usize) -> Result<(), BadText> {
    // Bytes first: most texts are short, and none has fewer bytes than characters.
    if text.len() > most {
        let chars = text.chars().count();
        if chars > most {
            return Err(BadText::TooLong { what, chars, most });
        }
    }
    match text.chars().find(|letter| is_no_text(*letter)) {
        Some(letter) => Err(BadText::NoText { what, code: letter.into() }),
        None => Ok(()),
    }
}

/// A text that is here already, as it may stand in a document: what is no text becomes a space, what is
/// beyond `most` characters ends in `…`.
///
/// ```
/// # use tillkit_domain::text::fitted;
/// assert_eq!(fitted("Tea\nTotal", 20), "Tea Total");
/// assert_eq!(fitted("Submersible pump", 8), "Submers…");
/// ```
pub fn fitted(text: &str, most: usize) -> Cow<'_, str> {
    let is_long = text.len() > most && text.chars().count() > most;
    if !is_long && !text.chars().any(is_no_text) {
        return Cow::Borrowed(text);
    }
    let clean = text.chars().map(|letter| if is_no_text(letter) { ' ' } else { letter });
    Cow::Owned(match is_long {
        true => clean.take(most.saturating_sub(1)).chain(['…']).collect(),
        false => clean.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_refused_for_its_length_or_for_what_is_no_text() {
        assert_eq!(check("a name", "žluť", 4), Ok(()));
        assert_eq!(check("a name", "žluťo", 4), Err(BadText::TooLong { what: "a name", chars: 5, most: 4 }));
        for bad in ['\0', '\t', '\r', '\u{7f}', '\u{85}', '\u{2029}', '\u{202e}'] {
            let refused = check("a name", &format!("a{bad}"), 9);
            assert_eq!(refused, Err(BadText::NoText { what: "a name", code: bad.into() }), "{bad:?}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_invisible_letters_is_blank() {
        for nothing in
            ["\u{200b}", "\u{3164}", "\u{2060}", "\u{e0041}\u{e007f}", "\u{fe0f}", "\u{2800}", "\u{ad}"]
        {
            assert!(is_blank(nothing) && is_blank(&format!(" {nothing}\u{a0}{nothing}\t")), "{nothing:?}");
            assert!(!is_blank(&format!("{nothing}x")), "{nothing:?}");
        }
        for something in ["0", "-", "\u{8336}", "\u{301}", "\u{2764}\u{fe0f}"] {
            assert!(!is_blank(something), "{something:?}");
        }
    }

    #[test]
    fn a_fitted_text_may_always_stand_in_a_document() {
        for text in ["", "plain", "a\nb\u{0}c", "Самоклеящаяся лента двусторонняя", "\u{1b}p\u{0}………"]
        {
            for most in 1..40 {
                assert_eq!(check("x", &fitted(text, most), most), Ok(()), "{text:?} {most}");
            }
        }
    }
}
