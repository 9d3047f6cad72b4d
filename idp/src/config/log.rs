//! `[log]`: how much is written to the log, and in which form.

use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct LogConfig {
    pub format: LogFormat,
    pub level: LogLevel,
}

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The least severe level that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The word of the configuration, which tracing's filters understand too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

pub(super) fn read(section: &Section<'_>) -> LogConfig {
    let others =
        [LogLevel::Error, LogLevel::Warn, LogLevel::Debug, LogLevel::Trace].map(|level| (level.as_str(), level));
    LogConfig {
        format: section.choice("format", ("text", LogFormat::Text), &[("json", LogFormat::Json)]),
        level: section.choice("level", (LogLevel::Info.as_str(), LogLevel::Info), &others),
    }
}
