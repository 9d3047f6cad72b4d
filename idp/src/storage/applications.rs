//! Applications. Servers read all of them into a snapshot; each write bumps the change marker.

use sqlx::FromRow;
use sqlx::types::Json;

use super::markers::{self, Topic};
use super::{StoreError, Tx, on, statements, stored};
use crate::domain::application::{Application, ApplicationRecord};
use crate::domain::ids::ClientId;
use crate::domain::secret::TokenHash;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;

const TABLE: &str = "application";

macro_rules! columns {
    () => {
        "client_id, name, secret_hash, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, home_uri, \
         grant_types, scopes, zones, waiver_possible, departments, min_acr, id_token_signed_response_alg, \
         zone_in_id_token, require_pkce, disabled, version, created_at, updated_at"
    };
}

statements! {
    LIST = concat!("SELECT ", columns!(), " FROM application ORDER BY client_id");
    FIND = concat!("SELECT ", columns!(), " FROM application WHERE client_id = $1");
    INSERT = "INSERT INTO application (client_id, name, token_endpoint_auth_method, redirect_uris, \
              post_logout_redirect_uris, home_uri, grant_types, scopes, zones, waiver_possible, departments, min_acr, \
              id_token_signed_response_alg, zone_in_id_token, require_pkce, disabled, secret_hash, version, created_at, \
              updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $18)";
    UPDATE = "UPDATE application SET name = $2, token_endpoint_auth_method = $3, redirect_uris = $4, \
              post_logout_redirect_uris = $5, home_uri = $6, grant_types = $7, scopes = $8, zones = $9, \
              waiver_possible = $10, departments = $11, min_acr = $12, id_token_signed_response_alg = $13, \
              zone_in_id_token = $14, require_pkce = $15, disabled = $16, secret_hash = $17, version = version + 1, \
              updated_at = $18 WHERE client_id = $1 AND version = $19";
    DELETE = "DELETE FROM application WHERE client_id = $1";
}

#[derive(FromRow)]
struct ApplicationRow {
    client_id: String,
    name: String,
    secret_hash: Option<Vec<u8>>,
    token_endpoint_auth_method: String,
    redirect_uris: Json<Vec<String>>,
    post_logout_redirect_uris: Json<Vec<String>>,
    home_uri: Option<String>,
    grant_types: Json<Vec<String>>,
    scopes: Json<Vec<String>>,
    zones: Json<Vec<String>>,
    waiver_possible: bool,
    departments: Json<Vec<String>>,
    min_acr: Option<String>,
    id_token_signed_response_alg: String,
    zone_in_id_token: bool,
    require_pkce: bool,
    disabled: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

/// An application with the hash of its secret: what authenticates it.
#[derive(Debug, Clone)]
pub struct StoredApplication {
    pub application: Application,
    /// SHA-256 of the client secret; `None` for a public client.
    pub secret_hash: Option<TokenHash>,
}

impl TryFrom<ApplicationRow> for StoredApplication {
    type Error = StoreError;

    fn try_from(row: ApplicationRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: TABLE, column };
        let secret_hash = row
            .secret_hash
            .map(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).map(TokenHash::from_digest))
            .transpose()
            .map_err(|_| corrupt("secret_hash"))?;
        let record = ApplicationRecord {
            client_id: ClientId::new(row.client_id),
            name: row.name,
            redirect_uris: row.redirect_uris.0,
            post_logout_redirect_uris: row.post_logout_redirect_uris.0,
            home_uri: row.home_uri,
            token_endpoint_auth_method: stored(TABLE, "token_endpoint_auth_method", &row.token_endpoint_auth_method)?,
            grant_types: row.grant_types.0,
            scopes: row.scopes.0,
            zones: row
                .zones
                .0
                .iter()
                .map(|zone| stored::<NetworkZone>(TABLE, "zones", zone))
                .collect::<Result<_, _>>()?,
            waiver_possible: row.waiver_possible,
            departments: row.departments.0,
            min_acr: row.min_acr.map(|acr| stored(TABLE, "min_acr", &acr)).transpose()?,
            id_token_signed_response_alg: stored(
                TABLE,
                "id_token_signed_response_alg",
                &row.id_token_signed_response_alg,
            )?,
            zone_in_id_token: row.zone_in_id_token,
            require_pkce: row.require_pkce,
            disabled: row.disabled,
        };
        let application = Application {
            record,
            version: row.version,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        };
        Ok(Self { application, secret_hash })
    }
}

/// Every application.
pub async fn list(tx: &mut Tx) -> Result<Vec<StoredApplication>, StoreError> {
    let rows: Vec<ApplicationRow> = on!(tx, conn => sqlx::query_as(LIST).fetch_all(conn).await)?;
    rows.into_iter().map(StoredApplication::try_from).collect()
}

/// The application with this `client_id`.
pub async fn find(tx: &mut Tx, client_id: &ClientId) -> Result<Option<StoredApplication>, StoreError> {
    let row: Option<ApplicationRow> =
        on!(tx, conn => sqlx::query_as(FIND).bind(client_id.as_str()).fetch_optional(conn).await)?;
    row.map(StoredApplication::try_from).transpose()
}

/// Binds the columns that an administrator sets, in the order that INSERT and UPDATE share.
macro_rules! bind_record {
    ($query:expr, $record:expr) => {
        $query
            .bind($record.client_id.as_str())
            .bind(&$record.name)
            .bind($record.token_endpoint_auth_method.as_str())
            .bind(Json(&$record.redirect_uris))
            .bind(Json(&$record.post_logout_redirect_uris))
            .bind(&$record.home_uri)
            .bind(Json(&$record.grant_types))
            .bind(Json(&$record.scopes))
            .bind(Json(&$record.zones))
            .bind($record.waiver_possible)
            .bind(Json(&$record.departments))
            .bind($record.min_acr.map(|acr| acr.as_str()))
            .bind($record.id_token_signed_response_alg.as_str())
            .bind($record.zone_in_id_token)
            .bind($record.require_pkce)
            .bind($record.disabled)
    };
}

/// Registers an application. A known `client_id` is [`Constraint::ApplicationClientId`](super::Constraint).
pub async fn insert(
    tx: &mut Tx,
    record: &ApplicationRecord,
    secret_hash: Option<&TokenHash>,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, conn => bind_record!(sqlx::query(INSERT), record)
        .bind(secret_hash.map(|h| h.as_bytes().as_slice()))
        .bind(now.millis())
        .execute(conn).await.map(drop))?;
    markers::bump(tx, Topic::Applications).await
}

/// Replaces the registration if it is still at `version`; answers whether it was.
pub async fn update(
    tx: &mut Tx,
    record: &ApplicationRecord,
    secret_hash: Option<&TokenHash>,
    version: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = on!(tx, conn => bind_record!(sqlx::query(UPDATE), record)
        .bind(secret_hash.map(|h| h.as_bytes().as_slice()))
        .bind(now.millis())
        .bind(version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    markers::bump(tx, Topic::Applications).await?;
    Ok(changed == 1)
}

/// Removes an application with its grants and codes; answers whether it was there.
pub async fn delete(tx: &mut Tx, client_id: &ClientId) -> Result<bool, StoreError> {
    let removed = on!(tx, conn => sqlx::query(DELETE)
        .bind(client_id.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    markers::bump(tx, Topic::Applications).await?;
    Ok(removed == 1)
}
