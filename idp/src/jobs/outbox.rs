//! The couriers: one task per medium that leases what is due and hands it over, a few messages at a time. And the round that
//! gives up what has expired and measures what waits.
//!
//! A courier looks when this process has queued something, and every other second for what other processes queued and for
//! what is due again. When it is stopped, attempts under way have a moment to end; after that their leases run out.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Turn;
use crate::outbox::Medium;
use crate::outbox::delivery::Delivery;

/// Messages under way at a time, of one medium.
const AT_ONCE: usize = 12;

/// Messages leased in one transaction, once so many have room: a transaction for each would cost more than the message.
const TOGETHER: usize = 4;

/// The longest pause between two looks.
const POLL: Duration = Duration::from_secs(2);

/// The first pause after something was queued, whose transaction is about to be committed; the next ones are twice as long
/// each.
const QUICK: Duration = Duration::from_millis(20);

/// What attempts under way may take at the end.
const GRACE: Duration = Duration::from_secs(3);

/// How often it is looked for what has expired.
pub const ROUND: Duration = Duration::from_secs(15);

/// Sends what is due until `stop` changes.
pub async fn courier(
    delivery: Delivery,
    medium: Medium,
    mut bell: watch::Receiver<u64>,
    mut stop: watch::Receiver<bool>,
) {
    let mut under_way = JoinSet::new();
    let mut pause = QUICK;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = POLL.min(pause * 2),
            Ok(()) = bell.changed() => {
                pause = QUICK;
                continue;
            }
            Some(_) = under_way.join_next() => {}
            _ = stop.changed() => break,
        }
        while under_way.try_join_next().is_some() {}
        let room = AT_ONCE - under_way.len();
        if room < TOGETHER {
            continue;
        }
        match delivery.lease(medium, room).await {
            Ok(leased) => {
                for message in leased {
                    let delivery = delivery.clone();
                    under_way.spawn(async move {
                        if let Err(error) = delivery.attempt(medium, &message).await {
                            tracing::warn!(message = message.id, %error, "what came of a message was not written down");
                        }
                    });
                }
            }
            Err(error) => {
                tracing::warn!(medium = medium.as_str(), %error, "messages wait: the database does not answer");
            }
        }
    }
    let all_ended = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!(medium = medium.as_str(), "stopped in the middle of a message; its lease will run out");
    }
}

/// Gives up what has expired, and measures what waits.
pub struct Round(pub Delivery);

impl Turn for Round {
    fn name(&self) -> &'static str {
        "outbox"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let expired = self.0.expire().await?;
        if expired > 0 {
            tracing::warn!(messages = expired, "messages expired before they could be sent");
        }
        self.0.measure().await?;
        Ok(())
    }
}
