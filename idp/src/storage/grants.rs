//! Grants: session × application. Tokens carry the grant's id; a revoked grant makes them worthless.

use sqlx::FromRow;

use super::{StoreError, Tx, on, statements};
use crate::domain::grant::Grant;
use crate::domain::ids::{ClientId, GrantId, Sid};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    /// Keeps the live grant of this session and application, or makes one; answers its id either way.
    OBTAIN = "INSERT INTO application_grant (grant_id, sid, client_id, soi, created_at) VALUES ($1, $2, $3, $4, $5) \
              ON CONFLICT (sid, client_id) WHERE revoked_at IS NULL DO UPDATE SET soi = excluded.soi RETURNING grant_id";
    FIND = "SELECT grant_id, sid, client_id, soi, created_at, revoked_at FROM application_grant WHERE grant_id = $1";
    REVOKE_OF_AGENT = "UPDATE application_grant SET revoked_at = $2 WHERE revoked_at IS NULL \
                       AND sid IN (SELECT sid FROM session WHERE soi = $1)";
    REVOKE = "UPDATE application_grant SET revoked_at = $2 WHERE grant_id = $1 AND revoked_at IS NULL";
    REVOKE_OF_SESSION = "UPDATE application_grant SET revoked_at = $2 WHERE sid = $1 AND revoked_at IS NULL";
    REVOKE_OF_OTHERS = "UPDATE application_grant SET revoked_at = $3 WHERE revoked_at IS NULL \
                        AND sid IN (SELECT sid FROM session WHERE soi = $1 AND sid <> $2)";
}

#[derive(FromRow)]
struct GrantRow {
    grant_id: String,
    sid: String,
    client_id: String,
    soi: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

/// The live grant of this session and application: `new_id` if there was none.
pub async fn obtain(
    tx: &mut Tx,
    new_id: &GrantId,
    sid: &Sid,
    client_id: &ClientId,
    soi: &Soi,
    now: Timestamp,
) -> Result<GrantId, StoreError> {
    let (id,): (String,) = on!(tx, conn => sqlx::query_as(OBTAIN)
        .bind(new_id.as_str())
        .bind(sid.as_str())
        .bind(client_id.as_str())
        .bind(soi.as_str())
        .bind(now.millis())
        .fetch_one(conn).await)?;
    Ok(GrantId::new(id))
}

/// The grant with this id, revoked or not.
pub async fn find(tx: &mut Tx, grant_id: &GrantId) -> Result<Option<Grant>, StoreError> {
    let row: Option<GrantRow> =
        on!(tx, conn => sqlx::query_as(FIND).bind(grant_id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|row| Grant {
        grant_id: GrantId::new(row.grant_id),
        sid: Sid::new(row.sid),
        client_id: ClientId::new(row.client_id),
        soi: Soi::from_stored(row.soi),
        created_at: Timestamp::from_millis(row.created_at),
        revoked_at: row.revoked_at.map(Timestamp::from_millis),
    }))
}

/// Revokes every grant of an agent, in whichever session; answers how many lived. Codes and tokens of a revoked grant are
/// worthless.
pub async fn revoke_all(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REVOKE_OF_AGENT)
        .bind(soi.as_str()).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Revokes a grant; answers whether it lived.
pub async fn revoke(tx: &mut Tx, grant_id: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
    let revoked = on!(tx, conn => sqlx::query(REVOKE)
        .bind(grant_id.as_str()).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(revoked == 1)
}

/// Revokes the grants of a session; answers how many lived.
pub async fn revoke_of_session(tx: &mut Tx, sid: &Sid, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REVOKE_OF_SESSION)
        .bind(sid.as_str()).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Revokes the grants of every session of an agent but `kept`; answers how many lived.
pub async fn revoke_of_others(tx: &mut Tx, soi: &Soi, kept: &Sid, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REVOKE_OF_OTHERS)
        .bind(soi.as_str()).bind(kept.as_str()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?)
}
