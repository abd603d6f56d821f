//! What a browser loads besides pages: read once at the start, served from memory, already compressed.
//!
//! Names under `pkg/` carry a hash of their content, so they may be cached for ever.

use super::state::AppState;
use super::twins::Twins;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use leptos::config::LeptosOptions;
use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};

/// One file with its compressed twins.
struct Asset {
    kind: &'static str,
    immutable: bool,
    twins: Twins,
}

/// All files of the site by path.
pub(super) struct Assets {
    files: HashMap<String, Asset>,
    /// `cargo leptos watch` changes files under our feet: then they are read at every request.
    live: Option<PathBuf>,
}

impl Assets {
    /// Do files change under our feet?
    pub(super) fn are_live(&self) -> bool {
        self.live.is_some()
    }

    /// Reads the site. Without one the pages still work, as plain HTML.
    pub(super) fn load(options: &LeptosOptions) -> Self {
        let root = PathBuf::from(&*options.site_root);
        let mut files = HashMap::new();
        collect(&root, &root, &mut files);
        if files.is_empty() {
            tracing::warn!(root = %root.display(), "no site is built: pages are served without script and style");
        }
        let live = std::env::var_os("LEPTOS_WATCH").map(|_| root);
        Self { files, live }
    }
}

fn collect(root: &FilePath, directory: &FilePath, files: &mut HashMap<String, Asset>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Some((name, asset)) = read(root, &path) {
            files.insert(name, asset);
        }
    }
}

fn read(root: &FilePath, path: &FilePath) -> Option<(String, Asset)> {
    let extension = path.extension()?.to_str()?;
    let kind = match extension {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    };
    let name = path.strip_prefix(root).ok()?.to_str()?.to_owned();
    let plain = Bytes::from(std::fs::read(path).ok()?);
    let twin = |suffix: &str| {
        let path = path.with_extension(format!("{extension}.{suffix}"));
        std::fs::read(path).ok().map(Bytes::from)
    };
    let asset = Asset {
        kind,
        immutable: name.starts_with("pkg/") && name.matches('.').count() > 1,
        twins: Twins::new(plain, twin("br"), twin("gz")),
    };
    Some((name, asset))
}

/// One route for each file at the top of the site, and one for the hashed ones.
pub(super) fn router(state: &AppState) -> Router<AppState> {
    let mut router = Router::new().route("/pkg/{*file}", get(hashed));
    for name in state.assets.files.keys().filter(|name| !name.contains('/')) {
        let name = name.clone();
        router = router.route(
            &format!("/{name}"),
            get(
                move |State(state): State<AppState>, headers: HeaderMap| async move {
                    serve(&state.assets, &name, &headers)
                },
            ),
        );
    }
    router
}

async fn hashed(
    State(state): State<AppState>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    serve(&state.assets, &format!("pkg/{file}"), &headers)
}

/// A hashed file that is there and does not change under our feet.
pub(super) fn ready(assets: &Assets, name: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = assets
        .files
        .get(&format!("pkg/{name}"))
        .filter(|_| assets.live.is_none())?;
    Some(answer(asset, headers))
}

fn serve(assets: &Assets, name: &str, headers: &HeaderMap) -> Response {
    if let Some(root) = &assets.live {
        let tame = !name.split('/').any(|part| part.starts_with('.'));
        return match read(root, &root.join(name)).filter(|_| tame) {
            Some((_, asset)) => answer(&asset, headers),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    match assets.files.get(name) {
        Some(asset) => answer(asset, headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let mut response = asset.twins.answer(headers);
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(if asset.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=300"
        }),
    );
    response
}
