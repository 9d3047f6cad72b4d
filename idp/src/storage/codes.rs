//! Authorization codes: kept as hashes, consumed by one conditional statement whose result decides.

use sqlx::FromRow;
use sqlx::types::Json;

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::acr::AuthenticationMethod;
use crate::domain::grant::AuthorizationCode;
use crate::domain::ids::{ClientId, GrantId, Reference, Sid};
use crate::domain::scope::GrantedScope;
use crate::domain::secret::TokenHash;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::SeenZone;

const TABLE: &str = "authorization_code";

macro_rules! columns {
    () => {
        "grant_id, client_id, sid, soi, redirect_uri, code_challenge, nonce, scope, acr, amr, auth_time, zone, zone_at, \
         zone_until, decision, created_at, expires_at"
    };
}

statements! {
    INSERT = concat!("INSERT INTO authorization_code (code_hash, ", columns!(), ") \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)");
    CONSUME = concat!("UPDATE authorization_code SET consumed_at = $2 WHERE code_hash = $1 AND consumed_at IS NULL \
               RETURNING ", columns!());
    FIND = concat!("SELECT ", columns!(), " FROM authorization_code WHERE code_hash = $1");
    PURGE = "DELETE FROM authorization_code WHERE expires_at < $1";
}

#[derive(FromRow)]
struct CodeRow {
    grant_id: String,
    client_id: String,
    sid: String,
    soi: String,
    redirect_uri: String,
    code_challenge: Option<String>,
    nonce: Option<String>,
    scope: String,
    acr: String,
    amr: Json<Vec<String>>,
    auth_time: i64,
    zone: String,
    zone_at: i64,
    zone_until: i64,
    decision: String,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<CodeRow> for AuthorizationCode {
    type Error = StoreError;

    fn try_from(row: CodeRow) -> Result<Self, StoreError> {
        Ok(Self {
            grant_id: GrantId::new(row.grant_id),
            sid: Sid::new(row.sid),
            client_id: ClientId::new(row.client_id),
            soi: Soi::from_stored(row.soi),
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            nonce: row.nonce,
            scope: GrantedScope::from_stored(&row.scope),
            authentication: AuthenticationMethod { acr: stored(TABLE, "acr", &row.acr)?, amr: row.amr.0 },
            auth_time: Timestamp::from_millis(row.auth_time),
            zone: SeenZone {
                zone: stored(TABLE, "zone", &row.zone)?,
                at: Timestamp::from_millis(row.zone_at),
                until: Timestamp::from_millis(row.zone_until),
            },
            decision: Reference::new(row.decision),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

/// What presenting a code leads to.
#[derive(Debug)]
pub enum Consumed {
    /// The first and only time.
    Now(AuthorizationCode),
    /// It was spent before: what it gave is to be revoked (RFC 6749 §4.1.2).
    Replayed(AuthorizationCode),
    /// No such code.
    Unknown,
}

/// Stores a code.
pub async fn insert(tx: &mut Tx, code_hash: &TokenHash, code: &AuthorizationCode) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(code_hash.as_bytes().as_slice())
        .bind(code.grant_id.as_str())
        .bind(code.client_id.as_str())
        .bind(code.sid.as_str())
        .bind(code.soi.as_str())
        .bind(&code.redirect_uri)
        .bind(&code.code_challenge)
        .bind(&code.nonce)
        .bind(code.scope.to_parameter())
        .bind(code.authentication.acr.as_str())
        .bind(Json(&code.authentication.amr))
        .bind(code.auth_time.millis())
        .bind(code.zone.zone.as_str())
        .bind(code.zone.at.millis())
        .bind(code.zone.until.millis())
        .bind(code.decision.as_str())
        .bind(code.created_at.millis())
        .bind(code.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Spends a code, expired or not: of all who present it, one gets [`Consumed::Now`].
pub async fn consume(tx: &mut Tx, code_hash: &TokenHash, now: Timestamp) -> Result<Consumed, StoreError> {
    let hash = code_hash.as_bytes().as_slice();
    let row: Option<CodeRow> =
        on!(tx, conn => sqlx::query_as(CONSUME).bind(hash).bind(now.millis()).fetch_optional(conn).await)?;
    if let Some(row) = row {
        return Ok(Consumed::Now(row.try_into()?));
    }
    let row: Option<CodeRow> = on!(tx, conn => sqlx::query_as(FIND).bind(hash).fetch_optional(conn).await)?;
    row.map_or(Ok(Consumed::Unknown), |row| Ok(Consumed::Replayed(row.try_into()?)))
}

/// Deletes codes that expired before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
