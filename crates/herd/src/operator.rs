//! The operator of the visited server: announces the sale, ends it, answers the audit.

use crate::ask::{Ask, Body, Lane, Refusal};
use crate::client::Client;
use crate::tally::Step;
use protocol::SaleId;
use protocol::wire::{LoginRequest, NewSale};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An operator who has logged in.
#[derive(Debug)]
pub struct Operator {
    client: Client,
    token: String,
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

/// What the ledger and Redis say of a sale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LedgerAudit {
    /// Orders that own a unit.
    pub orders: u64,
    /// Units that are claimed.
    pub units: u64,
    /// Units with more than one claim.
    pub duplicate_units: u64,
    /// Buyers with more units than the limit.
    pub duplicate_buyers: u64,
    /// Orders that are paid.
    pub captured: u64,
    /// Claims beyond the units of the sale.
    pub oversold: u64,
    /// Units nobody holds.
    pub free: u64,
    /// Units under a lease.
    pub reserved: u64,
    /// Units that Redis counts as claimed.
    pub claimed: u64,
    /// Holds neither taken nor released, by the ledger.
    pub open_authorizations: u64,
    /// What the journal of money sums to, minor units: the sum of each currency, without its sign.
    pub journal_sum: Option<u64>,
    /// All invariants hold.
    pub ok: bool,
    /// Those that do not.
    pub violations: Vec<String>,
}

impl Operator {
    /// Logs in.
    pub async fn login(client: Client, password: &str) -> Result<Self, Refusal> {
        let body = Body::json(&LoginRequest {
            password: password.to_owned(),
        });
        let login: Login = client
            .call(&ask(Method::POST, "/login", None, body))
            .await?;
        let token = login.token;
        Ok(Self { client, token })
    }

    /// Announces a sale.
    pub async fn announce(&self, sale: &NewSale) -> Result<(), Refusal> {
        let ask = ask(Method::POST, "/sales", Some(&self.token), Body::json(sale));
        self.client.tell(&ask).await
    }

    /// Opens a sale now.
    pub async fn open(&self, sale: &SaleId) -> Result<(), Refusal> {
        let path = format!("/sales/{sale}/open");
        let ask = ask(Method::POST, &path, Some(&self.token), Body::None);
        self.client.tell(&ask).await
    }

    /// Ends a sale.
    pub async fn end(&self, sale: &SaleId) -> Result<(), Refusal> {
        let path = format!("/sales/{sale}/end");
        let ask = ask(Method::POST, &path, Some(&self.token), Body::None);
        self.client.tell(&ask).await
    }

    /// Asks what the ledger says.
    pub async fn audit(&self, sale: &SaleId) -> Result<LedgerAudit, Refusal> {
        let path = format!("/sales/{sale}/audit");
        self.get(&path).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        let ask = ask(Method::GET, path, Some(&self.token), Body::None);
        self.client.call(&ask).await
    }
}

fn ask<'a>(method: Method, path: &str, bearer: Option<&'a str>, body: Body) -> Ask<'a> {
    Ask {
        step: Step::Operator,
        lane: Lane::Light,
        method,
        path: format!("/api/v1/operator{path}"),
        bearer,
        headers: Vec::new(),
        body,
    }
}
