//! The first step: who asks for which agent over which channel. A code is sent where everything holds; everywhere else
//! the same rows are written and the same message is sealed, and nothing leaves the house.

use std::time::Duration;

use serde_json::json;

use super::{bearer, count, refused};
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::budget::{CODES_PER_DAY, CODES_PER_HOUR, resets_from};
use crate::domain::channel::{Address, ChannelKind};
use crate::domain::locale::Locale;
use crate::domain::notice::{Notice, Recipient, ShownCode};
use crate::domain::reason::Reason;
use crate::domain::reset::{CODE_DIGITS, CODE_LIFETIME, RESEND_UNTIL, ResetFacts, Withheld, may_begin};
use crate::domain::secret::PlainToken;
use crate::domain::soi::{Soi, normalise};
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::login::{Login, LoginError, Visit};
use crate::storage::resets::NewReset;
use crate::storage::standing::{self, AgentStanding};
use crate::storage::{StoreError, Tx, audit, budgets, channels, preferences, resets};

/// Whom nothing is sent to: as long as most.
const NOBODY: (&str, &str) = ("Camille Personne", "camille.personne@ville.example");

/// What is answered to a request.
#[derive(Debug)]
pub enum Requested {
    /// Perhaps a code was sent; the ticket opens the second step.
    Taken(PlainToken),
    /// This network asks too often.
    TooOften { wait: Duration },
}

/// What is answered to the wish for another code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// Perhaps another code was sent.
    Taken,
    TooOften {
        wait: Duration,
    },
    /// The attempt is unknown, over or too old: begin anew.
    Gone,
}

/// Where a code goes, or why to nowhere.
enum Sending {
    To(Box<Agent>, Recipient),
    Nowhere(Option<Soi>, Withheld),
}

impl Login {
    /// Begins an attempt for what was typed as SOI, over this channel.
    pub async fn request_reset(
        &self,
        typed: &str,
        channel: ChannelKind,
        visit: Visit<'_>,
    ) -> Result<Requested, LoginError> {
        let now = self.clock.now();
        let identifier = normalise(typed);
        let soi = self.settings.soi_syntax.parse(typed).unwrap_or_else(|_| Soi::from_stored(String::new()));
        let identifier_key = self.lookup.digest(Form::ResetCode.as_str(), &identifier);
        let (ticket, code) = (self.random.token(), self.random.digits(CODE_DIGITS));
        let (bearer, code_hash) = (bearer(&ticket, visit), self.reset_digest(&ticket, &code));
        let taken = self
            .store
            .write(async |tx: &mut Tx| -> Result<Result<bool, Duration>, StoreError> {
                if let Err(wait) = self.network_may_ask(tx, visit, now).await? {
                    return Ok(Err(wait));
                }
                let is_within_budget = self.may_send(tx, &identifier_key, now).await?;
                let sending = self.where_to(tx, &soi, channel, is_within_budget, now).await?;
                let to = match &sending {
                    Sending::To(agent, _) => Some(&agent.record.soi),
                    Sending::Nowhere(..) => None,
                };
                let expires_at = now.plus(CODE_LIFETIME);
                let new = NewReset { bearer: &bearer, identifier_key, soi: to, channel, code_hash, expires_at };
                resets::insert(tx, &new, now).await?;
                self.send(tx, sending, channel, &code, visit, now).await.map(Ok)
            })
            .await?;
        Ok(match taken {
            Ok(is_sent) => {
                count(visit, if is_sent { "sent" } else { "withheld" });
                Requested::Taken(ticket)
            }
            Err(wait) => {
                count(visit, "throttled");
                Requested::TooOften { wait }
            }
        })
    }

    /// Another code in the same attempt. The tries that were made stay made.
    pub async fn resend_reset(&self, ticket: &PlainToken, visit: Visit<'_>) -> Result<Resent, LoginError> {
        let now = self.clock.now();
        let (bearer, code) = (bearer(ticket, visit), self.random.digits(CODE_DIGITS));
        let code_hash = self.reset_digest(ticket, &code);
        let nobody = Soi::from_stored(String::new());
        let resent = self
            .store
            .write(async |tx: &mut Tx| -> Result<Resent, StoreError> {
                if let Err(wait) = self.network_may_ask(tx, visit, now).await? {
                    return Ok(Resent::TooOften { wait });
                }
                let Some(open) = resets::find(tx, &bearer, now.minus(RESEND_UNTIL)).await? else {
                    return Ok(Resent::Gone);
                };
                let is_within_budget = self.may_send(tx, &open.identifier_key, now).await?;
                // Where no other code may be sent, the one before stays good.
                let (code_hash, expires_at) = if is_within_budget {
                    (code_hash, now.plus(CODE_LIFETIME))
                } else {
                    (open.code_hash, open.expires_at)
                };
                if !resets::resend(tx, &bearer, code_hash, expires_at).await? {
                    return Ok(Resent::Gone);
                }
                let soi = open.soi.as_ref().unwrap_or(&nobody);
                let sending = self.where_to(tx, soi, open.channel, is_within_budget, now).await?;
                self.send(tx, sending, open.channel, &code, visit, now).await?;
                Ok(Resent::Taken)
            })
            .await?;
        count(visit, if resent == Resent::Taken { "resent" } else { "refused" });
        Ok(resent)
    }

    /// Counts a request of this network; a contact without an address has none.
    async fn network_may_ask(
        &self,
        tx: &mut Tx,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, StoreError> {
        let source = self.settings.sources.source_of(visit.contact.client_address.as_deref());
        let Some(source) = source else { return Ok(Ok(())) };
        let budget = resets_from(visit.zone, source.is_shared);
        let key = self.lookup.digest(budget.purpose, &source.to_string());
        if budgets::take(tx, &key, budget, now).await? {
            return Ok(Ok(()));
        }
        audit::append(tx, &refused("password.reset_requested", None, Reason::AccountThrottled, visit), now).await?;
        Ok(Err(budgets::window_end(tx, &key).await?.map_or(budget.window, |end| now.until(end))))
    }

    /// Counts a code for this identifier, known or not. What the hour refuses does not spend the day.
    async fn may_send(&self, tx: &mut Tx, identifier_key: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        for budget in [CODES_PER_HOUR, CODES_PER_DAY] {
            let key = self.lookup.digest_again(budget.purpose, identifier_key);
            if !budgets::take(tx, &key, budget, now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same statements for everybody.
    async fn where_to(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        channel: ChannelKind,
        is_within_budget: bool,
        now: Timestamp,
    ) -> Result<Sending, StoreError> {
        let known = standing::find_agent(tx, soi).await?;
        let proved = channels::of_agent(tx, soi).await?;
        let locale = preferences::language(tx, soi).await?;
        let address = known.as_ref().and_then(|known| channel.address_of(&known.agent.record)).filter(|address| {
            let can_be_sent = channel != ChannelKind::Mobile || self.settings.sends_sms;
            can_be_sent && proved.iter().any(|c| c.kind == channel && c.address == *address && c.may_reset(now))
        });
        let password = known.as_ref().and_then(|known| known.password.as_ref());
        let facts = ResetFacts {
            standing: known.as_ref().map(|known| self.standing(&known.agent, now)),
            is_activated: password.is_some(),
            is_suspended: password.is_some_and(|password| password.suspended_at.is_some()),
            channel_counts: address.is_some(),
            is_within_budget,
        };
        Ok(match (may_begin(facts), known, address) {
            (Ok(()), Some(AgentStanding { agent, .. }), Some(address)) => {
                let (soi, name) = (Some(agent.record.soi.clone()), agent.record.full_name());
                Sending::To(Box::new(agent), Recipient { soi, name, address, locale })
            }
            (verdict, known, _) => {
                let why = verdict.err().unwrap_or(Withheld::NoChannel);
                Sending::Nowhere(known.map(|known| known.agent.record.soi), why)
            }
        })
    }

    /// Queues the code, or seals it for nobody; answers whether it is sent.
    async fn send(
        &self,
        tx: &mut Tx,
        sending: Sending,
        channel: ChannelKind,
        code: &PlainCode,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (to, subject, withheld) = match sending {
            Sending::To(agent, recipient) => (recipient, Some(agent.record.soi), None),
            Sending::Nowhere(subject, why) => {
                let address = match channel {
                    ChannelKind::WorkEmail | ChannelKind::RecoveryEmail => Address::Email(NOBODY.1.to_owned()),
                    ChannelKind::Mobile => Address::Mobile("+33600000000".to_owned()),
                };
                let nobody = Recipient { soi: None, name: NOBODY.0.to_owned(), address, locale: Locale::default() };
                (nobody, subject, Some(why))
            }
        };
        let notice = Notice::ResetCode { code: ShownCode::new(code.grouped()), valid_for: CODE_LIFETIME };
        self.outbox.queue_if(tx, to, notice, withheld.is_none(), now).await?;
        let event = Event::new("password.reset_requested", Actor::Stranger).with_contact(visit.contact).with_detail(
            json!({ "channel": channel, "sent": withheld.is_none(), "withheld": withheld.map(Withheld::as_str) }),
        );
        // An identifier that matches nobody is not kept (GDPR-02).
        audit::append(tx, &Event { subject, ..event }, now).await?;
        Ok(withheld.is_none())
    }
}
