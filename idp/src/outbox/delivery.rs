//! What becomes of a message: who sends it, when it is tried again, and when it is given up.
//!
//! A server leases a message, opens it, and hands it to the mail server or the gateway outside of any transaction; what came of
//! it is written afterwards. So a message is never lost: a server that dies in between leaves a lease that runs out. It may be
//! sent twice in one case only: it was taken, and nobody could write so down (the server died, or the other side's answer was
//! lost). Then its second copy carries the same Message-ID or idempotency key
//! ([0023](../../../docs/decisions/0023-messages-are-leased.md)).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{Letter, Medium, PURPOSE};
use crate::crypto::random::Random;
use crate::crypto::seal::Sealer;
use crate::domain::audit::{Actor, Event};
use crate::domain::delivery::{Setback, Undelivered};
use crate::domain::soi::Soi;
use crate::domain::time::Clock;
use crate::notify::Words;
use crate::notify::smtp::Relay;
use crate::outbound::sms::Gateway;
use crate::storage::outbox::{self, Leased};
use crate::storage::{Store, StoreError, Tx, audit};

/// The first pause after a failed attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

/// So many attempts are eight days. What does not expire before is given up then.
const MOST_ATTEMPTS: i64 = 400;

/// A lease outlives the attempt by so much: time to write down what came of it.
const LEASE_MARGIN: Duration = Duration::from_mins(1);

/// That a message was sent is written again after growing pauses, up to this one, when the database does not take it.
const LONGEST_WRITE_PAUSE: Duration = Duration::from_secs(10);

/// Messages given up in one transaction.
const EXPIRED_AT_ONCE: usize = 100;

/// The ways that are configured.
#[derive(Debug, Default)]
pub struct Ways {
    pub mail: Option<Relay>,
    pub sms: Option<Gateway>,
}

/// The delivery of one installation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub store: Store,
    pub clock: Clock,
    pub random: Random,
    pub sealer: Arc<Sealer>,
    pub words: Words,
    pub ways: Arc<Ways>,
    /// Whether the last attempt found the way shut; mails, text messages.
    pub shut: Arc<[AtomicBool; 2]>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Sent,
    /// It will be tried again.
    Later,
    /// It was refused, or tried too often.
    Dead,
}

impl Delivery {
    /// The media that have a way.
    pub fn media(&self) -> Vec<Medium> {
        let mail = self.ways.mail.as_ref().map(|_| Medium::Mail);
        let sms = self.ways.sms.as_ref().map(|_| Medium::Sms);
        mail.into_iter().chain(sms).collect()
    }

    /// Up to `most` messages that are due, ours for as long as an attempt can take.
    pub async fn lease(&self, medium: Medium, most: usize) -> Result<Vec<Leased>, StoreError> {
        let patience = match medium {
            Medium::Mail => self.ways.mail.as_ref().map(Relay::patience),
            Medium::Sms => self.ways.sms.as_ref().map(Gateway::patience),
        };
        let Some(patience) = patience.filter(|_| most > 0) else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let until = now.plus(patience + LEASE_MARGIN);
        self.store
            .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                outbox::lease(tx, medium.as_str(), now, until, most).await
            })
            .await
    }

    /// One attempt, and what is written of it.
    pub async fn attempt(&self, medium: Medium, message: &Leased) -> Result<Ending, StoreError> {
        if message.attempts > MOST_ATTEMPTS {
            return self.give_up(message, "tries", &format!("given up after {MOST_ATTEMPTS} attempts")).await;
        }
        match self.hand_over(message).await {
            Ok(()) => {
                self.write_sent(message).await?;
                count(medium.as_str(), "sent");
                self.way_is_open(medium).await?;
                Ok(Ending::Sent)
            }
            Err(Undelivered { setback: Setback::Refused, why }) => self.give_up(message, "refused", &why).await,
            Err(Undelivered { setback, why }) => {
                if setback == Setback::Away && !self.shut(medium).swap(true, Ordering::SeqCst) {
                    tracing::warn!(medium = medium.as_str(), why, "messages do not get through; they wait");
                }
                let due_at = self.clock.now().plus(pause(message.attempts, &self.random));
                self.store
                    .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                        outbox::later(tx, message, due_at, &why).await
                    })
                    .await?;
                count(medium.as_str(), "later");
                Ok(Ending::Later)
            }
        }
    }

    async fn hand_over(&self, message: &Leased) -> Result<(), Undelivered> {
        // Another server may hold the right key, or know a newer kind of notice.
        let unreadable = |why: String| Undelivered::new(Setback::Deferred, why);
        let sealed = message.sealed.as_deref().unwrap_or_default();
        let opened = self.sealer.open(PURPOSE, &message.id, sealed);
        let opened = opened.map_err(|error| unreadable(format!("its text cannot be opened: {error}")))?;
        let letter: Letter = serde_json::from_slice(&opened)
            .map_err(|_| unreadable("its text is of a kind that this version does not know".to_owned()))?;
        let shut = || Undelivered::new(Setback::Away, "there is no way to send it");
        match Medium::of(&letter.to.address) {
            Medium::Mail => {
                let relay = self.ways.mail.as_ref().ok_or_else(shut)?;
                // The moment of the act: a second copy is the same to the byte.
                relay.send(&message.id, &self.words.mail(&letter.to, &letter.notice), message.created_at()).await
            }
            Medium::Sms => {
                let gateway = self.ways.sms.as_ref().ok_or_else(shut)?;
                let sms = self.words.sms(&letter.to, &letter.notice);
                gateway.send(&message.id, &sms.to, &sms.text).await
            }
        }
    }

    /// It was taken: whatever happens to the database now, this is not to be forgotten lightly.
    async fn write_sent(&self, message: &Leased) -> Result<(), StoreError> {
        let mut pause = Duration::from_millis(100);
        loop {
            let now = self.clock.now();
            let write = async |tx: &mut Tx| -> Result<_, StoreError> { outbox::sent(tx, &message.id, now).await };
            match self.store.write(write).await {
                Ok(_) => return Ok(()),
                Err(error) if pause > LONGEST_WRITE_PAUSE => {
                    tracing::error!(
                        message = message.id,
                        "sent, and it could not be written down: it will be sent again"
                    );
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
    }

    /// After a time in which nothing got through, what waits is due at once.
    async fn way_is_open(&self, medium: Medium) -> Result<(), StoreError> {
        if !self.shut(medium).swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let now = self.clock.now();
        let hurry = async |tx: &mut Tx| -> Result<_, StoreError> { outbox::hurry(tx, medium.as_str(), now).await };
        let waiting = self.store.write(hurry).await?;
        tracing::info!(medium = medium.as_str(), waiting, "messages get through again");
        Ok(())
    }

    fn shut(&self, medium: Medium) -> &AtomicBool {
        let [mail, sms] = &*self.shut;
        match medium {
            Medium::Mail => mail,
            Medium::Sms => sms,
        }
    }

    async fn give_up(&self, message: &Leased, because: &'static str, why: &str) -> Result<Ending, StoreError> {
        let now = self.clock.now();
        let (medium, notice, attempts) = (message.medium.as_str(), message.notice.as_str(), message.attempts);
        let dead = Dead { id: &message.id, soi: message.soi(), medium, notice, attempts, because, why };
        let event = dead.event();
        let was_ours = self
            .store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> {
                let is_ours = outbox::bury(tx, message, now, why).await?;
                if is_ours {
                    audit::append(tx, &event, now).await?;
                }
                Ok(is_ours)
            })
            .await?;
        if was_ours {
            tracing::warn!(message = message.id, medium, notice, why, "a message was given up");
            count(medium, because);
        }
        Ok(Ending::Dead)
    }

    /// Gives up what has expired: a code that is dead is not sent. Answers how many.
    pub async fn expire(&self) -> Result<usize, StoreError> {
        let untried = |way: bool, section: &str| {
            if way {
                "expired before an attempt was made".to_owned()
            } else {
                format!("expired, and there is no way to send it: [{section}] is not configured")
            }
        };
        let (mail, sms) = (untried(self.ways.mail.is_some(), "mail"), untried(self.ways.sms.is_some(), "sms"));
        let mut total = 0;
        loop {
            let now = self.clock.now();
            let expired = self
                .store
                .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                    let expired = outbox::expire(tx, now, EXPIRED_AT_ONCE, [&mail, &sms]).await?;
                    for message in &expired {
                        let dead = Dead {
                            id: &message.id,
                            soi: message.soi(),
                            medium: &message.medium,
                            notice: &message.notice,
                            attempts: message.attempts,
                            because: "expired",
                            why: &message.last_error,
                        };
                        audit::append(tx, &dead.event(), now).await?;
                    }
                    Ok(expired)
                })
                .await?;
            for message in &expired {
                count(&message.medium, "expired");
            }
            total += expired.len();
            if expired.len() < EXPIRED_AT_ONCE {
                return Ok(total);
            }
        }
    }

    /// Measures what waits.
    pub async fn measure(&self) -> Result<(), StoreError> {
        let waiting =
            self.store.read(async |tx: &mut Tx| -> Result<_, StoreError> { outbox::waiting(tx).await }).await?;
        let now = self.clock.now();
        for medium in [Medium::Mail, Medium::Sms].map(Medium::as_str) {
            let found = waiting.iter().find(|waiting| waiting.medium == medium);
            let messages = found.map_or(0, |waiting| u32::try_from(waiting.messages).unwrap_or(u32::MAX));
            let age = found.map_or(Duration::ZERO, |waiting| waiting.oldest.until(now));
            metrics::gauge!("octroi_outbox_waiting", "medium" => medium).set(messages);
            metrics::gauge!("octroi_outbox_oldest_seconds", "medium" => medium).set(age.as_secs_f64());
        }
        Ok(())
    }
}

/// The pause after so many attempts, a fifth longer or shorter by chance: what failed together does not come back together.
fn pause(attempts: i64, random: &Random) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or_default();
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    let [chance] = random.bytes::<1>();
    pause * (800 + u32::from(chance) * 400 / 255) / 1000
}

/// A message that is given up.
struct Dead<'a> {
    id: &'a str,
    soi: Option<Soi>,
    medium: &'a str,
    notice: &'a str,
    attempts: i64,
    /// `refused`, `expired` or `tries`.
    because: &'static str,
    why: &'a str,
}

impl Dead<'_> {
    fn event(&self) -> Event {
        let event = Event::new("outbox.dead", Actor::System).with_detail(json!({
            "message": self.id,
            "medium": self.medium,
            "notice": self.notice,
            "attempts": self.attempts,
            "because": self.because,
            "why": self.why,
        }));
        match &self.soi {
            Some(soi) => event.with_subject(soi),
            None => event,
        }
    }
}

fn count(medium: &str, result: &'static str) {
    let medium = if medium == Medium::Mail.as_str() { Medium::Mail } else { Medium::Sms };
    metrics::counter!("octroi_outbox_total", "medium" => medium.as_str(), "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_half_an_hour_and_differ_by_chance() {
        let random = Random::seeded(1);
        for (attempts, seconds) in
            [(1, 5), (2, 10), (3, 20), (6, 160), (9, 1280), (10, 1800), (400, 1800), (i64::MAX, 1800)]
        {
            let pauses: Vec<Duration> = (0..100).map(|_| pause(attempts, &random)).collect();
            let usual = Duration::from_secs(seconds);
            assert!(
                pauses.iter().all(|pause| (usual * 4 / 5..=usual * 6 / 5).contains(pause)),
                "{attempts}: {pauses:?}"
            );
            assert!(pauses.iter().max() > pauses.iter().min());
        }
    }

    #[test]
    fn a_message_is_tried_for_longer_than_a_week() {
        let random = Random::seeded(2);
        let total: Duration = (1..=MOST_ATTEMPTS).map(|attempts| pause(attempts, &random)).sum();
        assert!(total > Duration::from_hours(7 * 24), "{total:?}");
    }
}
