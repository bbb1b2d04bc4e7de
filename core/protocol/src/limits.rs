//! The numbers in force on both sides, announced by `GET /v1/hello`.

/// A document line that a till records, in bytes: a receipt of the most lines with the longest names.
pub const DOCUMENT_BYTES: usize = 4 << 20;
/// A document line that is taken, in bytes: tills of older versions had no limit of their own.
pub const DOCUMENT_TAKEN_BYTES: usize = 16 << 20;
/// Records in one upload.
pub const BATCH_RECORDS: usize = 500;
/// An upload of several documents, in bytes before compression. One document may go alone with more.
pub const BATCH_BYTES: usize = 4 << 20;
/// Any upload, in bytes before compression: the longest document with its signature.
pub const UPLOAD_BYTES: usize = DOCUMENT_TAKEN_BYTES + 1_024;
/// A blob as stored, compressed, in bytes.
pub const BLOB_STORED_BYTES: usize = 4 << 20;
/// A blob once expanded, in bytes: a till holds two of them at once.
pub const BLOB_EXPANDED_BYTES: usize = 8 << 20;
/// One row, in bytes.
pub const ROW_BYTES: usize = 64 << 10;
/// A row's key, in bytes.
pub const KEY_BYTES: usize = 128;
/// Rows in one section.
pub const SECTION_ROWS: u64 = 2_000_000;
/// Nesting of any JSON.
pub const JSON_DEPTH: usize = 32;
/// A manifest, in bytes.
pub const MANIFEST_BYTES: usize = 1 << 20;
/// Any other answer the till reads whole, in bytes.
pub const ANSWER_BYTES: usize = 1 << 20;
/// Step blobs a manifest lists for a section at most.
pub const STEPS: usize = 64;
/// What stands beside a document's line, in bytes.
pub const PART_BYTES: usize = 1 << 20;
