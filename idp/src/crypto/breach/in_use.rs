//! The filter that a running server asks: another file under the same name takes over without a restart, and a file that
//! cannot be read any more is told to the administrator, not to the agents (`docs/decisions/0004`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{BreachFilter, FilterError};
use crate::domain::secret::PlainPassword;

/// The filter in use, or none where none is configured. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct BreachedPasswords(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    filter: ArcSwap<BreachFilter>,
}

impl BreachedPasswords {
    /// Opens the configured file.
    ///
    /// # Errors
    /// The file is no filter: see [`FilterError`].
    pub fn open(file: Option<&Path>) -> Result<Self, FilterError> {
        let Some(file) = file else { return Ok(Self(None)) };
        let filter = ArcSwap::from_pointee(BreachFilter::open(file)?);
        Ok(Self(Some(Arc::new(Inner { file: file.to_owned(), filter }))))
    }

    /// Whether the password was in a breach. Where that cannot be found out, the login goes on: a broken disk must not
    /// shut the whole City out. It is logged and counted.
    pub async fn contains(&self, password: &PlainPassword) -> bool {
        let Some(inner) = &self.0 else { return false };
        let (filter, password) = (inner.filter.load_full(), password.clone());
        // It may have to come from the disk.
        let asked = tokio::task::spawn_blocking(move || filter.contains(&password)).await;
        match asked.map_err(std::io::Error::other).flatten() {
            Ok(found) => {
                metrics::counter!("octroi_breach_lookup_total", "result" => if found { "found" } else { "absent" })
                    .increment(1);
                found
            }
            Err(error) => {
                metrics::counter!("octroi_breach_lookup_total", "result" => "failed").increment(1);
                tracing::error!(file = %inner.file.display(), %error, "the breach filter cannot be read: nothing is refused by it");
                false
            }
        }
    }

    /// Takes over another file that was put in the place of this one; answers whether it did. A file that is no filter
    /// changes nothing.
    ///
    /// # Errors
    /// The new file is no filter; the old one stays in use.
    pub fn refresh(&self) -> Result<bool, FilterError> {
        let Some(inner) = &self.0 else { return Ok(false) };
        if !inner.filter.load().is_replaced(&inner.file) {
            return Ok(false);
        }
        let new = BreachFilter::open(&inner.file)?;
        tracing::info!(file = %inner.file.display(), entries = new.entries(), "took over another breach filter");
        inner.filter.store(Arc::new(new));
        Ok(true)
    }
}
