//! What a restored database would bring back to life, and its end: whoever logged out after the backup was made has a live
//! session in it, a spent code is unspent.
//!
//! [`end_everything`] is the one place that knows all of it. A table that holds something which ends (a column such as
//! `ended_at`, `revoked_at`, `consumed_at`, `expires_at`) needs a line here and in [`COVERED`]; a test in
//! `tests/storage/revival.rs` walks the schema and fails until it has one. Counts of attempts stay as they are.

use super::markers::{self, Topic};
use super::{StoreError, Tx, on, statements};
use crate::domain::time::Timestamp;

/// Why the sessions of a restored database ended.
pub const WHY: &str = "restore";

statements! {
    END_SESSIONS = "UPDATE session SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL";
    REVOKE_GRANTS = "UPDATE application_grant SET revoked_at = $1 WHERE revoked_at IS NULL";
    SPEND_AUTHORIZATION_CODES = "UPDATE authorization_code SET consumed_at = $1 WHERE consumed_at IS NULL";
    WITHDRAW_ACTIVATION_CODES = "UPDATE activation_code SET replaced_at = $1 \
                                 WHERE consumed_at IS NULL AND replaced_at IS NULL";
    WITHDRAW_CHANNEL_CODES = "UPDATE channel_code SET consumed_at = $1 WHERE consumed_at IS NULL";
    /// Most of them were sent after the backup, and what the others told of ended with the codes.
    GIVE_UP_MESSAGES = "UPDATE outbox SET dead_at = $1, sealed = NULL, last_error = 'restored from a backup' \
                        WHERE sent_at IS NULL AND (dead_at IS NULL OR sealed IS NOT NULL)";
    SPEND_RESETS = "UPDATE password_reset SET consumed_at = $1 WHERE consumed_at IS NULL";
    FORGET_RESET_DEMANDS = "DELETE FROM reset_demand WHERE expires_at > $1";
    SPEND_RECOVERY_CODES = "UPDATE recovery_code SET consumed_at = $1 WHERE consumed_at IS NULL";
    SPEND_CHANNEL_CODES = "UPDATE second_channel_code SET consumed_at = $1 WHERE consumed_at IS NULL";
    REPLACE_MANAGER_CODES = "UPDATE manager_code SET replaced_at = $1 WHERE consumed_at IS NULL AND replaced_at IS NULL";
    FORGET_PERMITS = "DELETE FROM enrolment_permit WHERE expires_at > $1";
    /// A code of the last minute may have been used after the backup. (A factor that was removed after it works again: the
    /// guide says to remove it again.)
    BURN_TOTP_STEPS = "UPDATE totp_device SET last_step = CAST($1 AS BIGINT) / 30000 \
                       WHERE last_step < CAST($1 AS BIGINT) / 30000";
    SPEND_ALARMS = "UPDATE alarm SET consumed_at = $1 WHERE consumed_at IS NULL";
    RETIRE_SIGNING_KEYS = "UPDATE signing_key SET retired_at = $1 WHERE retired_at IS NULL";
}

/// The tables with something that ends, and what becomes of it.
pub const COVERED: &[(&str, &str)] = &[
    ("session", "ended"),
    ("application_grant", "revoked"),
    ("authorization_code", "spent"),
    ("activation_code", "withdrawn"),
    ("channel_code", "withdrawn"),
    ("outbox", "given up"),
    ("alarm", "spent"),
    ("password_reset", "spent"),
    ("reset_demand", "forgotten"),
    // A code that was used after the backup must not work again: agents print new ones.
    ("recovery_code", "spent"),
    ("second_channel_code", "spent"),
    ("manager_code", "withdrawn"),
    ("enrolment_permit", "forgotten"),
    // What was suspended stays so. What was suspended after the backup opens again: the guide says to say it again.
    ("password", "kept"),
    // It counts only while its address is the agent's; that a password was reset over it makes it count less.
    ("channel", "kept"),
    // A key that was retired after the backup signs again: applications need a key, and what it signed is worth nothing
    // without its grant. Where it was retired because it leaked, `retire_signing_keys` is the way.
    ("signing_key", "kept"),
    // An import that was decided had been told to go on whatever happens; its audit says so, and it gives nobody access
    // that the file did not. The guide says to read HR's newest file afterwards.
    ("import_run", "kept"),
];

/// How many of each lived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ended {
    pub sessions: u64,
    pub grants: u64,
    pub authorization_codes: u64,
    pub activation_codes: u64,
    pub channel_codes: u64,
    pub alarms: u64,
    /// Attempts to reset a password.
    pub resets: u64,
    pub recovery_codes: u64,
    pub manager_codes: u64,
    pub messages: u64,
}

/// Ends every session, grant and code, and makes servers read again what they hold in memory.
pub async fn end_everything(tx: &mut Tx, now: Timestamp) -> Result<Ended, StoreError> {
    let sessions = on!(tx, conn => sqlx::query(END_SESSIONS)
        .bind(now.millis()).bind(WHY).execute(conn).await.map(|done| done.rows_affected()))?;
    let ended = Ended {
        sessions,
        grants: end(tx, REVOKE_GRANTS, now).await?,
        authorization_codes: end(tx, SPEND_AUTHORIZATION_CODES, now).await?,
        activation_codes: end(tx, WITHDRAW_ACTIVATION_CODES, now).await?,
        channel_codes: end(tx, WITHDRAW_CHANNEL_CODES, now).await?,
        alarms: end(tx, SPEND_ALARMS, now).await?,
        resets: end(tx, SPEND_RESETS, now).await?,
        recovery_codes: end(tx, SPEND_RECOVERY_CODES, now).await?,
        manager_codes: end(tx, REPLACE_MANAGER_CODES, now).await?,
        messages: end(tx, GIVE_UP_MESSAGES, now).await?,
    };
    end(tx, FORGET_RESET_DEMANDS, now).await?;
    end(tx, SPEND_CHANNEL_CODES, now).await?;
    end(tx, FORGET_PERMITS, now).await?;
    end(tx, BURN_TOTP_STEPS, now).await?;
    for topic in [Topic::Applications, Topic::SigningKeys] {
        markers::bump(tx, topic).await?;
    }
    Ok(ended)
}

/// Retires every signing key: for a database whose sealing key is lost. The next start generates new ones.
pub async fn retire_signing_keys(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    end(tx, RETIRE_SIGNING_KEYS, now).await
}

async fn end(tx: &mut Tx, statement: &'static str, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(statement).bind(now.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
