//! Authenticator applications: their sealed keys, and the last step of each, so that a code is used once.

use sqlx::FromRow;

use super::{StoreError, Tx, on, statements};
use crate::domain::factor::MOST_OF_A_KIND;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    INSERT = "INSERT INTO totp_device (id, soi, name, sealed, last_step, created_at, last_used_at) \
              SELECT $1, $2, $3, $4, $5, $6, $6 WHERE (SELECT count(*) FROM totp_device WHERE soi = $2) < $7";
    OF_AGENT = "SELECT id, name, sealed, last_step, created_at, last_used_at FROM totp_device WHERE soi = $1 \
                ORDER BY created_at, id";
    /// Of all who present a code of this step, one is told so.
    USE_STEP = "UPDATE totp_device SET last_step = $2, last_used_at = $3 WHERE id = $1 AND last_step < $2";
    REMOVE = "DELETE FROM totp_device WHERE id = $1 AND soi = $2";
    REMOVE_ALL = "DELETE FROM totp_device WHERE soi = $1";
}

/// A device as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpDevice {
    pub id: String,
    /// Given by the agent.
    pub name: String,
    /// The key; the id is its row.
    pub sealed: Vec<u8>,
    /// The last step whose code was used.
    pub last_step: i64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    sealed: Vec<u8>,
    last_step: i64,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl From<Row> for TotpDevice {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            sealed: row.sealed,
            last_step: row.last_step,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        }
    }
}

/// Stores a device whose first code was just used; `false`: the agent has as many as one may have.
pub async fn insert(tx: &mut Tx, soi: &Soi, device: &TotpDevice) -> Result<bool, StoreError> {
    let most = i64::try_from(MOST_OF_A_KIND).unwrap_or(i64::MAX);
    let inserted = on!(tx, conn => sqlx::query(INSERT)
        .bind(&device.id)
        .bind(soi.as_str())
        .bind(&device.name)
        .bind(&device.sealed)
        .bind(device.last_step)
        .bind(device.created_at.millis())
        .bind(most)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

/// The devices of an agent, the oldest first.
pub async fn of_agent(tx: &mut Tx, soi: &Soi) -> Result<Vec<TotpDevice>, StoreError> {
    let rows: Vec<Row> = on!(tx, conn => sqlx::query_as(OF_AGENT).bind(soi.as_str()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(TotpDevice::from).collect())
}

/// Uses the code of a step; `false`: it, or a later one, was used before, or the device is gone.
pub async fn use_step(tx: &mut Tx, id: &str, step: i64, now: Timestamp) -> Result<bool, StoreError> {
    let used = on!(tx, conn => sqlx::query(USE_STEP)
        .bind(id).bind(step).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(used == 1)
}

/// Removes a device of this agent; `false`: there is none.
pub async fn remove(tx: &mut Tx, soi: &Soi, id: &str) -> Result<bool, StoreError> {
    let removed = on!(tx, conn => sqlx::query(REMOVE)
        .bind(id).bind(soi.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Removes every device of an agent; answers how many there were.
pub async fn remove_all(tx: &mut Tx, soi: &Soi) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REMOVE_ALL).bind(soi.as_str()).execute(conn).await.map(|d| d.rows_affected()))?)
}
