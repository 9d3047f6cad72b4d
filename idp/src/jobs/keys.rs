//! Signing keys: loaded at start and at each change, generated at the first start, sealed at rest.

use crate::crypto::keys::{KeyError, KeyRing, KeyUse, SigningKey, generate};
use crate::crypto::random::Random;
use crate::crypto::seal::{SealError, Sealer};
use crate::domain::application::SigningAlg;
use crate::domain::time::Timestamp;
use crate::storage::signing_keys::SealedKey;
use crate::storage::{Store, StoreError, Tx, signing_keys};

/// The purpose that sealed signing keys carry as associated data, beside their `kid`.
const PURPOSE: &str = "signing_key";

/// Why the signing keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("the signing keys cannot be opened: is keys.sealing_key the key of this database?")]
    Seal(#[from] SealError),
    #[error("the signing keys cannot be used")]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The live keys.
pub async fn load(store: &Store, sealer: &Sealer) -> Result<KeyRing, KeysError> {
    let stored = store.read(async |tx: &mut Tx| -> Result<_, StoreError> { signing_keys::list_live(tx).await }).await?;
    unseal(sealer, &stored)
}

/// Opens stored keys: whether the sealing key is the one that they were written under.
pub fn unseal(sealer: &Sealer, stored: &[SealedKey]) -> Result<KeyRing, KeysError> {
    let mut keys = Vec::with_capacity(stored.len());
    for key in stored {
        let pkcs8 = sealer.open(PURPOSE, &key.kid, &key.sealed)?;
        keys.push((SigningKey::from_pkcs8(&key.kid, key.alg, &pkcs8)?, KeyUse::Sign));
    }
    Ok(KeyRing::new(keys)?)
}

/// Loads the keys, after generating those that no server has generated yet.
pub async fn load_or_generate(
    store: &Store,
    sealer: &Sealer,
    random: &Random,
    now: Timestamp,
) -> Result<KeyRing, KeysError> {
    let ring = load(store, sealer).await?;
    let missing: Vec<SigningAlg> =
        [SigningAlg::ES256, SigningAlg::RS256].into_iter().filter(|alg| ring.find_signer(*alg).is_none()).collect();
    if missing.is_empty() {
        return Ok(ring);
    }
    for alg in missing {
        let source = random.clone();
        // An RSA key takes a noticeable time to find.
        let generated = tokio::task::spawn_blocking(move || generate(alg, &source))
            .await
            .map_err(|_| KeyError::Generation(alg))??;
        let sealed = sealer.seal(PURPOSE, &generated.kid, &generated.pkcs8, random);
        let key = SealedKey { kid: generated.kid, alg, sealed };
        // Another node may have been first: then its key stays and ours is forgotten.
        store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> { signing_keys::insert(tx, &key, now).await })
            .await?;
        tracing::info!(alg = %alg, key.id = key.kid, "generated a signing key");
    }
    load(store, sealer).await
}
