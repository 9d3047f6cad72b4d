//! Administrative roles of agents.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::role::Role;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RoleGrant {
    pub soi: Soi,
    pub role: Role,
    pub granted_at: Timestamp,
    pub granted_by: String,
}

statements! {
    GRANT = "INSERT INTO role_grant (soi, role, granted_at, granted_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    REVOKE = "DELETE FROM role_grant WHERE soi = $1 AND role = $2";
    OF_AGENT = "SELECT soi, role, granted_at, granted_by FROM role_grant WHERE soi = $1 ORDER BY role";
    LIST = "SELECT soi, role, granted_at, granted_by FROM role_grant \
            WHERE (CAST($1 AS TEXT) IS NULL OR role = $1) ORDER BY role, soi";
}

type Row = (String, String, i64, String);

fn parse(rows: Vec<Row>) -> Result<Vec<RoleGrant>, StoreError> {
    rows.into_iter()
        .map(|(soi, role, at, by)| {
            Ok(RoleGrant {
                soi: Soi::from_stored(soi),
                role: stored("role_grant", "role", &role)?,
                granted_at: Timestamp::from_millis(at),
                granted_by: by,
            })
        })
        .collect()
}

/// Grants a role; answers whether it is new.
pub async fn grant(tx: &mut Tx, soi: &Soi, role: Role, by: &str, now: Timestamp) -> Result<bool, StoreError> {
    let added = on!(tx, conn => sqlx::query(GRANT)
        .bind(soi.as_str()).bind(role.as_str()).bind(now.millis()).bind(by)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Revokes a role; answers whether it was held.
pub async fn revoke(tx: &mut Tx, soi: &Soi, role: Role) -> Result<bool, StoreError> {
    let removed = on!(tx, conn => sqlx::query(REVOKE)
        .bind(soi.as_str()).bind(role.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// The roles of one agent.
pub async fn of_agent(tx: &mut Tx, soi: &Soi) -> Result<Vec<RoleGrant>, StoreError> {
    parse(on!(tx, conn => sqlx::query_as(OF_AGENT).bind(soi.as_str()).fetch_all(conn).await)?)
}

/// Everybody with a role, or with this one.
pub async fn list(tx: &mut Tx, role: Option<Role>) -> Result<Vec<RoleGrant>, StoreError> {
    parse(on!(tx, conn => sqlx::query_as(LIST).bind(role.map(Role::as_str)).fetch_all(conn).await)?)
}
