//! What an agent who is logged in can give as second factor here, the best first; or what has to come before.

use crate::crypto::hash::hash_token;
use crate::domain::acr::Acr;
use crate::domain::agent::Agent;
use crate::domain::channel::{Channel, ChannelKind};
use crate::domain::enrolment::{Basis, Enrolment, EnrolmentFacts, may_enrol};
use crate::domain::factor::{FactorRule, PasskeyKind, SecondFactor};
use crate::domain::second_channel::CodePurpose;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::login::{Login, LoginError, Visit};
use crate::storage::{
    StoreError, Tx, agents, channels, enrolment_permits, factor_choices, passkeys, recovery_codes,
    second_channel_codes, totp_devices,
};

/// One way to give a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    Passkey,
    Totp,
    /// A code is sent to this address, shown masked.
    SecondChannel {
        factor: SecondFactor,
        kind: ChannelKind,
        masked: String,
    },
    /// So many are left.
    RecoveryCode {
        left: u32,
    },
    /// The manager tells a code.
    ManagerPass {
        manager: String,
    },
}

impl Way {
    /// Which factor it is.
    pub const fn factor(&self) -> SecondFactor {
        match self {
            Self::Passkey => SecondFactor::Passkey,
            Self::Totp => SecondFactor::Totp,
            Self::SecondChannel { factor, .. } => *factor,
            Self::RecoveryCode { .. } => SecondFactor::RecoveryCode,
            Self::ManagerPass { .. } => SecondFactor::ManagerPass,
        }
    }
}

/// What can be done about a missing factor.
#[derive(Debug, Clone)]
pub struct Offer {
    pub agent: Agent,
    /// The best first, or the one that was used last.
    pub ways: Vec<Way>,
    /// Whether a factor may be enrolled here and now.
    pub enrolment: Enrolment,
    /// A passkey or an authenticator application is enrolled.
    pub has_factor: bool,
    /// What can be enrolled reaches the level that is asked for.
    pub enrolment_helps: bool,
    /// "Later" is heard.
    pub may_postpone: bool,
    /// Addresses over which the first enrolment can be confirmed, masked.
    pub confirming: Vec<(ChannelKind, String)>,
    /// What the codes are for that were sent in this session and may still be typed, and over which channel.
    pub sent: Vec<(CodePurpose, ChannelKind)>,
    /// The manager who can confirm it.
    pub manager: Option<String>,
}

/// A factor that is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFactor {
    pub factor: SecondFactor,
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl Login {
    /// The factors of a session's agent, passkeys first, and how many recovery codes are left.
    pub async fn own_factors(&self, own: &Session) -> Result<(Vec<OwnFactor>, u32), LoginError> {
        let soi = &own.soi;
        let read = async |tx: &mut Tx| -> Result<(Vec<OwnFactor>, u32), StoreError> {
            let keys = passkeys::of_agent(tx, soi).await?.into_iter().map(|key| OwnFactor {
                factor: SecondFactor::Passkey,
                id: key.id,
                name: key.name,
                created_at: key.created_at,
                last_used_at: key.last_used_at,
            });
            let devices = totp_devices::of_agent(tx, soi).await?.into_iter().map(|device| OwnFactor {
                factor: SecondFactor::Totp,
                id: device.id,
                name: device.name,
                created_at: device.created_at,
                last_used_at: device.last_used_at,
            });
            Ok((keys.chain(devices).collect(), recovery_codes::left(tx, soi).await?))
        };
        Ok(self.store.read(read).await?)
    }

    /// What this session's agent can give. `at_least`: only what reaches this level. `None`: the account is gone.
    pub async fn factor_offer(
        &self,
        own: &Session,
        at_least: Option<Acr>,
        visit: Visit<'_>,
    ) -> Result<Option<Offer>, LoginError> {
        let now = self.clock.now();
        let read = async |tx: &mut Tx| -> Result<Option<Offer>, StoreError> {
            let Some(agent) = agents::find(tx, &own.soi).await? else { return Ok(None) };
            self.offer(tx, own, agent, at_least, visit, now).await.map(Some)
        };
        Ok(self.store.read(read).await?)
    }

    async fn offer(
        &self,
        tx: &mut Tx,
        own: &Session,
        agent: Agent,
        at_least: Option<Acr>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Offer, StoreError> {
        let soi = &agent.record.soi;
        let policy = self.settings.factors.of(&agent);
        let today = now.date_in(&self.settings.time_zone);
        let kinds: Vec<PasskeyKind> = passkeys::of_agent(tx, soi).await?.iter().map(|key| key.kind).collect();
        let has_totp = !totp_devices::of_agent(tx, soi).await?.is_empty();
        let has_factor = has_totp || !kinds.is_empty();
        let proved = self.proved_channels(tx, &agent).await?;
        let manager = match &agent.record.manager {
            Some(manager) => agents::find(tx, manager).await?.map(|manager| manager.record.full_name()),
            None => None,
        };
        let reaches = |acr: Acr| at_least.is_none_or(|least| acr >= least);
        let mut ways = Vec::new();
        if kinds.iter().any(|kind| reaches(kind.acr())) {
            ways.push(Way::Passkey);
        }
        if has_totp && reaches(SecondFactor::Totp.acr()) {
            ways.push(Way::Totp);
        }
        for channel in &proved {
            let factor = factor_of(channel.kind);
            if self.is_factor_now(&agent, channel, visit.zone, now) && reaches(factor.acr()) {
                ways.push(Way::SecondChannel { factor, kind: channel.kind, masked: channel.address.masked() });
            }
        }
        let left = recovery_codes::left(tx, soi).await?;
        if left > 0 && reaches(SecondFactor::RecoveryCode.acr()) {
            ways.push(Way::RecoveryCode { left });
        }
        if let Some(manager) = manager.clone().filter(|_| has_factor && at_least.is_none() && !agent.is_privileged()) {
            ways.push(Way::ManagerPass { manager });
        }
        if let Some(last) = factor_choices::find(tx, soi).await?.filter(|last| is_for_every_day(*last))
            && let Some(place) = ways.iter().position(|way| way.factor() == last)
        {
            let way = ways.remove(place);
            ways.insert(0, way);
        }
        let permit = enrolment_permits::find(tx, soi, &hash_token(visit.browser), now).await?;
        let enrolment = enrolment_of(own, has_factor, permit, visit.zone, now);
        let may_postpone = visit.zone == NetworkZone::Internal
            && at_least.is_none()
            && policy.rule(agent.is_privileged(), today) == FactorRule::Postponable;
        let confirms = proved.iter().filter(|channel| self.may_confirm_now(channel, now));
        let confirming = confirms.map(|channel| (channel.kind, channel.address.masked())).collect();
        let sent = second_channel_codes::live(tx, &own.sid, now).await?;
        let enrolment_helps = at_least.is_none_or(|least| least <= self.settings.highest_acr);
        Ok(Offer { agent, ways, enrolment, has_factor, enrolment_helps, may_postpone, confirming, sent, manager })
    }

    /// Up to which day this enrolment may be postponed, `JJ/MM/AAAA`.
    pub fn postponable_until(&self, offer: &Offer) -> Option<String> {
        let until = self.settings.factors.of(&offer.agent).postpone_until?;
        offer.may_postpone.then(|| until.strftime("%d/%m/%Y").to_string())
    }

    /// The agent's proved addresses.
    pub(in crate::login) async fn proved_channels(
        &self,
        tx: &mut Tx,
        agent: &Agent,
    ) -> Result<Vec<Channel>, StoreError> {
        let mut proved = channels::of_agent(tx, &agent.record.soi).await?;
        let is_present = |channel: &Channel| channel.kind.address_of(&agent.record).as_ref() == Some(&channel.address);
        proved.retain(is_present);
        proved.sort_by_key(|channel| channel.kind);
        Ok(proved)
    }

    /// Whether a code over this proved address is a second factor of this agent, for a contact from `zone` at `now`.
    pub(in crate::login) fn is_factor_now(
        &self,
        agent: &Agent,
        channel: &Channel,
        zone: NetworkZone,
        now: Timestamp,
    ) -> bool {
        let policy = self.settings.factors.of(agent).second_channel;
        let today = now.date_in(&self.settings.time_zone);
        let counts_here = zone == NetworkZone::Internal || policy.nomades;
        let is_offered = policy.offers(factor_of(channel.kind), today);
        channel.may_be_factor(now) && counts_here && is_offered && self.can_send_to(channel)
    }

    /// Whether a code over this proved address may confirm the first enrolment.
    pub(in crate::login) fn may_confirm_now(&self, channel: &Channel, now: Timestamp) -> bool {
        channel.may_confirm(now) && self.can_send_to(channel)
    }

    fn can_send_to(&self, channel: &Channel) -> bool {
        channel.kind != ChannelKind::Mobile || self.settings.sends_sms
    }

    /// Whether a factor may be enrolled in this session, inside the caller's transaction.
    pub(in crate::login) async fn may_enrol_now(
        &self,
        tx: &mut Tx,
        own: &Session,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Enrolment, StoreError> {
        let soi = &own.soi;
        let has_factor = self.has_factor(tx, soi).await?;
        let permit = enrolment_permits::find(tx, soi, &hash_token(visit.browser), now).await?;
        Ok(enrolment_of(own, has_factor, permit, visit.zone, now))
    }

    /// Whether a passkey or an authenticator application is enrolled.
    pub(in crate::login) async fn has_factor(&self, tx: &mut Tx, soi: &Soi) -> Result<bool, StoreError> {
        Ok(!totp_devices::of_agent(tx, soi).await?.is_empty() || !passkeys::of_agent(tx, soi).await?.is_empty())
    }
}

/// By which factor a code to this kind of address counts.
pub(in crate::login) const fn factor_of(kind: ChannelKind) -> SecondFactor {
    match kind {
        ChannelKind::Mobile => SecondFactor::Sms,
        ChannelKind::WorkEmail | ChannelKind::RecoveryEmail => SecondFactor::Mail,
    }
}

/// What is meant for the lost telephone is not offered first the next day.
const fn is_for_every_day(factor: SecondFactor) -> bool {
    !matches!(factor, SecondFactor::RecoveryCode | SecondFactor::ManagerPass)
}

fn enrolment_of(
    own: &Session,
    has_factor: bool,
    permit: Option<Basis>,
    zone: NetworkZone,
    now: Timestamp,
) -> Enrolment {
    may_enrol(EnrolmentFacts { zone, given: own.second_at(now), has_factor, permit })
}
