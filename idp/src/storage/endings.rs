//! What ends when a password is reset or suspended: everything that the old one opened, and every code that could open
//! something now. The agent is held by the caller (`agents::hold`).

use super::{StoreError, Tx, activation, grants, manager_codes, resets, sessions};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// How much of it lived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedAccess {
    pub sessions: u64,
    pub grants: u64,
}

/// Ends sessions and grants (hence codes and tokens), and withdraws codes that were handed over, told or sent. `why`: as the
/// session table says it.
pub async fn end_access(tx: &mut Tx, soi: &Soi, why: &str, now: Timestamp) -> Result<EndedAccess, StoreError> {
    let grants = grants::revoke_all(tx, soi, now).await?;
    let sessions = sessions::end_all(tx, soi, why, now).await?;
    activation::withdraw(tx, soi, now).await?;
    resets::withdraw(tx, soi).await?;
    manager_codes::withdraw(tx, soi, now).await?;
    Ok(EndedAccess { sessions, grants })
}
