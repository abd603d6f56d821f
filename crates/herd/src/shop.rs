//! The shop's JSON routes, as a shopper calls them.

use crate::ask::{Ask, Body, Lane, Refusal};
use crate::client::Client;
use crate::guise::Guise;
use crate::tally::Step;
use protocol::wire::{
    Authorization, AuthorizeRequest, CaptchaAnswer, CaptchaRequest, CaptchaSeal, CaptchaSolution,
    ChallengeAnswer, ChallengeRequest, JoinAnswer, JoinRequest, Order, PassAnswer, SaleInfo,
    Standing,
};
use protocol::{SaleId, Snapshot};
use reqwest::Method;
use serde::Deserialize;
use std::sync::Arc;

/// One sale of one shop.
#[derive(Clone, Debug)]
pub struct Shop {
    client: Client,
    sale: SaleId,
    prefix: Arc<str>,
    guise: Option<Arc<Guise>>,
}

/// The list of sales: bare, or under a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sales {
    Bare(Vec<SaleInfo>),
    Named { sales: Vec<SaleInfo> },
}

/// All sales that a server announces.
pub async fn sales(client: &Client) -> Result<Vec<SaleInfo>, Refusal> {
    let ask = Ask {
        step: Step::Status,
        lane: Lane::Light,
        method: Method::GET,
        path: "/api/v1/sales".to_owned(),
        bearer: None,
        headers: Vec::new(),
        body: Body::None,
    };
    Ok(match client.call(&ask).await? {
        Sales::Bare(sales) | Sales::Named { sales } => sales,
    })
}

impl Shop {
    /// This sale, through this client.
    pub fn new(client: Client, sale: SaleId) -> Self {
        let prefix = format!("/api/v1/sales/{sale}").into();
        Self {
            client,
            sale,
            prefix,
            guise: None,
        }
    }

    /// The same sale for somebody who looks like this.
    pub fn seen_by(&self, guise: Arc<Guise>) -> Self {
        Self {
            guise: Some(guise),
            ..self.clone()
        }
    }

    /// The sale's name.
    pub fn sale(&self) -> &SaleId {
        &self.sale
    }

    /// The client underneath.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Address of the event stream.
    pub fn events_url(&self) -> String {
        format!("{}{}/events", self.client.base(), self.prefix)
    }

    /// Loads a page, to weigh on the server as a browser does.
    pub async fn page(&self, path: &str) -> Result<(), Refusal> {
        let mut ask = self.get(Step::Page, "", None);
        ask.path = path.to_owned();
        self.client.tell(&ask).await
    }

    /// The snapshot.
    pub async fn status(&self) -> Result<Snapshot, Refusal> {
        self.client
            .call(&self.get(Step::Status, "/status", None))
            .await
    }

    /// A puzzle for this device.
    pub async fn challenge(&self, device: &str) -> Result<ChallengeAnswer, Refusal> {
        let request = ChallengeRequest {
            device: device.to_owned(),
            ..ChallengeRequest::default()
        };
        self.challenge_for(&request).await
    }

    /// A puzzle for somebody who tells all of this.
    pub async fn challenge_for(
        &self,
        request: &ChallengeRequest,
    ) -> Result<ChallengeAnswer, Refusal> {
        let body = Body::json(request);
        let ask = self.post(Step::Challenge, Lane::Light, "/challenge", None, body);
        self.client.call(&ask).await
    }

    /// Something to solve beside the puzzle.
    pub async fn captcha(&self, request: &CaptchaRequest) -> Result<CaptchaAnswer, Refusal> {
        let body = Body::json(request);
        let ask = self.post(Step::Captcha, Lane::Light, "/captcha", None, body);
        self.client.call(&ask).await
    }

    /// Answers what was asked.
    pub async fn solve_captcha(&self, solution: &CaptchaSolution) -> Result<CaptchaSeal, Refusal> {
        let body = Body::json(solution);
        let ask = self.post(Step::Captcha, Lane::Light, "/captcha/answers", None, body);
        self.client.call(&ask).await
    }

    /// Joins.
    pub async fn join(&self, request: &JoinRequest) -> Result<JoinAnswer, Refusal> {
        let body = Body::json(request);
        let ask = self.post(Step::Join, Lane::Join, "/tickets", None, body);
        self.client.call(&ask).await
    }

    /// Asks for a hold on a card; the lane says how urgently.
    pub async fn authorize(
        &self,
        ticket: &str,
        request: &AuthorizeRequest,
        lane: Lane,
    ) -> Result<Authorization, Refusal> {
        let body = Body::json(request);
        let ask = self.post(Step::Authorize, lane, "/authorizations", Some(ticket), body);
        self.client.call(&self.proven(ask)).await
    }

    /// Everything this ticket has.
    pub async fn standing(&self, ticket: &str) -> Result<Standing, Refusal> {
        let ask = self.get(Step::Standing, "/tickets/me", Some(ticket));
        self.client.call(&ask).await
    }

    /// Asks for the right to buy.
    pub async fn pass(&self, ticket: &str) -> Result<PassAnswer, Refusal> {
        let ask = self.post(Step::Pass, Lane::Buy, "/passes", Some(ticket), Body::None);
        self.client.call(&self.proven(ask)).await
    }

    /// Buys.
    pub async fn order(&self, pass: &str) -> Result<Order, Refusal> {
        let ask = self.post(Step::Order, Lane::Buy, "/orders", Some(pass), Body::None);
        self.client.call(&ask).await
    }

    /// Gives the place back.
    pub async fn leave(&self, ticket: &str) -> Result<(), Refusal> {
        let mut ask = self.get(Step::Leave, "/tickets/me", Some(ticket));
        ask.method = Method::DELETE;
        self.client.tell(&self.proven(ask)).await
    }

    /// With a proof of the key, for whoever has one.
    fn proven<'a>(&self, mut ask: Ask<'a>) -> Ask<'a> {
        let key = self.guise.as_ref().and_then(|guise| guise.key.as_ref());
        if let (Some(key), Some(ticket)) = (key, ask.bearer) {
            let (method, path) = (ask.method.as_str(), &*ask.path);
            ask.headers
                .extend(key.proof(method, path, ticket).map(|proof| ("dpop", proof)));
        }
        ask
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let guise = self.guise.as_ref();
        guise.map_or_else(Vec::new, |guise| guise.headers.clone())
    }

    fn get<'a>(&self, step: Step, path: &str, bearer: Option<&'a str>) -> Ask<'a> {
        Ask {
            step,
            lane: Lane::Light,
            method: Method::GET,
            path: format!("{}{path}", self.prefix),
            bearer,
            headers: self.headers(),
            body: Body::None,
        }
    }

    fn post<'a>(
        &self,
        step: Step,
        lane: Lane,
        path: &str,
        bearer: Option<&'a str>,
        body: Body,
    ) -> Ask<'a> {
        Ask {
            step,
            lane,
            method: Method::POST,
            path: format!("{}{path}", self.prefix),
            bearer,
            headers: self.headers(),
            body,
        }
    }
}
