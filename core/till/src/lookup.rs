//! The items of a code, in every spelling that scanners send.

use tillkit_domain::codes;
use tillkit_protocol::limits::KEY_BYTES;
use tillkit_store::centre::{Found, View};

use crate::TillError;

/// The items that a typed or scanned code may mean; several only if each of them has it.
pub(crate) fn items_of_code(view: &View, code: &str) -> Result<Vec<Found>, TillError> {
    for reading in codes::readings(code) {
        let found = view.items_by_code(&reading)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// A code as it stands in a line or in a refusal: without what is no text, and not longer than a key.
pub(crate) fn written(code: &str) -> String {
    let mut cleaned = codes::cleaned(code);
    cleaned.truncate(cleaned.floor_char_boundary(KEY_BYTES));
    cleaned
}
