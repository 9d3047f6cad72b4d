//! Change markers: what servers hold in memory (applications, keys) and reload when a row here grows.

use std::collections::BTreeMap;

use super::{StoreError, Tx, on, statements};

/// What can change under a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Applications,
    SigningKeys,
}

impl Topic {
    /// The row's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applications => "applications",
            Self::SigningKeys => "signing_keys",
        }
    }
}

statements! {
    BUMP = "UPDATE change_marker SET version = version + 1 WHERE topic = $1";
    LIST = "SELECT topic, version FROM change_marker";
}

/// Says that `topic` changed, in the transaction that changes it.
pub async fn bump(tx: &mut Tx, topic: Topic) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(BUMP).bind(topic.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Every topic with its version.
pub async fn list(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, conn => sqlx::query_as(LIST).fetch_all(conn).await)?;
    Ok(rows.into_iter().collect())
}
