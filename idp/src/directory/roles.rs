//! Roles: granted, revoked, listed. What a role may do is decided where it is used.

use serde_json::Map;

use super::agents::{named, require_agent};
use super::error::DirectoryError;
use super::{Directory, Mandate};
use crate::domain::agent::Employment;
use crate::domain::reason::Reason;
use crate::domain::role::Role;
use crate::storage::roles::{self, RoleGrant};
use crate::storage::{Tx, audit};

impl Directory {
    /// Gives a role; answers whether the agent did not hold it yet. Refused for somebody who left.
    pub async fn grant_role(&self, mandate: &Mandate, soi: &str, role: Role) -> Result<bool, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        let by = mandate.actor.name();
        let event = mandate.event("role.granted", detail(role)).with_subject(&soi);
        self.act(mandate, event.clone(), async |tx: &mut Tx| -> Result<bool, DirectoryError> {
            let agent = require_agent(tx, &soi).await?;
            if agent.record.employment == Employment::Left {
                let message = format!("{} has left: nobody who left gets a role", named(&agent.record));
                return Err(DirectoryError::by_reason(Reason::AccountLeft, message));
            }
            let is_new = roles::grant(tx, &soi, role, &by, now).await?;
            if is_new {
                audit::append(tx, &event, now).await?;
            }
            Ok(is_new)
        })
        .await
    }

    /// Takes a role away; answers whether the agent held it.
    pub async fn revoke_role(&self, mandate: &Mandate, soi: &str, role: Role) -> Result<bool, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        let event = mandate.event("role.revoked", detail(role)).with_subject(&soi);
        self.act(mandate, event.clone(), async |tx: &mut Tx| -> Result<bool, DirectoryError> {
            require_agent(tx, &soi).await?;
            let was_held = roles::revoke(tx, &soi, role).await?;
            if was_held {
                audit::append(tx, &event, now).await?;
            }
            Ok(was_held)
        })
        .await
    }

    /// Who holds which role, or this one.
    pub async fn list_roles(&self, role: Option<Role>) -> Result<Vec<RoleGrant>, DirectoryError> {
        self.store.read(async |tx: &mut Tx| -> Result<_, DirectoryError> { Ok(roles::list(tx, role).await?) }).await
    }
}

fn detail(role: Role) -> Map<String, serde_json::Value> {
    Map::from_iter([("role".to_owned(), role.as_str().into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample::{Sample, operator, rehearsal};

    #[tokio::test]
    async fn a_role_is_granted_once_and_revoked_once_and_both_are_in_the_audit() {
        let sample = Sample::new().await;
        sample.add("100009").await;
        let directory = &sample.directory;
        assert!(directory.grant_role(&rehearsal(), "100009", Role::Dsin).await.unwrap());
        assert!(directory.grant_role(&operator(), "100009", Role::Dsin).await.unwrap());
        assert!(!directory.grant_role(&operator(), "100009", Role::Dsin).await.unwrap());
        let grants = directory.list_roles(Some(Role::Dsin)).await.unwrap();
        assert_eq!((grants.len(), grants[0].granted_by.as_str()), (1, "root (login alice)"));
        assert!(directory.revoke_role(&operator(), "100009", Role::Dsin).await.unwrap());
        assert!(!directory.revoke_role(&operator(), "100009", Role::Dsin).await.unwrap());
        assert_eq!(sample.acts().await, ["agent.added", "role.granted", "role.revoked"]);
    }

    #[tokio::test]
    async fn nobody_who_left_gets_a_role_and_nobody_unknown_does() {
        let sample = Sample::new().await;
        sample.add("100006").await;
        sample.directory.leave_agent(&operator(), "100006").await.unwrap();
        let left = sample.directory.grant_role(&operator(), "100006", Role::Hr).await;
        assert!(matches!(left, Err(DirectoryError::Refused { .. })));
        let unknown = sample.directory.grant_role(&operator(), "999999", Role::Hr).await;
        assert!(matches!(unknown, Err(DirectoryError::NotFound { .. })));
    }
}
