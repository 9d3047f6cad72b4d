//! Which of our processes are connected to a PostgreSQL database: they name themselves, see `connect.rs`. A restored database
//! is cleared of what it brought back while there are none.

use sqlx::{ConnectOptions as _, Connection as _};

use super::connect::{APPLICATION_NAME, postgres_options};
use super::{DatabaseUrl, StoreError, StoreSettings};

// Only PostgreSQL has this.
const CONNECTED: &str = "SELECT coalesce(host(client_addr), 'socket'), count(*) FROM pg_stat_activity \
                         WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid() \
                         GROUP BY 1 ORDER BY 1";

/// Where they are connected from, with how many connections; nothing for the embedded engine.
pub async fn list(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
    let DatabaseUrl::Postgres { url, password } = &settings.url else { return Ok(Vec::new()) };
    let options = postgres_options(url, password.as_ref(), settings.busy_timeout)?.application_name("octroi restore");
    let mut connection = options.connect().await?;
    let rows: Result<Vec<(String, i64)>, _> =
        sqlx::query_as(CONNECTED).bind(APPLICATION_NAME).fetch_all(&mut connection).await;
    connection.close().await?;
    Ok(rows?.into_iter().map(|(from, count)| format!("{count} from {from}")).collect())
}
