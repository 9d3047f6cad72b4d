//! Addresses that agents have proved to read.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::channel::{Address, Channel, ChannelKind};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    /// An address proved again keeps its first moment, so that it does not pause as a factor; another one starts anew.
    VERIFIED = "INSERT INTO channel (soi, kind, address, verified_at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (soi, kind) DO UPDATE SET \
                  verified_at = CASE WHEN channel.address = excluded.address THEN channel.verified_at ELSE excluded.verified_at END, \
                  reset_at = CASE WHEN channel.address = excluded.address THEN channel.reset_at ELSE NULL END, \
                  address = excluded.address";
    OF_AGENT = "SELECT kind, address, verified_at, reset_at FROM channel WHERE soi = $1 ORDER BY kind";
    USED = "UPDATE channel SET reset_at = $3 WHERE soi = $1 AND kind = $2";
    REMOVE = "DELETE FROM channel WHERE soi = $1 AND kind = $2";
}

/// Notes that a code proved this address.
pub async fn set_verified(
    tx: &mut Tx,
    soi: &Soi,
    kind: ChannelKind,
    address: &Address,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(VERIFIED)
        .bind(soi.as_str()).bind(kind.as_str()).bind(address.as_str()).bind(now.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// What this agent ever proved, whether or not it is still the agent's address: compare with the record.
pub async fn of_agent(tx: &mut Tx, soi: &Soi) -> Result<Vec<Channel>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>)> =
        on!(tx, conn => sqlx::query_as(OF_AGENT).bind(soi.as_str()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(kind, address, verified_at, reset_at)| {
            let kind: ChannelKind = stored("channel", "kind", &kind)?;
            let address = if kind == ChannelKind::Mobile { Address::Mobile(address) } else { Address::Email(address) };
            Ok(Channel {
                kind,
                address,
                verified_at: Timestamp::from_millis(verified_at),
                reset_at: reset_at.map(Timestamp::from_millis),
            })
        })
        .collect()
}

/// A password was reset over this channel.
pub async fn used_for_reset(tx: &mut Tx, soi: &Soi, kind: ChannelKind, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(USED)
        .bind(soi.as_str()).bind(kind.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets a channel; answers whether there was one.
pub async fn remove(tx: &mut Tx, soi: &Soi, kind: ChannelKind) -> Result<bool, StoreError> {
    let removed = on!(tx, conn => sqlx::query(REMOVE)
        .bind(soi.as_str()).bind(kind.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}
