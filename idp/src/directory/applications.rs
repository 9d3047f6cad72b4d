//! Acts on applications: registered, changed, given a new secret, removed. A secret is told once, by the act that draws
//! it; the store keeps its SHA-256. Running servers notice through the change marker that each write bumps.

use serde_json::{Map, Value};

use super::application_record::{self, ApplicationDraft};
use super::error::{DirectoryError, Rule};
use super::{Change, Directory, Mandate, changes};
use crate::crypto::hash::hash_token;
use crate::domain::application::{Application, ApplicationRecord};
use crate::domain::ids::ClientId;
use crate::domain::secret::{PlainToken, TokenHash};
use crate::domain::time::Timestamp;
use crate::storage::applications::{self, StoredApplication};
use crate::storage::{Constraint, StoreError, Tx, audit};

/// An application with the secret that was drawn for it, told once.
#[derive(Debug, Clone)]
pub struct Registered<T> {
    pub application: T,
    /// `None` when none was drawn: for a public application, and when the old one stays.
    pub client_secret: Option<PlainToken>,
}

impl Directory {
    /// Every application, in the order of `client_id`.
    pub async fn list_applications(&self) -> Result<Vec<Application>, DirectoryError> {
        let list = async |tx: &mut Tx| -> Result<_, DirectoryError> { Ok(applications::list(tx).await?) };
        Ok(self.store.read(list).await?.into_iter().map(|stored| stored.application).collect())
    }

    /// The application with this `client_id`, if there is one.
    pub async fn find_application(&self, client_id: &str) -> Result<Option<Application>, DirectoryError> {
        let client_id = ClientId::new(client_id);
        let find = async |tx: &mut Tx| -> Result<_, DirectoryError> { Ok(applications::find(tx, &client_id).await?) };
        Ok(self.store.read(find).await?.map(|stored| stored.application))
    }

    /// The application with this `client_id`, or `NotFound`.
    pub async fn get_application(&self, client_id: &str) -> Result<Application, DirectoryError> {
        self.find_application(client_id).await?.ok_or_else(|| DirectoryError::no_application(printable(client_id)))
    }

    /// Registers an application and, unless it is public, draws its secret.
    pub async fn add_application(
        &self,
        mandate: &Mandate,
        client_id: &str,
        draft: &ApplicationDraft,
    ) -> Result<Registered<Application>, DirectoryError> {
        let id = application_record::client_id(client_id, &self.settings.soi_syntax);
        let record = draft.complete(&ClientId::new(client_id), None);
        let (id, record) = match (id, record) {
            (Ok(id), Ok(record)) => (id, record),
            (id, record) => {
                let problems = id.err().into_iter().chain(record.err().into_iter().flatten());
                return Err(DirectoryError::Invalid(problems.collect()));
            }
        };
        let secret = (!record.is_public()).then(|| self.random.token());
        let (hash, now) = (secret.as_ref().map(hash_token), self.now());
        let event = mandate.event("application.added", changes::application_detail(&record)).with_client(&id);
        let add = async |tx: &mut Tx| -> Result<Application, DirectoryError> {
            applications::insert(tx, &record, hash.as_ref(), now).await.map_err(|error| match error {
                StoreError::Conflict(Constraint::ApplicationClientId) => DirectoryError::Conflict {
                    message: format!("there is already an application {id}; change it with `app set`"),
                },
                other => other.into(),
            })?;
            audit::append(tx, &event, now).await?;
            Ok(require(tx, &id).await?.application)
        };
        let application = self.act(mandate, event.clone(), add).await?;
        Ok(Registered { application, client_secret: secret })
    }

    /// Changes what is given. An application that becomes confidential gets a secret.
    pub async fn set_application(
        &self,
        mandate: &Mandate,
        client_id: &str,
        draft: &ApplicationDraft,
    ) -> Result<Registered<Change<Application>>, DirectoryError> {
        let (id, now, fresh) = (ClientId::new(client_id), self.now(), self.random.token());
        let fresh_hash = hash_token(&fresh);
        let attempt = mandate.event("application.changed", Map::new()).with_client(&id);
        let set = async |tx: &mut Tx| -> Result<(Change<Application>, bool), DirectoryError> {
            let StoredApplication { application: before, secret_hash } = require(tx, &id).await?;
            let after = draft.complete(&id, Some(&before.record)).map_err(DirectoryError::Invalid)?;
            let fields = changes::of_application(&before.record, &after);
            if fields.is_empty() {
                return Ok((Change::Unchanged(before), false));
            }
            let needs_secret = !after.is_public() && secret_hash.is_none();
            let hash = if after.is_public() { None } else { secret_hash.or_else(|| Some(fresh_hash.clone())) };
            update(tx, &after, hash.as_ref(), before.version, now).await?;
            let mut detail = changes::detail(&fields);
            detail.insert("version".into(), Value::from(before.version + 1));
            audit::append(tx, &mandate.event("application.changed", detail).with_client(&id), now).await?;
            Ok((Change::Changed { now: require(tx, &id).await?.application, fields }, needs_secret))
        };
        let (application, needs_secret) = self.act(mandate, attempt, set).await?;
        Ok(Registered { application, client_secret: needs_secret.then_some(fresh) })
    }

    /// Draws a new secret; the old one stops working at once. Refused for a public application.
    pub async fn rotate_secret(
        &self,
        mandate: &Mandate,
        client_id: &str,
    ) -> Result<Registered<Application>, DirectoryError> {
        let (id, now, secret) = (ClientId::new(client_id), self.now(), self.random.token());
        let hash = hash_token(&secret);
        let event = mandate.event("application.secret_rotated", Map::new()).with_client(&id);
        let rotate = async |tx: &mut Tx| -> Result<Application, DirectoryError> {
            let before = require(tx, &id).await?.application;
            if before.record.is_public() {
                let message = format!("{id} is a public application: it has no secret");
                return Err(DirectoryError::by_rule(Rule::ApplicationPublic, message));
            }
            update(tx, &before.record, Some(&hash), before.version, now).await?;
            audit::append(tx, &event, now).await?;
            Ok(require(tx, &id).await?.application)
        };
        let application = self.act(mandate, event.clone(), rotate).await?;
        Ok(Registered { application, client_secret: Some(secret) })
    }

    /// Removes an application with its grants and codes; the audit keeps its registration.
    pub async fn remove_application(&self, mandate: &Mandate, client_id: &str) -> Result<Application, DirectoryError> {
        let (id, now) = (ClientId::new(client_id), self.now());
        let attempt = mandate.event("application.removed", Map::new()).with_client(&id);
        let remove = async |tx: &mut Tx| -> Result<Application, DirectoryError> {
            let before = require(tx, &id).await?.application;
            applications::delete(tx, &id).await?;
            let event = mandate.event("application.removed", changes::application_detail(&before.record));
            audit::append(tx, &event.with_client(&id), now).await?;
            Ok(before)
        };
        self.act(mandate, attempt, remove).await
    }
}

async fn require(tx: &mut Tx, id: &ClientId) -> Result<StoredApplication, DirectoryError> {
    applications::find(tx, id).await?.ok_or_else(|| DirectoryError::no_application(printable(id.as_str())))
}

async fn update(
    tx: &mut Tx,
    record: &ApplicationRecord,
    hash: Option<&TokenHash>,
    version: i64,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    if applications::update(tx, record, hash, version, now).await? {
        return Ok(());
    }
    Err(DirectoryError::changed_meanwhile(format!("the application {}", record.client_id)))
}

/// What was typed, short and without control characters.
fn printable(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample::{Sample, application, operator, rehearsal};
    use crate::storage::markers;

    async fn stored_hash(sample: &Sample, id: &str) -> Option<TokenHash> {
        let id = ClientId::new(id);
        let find = async |tx: &mut Tx| -> Result<_, StoreError> { applications::find(tx, &id).await };
        sample.store.read(find).await.unwrap().unwrap().secret_hash
    }

    async fn marker(sample: &Sample) -> i64 {
        let list = async |tx: &mut Tx| -> Result<_, StoreError> { markers::list(tx).await };
        sample.store.read(list).await.unwrap()["applications"]
    }

    #[tokio::test]
    async fn a_secret_is_told_once_and_kept_as_a_hash() {
        let sample = Sample::new().await;
        let before = marker(&sample).await;
        let added = sample.directory.add_application(&operator(), "portal", &application()).await.unwrap();
        let secret = added.client_secret.unwrap();
        assert_eq!(stored_hash(&sample, "portal").await, Some(hash_token(&secret)));
        assert!(marker(&sample).await > before);
        let events = serde_json::to_string(&sample.events().await).unwrap();
        assert!(!events.contains(secret.reveal()), "{events}");
        let again = sample.directory.add_application(&operator(), "portal", &application()).await.unwrap_err();
        assert!(matches!(again, DirectoryError::Conflict { .. }), "{again}");
    }

    #[tokio::test]
    async fn a_rotated_secret_replaces_the_old_one_at_once() {
        let sample = Sample::new().await;
        let old = sample.directory.add_application(&operator(), "portal", &application()).await.unwrap().client_secret;
        let new = sample.directory.rotate_secret(&operator(), "portal").await.unwrap().client_secret.unwrap();
        assert_ne!(stored_hash(&sample, "portal").await, old.as_ref().map(hash_token));
        assert_eq!(stored_hash(&sample, "portal").await, Some(hash_token(&new)));
        sample.directory.rotate_secret(&rehearsal(), "portal").await.unwrap();
        assert_eq!(stored_hash(&sample, "portal").await, Some(hash_token(&new)));
    }

    #[tokio::test]
    async fn a_public_application_has_no_secret_until_it_becomes_confidential() {
        let sample = Sample::new().await;
        let public = ApplicationDraft { public: Some(true), ..application() };
        let added = sample.directory.add_application(&operator(), "kiosk", &public).await.unwrap();
        assert!(added.client_secret.is_none());
        let error = sample.directory.rotate_secret(&operator(), "kiosk").await.unwrap_err();
        assert!(matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "application.public"));
        let confidential = ApplicationDraft { public: Some(false), ..ApplicationDraft::default() };
        let set = sample.directory.set_application(&operator(), "kiosk", &confidential).await.unwrap();
        let secret = set.client_secret.unwrap();
        assert_eq!(stored_hash(&sample, "kiosk").await, Some(hash_token(&secret)));
        let public = ApplicationDraft { public: Some(true), ..ApplicationDraft::default() };
        sample.directory.set_application(&operator(), "kiosk", &public).await.unwrap();
        assert_eq!(stored_hash(&sample, "kiosk").await, None);
    }

    #[tokio::test]
    async fn a_change_keeps_the_secret_and_is_told_field_by_field() {
        let sample = Sample::new().await;
        sample.directory.add_application(&operator(), "portal", &application()).await.unwrap();
        let hash = stored_hash(&sample, "portal").await;
        let close = ApplicationDraft { disabled: Some(true), ..ApplicationDraft::default() };
        let set = sample.directory.set_application(&operator(), "portal", &close).await.unwrap();
        assert_eq!(set.application.fields().len(), 1);
        assert_eq!(stored_hash(&sample, "portal").await, hash);
        let again = sample.directory.set_application(&operator(), "portal", &close).await.unwrap();
        assert!(matches!(again.application, Change::Unchanged(_)));
        let event = sample.events().await.pop().unwrap();
        assert_eq!(event.detail["to"], serde_json::json!({ "disabled": true }));
        assert_eq!(sample.acts().await.len(), 2);
    }

    #[tokio::test]
    async fn a_removed_application_is_gone_and_its_registration_is_in_the_audit() {
        let sample = Sample::new().await;
        sample.directory.add_application(&operator(), "portal", &application()).await.unwrap();
        sample.directory.remove_application(&rehearsal(), "portal").await.unwrap();
        assert!(sample.directory.find_application("portal").await.unwrap().is_some());
        sample.directory.remove_application(&operator(), "portal").await.unwrap();
        assert!(sample.directory.find_application("portal").await.unwrap().is_none());
        let event = sample.events().await.pop().unwrap();
        assert_eq!((event.act.as_str(), &event.detail["name"]), ("application.removed", &Value::from("Portail")));
        let gone = sample.directory.remove_application(&operator(), "portal").await.unwrap_err();
        assert!(matches!(gone, DirectoryError::NotFound { .. }));
    }
}
