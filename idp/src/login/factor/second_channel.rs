//! Codes that are sent to an address of the agent: to stand beside the password, or to confirm the first enrolment. A code
//! opens nothing in another session than the one that asked for it.

use std::time::Duration;

use serde_json::json;

use super::event;
use super::given::{Evidence, Given, WrongFactor};
use super::offer::factor_of;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::budget::{FACTOR_CODES_PER_DAY, FACTOR_CODES_PER_HOUR};
use crate::domain::channel::{Channel, ChannelKind};
use crate::domain::enrolment::Enrolment;
use crate::domain::factor::{Proof, SecondFactor};
use crate::domain::ids::Sid;
use crate::domain::notice::{Notice, ShownCode};
use crate::domain::reason::Reason;
use crate::domain::second_channel::{CODE_DIGITS, CODE_LIFETIME, CodePurpose, pause_after};
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::confirmation::Held;
use crate::login::{Login, LoginError, Visit};
use crate::storage::channel_codes::Tried;
use crate::storage::second_channel_codes::{self, NewSecondChannelCode, Next};
use crate::storage::{StoreError, Tx, agents, audit, budgets, sessions};

/// Where asking for a code leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentCode {
    Sent,
    /// The next one later.
    TooMany {
        wait: Duration,
    },
    /// None any more in this session: too many were sent, or too many were wrong.
    NoMore,
    /// Nothing is sent there: it is not the agent's proved address, or it does not count here and now.
    NotOffered,
    /// The session or the account ended meanwhile: log in again.
    Gone,
}

impl Login {
    /// Sends a code to the agent's address of this kind.
    pub async fn send_second_channel_code(
        &self,
        own: &Session,
        purpose: CodePurpose,
        kind: ChannelKind,
        visit: Visit<'_>,
    ) -> Result<SentCode, LoginError> {
        let now = self.clock.now();
        let code = self.random.digits(CODE_DIGITS);
        let sent = self
            .store
            .write(async |tx: &mut Tx| -> Result<SentCode, StoreError> {
                let sent = self.send_code(tx, own, (purpose, kind), &code, visit, now).await?;
                let detail = json!({ "channel": kind, "purpose": purpose });
                let asked = event("factor.code_sent", own, visit).with_detail(detail);
                match sent {
                    SentCode::Sent => audit::append(tx, &asked, now).await?,
                    SentCode::TooMany { .. } | SentCode::NoMore => {
                        audit::append(tx, &asked.refused(Reason::AccountThrottled), now).await?;
                    }
                    SentCode::NotOffered | SentCode::Gone => {}
                }
                Ok(sent)
            })
            .await?;
        let result = if sent == SentCode::Sent { "sent" } else { "refused" };
        metrics::counter!("octroi_factor_code_total", "zone" => visit.zone.as_str(), "factor" => factor_of(kind).as_str(), "result" => result)
            .increment(1);
        Ok(sent)
    }

    /// Tries a code that was sent in this session.
    pub async fn give_second_channel(
        &self,
        held: Held<'_>,
        kind: ChannelKind,
        typed: &str,
        visit: Visit<'_>,
    ) -> Result<Given, LoginError> {
        let Some(code) = PlainCode::typed_digits(typed, CODE_DIGITS) else {
            return Ok(Given::Wrong(WrongFactor::Shape));
        };
        let evidence = Evidence::SecondChannel { sid: held.session.sid.clone(), kind, code };
        self.give(held, &evidence, visit).await
    }

    /// Uses the code of a session, once, while its address still counts; the attempt was taken by the caller.
    pub(in crate::login) async fn use_factor_code(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        sid: &Sid,
        (kind, code): (ChannelKind, &PlainCode),
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Proof, WrongFactor>, StoreError> {
        let Some(channel) = self.proved_channel(tx, agent, kind).await? else { return Ok(Err(WrongFactor::NotThere)) };
        if !self.is_factor_now(agent, &channel, visit.zone, now) {
            return Ok(Err(WrongFactor::NotThere));
        }
        let proof = match factor_of(kind) {
            SecondFactor::Sms => Proof::Sms,
            _ => Proof::Mail,
        };
        Ok(self.try_sent_code(tx, sid, (CodePurpose::Factor, kind), code, now).await?.map(|()| proof))
    }

    /// Whether this is the code that was sent, spent by that.
    pub(in crate::login) async fn try_sent_code(
        &self,
        tx: &mut Tx,
        sid: &Sid,
        (purpose, kind): (CodePurpose, ChannelKind),
        code: &PlainCode,
        now: Timestamp,
    ) -> Result<Result<(), WrongFactor>, StoreError> {
        let digest = self.sent_digest(sid, purpose, code);
        Ok(match second_channel_codes::try_code(tx, sid, (purpose, kind), digest, now).await? {
            Tried::Right => Ok(()),
            Tried::Wrong { .. } => Err(WrongFactor::Wrong),
            Tried::Gone => Err(WrongFactor::NotThere),
        })
    }

    /// The agent's proved address of this kind.
    pub(in crate::login) async fn proved_channel(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        kind: ChannelKind,
    ) -> Result<Option<Channel>, StoreError> {
        Ok(self.proved_channels(tx, agent).await?.into_iter().find(|channel| channel.kind == kind))
    }

    async fn send_code(
        &self,
        tx: &mut Tx,
        own: &Session,
        (purpose, kind): (CodePurpose, ChannelKind),
        code: &PlainCode,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<SentCode, StoreError> {
        let (soi, sid) = (&own.soi, &own.sid);
        let agent = agents::hold(tx, soi).await?.filter(|agent| self.standing(agent, now).refusal().is_none());
        let Some(agent) = agent else { return Ok(SentCode::Gone) };
        if sessions::find(tx, sid).await?.is_none_or(|session| session.ended_at.is_some()) {
            return Ok(SentCode::Gone);
        }
        let Some(channel) = self.proved_channel(tx, &agent, kind).await? else { return Ok(SentCode::NotOffered) };
        let is_offered = match purpose {
            CodePurpose::Factor => self.is_factor_now(&agent, &channel, visit.zone, now),
            CodePurpose::Enrolment => {
                self.may_confirm_now(&channel, now)
                    && self.may_enrol_now(tx, own, visit, now).await? == Enrolment::Confirm
            }
        };
        if !is_offered {
            return Ok(SentCode::NotOffered);
        }
        let sent = match second_channel_codes::next(tx, sid, purpose, now).await? {
            Next::Due { sent } => sent,
            Next::At(next) => return Ok(SentCode::TooMany { wait: now.until(next) }),
            Next::Never => return Ok(SentCode::NoMore),
        };
        if let Err(wait) = self.may_be_sent_a_code(tx, soi, now).await? {
            return Ok(SentCode::TooMany { wait });
        }
        let (code_hash, expires_at) = (self.sent_digest(sid, purpose, code), now.plus(CODE_LIFETIME));
        let new = NewSecondChannelCode { sid, purpose, kind, code_hash, expires_at };
        if !second_channel_codes::issue(tx, &new, sent, now).await? {
            // Another tab was faster.
            return Ok(SentCode::TooMany { wait: pause_after(sent.saturating_add(1)) });
        }
        let to = self.outbox.recipient(tx, &agent, channel.address).await?;
        let (shown, valid_for) = (ShownCode::new(code.grouped()), CODE_LIFETIME);
        let notice = match purpose {
            CodePurpose::Factor => Notice::FactorCode { code: shown, valid_for },
            CodePurpose::Enrolment => Notice::EnrolmentCode { code: shown, valid_for },
        };
        self.outbox.queue(tx, to, notice, now).await?;
        Ok(SentCode::Sent)
    }

    /// Counts a code for this agent, in whatever session; or says how long the next one waits. What the hour refuses does
    /// not spend the day.
    async fn may_be_sent_a_code(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, StoreError> {
        for budget in [FACTOR_CODES_PER_HOUR, FACTOR_CODES_PER_DAY] {
            let key = self.lookup.digest(budget.purpose, soi.as_str());
            if !budgets::take(tx, &key, budget, now).await? {
                let end = budgets::window_end(tx, &key).await?;
                return Ok(Err(end.map_or(budget.window, |end| now.until(end))));
            }
        }
        Ok(Ok(()))
    }

    fn sent_digest(&self, sid: &Sid, purpose: CodePurpose, code: &PlainCode) -> [u8; 32] {
        self.short_codes.digest(purpose.digest_purpose(), sid.as_str(), code)
    }
}
