//! `/account/contact`: the agent's addresses. A new one counts only after the code that was sent *to it* was typed; until
//! then the one before it stays in force.
//!
//! The work mail is HR's to change and only proved here. What is told of a change goes to the addresses of before. No
//! other agent is looked up: an address may be shared (a couple, a family's telephone), and saying that it is somebody
//! else's would tell who works here.

use std::time::Duration;

use super::account::{OwnChannel, own_channels};
use super::{Login, LoginError, Visit};
use crate::crypto::short_code::PlainCode;
use crate::domain::address::{AddressProblem, NotANumber, normalise_email, normalise_mobile};
use crate::domain::agent::{Agent, AgentRecord};
use crate::domain::audit::{Actor, Event};
use crate::domain::channel::{Address, CODE_DIGITS, CODE_LIFETIME, ChannelKind};
use crate::domain::notice::{Notice, ShownCode};
use crate::domain::reason::Reason;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::channel_codes::{self, NewChannelCode, Tried};
use crate::storage::{StoreError, Tx, agents, audit, channels};

/// What the digest of a code is bound to beside agent, kind and address.
const PURPOSE: &str = "channel";

/// Where asking for a code leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    Sent,
    Problem(AddressProblem),
    /// Too many were sent, or too many wrong ones typed.
    TooMany {
        wait: Duration,
    },
    /// Outside, an address is changed after the second factor only.
    AtTheOffice,
    /// The agent may not work any more.
    Gone,
}

/// Where typing a code leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proving {
    /// The address counts from now on.
    Proved,
    /// Not digits, or not as many: no code of ours, and not counted.
    Shape,
    Wrong {
        tries_left: u32,
    },
    /// There is no code that could be typed: spent, too old, replaced, or too many were wrong.
    Gone,
}

/// Where removing an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    Removed,
    /// There is none, or it is not the agent's to remove.
    Nothing,
    AtTheOffice,
}

impl Login {
    /// Sends a code to an address that was typed (for the work mail: to the one that HR knows).
    pub async fn send_channel_code(
        &self,
        own: &Session,
        kind: ChannelKind,
        typed: &str,
        visit: Visit<'_>,
    ) -> Result<Sending, LoginError> {
        let now = self.clock.now();
        let soi = &own.soi;
        let read = read_address(kind, typed);
        let code = self.random.digits(CODE_DIGITS);
        let sending = self
            .store
            .write(async |tx: &mut Tx| -> Result<Sending, StoreError> {
                let agent = agents::hold(tx, soi).await?.filter(|a| self.standing(a, now).refusal().is_none());
                let Some(agent) = agent else { return Ok(Sending::Gone) };
                let present = own_channels(tx, &agent, now).await?.into_iter().find(|c| c.kind == kind);
                let address = match judge(read.clone(), present, &agent.record) {
                    Ok(address) => address,
                    Err(problem) => return Ok(Sending::Problem(problem)),
                };
                let is_new = kind.address_of(&agent.record).as_ref() != Some(&address);
                if is_new && !self.may_change_in(visit.zone, Some(own)) {
                    return Ok(Sending::AtTheOffice);
                }
                let code_hash = self.channel_digest(soi, kind, &address, &code);
                let expires_at = now.plus(CODE_LIFETIME);
                let new = NewChannelCode { soi, kind, address: &address, code_hash, expires_at };
                if let Err(again_at) = channel_codes::issue(tx, &new, now).await? {
                    return Ok(Sending::TooMany { wait: now.until(again_at) });
                }
                let to = self.outbox.recipient(tx, &agent, address).await?;
                let shown = ShownCode::new(code.grouped());
                let notice = Notice::ChannelCode { code: shown, valid_for: CODE_LIFETIME };
                self.outbox.queue(tx, to, notice, now).await?;
                audit::append(tx, &event("agent.channel_code_sent", own, kind, visit), now).await?;
                Ok(Sending::Sent)
            })
            .await?;
        Ok(sending)
    }

    /// Tries the code that was sent to the waiting address, which counts when it is right.
    pub async fn prove_channel(
        &self,
        own: &Session,
        kind: ChannelKind,
        typed: &str,
        visit: Visit<'_>,
    ) -> Result<Proving, LoginError> {
        let Some(code) = PlainCode::typed_digits(typed, CODE_DIGITS) else { return Ok(Proving::Shape) };
        let now = self.clock.now();
        let soi = &own.soi;
        let proving = self
            .store
            .write(async |tx: &mut Tx| -> Result<Proving, StoreError> {
                let agent = agents::hold(tx, soi).await?.filter(|a| self.standing(a, now).refusal().is_none());
                let Some(agent) = agent else { return Ok(Proving::Gone) };
                let channels = own_channels(tx, &agent, now).await?;
                let waiting = channels.into_iter().find(|c| c.kind == kind).and_then(|c| c.waiting);
                let Some(waiting) = waiting else { return Ok(Proving::Gone) };
                let code_hash = self.channel_digest(soi, kind, &waiting.address, &code);
                match channel_codes::try_code(tx, soi, kind, &waiting.address, code_hash, now).await? {
                    Tried::Gone => Ok(Proving::Gone),
                    Tried::Wrong { tries_left } => {
                        let wrong = event("agent.channel_verified", own, kind, visit).refused(Reason::FactorInvalid);
                        audit::append(tx, &wrong, now).await?;
                        Ok(Proving::Wrong { tries_left })
                    }
                    Tried::Right => {
                        self.take_over(tx, (own, &agent), kind, &waiting.address, visit, now).await?;
                        Ok(Proving::Proved)
                    }
                }
            })
            .await?;
        Ok(proving)
    }

    /// Takes an address away. The code that waits for another one is withdrawn with it.
    pub async fn remove_channel(
        &self,
        own: &Session,
        kind: ChannelKind,
        visit: Visit<'_>,
    ) -> Result<Removal, LoginError> {
        if !self.may_change_in(visit.zone, Some(own)) {
            return Ok(Removal::AtTheOffice);
        }
        let now = self.clock.now();
        let soi = &own.soi;
        let removal = self
            .store
            .write(async |tx: &mut Tx| -> Result<Removal, StoreError> {
                let Some(agent) = agents::hold(tx, soi).await? else { return Ok(Removal::Nothing) };
                channel_codes::withdraw(tx, soi, kind, now).await?;
                if kind == ChannelKind::WorkEmail || kind.address_of(&agent.record).is_none() {
                    return Ok(Removal::Nothing);
                }
                self.tell_of_channel(tx, &agent, kind, None, visit, now).await?;
                channels::remove(tx, soi, kind).await?;
                let mut record = agent.record.clone();
                put(&mut record, kind, None);
                agents::update(tx, &record, agent.version, now).await?;
                let removed = event("agent.channel_changed", own, kind, visit)
                    .with_detail(serde_json::json!({ "channel": kind, "removed": true, "version": agent.version + 1 }));
                audit::append(tx, &removed, now).await?;
                Ok(Removal::Removed)
            })
            .await?;
        Ok(removal)
    }

    /// The address is proved: it is the agent's from now on, and a change is told to the addresses of before.
    async fn take_over(
        &self,
        tx: &mut Tx,
        (own, agent): (&Session, &Agent),
        kind: ChannelKind,
        address: &Address,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let soi = &own.soi;
        let is_change = kind.address_of(&agent.record).as_ref() != Some(address);
        if is_change {
            self.tell_of_channel(tx, agent, kind, Some(address.masked()), visit, now).await?;
            let mut record = agent.record.clone();
            put(&mut record, kind, Some(address));
            agents::update(tx, &record, agent.version, now).await?;
            let changed = event("agent.channel_changed", own, kind, visit)
                .with_detail(serde_json::json!({ "channel": kind, "version": agent.version + 1 }));
            audit::append(tx, &changed, now).await?;
        }
        channels::set_verified(tx, soi, kind, address, now).await?;
        audit::append(tx, &event("agent.channel_verified", own, kind, visit), now).await
    }

    async fn tell_of_channel(
        &self,
        tx: &mut Tx,
        before: &Agent,
        kind: ChannelKind,
        masked: Option<String>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let circumstances = visit.circumstances(now);
        let notice = |alarm| Notice::ChannelChanged { kind, now: masked, circumstances, alarm };
        self.outbox.tell(tx, before, notice, now).await
    }

    fn channel_digest(&self, soi: &Soi, kind: ChannelKind, address: &Address, code: &PlainCode) -> [u8; 32] {
        self.short_codes.digest(PURPOSE, &format!("{soi} {kind} {}", address.as_str()), code)
    }
}

/// The address that was typed, in its stored form. `None`: the one that HR knows.
fn read_address(kind: ChannelKind, typed: &str) -> Result<Option<Address>, AddressProblem> {
    let typed = typed.trim();
    if kind == ChannelKind::WorkEmail {
        return Ok(None);
    }
    if typed.is_empty() {
        return Err(AddressProblem::Empty);
    }
    let text = match kind {
        ChannelKind::Mobile => normalise_mobile(typed).map_err(|NotANumber| AddressProblem::Mobile)?,
        _ => normalise_email(typed).map_err(AddressProblem::Email)?,
    };
    Ok(Some(kind.address(text)))
}

/// The address that a code may be sent to.
fn judge(
    read: Result<Option<Address>, AddressProblem>,
    present: Option<OwnChannel>,
    record: &AgentRecord,
) -> Result<Address, AddressProblem> {
    let (in_force, verified_at) = present.map_or((None, None), |p| (p.address, p.verified_at));
    let address = match read? {
        Some(address) => address,
        None => in_force.clone().ok_or(AddressProblem::Empty)?,
    };
    // Hardly any mail server tells capitals apart.
    let is_work_mail = address.as_str().eq_ignore_ascii_case(&record.email);
    match &address {
        _ if verified_at.is_some() && in_force.as_ref() == Some(&address) => Err(AddressProblem::Known),
        Address::Email(_) if is_work_mail && in_force.as_ref() != Some(&address) => Err(AddressProblem::SameAsWorkMail),
        _ => Ok(address),
    }
}

fn put(record: &mut AgentRecord, kind: ChannelKind, address: Option<&Address>) {
    let text = address.map(|address| address.as_str().to_owned());
    match kind {
        ChannelKind::RecoveryEmail => record.recovery_email = text,
        ChannelKind::Mobile => record.mobile = text,
        ChannelKind::WorkEmail => {} // HR's
    }
}

fn event(act: &'static str, own: &Session, kind: ChannelKind, visit: Visit<'_>) -> Event {
    Event::new(act, Actor::Agent(own.soi.clone()))
        .with_subject(&own.soi)
        .with_session(&own.sid)
        .with_contact(visit.contact)
        .with_detail(serde_json::json!({ "channel": kind }))
}
