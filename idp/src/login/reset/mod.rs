//! `/forgot-password`: a code over a verified channel, then a new password. Who asks is not logged in by it.
//!
//! Three steps, each bound to a ticket and to the browser that it was given to: [`request`] sends a code, or does the
//! same work and sends none; [`code`] tries it; [`choice`] sets the password. Until the code is right, known and unknown
//! SOIs get the same words, the same statements and the same sealing. No step runs argon2id before that.

pub mod choice;
pub mod code;
pub mod request;

use super::{Login, Visit};
use crate::crypto::hash::hash_token;
use crate::crypto::short_code::PlainCode;
use crate::domain::audit::{Actor, Event};
use crate::domain::factor::SecondFactor;
use crate::domain::reason::Reason;
use crate::domain::reset::{AfterCode, after_code};
use crate::domain::secret::PlainToken;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::resets::{Bearer, PURPOSE};
use crate::storage::{StoreError, Tx};

/// The names of what is counted, for `octroi_password_reset_total`.
fn count(visit: Visit<'_>, result: &'static str) {
    metrics::counter!("octroi_password_reset_total", "zone" => visit.zone.as_str(), "result" => result).increment(1);
}

/// What a form proves: the database knows ticket and browser by their hashes.
fn bearer(ticket: &PlainToken, visit: Visit<'_>) -> Bearer {
    Bearer { ticket: hash_token(ticket), browser: hash_token(visit.browser) }
}

impl Login {
    /// Whether a second factor has to be given beside the new password: one is enrolled, and no session of this browser
    /// and agent has given it.
    async fn reset_asks_code(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let given = visit.session.filter(|own| own.soi == *soi).and_then(|own| own.second_at(now));
        let is_given = given.is_some_and(SecondFactor::is_held);
        Ok(after_code(self.has_factor(tx, soi).await? && !is_given) == AfterCode::ProveFactor)
    }

    /// A code is worth something in its own attempt only.
    fn reset_digest(&self, ticket: &PlainToken, code: &PlainCode) -> [u8; 32] {
        self.short_codes.digest(PURPOSE, ticket.reveal(), code)
    }
}

fn refused(act: &'static str, soi: Option<&Soi>, reason: Reason, visit: Visit<'_>) -> Event {
    let event = Event::new(act, Actor::Stranger).refused(reason).with_contact(visit.contact);
    Event { subject: soi.cloned(), ..event }
}
