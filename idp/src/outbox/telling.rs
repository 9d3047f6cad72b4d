//! Telling an agent what happened to their account, on every channel, with the means to say "this was not me".

use std::time::Duration;

use super::Outbox;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::channel::{Address, ChannelKind};
use crate::domain::notice::{Alarm, Notice, Recipient, ShownCode};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::alarms::{self, NewAlarm, PURPOSE};
use crate::storage::{StoreError, Tx, channels, preferences};

/// How long "this was not me" can be said.
pub const ALARM_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Groups of four symbols in an alarm's code.
const CODE_GROUPS: usize = 2;

impl Outbox {
    /// Tells the agent on every channel. `notice` receives the alarm, the same on all of them.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        notice: impl FnOnce(Alarm) -> Notice + Send,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let soi = &agent.record.soi;
        let (reference, code) = (self.random.reference(), self.random.short_code(CODE_GROUPS));
        let code_hash = self.short_codes.digest(PURPOSE, reference.as_str(), &PlainCode::typed(&code));
        let notice = notice(Alarm { reference: reference.to_string(), code: ShownCode::new(code) });
        let (about, expires_at) = (notice.as_str(), now.plus(ALARM_LIFETIME));
        alarms::insert(tx, &NewAlarm { reference: &reference, soi, code_hash, about, expires_at }, now).await?;
        for to in recipients(tx, agent).await? {
            self.queue(tx, to, notice.clone(), now).await?;
        }
        Ok(())
    }

    /// Tells the agent on every channel what needs no alarm.
    pub async fn tell_plainly(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for to in recipients(tx, agent).await? {
            self.queue(tx, to, notice.clone(), now).await?;
        }
        Ok(())
    }

    /// Somebody who is told over one address.
    pub async fn recipient(&self, tx: &mut Tx, agent: &Agent, address: Address) -> Result<Recipient, StoreError> {
        let soi = &agent.record.soi;
        let locale = preferences::language(tx, soi).await?;
        Ok(Recipient { soi: Some(soi.clone()), name: agent.record.full_name(), address, locale })
    }
}

/// The agent, once for every address that counts: those that were proved and are still theirs, and the work mail in any
/// case, since it is where an agent looks.
async fn recipients(tx: &mut Tx, agent: &Agent) -> Result<Vec<Recipient>, StoreError> {
    let soi = &agent.record.soi;
    let proved = channels::of_agent(tx, soi).await?;
    let locale = preferences::language(tx, soi).await?;
    let counts = |kind: ChannelKind, address: &Address| {
        kind == ChannelKind::WorkEmail || proved.iter().any(|c| c.kind == kind && c.address == *address)
    };
    let to = |soi: &Soi, address| Recipient { soi: Some(soi.clone()), name: agent.record.full_name(), address, locale };
    Ok(ChannelKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, kind.address_of(&agent.record)?)))
        .filter(|(kind, address)| counts(*kind, address))
        .map(|(_, address)| to(soi, address))
        .collect())
}
