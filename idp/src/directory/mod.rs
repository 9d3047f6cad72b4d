//! Acts on agents, applications and roles, and reading the audit.
//!
//! Every administrative act is a method of [`Directory`] and takes a [`Mandate`] (who, why, and whether it is only a
//! rehearsal). It writes its audit row in the same transaction as the act; a refusal by a reason of the catalogue is
//! written too. Pages, API and command line all call these: no rule is written twice. It must not know HTTP, the command
//! line or the configuration file, and it decides no access (that is `domain::access`). Look next at `agents.rs`; a field
//! is judged in `agent_record.rs` and `application_record.rs`, an HR file in `import/`.

mod activation;
mod agent_change;
mod agent_record;
mod agents;
mod application_record;
mod applications;
mod audit;
mod changes;
mod error;
mod factors;
mod import;
mod mandate;
mod messages;
mod password_expiry;
mod reset_code;
mod roles;
#[cfg(test)]
mod sample;
mod unlock;

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::crypto::keyed::LookupKey;
use crate::crypto::random::Random;
use crate::crypto::short_code::ShortCodeKey;
use crate::domain::audit::Event;
use crate::domain::secret::KeyBytes;
use crate::domain::soi::{Soi, SoiSyntax};
use crate::domain::time::{Clock, Timestamp};
use crate::outbox::Outbox;
use crate::storage::{Store, StoreError, StoreSettings, Tx, Work, audit as audit_table};

pub use activation::{ActivationCode, IssuedCode};
pub use agent_record::AgentDraft;
pub use agents::{AgentPage, AgentQuery, AgentView};
pub use application_record::ApplicationDraft;
pub use applications::Registered;
pub use audit::EventPage;
pub use changes::{Change, FieldChange};
pub use error::{DirectoryError, FieldProblem, Refusal, Rule};
pub use factors::{EnrolledFactor, FactorsView, RemovedFactors, WhichFactors};
pub use import::{
    ImportConsent, ImportLine, ImportOptions, ImportPlan, ImportSummary, Imported, LineProblem, Overtaken,
    PlannedChange, Problems, clear_imports, finish_imports,
};
pub use mandate::Mandate;
pub use messages::{Message, MessageQuery, MessageState};
pub use password_expiry::{Expiry, ExpiryPlan, ExpiryScope};
pub use reset_code::{DemandedCode, ResetCodeLifetimes};
pub use unlock::{Lifted, Unlocked};

/// What the directory needs from the configuration.
#[derive(Debug, Clone)]
pub struct DirectorySettings {
    pub soi_syntax: SoiSyntax,
    /// The City's: an employment begins and ends at local midnight.
    pub time_zone: TimeZone,
    pub activation_code_lifetime: Duration,
    pub reset_codes: ResetCodeLifetimes,
}

/// The acts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Directory {
    store: Store,
    clock: Clock,
    random: Random,
    short_codes: ShortCodeKey,
    lookup: LookupKey,
    outbox: Outbox,
    settings: DirectorySettings,
}

impl Directory {
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        sealing_key: &KeyBytes,
        outbox: Outbox,
        settings: DirectorySettings,
    ) -> Self {
        let (short_codes, lookup) = (ShortCodeKey::new(sealing_key), LookupKey::new(sealing_key));
        Self { store, clock, random, short_codes, lookup, outbox, settings }
    }

    /// Opens the store of a directory that stands alone (the command line): an absent database is not created, another
    /// schema than this binary's is refused.
    pub async fn open(
        store: &StoreSettings,
        sealing_key: &KeyBytes,
        outbox: Outbox,
        settings: DirectorySettings,
    ) -> Result<Self, StoreError> {
        let store = Store::open(&StoreSettings { create: false, ..store.clone() }).await?;
        if let Err(error) = store.require_current_schema().await {
            store.close().await;
            return Err(error);
        }
        Ok(Self::new(store, Clock::system(), Random::system(), sealing_key, outbox, settings))
    }

    /// Closes the store; the embedded engine folds its log into the file.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Where notices are put.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub fn settings(&self) -> &DirectorySettings {
        &self.settings
    }

    /// The present moment, by the directory's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The civil date in the City.
    pub fn today(&self) -> Date {
        self.now().date_in(&self.settings.time_zone)
    }

    /// A SOI as somebody typed it.
    fn soi(&self, field: &'static str, typed: &str) -> Result<Soi, DirectoryError> {
        self.settings.soi_syntax.parse(typed).map_err(|error| FieldProblem::soi(field, &error).into())
    }

    /// Runs one act in one transaction. A rehearsal does all the work and rolls it back. A refusal by the catalogue rolls
    /// back what was begun and leaves `attempt` as a refused event.
    async fn act<T, F>(&self, mandate: &Mandate, attempt: Event, work: F) -> Result<T, DirectoryError>
    where
        T: Send,
        F: for<'t> Work<'t, T, DirectoryError> + Sync,
    {
        let ending = self
            .store
            .write(async |tx: &mut Tx| -> Result<T, Ending<T>> {
                let answer = work.run(tx).await.map_err(Ending::Failed)?;
                if mandate.dry_run { Err(Ending::Rehearsed(answer)) } else { Ok(answer) }
            })
            .await;
        let error = match ending {
            Ok(answer) | Err(Ending::Rehearsed(answer)) => return Ok(answer),
            Err(Ending::Failed(error)) => error,
        };
        if let DirectoryError::Refused { refusal: Refusal::Reason(reason), .. } = &error
            && !mandate.dry_run
        {
            let event = attempt.refused(*reason);
            let now = self.now();
            self.store
                .write(async |tx: &mut Tx| -> Result<(), StoreError> { audit_table::append(tx, &event, now).await })
                .await?;
        }
        Err(error)
    }
}

/// How a writing act ended, when not by a commit.
enum Ending<T> {
    Rehearsed(T),
    Failed(DirectoryError),
}

impl<T> From<StoreError> for Ending<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
