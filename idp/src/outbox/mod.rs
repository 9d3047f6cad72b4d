//! The outbox: what is told to people is queued in the transaction of the act that it tells of, sealed, and sent later.
//!
//! [`Outbox::queue`] and [`Outbox::tell`] are all that `login` and `directory` see. An acknowledged act is therefore told, and a rolled-back one
//! is not; a mail server that is away delays nobody's login. What becomes of a message afterwards is decided in `delivery.rs`.

pub mod delivery;
mod telling;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::crypto::random::Random;
use crate::crypto::seal::Sealer;
use crate::crypto::short_code::ShortCodeKey;
use crate::domain::channel::Address;
use crate::domain::notice::{Notice, Recipient};
use crate::domain::time::Timestamp;
use crate::storage::outbox::{self, NewMessage};
use crate::storage::{StoreError, Tx};

pub use telling::ALARM_LIFETIME;

/// The purpose under which messages are sealed.
const PURPOSE: &str = "outbox";

/// The way that a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Mail,
    Sms,
}

impl Medium {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }

    const fn of(address: &Address) -> Self {
        match address {
            Address::Email(_) => Self::Mail,
            Address::Mobile(_) => Self::Sms,
        }
    }
}

/// What is sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Letter {
    pub to: Recipient,
    pub notice: Notice,
}

/// Where notices are put. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    sealer: Arc<Sealer>,
    random: Random,
    /// Digests the codes of alarms.
    short_codes: ShortCodeKey,
    /// Wakes whoever sends: something was queued, or is about to be.
    bell: Arc<watch::Sender<u64>>,
}

impl Outbox {
    /// Seals under the server's key.
    pub fn new(sealer: Arc<Sealer>, random: Random, short_codes: ShortCodeKey) -> Self {
        Self { sealer, random, short_codes, bell: Arc::new(watch::Sender::new(0)) }
    }

    /// Changes when something is queued by this process, shortly before it is committed.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Says that something may be due.
    pub fn ring(&self) {
        self.bell.send_modify(|rung| *rung = rung.wrapping_add(1));
    }

    /// Queues a notice in the transaction of its act; answers the message's id.
    pub async fn queue(
        &self,
        tx: &mut Tx,
        to: Recipient,
        notice: Notice,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let id = self.random.uuid();
        let (medium, address) = (Medium::of(&to.address), to.address.masked());
        let (soi, kind, expires_at) = (to.soi.clone(), notice.as_str(), notice.expires_at(now));
        let letter = serde_json::to_vec(&Letter { to, notice }).unwrap_or_default();
        let sealed = self.sealer.seal(PURPOSE, &id, &letter, &self.random);
        let message = NewMessage {
            id: &id,
            soi: soi.as_ref(),
            medium: medium.as_str(),
            notice: kind,
            address: &address,
            sealed: &sealed,
            expires_at,
        };
        outbox::insert(tx, &message, now).await?;
        self.ring();
        Ok(id)
    }

    /// Queues a notice only where `is_meant`, with the same work either way: whoever looks at the clock does not learn
    /// whether there was somebody to be told.
    pub async fn queue_if(
        &self,
        tx: &mut Tx,
        to: Recipient,
        notice: Notice,
        is_meant: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let queued = self.queue(tx, to, notice, now).await?;
        let nobody_s = self.random.uuid();
        outbox::unqueue(tx, if is_meant { &nobody_s } else { &queued }).await
    }
}
