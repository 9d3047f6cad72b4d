//! Recovery codes: ten, shown once, kept as keyed digests, each good for one login without the telephone.

use super::event;
use super::given::{Evidence, Given, WrongFactor};
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::notice::{FactorEvent, Notice};
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::confirmation::Held;
use crate::login::{Login, LoginError, Visit};
use crate::storage::recovery_codes::{self, PURPOSE};
use crate::storage::{StoreError, Tx, audit};

/// Codes of a set.
pub const COUNT: usize = 10;
/// Groups of four symbols in a code: 16 symbols of 30 are 78 bits (NIST-30).
pub const GROUPS: usize = 4;
/// Symbols that are typed.
pub const SYMBOLS: usize = 4 * GROUPS;

impl Login {
    /// Tries a recovery code.
    pub async fn give_recovery_code(&self, held: Held<'_>, typed: &str, visit: Visit<'_>) -> Result<Given, LoginError> {
        let code = PlainCode::typed(typed);
        if code.normalised().chars().count() != SYMBOLS {
            return Ok(Given::Wrong(WrongFactor::Shape));
        }
        self.give(held, &Evidence::RecoveryCode(code), visit).await
    }

    /// Uses a code, once, and tells the agent; the attempt was taken by the caller.
    pub(in crate::login) async fn use_recovery_code(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        code: &PlainCode,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let soi = &agent.record.soi;
        if !recovery_codes::consume(tx, soi, self.recovery_digest(soi, code), now).await? {
            return Ok(false);
        }
        let left = recovery_codes::left(tx, soi).await?;
        let circumstances = visit.circumstances(now);
        let notice = |alarm| Notice::Factors { event: FactorEvent::RecoveryCodeUsed { left }, circumstances, alarm };
        self.outbox.tell(tx, agent, notice, now).await?;
        Ok(true)
    }

    /// Makes a new set inside the transaction of the caller: what is shown, once.
    pub(in crate::login) async fn make_recovery_codes(
        &self,
        tx: &mut Tx,
        own: &Session,
        visit: Visit<'_>,
        now: Timestamp,
        codes: &[String],
    ) -> Result<(), StoreError> {
        let soi = &own.soi;
        let digest = |code: &String| self.recovery_digest(soi, &PlainCode::typed(code));
        let hashes: Vec<[u8; 32]> = codes.iter().map(digest).collect();
        recovery_codes::replace(tx, soi, &hashes, now).await?;
        audit::append(tx, &event("factor.recovery_codes_made", own, visit), now).await
    }

    /// Ten new codes, grouped for reading.
    pub(in crate::login) fn draw_recovery_codes(&self) -> Vec<String> {
        (0..COUNT).map(|_| self.random.short_code(GROUPS)).collect()
    }

    fn recovery_digest(&self, soi: &Soi, code: &PlainCode) -> [u8; 32] {
        self.short_codes.digest(PURPOSE, soi.as_str(), code)
    }
}
