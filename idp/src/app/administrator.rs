//! The first administrator of a new installation: an agent with the role `dsin` and an activation code. Nobody, not even
//! who installs Octroi, chooses or sees the password.

use super::{Migrate, StartError, Surroundings, describe, directory, open_store};
use crate::config::Config;
use crate::directory::{AgentDraft, DirectoryError, IssuedCode, Mandate};
use crate::domain::audit::Actor;
use crate::domain::role::Role;

/// Why there is no first administrator.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the first administrator could not be added to {database}")]
    Directory { database: String, source: DirectoryError },
}

/// Makes the database and adds the administrator to it.
pub async fn add_first(config: &Config, soi: &str, draft: &AgentDraft) -> Result<IssuedCode, AdministratorError> {
    let store = open_store(config, Migrate::Embedded).await?;
    let directory = directory(config, store.clone(), &Surroundings::system()).map_err(StartError::from)?;
    let mandate = Mandate { actor: Actor::System, reason: Some("first administrator".to_owned()), dry_run: false };
    let added = async {
        directory.add_agent(&mandate, soi, draft).await?;
        directory.grant_role(&mandate, soi, Role::Dsin).await?;
        directory.issue_activation_code(&mandate, soi).await
    }
    .await;
    store.close().await;
    added.map_err(|source| AdministratorError::Directory { database: describe(&config.database), source })
}
