//! The manager vouches (PRODUCT §4): a code of eight symbols, told in person, that stands in for a lost factor or confirms
//! the first enrolment. The rule stands in `domain/vouching.rs`; it is asked when the code is issued and again when it is
//! typed.

use serde_json::json;

use super::event;
use super::given::{Evidence, Given, WrongFactor};
use crate::crypto::short_code::PlainCode;
use crate::domain::acr::Acr;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::budget::PASSES;
use crate::domain::notice::{FactorEvent, Notice};
use crate::domain::reason::Reason;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::vouching::{CODE_GROUPS, CODE_LIFETIME, CODE_SYMBOLS, Unvouched, Voucher, VouchingFacts, may_vouch};
use crate::login::confirmation::Held;
use crate::login::{Login, LoginError, Visit};
use crate::storage::manager_codes::{self, NewManagerCode};
use crate::storage::{StoreError, Tx, agents, audit, budgets, passwords, sessions};

/// The level that a manager's session needs.
pub const MANAGER_ACR: Acr = Acr::Eidas2;

/// One of a manager's agents, and what can be given to them now.
#[derive(Debug, Clone)]
pub struct Report {
    pub agent: Agent,
    pub may: Result<Voucher, Unvouched>,
}

/// Where issuing a code leads.
#[derive(Debug, Clone)]
pub enum Vouched {
    /// The code, shown once, grouped for reading.
    Issued {
        name: String,
        code: String,
        until: Timestamp,
    },
    Refused(Unvouched),
    /// The session is too weak, or has ended.
    TooWeak,
}

impl Login {
    /// Tries the code of a manager's pass.
    pub async fn give_manager_pass(&self, held: Held<'_>, typed: &str, visit: Visit<'_>) -> Result<Given, LoginError> {
        let code = PlainCode::typed(typed);
        if code.normalised().chars().count() != CODE_SYMBOLS {
            return Ok(Given::Wrong(WrongFactor::Shape));
        }
        self.give(held, &Evidence::ManagerPass(code), visit).await
    }

    /// The agents who work and whose manager this session's agent is, in the order of their names.
    pub async fn reports(&self, own: &Session) -> Result<Vec<Report>, LoginError> {
        let now = self.clock.now();
        let read = async |tx: &mut Tx| -> Result<Vec<Report>, StoreError> {
            let mut reports = Vec::new();
            for agent in agents::reports_of(tx, &own.soi).await? {
                let facts = self.vouching_facts(tx, &own.soi, &agent, now).await?;
                let voucher = if facts.has_factor { Voucher::Pass } else { Voucher::Enrolment };
                match may_vouch(voucher, facts, now) {
                    // Nothing can be done for who is away today.
                    Err(Unvouched::NotWorking | Unvouched::NotYours) => {}
                    may => reports.push(Report { agent, may: may.map(|()| voucher) }),
                }
            }
            Ok(reports)
        };
        Ok(self.store.read(read).await?)
    }

    /// Issues a code for an agent, in a session that is strong enough. `typed`: the agent's SOI.
    pub async fn vouch(
        &self,
        own: &Session,
        typed: &str,
        voucher: Voucher,
        visit: Visit<'_>,
    ) -> Result<Vouched, LoginError> {
        let now = self.clock.now();
        let soi = self.settings.soi_syntax.parse(typed).unwrap_or_else(|_| Soi::from_stored(String::new()));
        let (id, shown) = (self.random.uuid(), self.random.short_code(CODE_GROUPS));
        let until = now.plus(CODE_LIFETIME);
        let issue = async |tx: &mut Tx| -> Result<Vouched, StoreError> {
            let agent = agents::hold(tx, &soi).await?;
            let is_strong = |session: &Session| {
                session.ended_at.is_none() && session.soi == own.soi && session.authentication.acr >= MANAGER_ACR
            };
            let manager = agents::find(tx, &own.soi).await?.filter(|m| self.standing(m, now).refusal().is_none());
            let (Some(manager), true) = (manager, sessions::find(tx, &own.sid).await?.is_some_and(|s| is_strong(&s)))
            else {
                return Ok(Vouched::TooWeak);
            };
            let may = match &agent {
                None => Err(Unvouched::NotYours),
                Some(agent) => may_vouch(voucher, self.vouching_facts(tx, &own.soi, agent, now).await?, now),
            };
            // Of two at once one is given: the count is taken by one statement.
            let may = match may {
                Ok(()) if voucher == Voucher::Pass => self.take_pass(tx, &soi, now).await?,
                other => other,
            };
            let subject = agent.as_ref().map(|agent| agent.record.soi.clone());
            let (Some(agent), Ok(())) = (agent, may) else {
                let why = may.err().unwrap_or(Unvouched::NotYours);
                let refused = vouching_event("factor.manager_code_issued", own, subject, visit)
                    .refused(Reason::AccessRefused)
                    .with_detail(json!({ "purpose": voucher, "why": why.as_str() }));
                audit::append(tx, &refused, now).await?;
                return Ok(Vouched::Refused(why));
            };
            let code_hash = self.manager_digest(&soi, voucher, &PlainCode::typed(&shown));
            let new = NewManagerCode { id: &id, soi: &soi, issued_by: &own.soi, voucher, code_hash, expires_at: until };
            manager_codes::replace(tx, &new, now).await?;
            let issued = vouching_event("factor.manager_code_issued", own, subject, visit)
                .with_detail(json!({ "purpose": voucher }));
            audit::append(tx, &issued, now).await?;
            let manager = manager.record.full_name();
            let told = match voucher {
                Voucher::Pass => FactorEvent::PassGiven { manager },
                Voucher::Enrolment => FactorEvent::EnrolmentVouched { manager },
            };
            let circumstances = visit.circumstances(now);
            let notice = |alarm| Notice::Factors { event: told, circumstances, alarm };
            self.outbox.tell(tx, &agent, notice, now).await?;
            Ok(Vouched::Issued { name: agent.record.full_name(), code: shown.clone(), until })
        };
        Ok(self.store.write(issue).await?)
    }

    /// Spends a code, once, while the rules still hold: the manager, the reset, the roles of the agent. The agent is held and
    /// the attempt was taken by the caller.
    pub(in crate::login) async fn use_manager_code(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        voucher: Voucher,
        code: &PlainCode,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let soi = &agent.record.soi;
        let Some(manager) = &agent.record.manager else { return Ok(false) };
        let present = agents::find(tx, manager).await?;
        let works = present.is_some_and(|manager| self.standing(&manager, now).refusal().is_none());
        let facts = self.vouching_facts(tx, manager, agent, now).await?;
        // That it was given is no reason against it.
        let facts = VouchingFacts { next_pass_at: None, ..facts };
        if !works || may_vouch(voucher, facts, now).is_err() {
            return Ok(false);
        }
        let digest = self.manager_digest(soi, voucher, code);
        if !manager_codes::consume(tx, soi, (voucher, manager), digest, now).await? {
            return Ok(false);
        }
        let used = Event::new("factor.manager_code_used", Actor::Agent(soi.clone()))
            .with_subject(soi)
            .with_contact(visit.contact)
            .with_detail(json!({ "purpose": voucher, "issued_by": manager }));
        audit::append(tx, &used, now).await?;
        Ok(true)
    }

    async fn take_pass(&self, tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<Result<(), Unvouched>, StoreError> {
        let key = self.lookup.digest(PASSES.purpose, soi.as_str());
        if budgets::take(tx, &key, PASSES, now).await? {
            return Ok(Ok(()));
        }
        let until = budgets::window_end(tx, &key).await?.unwrap_or_else(|| now.plus(PASSES.window));
        Ok(Err(Unvouched::PassGiven { until }))
    }

    async fn vouching_facts(
        &self,
        tx: &mut Tx,
        manager: &Soi,
        agent: &Agent,
        now: Timestamp,
    ) -> Result<VouchingFacts, StoreError> {
        let soi = &agent.record.soi;
        let key = self.lookup.digest(PASSES.purpose, soi.as_str());
        Ok(VouchingFacts {
            is_own_agent: agent.record.manager.as_ref() == Some(manager) && soi != manager,
            works: self.standing(agent, now).refusal().is_none(),
            is_privileged: agent.is_privileged(),
            has_factor: self.has_factor(tx, soi).await?,
            reset_at: passwords::reset_at(tx, soi).await?,
            next_pass_at: budgets::window_end(tx, &key).await?,
        })
    }

    fn manager_digest(&self, soi: &Soi, voucher: Voucher, code: &PlainCode) -> [u8; 32] {
        self.short_codes.digest(voucher.digest_purpose(), soi.as_str(), code)
    }
}

/// An act of the manager on an agent; a SOI that matched nobody is not kept (GDPR-02).
fn vouching_event(act: &'static str, own: &Session, subject: Option<Soi>, visit: Visit<'_>) -> Event {
    Event { subject, ..event(act, own, visit) }
}
