//! `[metrics]`: the listener of `/metrics`, apart from those that agents and applications reach.

use std::net::SocketAddr;

use super::listener::parse_tcp;
use super::section::Section;

/// The section, checked. Without the section there is no such listener.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    pub bind: SocketAddr,
}

pub(super) fn read(section: &Section<'_>) -> Option<MetricsConfig> {
    let bind = section.text("bind", "127.0.0.1:9464");
    Some(MetricsConfig { bind: section.judge("bind", parse_tcp(&bind))? })
}
