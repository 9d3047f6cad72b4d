//! Signing keys, sealed. At most one live key per algorithm; retired ones stay until their tokens have expired.

use sqlx::SqliteConnection;

use super::markers::{self, Topic};
use super::{StoreError, Tx, on, statements, stored};
use crate::domain::application::SigningAlg;
use crate::domain::time::Timestamp;

/// A key as stored.
#[derive(Debug, Clone)]
pub struct SealedKey {
    pub kid: String,
    pub alg: SigningAlg,
    /// PKCS#8, sealed (`crypto::seal`).
    pub sealed: Vec<u8>,
}

statements! {
    LIST_LIVE = "SELECT kid, alg, sealed FROM signing_key WHERE retired_at IS NULL ORDER BY alg";
    INSERT = "INSERT INTO signing_key (kid, alg, sealed, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
}

/// The live keys.
pub async fn list_live(tx: &mut Tx) -> Result<Vec<SealedKey>, StoreError> {
    let rows: Vec<(String, String, Vec<u8>)> = on!(tx, conn => sqlx::query_as(LIST_LIVE).fetch_all(conn).await)?;
    parse(rows)
}

/// The live keys of a database that is looked at as a file.
pub(super) async fn list_live_of_file(connection: &mut SqliteConnection) -> Result<Vec<SealedKey>, StoreError> {
    parse(sqlx::query_as(LIST_LIVE).fetch_all(connection).await?)
}

fn parse(rows: Vec<(String, String, Vec<u8>)>) -> Result<Vec<SealedKey>, StoreError> {
    rows.into_iter()
        .map(|(kid, alg, sealed)| Ok(SealedKey { kid, alg: stored("signing_key", "alg", &alg)?, sealed }))
        .collect()
}

/// Stores a key unless its algorithm has a live one; answers whether it was stored. Of two first starts, one wins.
pub async fn insert(tx: &mut Tx, key: &SealedKey, now: Timestamp) -> Result<bool, StoreError> {
    let added = on!(tx, conn => sqlx::query(INSERT)
        .bind(&key.kid).bind(key.alg.as_str()).bind(&key.sealed).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    markers::bump(tx, Topic::SigningKeys).await?;
    Ok(added == 1)
}
