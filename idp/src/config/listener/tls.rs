//! `listener.tls`: a certificate chain and its key, as PEM files. They are read and judged here, so that `octroi config
//! check` tells before the restart what a start would tell.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::problem::Fault;
use crate::config::section::Section;
use crate::crypto::tls::{Part, ServerIdentity};
use crate::domain::time::{Clock, Timestamp};

/// Long enough before the end to have a new certificate made by people.
const WARN_AHEAD: Duration = Duration::from_hours(30 * 24);

/// Two files that belong together.
#[derive(Debug, Clone)]
pub struct ListenerTls {
    /// Read again at each reload.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// What they held when the configuration was read.
    pub identity: ServerIdentity,
}

pub(super) fn read(section: &Section<'_>) -> Option<ListenerTls> {
    let certificate = section.required_text("certificate", "tls.pem");
    let key = section.required_text("key", "tls.key");
    let (certificate, key) = (section.reader.resolve(&certificate?), section.reader.resolve(&key?));
    match ServerIdentity::load(&certificate, &key) {
        Ok(identity) => {
            // Browsers judge it by the real time, whatever clock a test runs on.
            if let Some(fault) = judge_validity(identity.validity(), Clock::system().now()) {
                section.warning("certificate", fault);
            }
            Some(ListenerTls { certificate, key, identity })
        }
        Err(error) => {
            let at = if error.part() == Part::Key { "key" } else { "certificate" };
            section.error(at, Fault::new(error.to_string(), error.fix()));
            None
        }
    }
}

/// No reason not to start: the other listeners would be gone too.
fn judge_validity((from, until): (Timestamp, Timestamp), now: Timestamp) -> Option<Fault> {
    let what = if now >= until {
        format!("the certificate, or one of its chain, expired at {}", until.to_rfc3339())
    } else if now < from {
        format!("the certificate, or one of its chain, is not valid before {}", from.to_rfc3339())
    } else if now.until(until) < WARN_AHEAD {
        format!("the certificate, or one of its chain, expires at {}", until.to_rfc3339())
    } else {
        return None;
    };
    Some(Fault::new(what, "put a new one into the file, then send the server SIGHUP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thirty_days_are_told_and_what_is_not_valid_too() {
        let day = |day: i64| Timestamp::from_seconds(day * 86_400);
        let told = |now| judge_validity((day(10), day(100)), now).map(|fault| fault.what);
        assert_eq!(told(day(10)), None);
        assert_eq!(told(day(70)), None);
        assert!(told(day(71)).is_some_and(|what| what.contains("expires at 1970-04-11")));
        assert!(told(day(100)).is_some_and(|what| what.contains("expired at 1970-04-11")));
        assert!(told(day(9)).is_some_and(|what| what.contains("not valid before 1970-01-11")));
    }
}
