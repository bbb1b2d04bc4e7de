//! Codes of items: one thing, several spellings.
//!
//! The same article is `012345678905` under a UPC-A barcode, `0012345678905` to a scanner that speaks
//! EAN-13, `00012345678905` on a carton and `]C10100012345678905` in GS1-128. Which of them stands at an
//! item is the owner's choice, so a till looks for all of them, the exact text first.
//!
//! - [`readings`], [`spellings`]: the texts to look for.
//! - [`canonical`], [`same`]: whether two codes are one.
//! - [`cleaned`]: a code as it may stand in a document.
//!
//! A GTIN whose check digit is wrong is no GTIN: it is only looked for as it is (GS1 General
//! Specifications, 7.9).

use percent_encoding::percent_decode_str;

use crate::text::{is_invisible, is_no_text};

/// Separates element strings: what scanners send for FNC1 (GS1 General Specifications, 7.8).
const FNC1: char = '\u{1d}';

/// Application identifiers whose element strings have a predefined length, with that length (GS1 General
/// Specifications, 7.8.5). All others end at FNC1. 01, the GTIN, is looked for.
const PREDEFINED: [(&str, usize); 21] = [
    ("00", 20),
    ("02", 16),
    ("03", 16),
    ("04", 18),
    ("11", 8),
    ("12", 8),
    ("13", 8),
    ("14", 8),
    ("15", 8),
    ("16", 8),
    ("17", 8),
    ("18", 8),
    ("19", 8),
    ("20", 4),
    ("31", 10),
    ("32", 10),
    ("33", 10),
    ("34", 10),
    ("35", 10),
    ("36", 10),
    ("41", 16),
];

/// The texts under which a scanned or typed code may stand at an item, the surest reading first: the exact
/// text, and every form of the GTIN in it; then the text without what a scanner or a keyboard has put around
/// and into it; then guesses. A reading is looked for only if nothing carries the ones before it, so no
/// guess takes a code from the item that has it.
///
/// Reads symbology identifiers (ISO/IEC 15424), GS1 element strings (GS1 General Specifications, 7.8),
/// GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax) and UPC-E of 6, 7 or 8 digits. A GTIN of
/// 14 digits that begins with 1 to 9 is a carton or a variable measure: it is no other article's code.
///
/// ```
/// # use tillkit_domain::codes::readings;
/// assert_eq!(readings("ART\u{2013}1\r"), [vec!["ART\u{2013}1\r"], vec!["ART\u{2013}1", "ART-1"]]);
/// assert_eq!(readings("1-234"), [["1-234"], ["1234"]]);
/// ```
pub fn readings(scanned: &str) -> Vec<Vec<String>> {
    let bare = bare(scanned);
    let (mut exact, mut around) = (vec![scanned.into()], vec![trimmed(scanned).into(), bare.clone()]);
    let known = gtin_in(&bare);
    if let Some(gtin) = &known {
        exact.append(&mut around);
        exact.extend(forms(gtin));
    }
    let mut seen: Vec<String> = Vec::new();
    let mut readings = vec![exact, around, guesses(&bare, known.as_deref())];
    for reading in &mut readings {
        reading.retain(|text| {
            let is_new = !text.is_empty() && !seen.contains(text);
            seen.extend(is_new.then(|| text.clone()));
            is_new
        });
    }
    readings.retain(|reading| !reading.is_empty());
    readings
}

/// The same in one list.
///
/// ```
/// # use tillkit_domain::codes::spellings;
/// let upc = ["012345678905\r", "012345678905", "00012345678905", "0012345678905", "12345678905"];
/// assert_eq!(spellings("012345678905\r"), upc);
/// assert!(spellings("]C10105901234123457").contains(&"5901234123457".to_string()));
/// assert!(spellings("https://id.gs1.org/01/05901234123457/10/ABC").contains(&"5901234123457".to_string()));
/// assert!(spellings("04252614").contains(&"042100005264".to_string()));
/// assert_eq!(spellings("5901234123450"), ["5901234123450"]);
/// ```
pub fn spellings(scanned: &str) -> Vec<String> {
    readings(scanned).concat()
}

/// What a code may also be. Each is safe because it comes last, and because of what stands beside it.
fn guesses(bare: &str, known: Option<&str>) -> Vec<String> {
    let digits = without_gaps(bare);
    let mut guesses = Vec::new();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // Eight digits may be both a GTIN-8 and UPC-E: both have the check digit right.
        // UPC-E that is not whole: what it expands to has a check digit, and must stand at an item.
        // A lost zero and an add-on: the check digit is right only without them.
        let read = upc_e(&digits).into_iter().chain(short_upc_e(&digits));
        let read = read.chain(with_lost_zero(&digits)).chain(without_add_on(&digits));
        guesses.extend(read.flat_map(|gtin| forms(&gtin)));
        // Gaps are only for the eye. They come off last: `1-23` and `12-3` may be two codes of the shop's own.
        guesses.push(digits);
    }
    // A list that has been through a spreadsheet: its UPC-A have 11 digits, which no other GTIN has.
    guesses.extend(known.and_then(|gtin| gtin.strip_prefix("000")).map(Into::into));
    guesses
}

/// One form for all spellings of a GTIN, its 14 digits; another code without what a scanner puts around it.
///
/// ```
/// # use tillkit_domain::codes::canonical;
/// assert_eq!(canonical("5901234123457"), "05901234123457");
/// assert_eq!(canonical("https://example.com/gtin/5901234123457"), "05901234123457");
/// assert_eq!(canonical(" ART-1\r\n"), "ART-1");
/// ```
pub fn canonical(code: &str) -> String {
    let bare = bare(code);
    gtin_in(&bare).unwrap_or(bare)
}

/// Whether two codes are spellings of one.
///
/// ```
/// # use tillkit_domain::codes::same;
/// assert!(same("0012345678905", "012345678905") && same("978-0-306-40615-7", "9780306406157"));
/// assert!(!same("15901234123454", "5901234123457"), "a carton is not what is in it");
/// ```
pub fn same(left: &str, right: &str) -> bool {
    canonical(left) == canonical(right)
}

/// A code as it may stand in a document: without blanks at its ends, and without control characters and
/// invisible ones.
///
/// ```
/// # use tillkit_domain::codes::cleaned;
/// assert_eq!(cleaned("\t0105901234123457\u{1d}10A\r\n"), "010590123412345710A");
/// ```
pub fn cleaned(scanned: &str) -> String {
    trimmed(scanned).chars().filter(|letter| !is_no_text(*letter) && !is_invisible(*letter)).collect()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || is_no_text(letter) || is_invisible(letter))
}

/// Without what scanners put around a code and keyboards into it: blanks, control characters, symbology
/// identifiers, what cannot be seen, other forms of a digit or a dash. EAN-13 with an add-on (`]E3`) is its
/// first 13 digits. Two codes that this makes one look alike to everybody.
fn bare(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !is_invisible(*letter)).map(plain).collect();
    let mut bare = trimmed(&plain);
    while let Some(data) = bare.strip_prefix(']') {
        let mut letters = data.chars();
        let (symbology, modifier) = (letters.next(), letters.next());
        let is_identifier = symbology.is_some_and(|letter| letter.is_ascii_alphabetic())
            && modifier.is_some_and(|letter| letter.is_ascii_alphanumeric());
        if !is_identifier {
            break;
        }
        let rest = trimmed(letters.as_str());
        bare = if data.starts_with("E3") { trimmed(rest.get(..13).unwrap_or(rest)) } else { rest };
    }
    bare.into()
}

/// A letter as a scanner sends it: full-width digits as ASCII, every dash as a hyphen, every blank as a space.
fn plain(letter: char) -> char {
    match letter {
        '\u{ff10}'..='\u{ff19}' => {
            char::from_digit(u32::from(letter) - u32::from('\u{ff10}'), 10).unwrap_or(letter)
        }
        // As a picture of it is sent for FNC1.
        '\u{241d}' => FNC1,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        blank if blank.is_whitespace() && !blank.is_control() => ' ',
        letter => letter,
    }
}

/// Without spaces and hyphens: as people type what stands below the bars, or an ISBN.
fn without_gaps(bare: &str) -> String {
    bare.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect()
}

/// The GTIN that a code is or carries, as 14 digits. Every reading holds its check digit right.
fn gtin_in(bare: &str) -> Option<String> {
    let digits = without_gaps(bare);
    gtin(&digits)
        .or_else(|| upc_e(&digits))
        .or_else(|| in_elements(&bare.replace("<GS>", "\u{1d}")))
        .or_else(|| in_brackets(bare))
        .or_else(|| in_link(bare))
}

/// The GTIN of a UPC-A that has lost its leading zero: 11 digits.
fn with_lost_zero(digits: &str) -> Option<String> {
    gtin(&format!("0{digits}")).filter(|_| digits.len() == 11)
}

/// The GTIN of an EAN-13 that is followed by its add-on of 2 or 5 digits. No GTIN has 15 or 18 digits; a
/// shipping container's code has 18, and its first 13 are no article's.
fn without_add_on(digits: &str) -> Option<String> {
    gtin(digits.get(..13)?).filter(|_| matches!(digits.len(), 15 | 18))
}

/// A GTIN of 8, 12, 13 or 14 digits with the right check digit, as 14 digits.
fn gtin(digits: &str) -> Option<String> {
    let is_right = matches!(digits.len(), 8 | 12 | 13 | 14)
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.split_at_checked(digits.len() - 1).is_some_and(|(body, check)| check_digit(body) == check);
    is_right.then(|| format!("{digits:0>14}"))
}

/// The check digit of what stands before it (GS1 General Specifications, 7.9.1).
fn check_digit(body: &str) -> String {
    let weighed = body.bytes().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighed.map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')) * weight).sum();
    ((10 - sum % 10) % 10).to_string()
}

/// UPC-E with number system and check digit, as the GTIN it stands for.
fn upc_e(digits: &str) -> Option<String> {
    let is_upc_e = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let expanded = expanded(digits.get(..7).filter(|_| is_upc_e)?)?;
    digits.ends_with(&check_digit(&expanded)).then(|| format!("00{expanded}{}", check_digit(&expanded)))
}

/// UPC-E without its number system, its check digit, or both. That is a guess: six digits may be anything.
fn short_upc_e(digits: &str) -> Vec<String> {
    let with_check = |body: &str| Some(format!("{body}{}", check_digit(&expanded(body)?)));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let whole = match digits.len() {
        6 => vec![with_check(&format!("0{digits}"))],
        7 => vec![with_check(digits), Some(format!("0{digits}"))],
        _ => Vec::new(),
    };
    whole.into_iter().flatten().filter_map(|whole| upc_e(&whole)).collect()
}

/// Number system and six digits of UPC-E as the first 11 digits of UPC-A.
fn expanded(short: &str) -> Option<String> {
    let (system, digits) = short.split_at_checked(1)?;
    let (first, last) = digits.split_at_checked(5)?;
    let (two, three, four) = (first.get(..2)?, first.get(..3)?, first.get(..4)?);
    let body = match last {
        "0" | "1" | "2" => format!("{two}{last}0000{}", first.get(2..)?),
        "3" => format!("{three}00000{}", first.get(3..)?),
        "4" => format!("{four}00000{}", first.get(4..)?),
        _ => format!("{first}0000{last}"),
    };
    matches!(system, "0" | "1").then(|| format!("{system}{body}"))
}

/// UPC-A of 12 digits as UPC-E of 8, if there is one.
fn shortened(upc_a: &str) -> Option<String> {
    let (body, check) = upc_a.split_at_checked(11)?;
    let digit = |at: usize| body.get(at..at + 1);
    let (two, three, four, five) = (body.get(1..3)?, body.get(1..4)?, body.get(1..5)?, body.get(1..6)?);
    let (system, last) = (digit(0)?, digit(10)?);
    let candidates = [
        format!("{system}{two}{}{}", body.get(8..11)?, digit(3)?),
        format!("{system}{three}{}3", body.get(9..11)?),
        format!("{system}{four}{last}4"),
        format!("{system}{five}{last}"),
    ];
    let short = candidates.into_iter().find(|short| expanded(short).as_deref() == Some(body))?;
    Some(format!("{short}{check}"))
}

/// The spellings of a GTIN of 14 digits.
fn forms(gtin: &str) -> Vec<String> {
    let padded = [("", 14), ("0", 13), ("00", 12), ("000000", 8)];
    let mut forms: Vec<String> =
        padded.iter().filter_map(|(zeros, _)| gtin.strip_prefix(zeros)).map(Into::into).collect();
    forms.extend(gtin.strip_prefix("00").and_then(shortened));
    forms
}

/// The GTIN of element strings, `01` and 14 digits, behind FNC1 or what has a predefined length.
fn in_elements(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(FNC1);
        if let Some(value) = rest.strip_prefix("01") {
            return gtin(value.get(..14)?);
        }
        let length = PREDEFINED.iter().find(|(identifier, _)| rest.starts_with(identifier));
        rest = match length {
            Some((_, length)) => rest.get(*length..)?,
            None => rest.split_once(FNC1)?.1,
        };
    }
}

/// The GTIN of element strings as they are written for people: `(01)05901234123457(10)ABC`.
fn in_brackets(text: &str) -> Option<String> {
    let behind = ["(01)", "[01]"].into_iter().flat_map(|key| text.match_indices(key));
    let mut behind = behind.filter_map(|(at, found)| text.get(at + found.len()..));
    behind.find_map(|value| gtin(value.trim_start().get(..14)?))
}

/// The GTIN of a GS1 Digital Link URI: the segment behind `01` or `gtin` in the path, at any host. Scanners
/// that are set to text send it without its scheme; then a host stands before the path.
fn in_link(text: &str) -> Option<String> {
    let has_scheme =
        |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = ["https://", "http://"].into_iter().find(has_scheme).unwrap_or_default();
    let path = text.get(scheme.len()..)?.split(['?', '#']).next()?;
    let (host, path) = path.split_once('/')?;
    let is_host = host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    let segments: Vec<&str> = path.split('/').collect();
    let found = segments.windows(2).find_map(|two| {
        let [key, value] = two else { return None };
        let is_gtin = *key == "01" || key.eq_ignore_ascii_case("gtin");
        gtin(&percent_decode_str(value).decode_utf8_lossy()).filter(|_| is_gtin)
    });
    found.filter(|_| is_host || !scheme.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEA: &str = "5901234123457";

    fn finds(scanned: &str, stands: &str) -> bool {
        spellings(scanned).iter().any(|spelled| spelled == stands)
    }

    #[test]
    fn an_article_is_found_however_its_barcode_was_sent() {
        for scanned in [
            "5901234123457",
            "05901234123457",
            " 5901234123457\r\n",
            "\u{2}5901234123457\t",
            "]E05901234123457",
            "]E3590123412345712345",
            "]C10105901234123457",
            "]C1\u{1d}0105901234123457",
            "]e0010590123412345710ABC",
            "]d2010590123412345710ABC\u{1d}17261231",
            "]Q317261231010590123412345710A",
            "10ABC\u{1d}0105901234123457",
            "31030012500105901234123457",
            "0105901234123457",
            "(01)05901234123457(10)ABC",
            "(10)A(01)05901234123457",
            "(01) 05901234123457",
            "https://id.gs1.org/01/05901234123457",
            "https://id.gs1.org/01/05901234123457/10/ABC?17=261231#x",
            "HTTP://example.com/shop/gtin/5901234123457/",
            "https://example.com/01/%30590123412345%37",
            "]Q1https://id.gs1.org/01/05901234123457",
            "5 901234 123457",
            "590-1234-12345-7",
            "５９０１２３４１２３４５７",
            "5901234123457\u{200b}",
            "\u{200e}5901234\u{ad}123457\u{200f}",
            "\u{feff}5901234123457",
            "5901234\u{a0}123457",
            "5901234\u{202f}123457",
            "5901234\u{2013}123457",
            "5901234\u{2011}123457",
            "5901234\u{2212}123457",
            "[01]05901234123457[10]ABC",
            "<GS>0105901234123457",
            "]C110ABC<GS>0105901234123457",
            "\u{241d}0105901234123457",
            "id.gs1.org/01/05901234123457",
            "example.com/shop/gtin/5901234123457?x=1",
        ] {
            assert!(finds(scanned, TEA), "{scanned:?} {:?}", spellings(scanned));
            assert_eq!(canonical(scanned), "05901234123457", "{scanned:?}");
        }
    }

    #[test]
    fn what_is_no_gtin_is_only_itself() {
        for scanned in [
            "5901234123450",
            "15901234123454",
            "0105901234123450",
            "0205901234123457",
            "https://id.gs1.org/01/05901234123450",
            "https://id.gs1.org/02/05901234123457",
            "https://example.com/?01=05901234123457",
            "(02)05901234123457",
            "[02]05901234123457",
            "<gs>0105901234123457",
            "01/05901234123457",
            "shop/01/05901234123457",
            "id.gs1.org/01/05901234123450",
            "5901234123450123",
            "590123412345012",
            "36000291453",
            "10ABC0105901234123457",
            "59012341234570",
            "x5901234123457",
            "ART-1",
            "٥٩٠١٢٣٤١٢٣٤٥٧",
        ] {
            assert_eq!(spellings(scanned), [scanned], "{scanned:?}");
        }
        assert!(spellings(" \r\n").iter().all(|spelled| spelled.trim().is_empty()));
        assert!(spellings("").is_empty());
    }

    #[test]
    fn upc_e_is_the_upc_a_that_it_shortens() {
        for (short, long) in [
            ("04252614", "042100005264"),
            ("01234505", "012000003455"),
            ("01234531", "012300000451"),
            ("01234543", "012340000053"),
            ("01234558", "012345000058"),
            ("01234565", "012345000065"),
            ("11234562", "112345000062"),
        ] {
            assert!(finds(short, long) && finds(long, short), "{short} {long} {:?}", spellings(long));
            assert!(finds(&format!("00{long}"), short));
            assert!(same(short, &format!("0{long}")) || gtin(short).is_some(), "{short} is a GTIN-8 as well");
            assert!(finds(short.get(..7).unwrap(), long), "without check digit");
            if let Some(bare) = short.strip_prefix('0') {
                assert!(finds(bare, long) && finds(bare.get(..6).unwrap(), long), "without number system");
            }
        }
        assert!(!finds("04252615", "042100005264"), "a wrong check digit");
        assert!(!same("425261", "042100005264"), "six digits may be anything");
    }

    #[test]
    fn a_guess_comes_after_every_sure_reading() {
        for (scanned, guess) in [
            ("590123412345712", TEA),
            ("590123412345751299", TEA),
            ("5901234123457 51299", TEA),
            ("5901234123457-12", TEA),
            ("36000291452", "036000291452"),
            ("036000291452", "36000291452"),
            ("1-2\u{a0}34", "1234"),
            ("425261", "042100005264"),
        ] {
            let readings = readings(scanned);
            let is_in = |reading: &[String]| reading.iter().any(|text| text == guess);
            assert!(readings.len() > 1 && is_in(readings.last().unwrap()), "{scanned:?} {readings:?}");
            assert!(readings.iter().rev().skip(1).all(|reading| !is_in(reading)), "{scanned:?}");
            assert!(!same(scanned, guess), "{scanned:?}: a guess makes no two codes one");
        }
        assert_eq!(readings("12\u{2013}3"), [vec!["12\u{2013}3"], vec!["12-3"], vec!["123"]]);
        assert_eq!(readings("１２３"), [vec!["１２３"], vec!["123"]]);
        assert!(!same("1-23", "12-3") && !same("1-23", "123"), "codes of the shop's own");
    }

    #[test]
    fn a_cleaned_code_has_no_control_character() {
        assert_eq!(cleaned("\u{2}\tA\u{1d}B\u{0}C\u{200e} \r\n"), "ABC");
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_gtin_leads_to_every_other(body in "0{0,7}[0-9]{6,13}", length in prop::sample::select(vec![8usize, 12, 13, 14])) {
            let body: String = body.chars().rev().take(length - 1).collect();
            prop_assume!(body.len() == length - 1);
            let code = format!("{body}{}", check_digit(&body));
            let forms = spellings(&code);
            for form in &forms {
                let back = spellings(form);
                // UPC-E has eight digits too: what it spells is looked for, and what it is comes first.
                if same(form, &code) {
                    prop_assert!(forms.iter().all(|form| !same(form, &code) || back.contains(form)), "{} {:?}", form, back);
                } else {
                    prop_assert!(matches!(form.len(), 8 | 11) || upc_e(&code).is_some(), "{} of {}", form, code);
                }
            }
        }

        #[test]
        fn any_text_is_looked_for_as_it_is_and_has_one_canonical_form(text in "(\\PC|[\\x00-\\x1f\\]01(/.\u{200b}\u{ff11}\u{2013}\u{a0}]){0,40}") {
            let all = spellings(&text);
            prop_assert!(all.first() == Some(&text) || text.is_empty());
            prop_assert!(all.len() <= 16);
            prop_assert_eq!(canonical(&canonical(&text)), canonical(&text));
            prop_assert!(same(&text, trimmed(&text)));
            prop_assert!(!cleaned(&text).contains(is_no_text));
        }
    }
}
