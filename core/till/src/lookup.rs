//! The items of a code, in every spelling that scanners send.

use tillkit_domain::codes;
use tillkit_protocol::limits::KEY_BYTES;
use tillkit_store::centre::{Found, View};

use crate::TillError;

/// The items that a typed or scanned code may mean; several only if each of them has it.
pub(crate) fn items_of_code(view: &View, code: &str) -> Result<Vec<Found>, TillError> {
    let canonical = codes::canonical(code);
    let (same, guessed): (Vec<String>, Vec<String>) =
        codes::spellings(code).into_iter().partition(|spelled| codes::canonical(spelled) == canonical);
    let found = view.items_by_code(&same)?;
    // Short UPC-E may be anything else: it is looked for only if nothing has the code itself.
    if found.is_empty() { Ok(view.items_by_code(&guessed)?) } else { Ok(found) }
}

/// A code as it stands in a line or in a refusal: without what is no text, and not longer than a key.
pub(crate) fn written(code: &str) -> String {
    let mut cleaned = codes::cleaned(code);
    cleaned.truncate(cleaned.floor_char_boundary(KEY_BYTES));
    cleaned
}
