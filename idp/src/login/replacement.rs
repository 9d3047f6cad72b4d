//! One password takes the place of another: what the renewal in the login and the change on the account page have in
//! common, inside their transactions.

use super::{Login, Visit};
use crate::domain::agent::Agent;
use crate::domain::notice::Notice;
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, passwords};

impl Login {
    /// Puts `phc` in the place of the password that was chosen at `verified`, remembers that one, and tells the agent on
    /// every channel. Answers the agent, held until the end of the transaction; or why nothing was changed.
    pub(super) async fn replace_password(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        replaced: (Timestamp, Option<&StoredPassword>),
        phc: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Agent, Reason>, StoreError> {
        let (verified, before) = replaced;
        let Some(agent) = agents::hold(tx, soi).await? else { return Ok(Err(Reason::CredentialsInvalid)) };
        if let Some(reason) = self.standing(&agent, now).refusal() {
            return Ok(Err(reason));
        }
        if !passwords::replace(tx, soi, verified, phc, now).await? {
            return Ok(Err(Reason::CredentialsInvalid));
        }
        if let Some(before) = before {
            passwords::remember(tx, soi, before, self.settings.policies.of(&agent).remembered()).await?;
        }
        let circumstances = visit.circumstances(now);
        self.outbox.tell(tx, &agent, |alarm| Notice::PasswordChanged { circumstances, alarm }, now).await?;
        Ok(Ok(agent))
    }
}
