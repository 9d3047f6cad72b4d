//! Which factor an agent used last at a login: it is offered first.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::factor::SecondFactor;
use crate::domain::soi::Soi;

statements! {
    SET = "INSERT INTO factor_choice (soi, factor) VALUES ($1, $2) ON CONFLICT (soi) DO UPDATE SET factor = excluded.factor \
           WHERE factor_choice.factor <> excluded.factor";
    FIND = "SELECT factor FROM factor_choice WHERE soi = $1";
}

/// Remembers it.
pub async fn set(tx: &mut Tx, soi: &Soi, factor: SecondFactor) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SET).bind(soi.as_str()).bind(factor.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// The last one.
pub async fn find(tx: &mut Tx, soi: &Soi) -> Result<Option<SecondFactor>, StoreError> {
    let row: Option<(String,)> = on!(tx, conn => sqlx::query_as(FIND).bind(soi.as_str()).fetch_optional(conn).await)?;
    row.map(|(factor,)| stored("factor_choice", "factor", &factor)).transpose()
}
