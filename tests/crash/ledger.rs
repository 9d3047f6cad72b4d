//! What the clients know, and nothing else: how often each act was sent, and how often its answer arrived.
//!
//! An act that was sent and not answered may have happened or not. After a restart the audit must lie between the two
//! figures, for each act and each agent; from then on its own figure is the truth, which may neither grow nor shrink.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// The acts, as the audit names them.
pub mod act {
    pub const LOGGED_IN: &str = "login.succeeded";
    pub const LOGIN_REFUSED: &str = "login.refused";
    pub const ACTIVATED: &str = "agent.activated";
    pub const ACTIVATION_REFUSED: &str = "activation.refused";
    pub const SESSION_ENDED: &str = "session.ended";
    pub const DECIDED: &str = "access.decided";
    pub const TOKEN_ISSUED: &str = "token.issued";
    pub const TOKEN_REFUSED: &str = "token.refused";
    pub const ADDED: &str = "agent.added";
    pub const IMPORTED: &str = "agents.imported";
    pub const SUSPENDED: &str = "agent.suspended";
    pub const READ: &str = "audit.read";
}

/// Rows by act and subject; no subject is the empty one.
pub type Counts = BTreeMap<(String, String), u64>;

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    acknowledged: u64,
    sent: u64,
}

/// Shared by everybody who acts on one database.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<(String, String), Tally>>>);

/// What became of the acts since the last restart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub acknowledged: u64,
    /// Not answered, and in the audit.
    pub happened: u64,
    /// Not answered, and not in the audit.
    pub vanished: u64,
}

impl Ledger {
    /// A request is on its way that may do this.
    pub fn sent(&self, act: &str, subject: &str) {
        self.tallies().entry(key(act, subject)).or_default().sent += 1;
    }

    /// The answer says that it was done.
    pub fn done(&self, act: &str, subject: &str) {
        self.tallies().entry(key(act, subject)).or_default().acknowledged += 1;
    }

    /// The answer says that it was not done.
    pub fn not_done(&self, act: &str, subject: &str) {
        self.tallies().entry(key(act, subject)).or_default().sent -= 1;
    }

    /// Takes the audit as it is for known: the beginning.
    pub fn begin(&self, counts: &Counts) {
        let known = counts.iter().map(|(key, n)| (key.clone(), Tally { acknowledged: *n, sent: *n }));
        *self.tallies() = known.collect();
    }

    /// Compares with the audit, tells what cannot be, and takes the rest for known.
    pub fn settle(&self, counts: &Counts, known_before: &Counts, findings: &mut Vec<String>) -> Outcome {
        let mut tallies = self.tallies();
        for key in counts.keys() {
            tallies.entry(key.clone()).or_default();
        }
        let mut outcome = Outcome::default();
        for (key, tally) in tallies.iter_mut() {
            let (rows, before) = (counts.get(key).copied().unwrap_or(0), known_before.get(key).copied().unwrap_or(0));
            let (act, subject) = key;
            if rows < tally.acknowledged {
                findings.push(format!(
                    "LOST: {act} of {subject:?}: {} acknowledged, {rows} in the audit",
                    tally.acknowledged
                ));
            }
            if rows > tally.sent {
                findings.push(format!("TOO MUCH: {act} of {subject:?}: {} sent, {rows} in the audit", tally.sent));
            }
            outcome.acknowledged += tally.acknowledged.saturating_sub(before);
            outcome.happened += rows.saturating_sub(tally.acknowledged);
            outcome.vanished += tally.sent.saturating_sub(rows);
            *tally = Tally { acknowledged: rows, sent: rows };
        }
        outcome
    }

    fn tallies(&self) -> MutexGuard<'_, BTreeMap<(String, String), Tally>> {
        self.0.lock().expect("the ledger")
    }
}

fn key(act: &str, subject: &str) -> (String, String) {
    (act.to_owned(), subject.to_owned())
}

#[cfg(test)]
mod tests {
    use super::act::{LOGGED_IN, TOKEN_ISSUED};
    use super::*;

    fn settle(ledger: &Ledger, rows: &[(&str, u64)]) -> (Vec<String>, Outcome) {
        let counts = rows.iter().map(|(act, n)| (key(act, "100001"), *n)).collect();
        let mut findings = Vec::new();
        let outcome = ledger.settle(&counts, &Counts::new(), &mut findings);
        (findings, outcome)
    }

    #[test]
    fn what_was_acknowledged_must_be_there_and_what_was_never_sent_must_not() {
        let ledger = Ledger::default();
        ledger.sent(LOGGED_IN, "100001");
        ledger.done(LOGGED_IN, "100001");
        assert_eq!(settle(&ledger.clone(), &[(LOGGED_IN, 1)]).0, [""; 0]);
        let (findings, _) = settle(&ledger, &[(TOKEN_ISSUED, 1)]);
        assert_eq!(findings.len(), 2, "{findings:?}");
    }

    #[test]
    fn what_was_not_answered_may_be_either_and_stays_what_it_was_found_to_be() {
        for rows in [0, 1] {
            let ledger = Ledger::default();
            ledger.sent(LOGGED_IN, "100001");
            let (findings, outcome) = settle(&ledger, &[(LOGGED_IN, rows)]);
            assert_eq!((findings.len(), outcome.happened, outcome.vanished), (0, rows, 1 - rows));
            let (findings, _) = settle(&ledger, &[(LOGGED_IN, 1 - rows)]);
            assert_eq!(findings.len(), 1, "{findings:?}");
        }
    }

    #[test]
    fn what_was_refused_must_not_be_there() {
        let ledger = Ledger::default();
        ledger.sent(TOKEN_ISSUED, "100001");
        ledger.not_done(TOKEN_ISSUED, "100001");
        assert_eq!(settle(&ledger, &[(TOKEN_ISSUED, 1)]).0.len(), 1);
    }
}
