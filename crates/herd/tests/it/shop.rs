//! A shop in memory that speaks the routes of a sale, its payment provider and its operator, and that
//! misbehaves on demand.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use protocol::digest::to_hex;
use protocol::proof;
use protocol::snapshot::{Draw, Phase, Snapshot, Stock};
use protocol::wire::{ChallengeRequest, JoinRequest};
use protocol::{Problem, ProblemKind, SaleId, TicketNumber};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const UNITS: u32 = 20;
const RATE: u32 = 200;
const DRAW_AFTER: Duration = Duration::from_millis(900);
const SEED: [u8; 32] = [3; 32];

/// How the shop misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manners {
    pub(crate) busy_at_first: bool,
    pub(crate) oversells_by: u32,
    pub(crate) keeps_holds: bool,
}

#[derive(Default)]
struct Books {
    joined: HashMap<String, u64>,
    refused_once: HashMap<String, ()>,
    drawn: Option<u64>,
    holds: HashMap<u64, &'static str>,
    orders: HashMap<u64, u32>,
    seq: u64,
}

pub(crate) struct FakeShop {
    address: std::net::SocketAddr,
    shop: Arc<Shop>,
}

struct Shop {
    manners: Manners,
    opened: Instant,
    opens_at: u64,
    books: Mutex<Books>,
}

type Refused = (StatusCode, Json<Problem>);
type Answer = Result<Response, Refused>;

fn refuse(kind: ProblemKind) -> Refused {
    let status = StatusCode::from_u16(kind.status()).unwrap();
    let mut problem = Problem::new(kind);
    problem.retry_after_ms = (status == 503).then_some(20);
    (status, Json(problem))
}

impl FakeShop {
    pub(crate) async fn open(manners: Manners) -> Self {
        let shop = Arc::new(Shop {
            manners,
            opened: Instant::now(),
            opens_at: herd::clock::unix_ms(),
            books: Mutex::default(),
        });
        let sale = Router::new()
            .route("/status", get(status))
            .route("/events", get(events))
            .route("/challenge", post(challenge))
            .route("/tickets", post(join))
            .route("/tickets/me", delete(leave).get(standing))
            .route("/authorizations", post(authorize))
            .route("/passes", post(pass))
            .route("/orders", post(order));
        let router = Router::new()
            .nest("/api/v1/sales/s", sale)
            .route("/api/v1/sales", get(sales))
            .route("/v1/payment_methods", post(save_card))
            .route(
                "/api/v1/operator/login",
                post(async || Json(json!({"token": "operator"}))),
            )
            .route("/api/v1/operator/sales/{sale}/audit", get(audit))
            .route("/oracle/summary", get(oracle))
            .with_state(Arc::clone(&shop));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shop }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn sold(&self) -> usize {
        self.shop.books.lock().unwrap().orders.len()
    }
}

impl Shop {
    fn snapshot(&self) -> Snapshot {
        let mut books = self.books.lock().unwrap();
        books.seq += 1;
        let tail = books.joined.len() as u64;
        let since = self.opened.elapsed().checked_sub(DRAW_AFTER);
        if since.is_some() && books.drawn.is_none() {
            books.drawn = Some(tail);
        }
        let claimed = books.orders.len() as u32;
        let frontier = since.map_or(0, |s| (s.as_secs_f64() * f64::from(RATE)) as u64);
        Snapshot {
            sale: SaleId::parse("s").unwrap(),
            phase: match since {
                None => Phase::Lobby,
                Some(_) if claimed < UNITS + self.manners.oversells_by => Phase::Open,
                Some(_) => Phase::SoldOut,
            },
            epoch: 1,
            seq: books.seq,
            at: herd::clock::unix_ms(),
            opens_at: self.opens_at,
            tail,
            frontier: frontier.min(tail),
            rate: RATE,
            stock: Stock {
                total: UNITS,
                free: UNITS.saturating_sub(claimed),
                reserved: 0,
                claimed,
            },
            draw: Draw {
                at: self.opens_at + DRAW_AFTER.as_millis() as u64,
                size: books.drawn,
                seed: books.drawn.map(|_| to_hex(&SEED)),
                ..Draw::default()
            },
            decided: false,
            poll_after_ms: 50,
            message: None,
            notice: None,
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<u64, Refused> {
    let value = headers.get("authorization").and_then(|v| v.to_str().ok());
    let number = value.and_then(|v| v.strip_prefix("Bearer ")?.parse().ok());
    number.ok_or_else(|| refuse(ProblemKind::TicketInvalid))
}

async fn sales(State(shop): State<Arc<Shop>>) -> Json<Value> {
    let phase = shop.snapshot().phase;
    let price = json!({"minor": 100, "currency": "EUR"});
    Json(
        json!([{"sale": "s", "title": "S", "description": "", "price": price, "units": UNITS, "limit_per_buyer": 1,
        "opens_at": shop.opens_at, "phase": phase}]),
    )
}

async fn status(State(shop): State<Arc<Shop>>) -> Json<Snapshot> {
    Json(shop.snapshot())
}

async fn events(State(shop): State<Arc<Shop>>) -> impl IntoResponse {
    Sse::new(futures::stream::unfold(shop, |shop| async {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let event = Event::default().json_data(shop.snapshot());
        Some((event, shop))
    }))
}

async fn challenge(Json(asked): Json<ChallengeRequest>) -> Json<Value> {
    Json(
        json!({"challenge": asked.device, "seed": asked.device, "rounds": 3, "difficulty": 4,
        "expires_at": herd::clock::unix_ms() + 60_000}),
    )
}

async fn join(State(shop): State<Arc<Shop>>, Json(join): Json<JoinRequest>) -> Answer {
    let seed = protocol::digest::from_hex(&join.challenge).unwrap();
    if !proof::verify(&seed, 3, 4, &join.nonces) || join.device != join.challenge {
        return Err(refuse(ProblemKind::ProofInvalid));
    }
    let phase = shop.snapshot().phase;
    if phase == Phase::SoldOut {
        return Err(refuse(ProblemKind::WrongPhase));
    }
    let mut books = shop.books.lock().unwrap();
    let first_time = books.refused_once.insert(join.device.clone(), ()).is_none();
    if shop.manners.busy_at_first && first_time {
        return Err(refuse(ProblemKind::Busy));
    }
    let next = books.joined.len() as u64;
    let number = *books.joined.entry(join.device).or_insert(next);
    let answer = json!({"ticket": number.to_string(), "number": number, "phase": phase});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

async fn save_card(request: Request) -> Json<Value> {
    let body = axum::body::to_bytes(request.into_body(), 1000)
        .await
        .unwrap();
    let form: HashMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap();
    Json(json!({"id": format!("pm_{}", form["card[number]"])}))
}

fn authorization(status: &str) -> Value {
    json!({"status": status, "amount": {"minor": 100, "currency": "EUR"}, "updated_at": 0})
}

async fn authorize(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(asked): Json<protocol::wire::AuthorizeRequest>,
) -> Answer {
    let number = bearer(&headers)?;
    let status = match asked.payment_method.as_str() {
        "pm_4000000000000002" => "declined",
        _ => "authorized",
    };
    shop.books.lock().unwrap().holds.insert(number, status);
    Ok(Json(authorization("processing")).into_response())
}

async fn standing(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Answer {
    let number = bearer(&headers)?;
    let status = shop.books.lock().unwrap().holds.get(&number).copied();
    Ok(Json(
        json!({"number": number, "left": false, "snapshot": shop.snapshot(),
        "authorization": status.map(authorization)}),
    )
    .into_response())
}

async fn pass(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Answer {
    let number = bearer(&headers)?;
    let shown = shop.snapshot();
    let rank = shown.rank_of(TicketNumber(number));
    if rank.is_none_or(|rank| rank.0 >= shown.frontier) {
        return Err(refuse(ProblemKind::NotCalledYet));
    }
    let expires_at = shown.at + 60_000;
    Ok(Json(json!({"pass": number.to_string(), "expires_at": expires_at})).into_response())
}

async fn order(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Answer {
    let number = bearer(&headers)?;
    let mut books = shop.books.lock().unwrap();
    let next = books.orders.len() as u32;
    if !books.orders.contains_key(&number) && next >= UNITS + shop.manners.oversells_by {
        return Err(refuse(ProblemKind::SoldOut));
    }
    let unit = *books.orders.entry(number).or_insert(next % UNITS);
    let answer = json!({"order": format!("o{number}"), "sale": "s", "unit": unit, "status": "claimed",
        "amount": {"minor": 100, "currency": "EUR"}, "email": "a@b.example", "claimed_at": 0});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

async fn leave(headers: HeaderMap) -> Answer {
    bearer(&headers)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn audit(State(shop): State<Arc<Shop>>, Path(sale): Path<String>) -> Json<Value> {
    let orders = shop.books.lock().unwrap().orders.len() as u32;
    let over = orders.saturating_sub(UNITS);
    assert_eq!(sale, "s");
    Json(
        json!({"orders": orders, "units": orders, "duplicate_units": over, "duplicate_buyers": 0,
        "captured": orders, "oversold": over, "free": UNITS.saturating_sub(orders), "reserved": 0,
        "claimed": orders.min(UNITS), "open_authorizations": 0, "ok": over == 0, "violations": []}),
    )
}

async fn oracle(State(shop): State<Arc<Shop>>) -> Json<Value> {
    let books = shop.books.lock().unwrap();
    let orders = books.orders.len();
    let losers = books.holds.len() - orders;
    let open = if shop.manners.keeps_holds { losers } else { 0 };
    Json(
        json!({"intents": books.holds.len(), "open_holds": open, "captured": orders,
        "voided": losers - open, "declined": 0, "captured_and_voided": 0, "double_captures": 0}),
    )
}
