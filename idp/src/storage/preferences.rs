//! What agents chose for themselves: their language.

use super::{StoreError, Tx, on, statements};
use crate::domain::locale::Locale;
use crate::domain::soi::Soi;

statements! {
    SET = "INSERT INTO preference (soi, language) VALUES ($1, $2) ON CONFLICT (soi) DO UPDATE SET language = excluded.language";
    FIND = "SELECT language FROM preference WHERE soi = $1";
}

/// The language that this agent chose; French where none was.
pub async fn language(tx: &mut Tx, soi: &Soi) -> Result<Locale, StoreError> {
    let row: Option<(String,)> = on!(tx, conn => sqlx::query_as(FIND).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.and_then(|(tag,)| Locale::from_tag(&tag)).unwrap_or_default())
}

/// Chooses a language.
pub async fn set_language(tx: &mut Tx, soi: &Soi, locale: Locale) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SET).bind(soi.as_str()).bind(locale.tag()).execute(conn).await.map(drop))?;
    Ok(())
}
