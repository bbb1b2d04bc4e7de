//! Pictures: bytes kept under their hash, and the `image` row that names them.

use bytes::Bytes;
use tillkit_protocol::{Hash, canonical, settings::Image};

use crate::{
    Backoffice,
    drafts::{self, Drafted},
    error::{Error, Result},
    store::TenantId,
};

/// What a till can draw.
pub(crate) const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// Keeps a picture, no larger than a blob may be, and drafts the row that names it. The same picture again
/// is the same blob.
///
/// # Errors
/// A refusal if it is no JPEG, PNG or WebP.
pub(crate) async fn put(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    id: &str,
    item: Option<String>,
    picture: Bytes,
) -> Result<(Image, Drafted)> {
    let media_type = media_type(&picture)
        .ok_or_else(|| Error::malformed("the bytes are no JPEG, PNG or WebP picture"))?
        .to_string();
    let image = Image { bytes: picture.len() as u64, item, media_type, sha256: Hash::of(&picture) };
    office.blobs.put(tenant, &image.sha256, picture.to_vec()).await?;
    let drafted = drafts::put_row(office, tenant, centre, "image", id, &canonical::to_line(&image)?).await?;
    Ok((image, drafted))
}

/// What a picture is, by its first bytes.
fn media_type(picture: &[u8]) -> Option<&'static str> {
    let is_webp = picture.starts_with(b"RIFF") && picture.get(8..12) == Some(b"WEBP");
    match picture {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        _ => is_webp.then_some("image/webp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes_not_by_its_name() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(media_type(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b""[..], b"RIFF", b"RIFF\x10\0\0\0WAVE", b"GIF89a", b"<svg/>", b"\x89PNG"] {
            assert_eq!(media_type(other), None, "{other:?}");
        }
    }
}
