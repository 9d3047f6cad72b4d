//! What Octroi says about itself: structured logs to standard error, metrics for `/metrics`.
//!
//! Modules record through the `tracing` and `metrics` macros; only this file knows how they leave the process. A log line
//! never carries a secret: what is secret has a type whose `Debug` is silent. Names are CONTRACT's, prefix `octroi_`.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for collectors.
    Json,
    /// For people.
    Text,
}

/// Sends log lines of `level` and above to standard error. A second call changes nothing.
pub fn start_log(format: LogFormat, level: &str) {
    // sqlx logs statements at `debug`; they carry no values, and are noise all the same.
    let filter = EnvFilter::new(format!("{level},sqlx=warn,hyper=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let colours = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let started = match format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(layer.with_target(false)).try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

/// The recorded figures of this process.
#[derive(Debug, Clone)]
pub struct Figures(PrometheusHandle);

static METRICS: OnceLock<Figures> = OnceLock::new();

/// The exporter of this process, installed at the first call.
pub fn metrics() -> &'static Figures {
    METRICS.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_group_commit_size".to_owned()), MEMBERS)
            })
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("another metrics recorder was installed before");
        }
        describe();
        Figures(handle)
    })
}

impl Figures {
    /// Sums up what was recorded since. Without it each measurement is kept until somebody reads the figures, who may
    /// never come.
    pub fn sum_up(&self) {
        self.0.run_upkeep();
    }

    /// The figures in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// From a lone writer to a crowd.
const MEMBERS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// From half a millisecond to ten seconds: a token to a stormy login.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("octroi_login_total", "login attempts by zone, result and reason");
    describe_counter!("octroi_factor_code_total", "codes over a second channel that were asked for");
    describe_counter!("octroi_throttle_total", "attempts that had to wait, by zone and by whose count");
    describe_counter!("octroi_guessing_suspected_total", "what looked like guessing, once a day for each subject");
    describe_counter!("octroi_attempt_without_address_total", "attempts that no network could be counted for");
    describe_counter!("octroi_token_issued_total", "tokens issued by grant type and application");
    describe_counter!("octroi_client_auth_failed_total", "client authentications that failed, by application");
    describe_counter!("octroi_zone_decision_total", "zone decisions by zone and why");
    describe_counter!("octroi_ignored_forwarding_header_total", "forwarding headers that were not believed");
    describe_counter!(
        "octroi_connection_closed_total",
        "connections closed by us before a request, by listener and why"
    );
    describe_histogram!("octroi_http_request_duration_seconds", "requests by route and status");
    describe_histogram!("octroi_store_write_seconds", "writing transactions until durable");
    describe_histogram!("octroi_group_commit_size", "writes that shared one COMMIT of the embedded engine");
    describe_histogram!("octroi_argon2_seconds", "one password hash");
    describe_gauge!("octroi_argon2_queue_depth", "passwords that wait for a thread");
}
