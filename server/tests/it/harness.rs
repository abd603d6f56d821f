//! `sluice serve` for one test, and a shopper who speaks HTTP.

use crate::database::{Database, postgres};
use protocol::digest::{from_hex, to_hex};
use protocol::{Phase, Snapshot, proof};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(40);
const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

/// A running edge.
pub(crate) struct Edge {
    child: Child,
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) psp_url: String,
    pub(crate) operator_password: String,
    client: Client,
    directory: TempDir,
    settings: Vec<(&'static str, String)>,
    /// Its ledger's, when that is not a file under `data`.
    _database: Option<Database>,
}

/// Status and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {self:?}"))
    }
}

impl Edge {
    pub(crate) async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// Another edge of the same shop: it shares the stores, the provider and the secrets.
    pub(crate) async fn beside(&self) -> Self {
        let data = self.data();
        let secret = std::fs::read_to_string(data.join("secret")).unwrap();
        Self::start_with(vec![
            ("SLUICE_SERVER__SECRET", secret.trim().to_owned()),
            (
                "SLUICE_SERVER__OPERATOR_PASSWORD",
                self.operator_password.clone(),
            ),
            (
                "REDIS_URL",
                format!("redis+unix://{}/redis.sock", data.display()),
            ),
            ("DATABASE_URL", self.database_url()),
            ("PSP_URL", self.psp_url.clone()),
        ])
        .await
    }

    /// Starts one with these environment variables.
    pub(crate) async fn start_with(mut settings: Vec<(&'static str, String)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut database = None;
        if postgres().is_some() && !settings.iter().any(|(name, _)| *name == "DATABASE_URL") {
            let new = Database::create(directory.path()).await;
            settings.push(("DATABASE_URL", new.url.clone()));
            database = Some(new);
        }
        let (child, ready) = launch(directory.path(), &settings).await;
        let text = |field: &str| ready[field].as_str().unwrap().to_owned();
        Self {
            child,
            url: text("url"),
            admin_url: text("admin_url"),
            psp_url: text("psp_url"),
            operator_password: text("operator_password"),
            client: Client::builder()
                .user_agent("Mozilla/5.0")
                .default_headers(HeaderMap::from_iter([(
                    header::ACCEPT_LANGUAGE,
                    HeaderValue::from_static("en"),
                )]))
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            directory,
            settings,
            _database: database,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where its ledger is, for other processes.
    pub(crate) fn database_url(&self) -> String {
        let set = self
            .settings
            .iter()
            .find(|(name, _)| *name == "DATABASE_URL");
        match set {
            Some((_, url)) => url.clone(),
            None => format!("sqlite:{}/ledger.sqlite", self.data().display()),
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Sends a signal to the edge.
    pub(crate) fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// The process id of its embedded redis-server.
    pub(crate) fn redis_pid(&self) -> u32 {
        let children = Command::new("pgrep")
            .args(["-P", &self.child.id().to_string(), "redis-server"])
            .output()
            .unwrap();
        String::from_utf8(children.stdout)
            .unwrap()
            .trim()
            .parse()
            .expect("one redis-server")
    }

    /// Ends it with this signal and starts another one on the same data.
    pub(crate) async fn restart(&mut self, signal: &str) {
        self.signal(signal);
        self.child.wait().unwrap();
        let (child, ready) = launch(self.directory.path(), &self.settings).await;
        self.child = child;
        self.url = ready["url"].as_str().unwrap().to_owned();
        self.psp_url = ready["psp_url"].as_str().unwrap().to_owned();
    }

    /// Ends it in order; its data stay.
    pub(crate) fn ends(&mut self) {
        self.signal("TERM");
        self.child.wait().unwrap();
    }

    /// Runs another command of the binary on the same data.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        Command::new(SLUICE)
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("DATABASE_URL", self.database_url())
            .output()
            .unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn operator(&self) -> String {
        let login = json!({ "password": self.operator_password });
        let answer = self
            .send(Method::POST, "/api/v1/operator/login", None, Some(login))
            .await;
        answer.text("token").to_owned()
    }

    /// Announces a sale with its lobby open.
    pub(crate) async fn announces(&self, sale: &str, units: u32) {
        self.announces_at(sale, units, 500).await;
    }

    /// The same, with an admission rate.
    pub(crate) async fn announces_at(&self, sale: &str, units: u32, rate: u32) {
        let token = self.operator().await;
        let new = json!({
            "sale": sale, "title": "A test", "units": units, "rate": rate,
            "price": { "minor": 12900, "currency": "EUR" }, "opens_at": now() + 3_600_000,
        });
        let answer = self
            .send(
                Method::POST,
                "/api/v1/operator/sales",
                Some(&token),
                Some(new),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.until_phase(sale, Phase::Lobby).await;
    }

    pub(crate) async fn acts(&self, sale: &str, act: &str) -> Answer {
        let token = self.operator().await;
        self.send(
            Method::POST,
            &format!("/api/v1/operator/sales/{sale}/{act}"),
            Some(&token),
            None,
        )
        .await
    }

    pub(crate) async fn status(&self, sale: &str) -> Snapshot {
        self.tries_status(sale).await.expect("a status")
    }

    /// The status; `None` on an edge that has not heard of the sale yet.
    async fn tries_status(&self, sale: &str) -> Option<Snapshot> {
        let answer = self.get(&format!("/api/v1/sales/{sale}/status")).await;
        serde_json::from_value(answer.body).ok()
    }

    /// The status as of now: snapshots taken before the call do not count.
    pub(crate) async fn fresh_status(&self, sale: &str) -> Snapshot {
        let asked_at = now();
        self.until("a new snapshot", async || {
            Some(self.status(sale).await).filter(|s| s.at > asked_at)
        })
        .await
    }

    pub(crate) async fn until_phase(&self, sale: &str, phase: Phase) -> Snapshot {
        self.until(phase.as_str(), async || {
            self.tries_status(sale).await.filter(|s| s.phase == phase)
        })
        .await
    }

    /// A solved join for this sale, not sent yet.
    pub(crate) async fn solved(&self, sale: &str) -> Value {
        self.tries_to_solve(sale).await.expect("a puzzle")
    }

    /// The same; `None` while the sale gives no puzzles.
    pub(crate) async fn tries_to_solve(&self, sale: &str) -> Option<Value> {
        let device = to_hex(&[1; 32]);
        let path = format!("/api/v1/sales/{sale}/challenge");
        let answer = self
            .send(Method::POST, &path, None, Some(json!({ "device": device })))
            .await;
        let challenge = Some(answer).filter(|a| a.status.is_success())?.body;
        let seed = from_hex(challenge["seed"].as_str().unwrap()).unwrap();
        let (rounds, difficulty) = (
            challenge["rounds"].as_u64().unwrap(),
            challenge["difficulty"].as_u64().unwrap(),
        );
        let nonces = proof::solve(&seed, rounds as u8, difficulty as u8);
        Some(json!({ "challenge": challenge["challenge"], "nonces": nonces, "device": device }))
    }

    /// Joins with what was solved; `None` while the edge is only busy.
    pub(crate) async fn tries_to_join(&self, sale: &str, join: &Value) -> Option<String> {
        let path = format!("/api/v1/sales/{sale}/tickets");
        let answer = self
            .send(Method::POST, &path, None, Some(join.clone()))
            .await;
        if answer.status == 503 {
            return None;
        }
        assert!(answer.status.is_success(), "{answer:?}");
        Some(answer.text("ticket").to_owned())
    }

    /// Joins and hands out the ticket.
    pub(crate) async fn joins(&self, sale: &str) -> String {
        let join = self.solved(sale).await;
        let answer = self
            .send(
                Method::POST,
                &format!("/api/v1/sales/{sale}/tickets"),
                None,
                Some(join),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("ticket").to_owned()
    }

    /// Holds the price on a good card.
    pub(crate) async fn authorizes(&self, sale: &str, ticket: &str) -> Answer {
        let number = format!("424242424242{:04}", 4242);
        let form = [
            ("type", "card"),
            ("card[number]", &number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let card = self
            .client
            .post(format!("{}/v1/payment_methods", self.psp_url))
            .bearer_auth("pk_test_sluice")
            .form(&form);
        let card = read(card).await;
        let body = json!({ "payment_method": card.text("id"), "email": "someone@example.org" });
        let answer = self
            .send(
                Method::POST,
                &format!("/api/v1/sales/{sale}/authorizations"),
                Some(ticket),
                Some(body),
            )
            .await;
        assert_eq!(answer.text("status"), "authorized", "{answer:?}");
        answer
    }

    pub(crate) async fn pass(&self, sale: &str, ticket: &str) -> String {
        let path = format!("/api/v1/sales/{sale}/passes");
        self.until("the pass is given", async || {
            let answer = self.send(Method::POST, &path, Some(ticket), None).await;
            (answer.status == 200).then(|| answer.text("pass").to_owned())
        })
        .await
    }

    pub(crate) async fn buys(&self, sale: &str, pass: &str) -> Answer {
        self.send(
            Method::POST,
            &format!("/api/v1/sales/{sale}/orders"),
            Some(pass),
            None,
        )
        .await
    }

    /// Asks again until there is an answer; otherwise tells what the edge said.
    pub(crate) async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let asking = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => panic!(
                "waited {PATIENCE:?} in vain until {what}; the edge said:\n{}",
                self.log()
            ),
        }
    }
}

impl Drop for Edge {
    /// Ends it, whatever a failed test left behind: a child that was stopped would never hear of the end.
    fn drop(&mut self) {
        let children = children_of(self.child.id());
        for child in &children {
            kill("CONT", *child);
        }
        self.signal("TERM");
        let patience = std::time::Instant::now() + Duration::from_secs(15);
        while matches!(self.child.try_wait(), Ok(None)) {
            if std::time::Instant::now() > patience {
                for process in children.iter().chain([&self.child.id()]) {
                    kill("KILL", *process);
                }
                break;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "drop cannot wait in any other way"
            )]
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.wait();
    }
}

fn children_of(pid: u32) -> Vec<u32> {
    let children = Command::new("pgrep")
        .args(["-P", &pid.to_string()])
        .output();
    let text = children.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}

/// Waits for what a process writes once it answers.
pub(crate) async fn until_ready(file: &Path) -> Value {
    let waiting = async {
        loop {
            let text = std::fs::read(file).unwrap_or_default();
            if let Ok(ready) = serde_json::from_slice(&text) {
                return ready;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("{} never came", file.display()))
}

async fn launch(directory: &Path, settings: &[(&str, String)]) -> (Child, Value) {
    let ready_file = directory.join("ready.json");
    let _ = std::fs::remove_file(&ready_file);
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .unwrap();
    let mut child = Command::new(SLUICE)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .arg("--data")
        .arg(directory.join("data"))
        .arg("--ready-file")
        .arg(&ready_file)
        .env("SLUICE_GATE__DIFFICULTY", "4")
        .env("SLUICE_ROOM__FOLD_IN_MS", "100")
        .env("SLUICE_STOCK__LEASE_MS", "1000")
        .env("NO_COLOR", "1")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let waiting = async {
        loop {
            if let Some(ready) = std::fs::read(&ready_file)
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok())
            {
                return Ok(ready);
            }
            if let Some(ended) = child.try_wait().unwrap() {
                return Err(ended.to_string());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(Ok(ready)) => (child, ready),
        trouble => {
            let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            panic!("the edge did not come up ({trouble:?}); it said:\n{log}");
        }
    }
}

pub(crate) fn kill(signal: &str, pid: u32) {
    Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .status()
        .unwrap();
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let content_type = answer
        .headers()
        .get("content-type")
        .map(|v| v.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let bytes = answer.bytes().await.unwrap();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Answer {
        status,
        content_type,
        body,
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' one clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}
