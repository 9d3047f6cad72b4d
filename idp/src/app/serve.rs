//! `octroi serve`: from a configuration file to a server that stops when it is told to.

use tokio::signal::unix::{SignalKind, signal};

use super::{App, Migrate, StartError, Surroundings};
use crate::config::{Config, LogFormat};
use crate::telemetry;

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
        tracing::info!(listener = name, %address, "listening");
    }
    tracing::info!(issuer, version = env!("CARGO_PKG_VERSION"), "ready");
    let stop = stop_signal()?;
    bound.serve(stop).await
}

/// Resolves at the first SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
