//! Every registered application, as an immutable snapshot that is replaced when the change marker in SQL grows.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::ids::ClientId;
use crate::storage::applications::StoredApplication;

/// The snapshot.
#[derive(Debug, Clone, Default)]
pub struct Applications(HashMap<ClientId, Arc<StoredApplication>>);

impl Applications {
    /// From what `storage::applications::list` returned.
    pub fn new(all: Vec<StoredApplication>) -> Self {
        Self(all.into_iter().map(|a| (a.application.record.client_id.clone(), Arc::new(a))).collect())
    }

    /// The application with this `client_id`.
    pub fn find(&self, client_id: &ClientId) -> Option<Arc<StoredApplication>> {
        self.0.get(client_id).cloned()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
