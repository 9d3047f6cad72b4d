//! `octroi serve`: from a configuration file to a server that stops when it is told to.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{App, Migrate, StartError, Surroundings};
use crate::config::{Config, LogFormat};
use crate::jobs::Jobs;
use crate::telemetry;
use crate::web::listen::Tls;

/// Serves until SIGTERM or SIGINT, then drains.
pub async fn serve(config: Config, migrate: Migrate) -> Result<(), StartError> {
    let format = match config.log.format {
        LogFormat::Json => telemetry::LogFormat::Json,
        LogFormat::Text => telemetry::LogFormat::Text,
    };
    telemetry::start_log(format, config.log.level.as_str());
    telemetry::metrics();
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let issuer = config.server.issuer.clone();
    let bound = App::open(config, Surroundings::system(), migrate).await?.bind()?;
    for (name, address) in bound.addresses()? {
        tracing::info!(listener = name, address, "listening");
    }
    // Before anybody is told: who reads `ready` may send a signal at once.
    let stop = stop_signal()?;
    let hangups = signal(SignalKind::hangup())?;
    tracing::info!(issuer, version = env!("CARGO_PKG_VERSION"), "ready");
    let reloading = tokio::spawn(reload_at_hangup(hangups, bound.app.jobs.clone(), bound.certificates()));
    let served = bound.serve(stop).await;
    reloading.abort();
    served
}

/// SIGHUP: applications, signing keys and certificates are read again at once. The configuration file is read at start
/// only.
async fn reload_at_hangup(mut hangups: Signal, jobs: Jobs, certificates: Vec<Tls>) {
    while hangups.recv().await.is_some() {
        match jobs.reload().await {
            Ok(()) => tracing::info!("reloaded applications and signing keys"),
            Err(error) => tracing::error!(%error, "could not reload; what was loaded before stays"),
        }
        for tls in &certificates {
            let listener = tls.listener();
            match tls.reload() {
                Ok(()) => tracing::info!(listener, "reloaded the certificate"),
                Err(error) => {
                    let fix = error.fix();
                    tracing::error!(listener, %error, fix, "could not reload the certificate; the one in force stays");
                }
            }
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
