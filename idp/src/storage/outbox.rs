//! Mails and text messages to be sent. What they say is sealed; it is forgotten when they are sent or given up.

use super::{StoreError, Tx, on, statements};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    INSERT = "INSERT INTO outbox (id, soi, medium, notice, sealed, created_at, due_at, expires_at, attempts) \
              VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 0)";
    FORGET = "DELETE FROM outbox WHERE id = $1";
}

/// A message to be queued.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    pub id: &'a str,
    pub soi: Option<&'a Soi>,
    /// `mail` or `sms`.
    pub medium: &'a str,
    pub notice: &'a str,
    pub sealed: &'a [u8],
    pub expires_at: Timestamp,
}

/// Queues a message, due at once.
pub async fn insert(tx: &mut Tx, message: &NewMessage<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(message.id)
        .bind(message.soi.map(Soi::as_str))
        .bind(message.medium)
        .bind(message.notice)
        .bind(message.sealed)
        .bind(now.millis())
        .bind(message.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets a message as if it had never been queued: nobody but the transaction that queued it has seen it.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(FORGET).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}
