//! An HTTP gateway for text messages, with a will of its own: it can answer what a test wants, a number of times.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is waited for comes within this time, or never.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request, taken or not.
#[derive(Debug, Clone)]
pub struct ReceivedSms {
    pub to: String,
    pub text: String,
    /// The message's own, the same each time.
    pub idempotency_key: String,
    /// What the gateway answered.
    pub status: u16,
    pub authorization: Option<String>,
}

/// The gateway.
pub struct SmsGateway {
    port: u16,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// The next answers; 202 after them.
    answers: Mutex<VecDeque<u16>>,
    requests: watch::Sender<Vec<ReceivedSms>>,
}

impl Drop for SmsGateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl SmsGateway {
    /// A gateway on a free port of this machine.
    pub async fn start() -> Self {
        let port = crate::idp::free_port();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("a port");
        let shared = Arc::new(Shared::default());
        let router = Router::new().route("/messages", post(take)).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("the gateway serves") });
        Self { port, shared, serving }
    }

    /// The section of a configuration that sends text messages here.
    pub fn config(&self) -> String {
        format!("[sms]\nurl = \"http://127.0.0.1:{}/messages\"\nallow = [\"127.0.0.1\"]\n", self.port)
    }

    /// Answers these statuses next, and takes everything afterwards.
    pub fn answer(&self, statuses: &[u16]) {
        self.shared.answers.lock().expect("the answers").extend(statuses);
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<ReceivedSms> {
        self.shared.requests.borrow().clone()
    }

    /// What was taken so far.
    pub fn received(&self) -> Vec<ReceivedSms> {
        self.requests().into_iter().filter(|sms| sms.status < 300).collect()
    }

    /// Waits until there were `count` requests, and answers them.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedSms> {
        let mut requests = self.shared.requests.subscribe();
        match tokio::time::timeout(PATIENCE, requests.wait_for(|requests| requests.len() >= count)).await {
            Ok(requests) => requests.expect("the gateway lives").clone(),
            Err(_) => panic!("{count} text messages were expected: {:#?}", self.requests()),
        }
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Json<Value>) {
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = shared.answers.lock().expect("the answers").pop_front().unwrap_or(202);
    let sms = ReceivedSms {
        to: text("to"),
        text: text("text"),
        idempotency_key: header("idempotency-key").unwrap_or_default(),
        status,
        authorization: header("authorization"),
    };
    shared.requests.send_modify(|requests| requests.push(sms));
    (StatusCode::from_u16(status).expect("a status"), Json(body))
}
