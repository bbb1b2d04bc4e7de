//! The page's files, inside the program. Their addresses hold their hash, so browsers keep them.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tillkit_protocol::Hash;

/// Where each file is, for templates.
pub(super) struct Assets {
    pub(super) style: String,
    pub(super) app: String,
    pub(super) htmx: String,
    pub(super) sse: String,
    pub(super) icon: String,
}

struct File {
    name: String,
    kind: &'static str,
    bytes: &'static [u8],
}

static FILES: LazyLock<[File; 5]> = LazyLock::new(|| {
    let file = |name: &str, ending: &str, kind, bytes: &'static [u8]| File {
        name: format!("{name}.{}.{ending}", &Hash::of(bytes).to_string()[..16]),
        kind,
        bytes,
    };
    let script = "text/javascript; charset=utf-8";
    [
        file("page", "css", "text/css; charset=utf-8", include_bytes!("../../static/page.css")),
        file("page", "js", script, include_bytes!("../../static/page.js")),
        // Version 4.0.1, see `static/htmx.LICENSE`.
        file("htmx", "js", script, include_bytes!("../../static/htmx.min.js")),
        file("hx-sse", "js", script, include_bytes!("../../static/hx-sse.min.js")),
        file("icon", "svg", "image/svg+xml", include_bytes!("../../static/icon.svg")),
    ]
});

/// Where each file is.
pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let [style, app, htmx, sse, icon] = FILES.each_ref().map(|file| format!("/web/static/{}", file.name));
    Assets { style, app, htmx, sse, icon }
});

/// `GET /web/static/{name}`.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, "public, immutable, max-age=31536000")];
    (headers, file.bytes).into_response()
}
