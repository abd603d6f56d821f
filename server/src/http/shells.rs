//! The pages that a crowd without tickets asks for, from memory: `/` and each sale's, in every language.
//!
//! Each is rendered by one task for everybody, when somebody asks and the last one is a second old or the
//! sale says something else by now; compressed then, and handed out as bytes. It is the page of somebody
//! who has no ticket: whoever sends one gets a page of their own from the router.

use super::credentials;
use super::nonceless::without_nonce;
use super::pages;
use super::state::AppState;
use super::twins::Twins;
use app::Lang;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use protocol::{Phase, SaleId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

/// A page this old is rendered anew when somebody asks; until that is done it is still handed out.
const RENEW_AFTER_MS: u64 = 1_000;
/// Older ones are not shown: nobody asked for a while, and the figures are from then.
const SHOW_UP_TO_MS: u64 = 3_000;
const LARGEST_PAGE: usize = 1 << 20;

/// A cookie decides whose page it is, so a cache in between keeps this one for readers without any.
const VARY: &str = "accept-encoding, accept-language, cookie";
/// Long enough to spare an edge the crowd, short enough for figures that are current.
const LIFETIME: &str = "public, max-age=1, stale-while-revalidate=1";

/// All shells. There are as many as sales times languages, and one `/` for each language.
#[derive(Default)]
pub(super) struct Shells(RwLock<HashMap<Option<SaleId>, [Arc<Slot>; 2]>>);

/// The place of one shell. Whoever renders it holds `rendering`; all others wait for them, if at all.
#[derive(Default)]
pub(super) struct Slot {
    shell: Mutex<Option<Arc<Shell>>>,
    rendering: Arc<tokio::sync::Mutex<()>>,
}

/// A rendered page, with what it was rendered from.
struct Shell {
    rendered_at: Instant,
    says: Says,
    head: HeaderMap,
    twins: Twins,
}

/// What makes a page another one at once, whatever its age.
#[derive(Clone, PartialEq, Eq)]
struct Says(Option<(Phase, Option<String>)>);

/// A page that may be answered from memory.
pub(super) struct Wanted {
    sale: Option<SaleId>,
    lang: Lang,
    slot: Arc<Slot>,
}

/// What lies in memory for a request.
pub(super) enum Found {
    /// Answer with this.
    Ready(Response),
    /// Nothing that may be shown: ask [`render`] first.
    Nothing(Wanted),
}

/// Looks for the page that this request asks for; `None` when it is none of these, or somebody's own.
pub(super) fn find(state: &AppState, path: &str, headers: &HeaderMap) -> Option<Found> {
    // Styles and scripts change under our feet, and the page reloads itself by a script of its own.
    if state.assets.are_live() {
        return None;
    }
    let sale = match path {
        "/" => None,
        _ => Some(SaleId::parse(path.strip_prefix("/sales/")?).ok()?),
    };
    let says = says(state, sale.as_ref())?;
    if let Some(sale) = &sale
        && credentials::brings_ticket(headers, sale)
    {
        return None;
    }
    let lang = headers.get(header::ACCEPT_LANGUAGE);
    let lang = Lang::accepted(lang.and_then(|wish| wish.to_str().ok()).unwrap_or_default());
    let slot = state.shells.slot(sale.as_ref(), lang);
    let shell = slot.shell().filter(|shell| shell.says == says);
    let wanted = Wanted { sale, lang, slot };
    let Some((shell, age)) = shell
        .map(|shell| (shell.clone(), shell.age()))
        .filter(|(_, age)| *age < SHOW_UP_TO_MS)
    else {
        return Some(Found::Nothing(wanted));
    };
    if age >= RENEW_AFTER_MS {
        renew(state, wanted);
    }
    Some(Found::Ready(shell.answer(headers)))
}

/// Renders in the background, unless somebody is at it.
fn renew(state: &AppState, wanted: Wanted) {
    let Ok(alone) = wanted.slot.rendering.clone().try_lock_owned() else {
        return;
    };
    let state = state.clone();
    tokio::spawn(async move {
        make(&state, &wanted).await;
        drop(alone);
    });
}

/// The answer, after the page was rendered, by this request or by one that came before; `None` when no page
/// for everyone comes of it, such as while the ledger does not answer.
pub(super) async fn render(
    state: AppState,
    wanted: Wanted,
    headers: HeaderMap,
) -> Option<Response> {
    // A task of its own: a reader who goes away does not take the page from those who wait for it.
    let rendering = tokio::spawn(async move {
        let _alone = wanted.slot.rendering.lock().await;
        let says = says(&state, wanted.sale.as_ref())?;
        let shell = wanted.slot.shell();
        match shell.filter(|shell| shell.says == says && shell.age() < RENEW_AFTER_MS) {
            Some(shell) => Some(shell),
            None => make(&state, &wanted).await,
        }
    });
    let shell = rendering.await.ok()??;
    Some(shell.answer(&headers))
}

/// Renders, and keeps what came of it. Only for who holds `rendering`.
async fn make(state: &AppState, wanted: &Wanted) -> Option<Arc<Shell>> {
    let made = rendered(state, wanted).await.map(Arc::new);
    let mut kept = wanted
        .slot
        .shell
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    kept.clone_from(&made);
    made
}

async fn rendered(state: &AppState, wanted: &Wanted) -> Option<Shell> {
    // Read before the page is: what comes in between makes the next one, and nothing is missed.
    let (rendered_at, says) = (Instant::now(), says(state, wanted.sale.as_ref())?);
    let path = match &wanted.sale {
        Some(sale) => format!("/sales/{sale}"),
        None => "/".to_owned(),
    };
    let request = Request::get(path)
        .header(header::ACCEPT_LANGUAGE, wanted.lang.code())
        .body(Body::empty())
        .ok()?;
    let page = pages::render(state, request).await;
    if page.status() != StatusCode::OK {
        return None;
    }
    let (mut parts, body) = page.into_parts();
    let html = to_bytes(body, LARGEST_PAGE).await.ok()?;
    let policy = parts.headers.get(header::CONTENT_SECURITY_POLICY)?;
    let (html, policy) = without_nonce(std::str::from_utf8(&html).ok()?, policy)?;
    let mut set = |name: HeaderName, value: HeaderValue| parts.headers.insert(name, value);
    set(header::CONTENT_SECURITY_POLICY, policy);
    set(header::VARY, HeaderValue::from_static(VARY));
    set(header::CACHE_CONTROL, HeaderValue::from_static(LIFETIME));
    let packing = tokio::task::spawn_blocking(|| Twins::compressed(html.into()));
    Some(Shell {
        rendered_at,
        says,
        head: parts.headers,
        twins: packing.await.ok()?,
    })
}

/// What the sale says now; `None` for one that there is not.
fn says(state: &AppState, sale: Option<&SaleId>) -> Option<Says> {
    let Some(sale) = sale else {
        return Some(Says(None));
    };
    let snapshot = state.engine.snapshot(sale).ok()?;
    Some(Says(Some((snapshot.phase, snapshot.message.clone()))))
}

impl Shells {
    fn slot(&self, sale: Option<&SaleId>, lang: Lang) -> Arc<Slot> {
        let of = |slots: &[Arc<Slot>; 2]| slots[lang as usize].clone();
        let key = sale.cloned();
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slots) = slots.get(&key) {
            return of(slots);
        }
        drop(slots);
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        of(slots.entry(key).or_default())
    }
}

impl Slot {
    fn shell(&self) -> Option<Arc<Shell>> {
        let shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        shell.clone()
    }
}

impl Shell {
    /// Milliseconds since it was rendered.
    fn age(&self) -> u64 {
        u64::try_from(self.rendered_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut answer = self.twins.answer(headers);
        let out = answer.headers_mut();
        out.reserve(self.head.len());
        for (name, value) in &self.head {
            out.insert(name, value.clone());
        }
        answer
    }
}
