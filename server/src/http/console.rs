//! The operator's console without script: forms that act and lead back to the page.

use super::client;
use super::operator::{parse, perform};
use super::pages::CONSOLE;
use super::problem::{Answer, Refusal};
use super::session::{self, Operator};
use super::state::AppState;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::post;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use protocol::wire::{NewSale, RefundRequest, SaleEdit};
use protocol::{Currency, Money, ProblemKind, SaleId};
use serde::Deserialize;
use std::net::SocketAddr;
use std::str::FromStr;

const NOTICE: &str = "sluice_notice";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/operator/login", post(login))
        .route("/operator/logout", post(logout))
        .route("/operator/sales", post(announce))
        .route("/operator/sales/{sale}/refund", post(refund))
        .route("/operator/sales/{sale}/clear", post(clear))
        .route("/operator/sales/{sale}/edit", post(edit))
        .route("/operator/sales/{sale}/{act}", post(act))
}

#[derive(Deserialize)]
struct LoginForm {
    password: String,
}

#[derive(Deserialize)]
struct SaleForm {
    sale: SaleId,
    title: String,
    #[serde(default)]
    description: String,
    price_minor: i64,
    currency: Currency,
    units: u32,
    #[serde(default = "one")]
    limit_per_buyer: u32,
    opens_in_s: u64,
    /// Empty when nobody knows.
    #[serde(default)]
    expected: String,
}

#[derive(Deserialize)]
struct EditForm {
    title: String,
    #[serde(default)]
    description: String,
    /// Empty when it opens as it did.
    #[serde(default)]
    opens_in_s: String,
}

#[derive(Deserialize)]
struct ActForm {
    /// Empty for the usual words.
    #[serde(default)]
    message: String,
    #[serde(default)]
    rate: String,
}

#[derive(Deserialize)]
struct RefundForm {
    order: String,
    /// Empty for all that is left.
    #[serde(default)]
    minor: String,
    /// There when it is ticked.
    restock: Option<String>,
}

#[derive(Deserialize)]
struct ClearForm {
    /// The shopper's reference.
    who: String,
}

fn one() -> u32 {
    1
}

/// What came of the last act, to be shown once.
pub(super) fn notice(jar: &CookieJar) -> Option<String> {
    let text = jar.get(NOTICE)?.value().replace('+', " ");
    Some(text).filter(|text| !text.is_empty())
}

fn back(jar: CookieJar, notice: &str) -> (CookieJar, Redirect) {
    // A cookie's value has no spaces or commas.
    let text: String = notice
        .chars()
        .filter(|c| c.is_ascii_graphic() || *c == ' ')
        .collect();
    let text = text.replace([';', ',', '"', '\\'], "").replace(' ', "+");
    let mut cookie = Cookie::build((NOTICE, text))
        .path(CONSOLE)
        .http_only(true)
        .same_site(SameSite::Strict)
        .build();
    cookie.set_max_age(std::time::Duration::from_secs(5).try_into().ok());
    (jar.add(cookie), Redirect::to(CONSOLE))
}

fn outcome(jar: CookieJar, result: Answer<String>) -> (CookieJar, Redirect) {
    match result {
        Ok(done) => back(jar, &done),
        Err(refusal) => back(jar, &refusal.text()),
    }
}

async fn login(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let Form(form) = form.map_err(unreadable)?;
    let from = client::address(peer.ip(), &headers, state.trusted_hops);
    Ok(match session::log_in(&state, from, &form.password) {
        Ok(token) => (
            jar.add(session::cookie(token, state.address.secure)),
            Redirect::to(CONSOLE),
        ),
        Err(refusal) => back(jar, &refusal.text()),
    })
}

async fn logout(jar: CookieJar) -> (CookieJar, Redirect) {
    (jar.remove(session::no_cookie()), Redirect::to(CONSOLE))
}

async fn announce(
    _: Operator,
    State(state): State<AppState>,
    jar: CookieJar,
    form: Result<Form<SaleForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let Form(form) = form.map_err(unreadable)?;
    let new = NewSale {
        sale: form.sale,
        title: form.title,
        description: form.description,
        price: Money {
            minor: form.price_minor,
            currency: form.currency,
        },
        units: form.units,
        lobby_at: None,
        opens_at: from_now(&state, form.opens_in_s),
        rate: None,
        limit_per_buyer: form.limit_per_buyer,
        expected: number(&form.expected, "expected")?,
        policy: None,
    };
    let announced = state.engine.announce_with_plan(&new).await;
    let result = announced
        .map(|(info, plan)| format!("{} is announced: {}", info.sale, plan.why))
        .map_err(Refusal::from);
    Ok(outcome(jar, result))
}

/// What was typed into a field that may stay empty.
fn number<T: FromStr>(text: &str, field: &str) -> Answer<Option<T>> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Refusal::because(
                ProblemKind::BadRequest,
                format!("{field} is not a number"),
            )),
        },
    }
}

async fn refund(
    _: Operator,
    State(state): State<AppState>,
    Path(sale): Path<String>,
    jar: CookieJar,
    form: Result<Form<RefundForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let Form(form) = form.map_err(unreadable)?;
    let request = RefundRequest {
        minor: number(&form.minor, "amount")?,
        restock: form.restock.is_some(),
    };
    let refund = state
        .engine
        .refund(&sale, form.order.trim(), &request)
        .await;
    let result = refund
        .map(|refund| format!("{} of order {} goes back", refund.amount, form.order.trim()))
        .map_err(Refusal::from);
    Ok(outcome(jar, result))
}

async fn clear(
    _: Operator,
    State(state): State<AppState>,
    Path(sale): Path<String>,
    jar: CookieJar,
    form: Result<Form<ClearForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let Form(form) = form.map_err(unreadable)?;
    let who = form.who.trim();
    let result = state.engine.clear(&sale, who).await;
    let result = result
        .map(|()| format!("{who} is cleared"))
        .map_err(Refusal::from);
    Ok(outcome(jar, result))
}

async fn edit(
    _: Operator,
    State(state): State<AppState>,
    Path(sale): Path<String>,
    jar: CookieJar,
    form: Result<Form<EditForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let Form(form) = form.map_err(unreadable)?;
    let opens_in: Option<u64> = number(&form.opens_in_s, "opens_in_s")?;
    let edit = SaleEdit {
        title: Some(form.title),
        description: Some(form.description),
        opens_at: opens_in.map(|seconds| from_now(&state, seconds)),
    };
    let result = state.engine.edit(&sale, &edit).await;
    let result = result
        .map(|info| format!("{} is changed", info.sale))
        .map_err(Refusal::from);
    Ok(outcome(jar, result))
}

async fn act(
    _: Operator,
    State(state): State<AppState>,
    Path((sale, act)): Path<(String, String)>,
    jar: CookieJar,
    form: Result<Form<ActForm>, FormRejection>,
) -> Answer<(CookieJar, Redirect)> {
    let sale = SaleId::parse(&sale).map_err(|_| Refusal::of(ProblemKind::UnknownSale))?;
    let Form(form) = form.map_err(unreadable)?;
    let act = parse(&act, number(&form.rate, "rate")?)?;
    let message = Some(form.message).filter(|message| !message.trim().is_empty());
    let result = perform(&state, &sale, act, message).await;
    Ok(outcome(
        jar,
        result.map(|phase| format!("{sale} is {}", phase.as_str())),
    ))
}

/// So many seconds from now, Unix ms; a year and a day at most.
fn from_now(state: &AppState, seconds: u64) -> u64 {
    state.engine.world.now() + seconds.min(366 * 86_400) * 1000
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn unreadable(rejection: FormRejection) -> Refusal {
    Refusal::because(ProblemKind::BadRequest, rejection.body_text())
}
