//! The one text form a line may have.
//!
//! Members sorted by their UTF-8 bytes, no white space, shortest escapes, integers only with
//! |n| ≤ 2^53−1, no floats, no duplicate members, no lone surrogates, no byte order mark, at most
//! [`limits::JSON_DEPTH`](crate::limits::JSON_DEPTH) deep. It is RFC 8785 (JCS) without fractions,
//! sorted by UTF-8 instead of UTF-16, so that two writers in any language produce the same bytes
//! and a hash of a line is a hash of its meaning.
//!
//! [`check`] walks the bytes once and never allocates for a line without escaped member names.

use serde::Serialize;

use crate::limits::JSON_DEPTH;

/// The largest integer a canonical line may hold: every JSON reader keeps it exactly.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why bytes are not a canonical line; `at` is the offset of the first byte that refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a canonical line: {what} at byte {at}")]
pub struct NotCanonical {
    /// Offset into the bytes.
    pub at: usize,
    /// What was found there.
    pub what: &'static str,
}

/// Why a value has no canonical line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A float, an integer beyond 2^53−1, or nesting too deep.
    #[error("the value cannot be written as a canonical line: {0}")]
    Value(#[from] NotCanonical),
    /// A map whose keys are not text, or a serializer's own refusal.
    #[error("the value cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Writes `value` as a canonical line, without the line feed.
///
/// # Errors
/// [`Unwritable`] if the value holds a float, an integer beyond ±(2^53−1) or nests deeper than 32.
///
/// ```
/// # use tillkit_protocol::canonical::to_line;
/// let line = to_line(&serde_json::json!({"b": 1, "a": [true, null]}))?;
/// assert_eq!(line, br#"{"a":[true,null],"b":1}"#);
/// # Ok::<(), tillkit_protocol::canonical::Unwritable>(())
/// ```
pub fn to_line<T: Serialize>(value: &T) -> Result<Vec<u8>, Unwritable> {
    // Types that are recorded declare their members in order. A value has one canonical text, so if
    // what comes out in that order is canonical, it is that text.
    let mut line = Vec::with_capacity(2048);
    serde_json::to_writer(&mut line, value)?;
    if check(&line).is_ok() {
        return Ok(line);
    }
    // serde_json's own map is a BTreeMap (the `preserve_order` feature is off), so members come sorted.
    let line = serde_json::to_vec(&serde_json::to_value(value)?)?;
    check(&line)?;
    Ok(line)
}

/// Says whether `line` is canonical; members in any order but sorted, or any needless byte, refuse it.
///
/// # Errors
/// [`NotCanonical`] with the first offset that refused.
///
/// ```
/// # use tillkit_protocol::canonical::check;
/// assert!(check(br#"{"a":1,"b":"x"}"#).is_ok());
/// assert_eq!(check(br#"{"b":1,"a":2}"#).unwrap_err().what, "a member out of order");
/// ```
pub fn check(line: &[u8]) -> Result<(), NotCanonical> {
    if let Err(error) = std::str::from_utf8(line) {
        return Err(NotCanonical { at: error.valid_up_to(), what: "invalid UTF-8" });
    }
    let mut walk = Walk { line, at: 0 };
    walk.value(0)?;
    if walk.at == line.len() { Ok(()) } else { walk.refuse("bytes after the value") }
}

struct Walk<'a> {
    line: &'a [u8],
    at: usize,
}

type Walked<T = ()> = Result<T, NotCanonical>;

impl Walk<'_> {
    fn refuse<T>(&self, what: &'static str) -> Walked<T> {
        Err(NotCanonical { at: self.at, what })
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn take(&mut self, byte: u8, what: &'static str) -> Walked {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.refuse(what)
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Walked {
        if self.line[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            self.refuse("an unknown word")
        }
    }

    fn value(&mut self, depth: usize) -> Walked {
        if depth > JSON_DEPTH {
            return self.refuse("nesting too deep");
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            _ => self.refuse("no value"),
        }
    }

    fn object(&mut self, depth: usize) -> Walked {
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut last: Option<Name> = None;
        loop {
            let start = self.at;
            let name = self.string()?;
            if last.as_ref().is_some_and(|last| last.text(self.line) >= name.text(self.line)) {
                self.at = start;
                return self.refuse("a member out of order");
            }
            last = Some(name);
            self.take(b':', "a member without a colon")?;
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.refuse("an object that does not end"),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Walked {
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.refuse("an array that does not end"),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Walks a string; its decoded text is kept only where an escape makes it differ from the bytes.
    fn string(&mut self) -> Walked<Name> {
        self.take(b'"', "a member that is not a string")?;
        let start = self.at;
        let mut decoded: Option<Vec<u8>> = None;
        loop {
            let plain = self.line[self.at..].iter().take_while(|byte| IS_PLAIN[usize::from(**byte)]).count();
            if let Some(text) = decoded.as_mut() {
                text.extend_from_slice(&self.line[self.at..self.at + plain]);
            }
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let so_far = &self.line[start..self.at];
                    let text = decoded.get_or_insert_with(|| so_far.to_vec());
                    let byte = escape(&self.line[self.at..]);
                    let Some((byte, length)) = byte else {
                        return self.refuse("an escape that is not the shortest");
                    };
                    text.push(byte);
                    self.at += length;
                }
                Some(_) => return self.refuse("a control character"),
                None => return self.refuse("a string that does not end"),
            }
        }
        let end = self.at;
        self.at += 1;
        Ok(decoded.map_or(Name::Bytes(start, end), Name::Decoded))
    }

    fn integer(&mut self) -> Walked {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.line[digits..self.at];
        let leading_zero = text.len() > 1 && text[0] == b'0';
        let minus_zero = text == b"0" && digits > start;
        if text.is_empty() || leading_zero || minus_zero || text.len() > 16 {
            self.at = start;
            return self.refuse("a number that is not a plain integer");
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return self.refuse("a fraction or an exponent");
        }
        let magnitude = text.iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        if magnitude > MAX_INTEGER {
            self.at = start;
            return self.refuse("an integer beyond 2^53-1");
        }
        Ok(())
    }
}

/// Bytes that stand for themselves inside a string. A table, because a line is mostly these.
static IS_PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

/// A member's name: a range of the line, or its text where it was escaped.
enum Name {
    Bytes(usize, usize),
    Decoded(Vec<u8>),
}

impl Name {
    fn text<'a>(&'a self, line: &'a [u8]) -> &'a [u8] {
        match self {
            Name::Bytes(start, end) => &line[*start..*end],
            Name::Decoded(text) => text,
        }
    }
}

/// The byte an escape stands for and the escape's length, if it is the shortest one for that byte.
fn escape(rest: &[u8]) -> Option<(u8, usize)> {
    Some(match rest.get(1)? {
        b'"' => (b'"', 2),
        b'\\' => (b'\\', 2),
        b'b' => (0x08, 2),
        b'f' => (0x0c, 2),
        b'n' => (b'\n', 2),
        b'r' => (b'\r', 2),
        b't' => (b'\t', 2),
        b'u' => {
            let hex = rest.get(2..6)?;
            let lower_hex = hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            let byte = u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?;
            let has_shorter = matches!(byte, 0x08 | 0x09 | 0x0a | 0x0c | 0x0d);
            if !lower_hex || byte > 0x1f || has_shorter {
                return None;
            }
            (byte, 6)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_line_may_not_hold_is_refused_by_name() {
        let cases: [(&[u8], &str); 22] = [
            (b"{\"b\":1,\"a\":2}", "a member out of order"),
            (b"{\"a\":1,\"a\":2}", "a member out of order"),
            (b"{\"a\": 1}", "no value"),
            (b" {}", "no value"),
            (b"{}\n", "bytes after the value"),
            (b"{\"a\":1.5}", "a fraction or an exponent"),
            (b"{\"a\":1e5}", "a fraction or an exponent"),
            (b"{\"a\":01}", "a number that is not a plain integer"),
            (b"{\"a\":-0}", "a number that is not a plain integer"),
            (b"{\"a\":-}", "a number that is not a plain integer"),
            (b"{\"a\":9007199254740992}", "an integer beyond 2^53-1"),
            (b"{\"a\":99999999999999999999}", "a number that is not a plain integer"),
            (b"{\"a\":NaN}", "no value"),
            (b"{\"a\":\"\\/\"}", "an escape that is not the shortest"),
            (b"{\"a\":\"\\u0041\"}", "an escape that is not the shortest"),
            (b"{\"a\":\"\\u000a\"}", "an escape that is not the shortest"),
            (b"{\"a\":\"\\ud800\"}", "an escape that is not the shortest"),
            (b"{\"a\":\"\n\"}", "a control character"),
            (b"\xef\xbb\xbf{}", "no value"),
            (b"{\"a\":\"\xff\"}", "invalid UTF-8"),
            (b"{\"a\":1,}", "a member that is not a string"),
            (b"{\"\\n\":1,\"\\t\":2}", "a member out of order"),
        ];
        for (line, what) in cases {
            assert_eq!(check(line).unwrap_err().what, what, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn depth_is_limited_at_exactly_thirty_two() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(check(&nested(JSON_DEPTH + 1)).is_ok());
        assert_eq!(check(&nested(JSON_DEPTH + 2)).unwrap_err().what, "nesting too deep");
        assert!(check(&vec![b'['; 100_000]).is_err());
    }

    #[test]
    fn a_float_has_no_line() {
        assert!(matches!(to_line(&json!({"a": 1.5})), Err(Unwritable::Value(_))));
    }

    #[test]
    fn members_declared_out_of_order_are_written_in_order() {
        #[derive(Serialize)]
        struct Inner {
            z: u8,
            b: u8,
        }
        #[derive(Serialize)]
        struct Outer {
            name: &'static str,
            #[serde(flatten)]
            inner: Inner,
            a: Vec<Inner>,
        }
        let value = Outer { name: "x", inner: Inner { z: 1, b: 2 }, a: vec![Inner { z: 3, b: 4 }] };
        assert_eq!(to_line(&value).unwrap(), br#"{"a":[{"b":4,"z":3}],"b":2,"name":"x","z":1}"#);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            ".*".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_canonical_and_reads_back(value in any_value()) {
            let line = to_line(&value).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), value);
        }

        #[test]
        fn any_accepted_bytes_are_exactly_what_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if check(&bytes).is_ok() {
                let value: Value = serde_json::from_slice(&bytes).unwrap();
                prop_assert_eq!(to_line(&value).unwrap(), bytes);
            }
        }
    }
}
