//! Passkeys and security keys, and the random names by which they know an agent.

use sqlx::FromRow;

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::factor::{MOST_OF_A_KIND, PasskeyKind};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

const TABLE: &str = "passkey";

statements! {
    INSERT = "INSERT INTO passkey (id, soi, name, credential_id, credential, kind, created_at) \
              SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM passkey WHERE soi = $2) < $8";
    OF_AGENT = "SELECT id, name, credential_id, credential, kind, created_at, last_used_at FROM passkey WHERE soi = $1 \
                ORDER BY created_at, id";
    FIND = "SELECT id, name, credential_id, credential, kind, created_at, last_used_at FROM passkey \
            WHERE credential_id = $1 AND soi = $2";
    IS_KNOWN = "SELECT 1 FROM passkey WHERE credential_id = $1";
    /// Only over what was read: of two answers at once, one is told so.
    USED = "UPDATE passkey SET credential = $3, last_used_at = $4 WHERE id = $1 AND credential = $2";
    REMOVE = "DELETE FROM passkey WHERE id = $1 AND soi = $2";
    REMOVE_ALL = "DELETE FROM passkey WHERE soi = $1";
    KNOW_USER = "INSERT INTO webauthn_user (soi, user_handle) VALUES ($1, $2) ON CONFLICT (soi) DO NOTHING";
    HANDLE_OF = "SELECT user_handle FROM webauthn_user WHERE soi = $1";
    SOI_OF = "SELECT soi FROM webauthn_user WHERE user_handle = $1";
}

/// A passkey as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    pub id: String,
    /// Given by the agent.
    pub name: String,
    pub credential_id: Vec<u8>,
    /// JSON of the library: public key, counter, flags.
    pub credential: String,
    pub kind: PasskeyKind,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    credential_id: Vec<u8>,
    credential: String,
    kind: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<Row> for StoredPasskey {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            credential_id: row.credential_id,
            credential: row.credential,
            kind: stored(TABLE, "kind", &row.kind)?,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        })
    }
}

/// Stores a passkey; `false`: the agent has as many as one may have. A credential id that is known already is a conflict.
pub async fn insert(tx: &mut Tx, soi: &Soi, key: &StoredPasskey) -> Result<bool, StoreError> {
    let most = i64::try_from(MOST_OF_A_KIND).unwrap_or(i64::MAX);
    let inserted = on!(tx, conn => sqlx::query(INSERT)
        .bind(&key.id)
        .bind(soi.as_str())
        .bind(&key.name)
        .bind(&key.credential_id)
        .bind(&key.credential)
        .bind(key.kind.as_str())
        .bind(key.created_at.millis())
        .bind(most)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

/// The passkeys of an agent, the oldest first.
pub async fn of_agent(tx: &mut Tx, soi: &Soi) -> Result<Vec<StoredPasskey>, StoreError> {
    let rows: Vec<Row> = on!(tx, conn => sqlx::query_as(OF_AGENT).bind(soi.as_str()).fetch_all(conn).await)?;
    rows.into_iter().map(StoredPasskey::try_from).collect()
}

/// The passkey with this credential id, if it is this agent's.
pub async fn find(tx: &mut Tx, soi: &Soi, credential_id: &[u8]) -> Result<Option<StoredPasskey>, StoreError> {
    let row: Option<Row> = on!(tx, conn => sqlx::query_as(FIND)
        .bind(credential_id).bind(soi.as_str()).fetch_optional(conn).await)?;
    row.map(StoredPasskey::try_from).transpose()
}

/// Whether anybody has a passkey with this credential id.
pub async fn is_known(tx: &mut Tx, credential_id: &[u8]) -> Result<bool, StoreError> {
    let row: Option<(i32,)> = on!(tx, conn => sqlx::query_as(IS_KNOWN).bind(credential_id).fetch_optional(conn).await)?;
    Ok(row.is_some())
}

/// Notes a use, and what it changed in the credential; `false`: somebody else changed it meanwhile, or it is gone.
pub async fn used(tx: &mut Tx, key: &StoredPasskey, credential: &str, now: Timestamp) -> Result<bool, StoreError> {
    let used = on!(tx, conn => sqlx::query(USED)
        .bind(&key.id).bind(&key.credential).bind(credential).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(used == 1)
}

/// Removes a passkey of this agent; `false`: there is none.
pub async fn remove(tx: &mut Tx, soi: &Soi, id: &str) -> Result<bool, StoreError> {
    let removed = on!(tx, conn => sqlx::query(REMOVE)
        .bind(id).bind(soi.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Removes every passkey of an agent; answers how many there were.
pub async fn remove_all(tx: &mut Tx, soi: &Soi) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REMOVE_ALL).bind(soi.as_str()).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// The name by which authenticators know this agent: `new`, unless there is one.
pub async fn know_user(tx: &mut Tx, soi: &Soi, new: &str) -> Result<String, StoreError> {
    on!(tx, conn => sqlx::query(KNOW_USER).bind(soi.as_str()).bind(new).execute(conn).await.map(drop))?;
    let (handle,): (String,) = on!(tx, conn => sqlx::query_as(HANDLE_OF).bind(soi.as_str()).fetch_one(conn).await)?;
    Ok(handle)
}

/// Whom authenticators mean by this name.
pub async fn soi_of(tx: &mut Tx, user_handle: &str) -> Result<Option<Soi>, StoreError> {
    let row: Option<(String,)> = on!(tx, conn => sqlx::query_as(SOI_OF).bind(user_handle).fetch_optional(conn).await)?;
    Ok(row.map(|(soi,)| Soi::from_stored(soi)))
}
