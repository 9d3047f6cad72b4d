//! `/assets/…`: the files of `ui::assets`, cached for ever under the hash in their URL.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ui::assets::find_asset;

/// Serves one asset.
pub async fn get(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = find_asset(&format!("/assets/{file}")) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let etag = asset.etag();
    if headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let cache = "public, max-age=31536000, immutable".to_owned();
    let headers =
        [(header::CONTENT_TYPE, asset.content_type.to_owned()), (header::ETAG, etag), (header::CACHE_CONTROL, cache)];
    (headers, asset.bytes).into_response()
}
