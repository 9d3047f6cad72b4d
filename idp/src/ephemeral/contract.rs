//! What every mechanism promises, as tests. A mechanism's own tests call `honours_the_contract!` with an expression that
//! makes a fresh [`Subject`]; times are short, so that a mechanism with a clock of its own can really wait.

use std::sync::Arc;
use std::time::Duration;

use super::{BoxFuture, Count, Ephemeral, EphemeralError, KEY_MAX_BYTES, Kind, Topic};

/// A mechanism under test, empty, and the way to let time pass for it.
pub(super) struct Subject {
    pub mechanism: Arc<dyn Ephemeral>,
    pub pass: Box<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>,
}

macro_rules! honours_the_contract {
    ($subject:expr) => {
        honours_the_contract!($subject;
            a_value_is_there_until_it_is_taken,
            a_value_is_gone_after_its_time,
            putting_again_replaces_value_and_time,
            kinds_do_not_share_keys,
            strange_keys_are_keys_like_others,
            of_fifty_that_take_one_value_exactly_one_gets_it,
            of_fifty_that_claim_one_key_exactly_one_is_first,
            a_claim_ends_with_its_time,
            hits_are_counted_within_a_window_that_they_do_not_prolong,
            fifty_hits_at_once_are_all_counted,
            too_large_values_and_keys_are_refused,
            subscribers_hear_their_topic_from_now_on,
        );
    };
    ($subject:expr; $($promise:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                crate::ephemeral::contract::$promise($subject).await;
            }
        )*
    };
}
pub(super) use honours_the_contract;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_mins(5);

pub(super) async fn a_value_is_there_until_it_is_taken(Subject { mechanism, .. }: Subject) {
    let value = || Ok(Some(b"\x00request\xff".to_vec()));
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, Ok(None));
    assert_eq!(mechanism.take(Kind::Interaction, "id").await, Ok(None));
    mechanism.put(Kind::Interaction, "id", b"\x00request\xff".to_vec(), LONG).await.unwrap();
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, value());
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, value());
    assert_eq!(mechanism.take(Kind::Interaction, "id").await, value());
    assert_eq!(mechanism.take(Kind::Interaction, "id").await, Ok(None));
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, Ok(None));
}

pub(super) async fn a_value_is_gone_after_its_time(Subject { mechanism, pass }: Subject) {
    mechanism.put(Kind::Interaction, "looked at", vec![1], SHORT).await.unwrap();
    mechanism.put(Kind::Interaction, "taken", vec![1], SHORT).await.unwrap();
    assert!(mechanism.get(Kind::Interaction, "looked at").await.unwrap().is_some());
    pass(SHORT + SHORT / 2).await;
    assert_eq!(mechanism.get(Kind::Interaction, "looked at").await, Ok(None));
    assert_eq!(mechanism.take(Kind::Interaction, "taken").await, Ok(None));
}

pub(super) async fn putting_again_replaces_value_and_time(Subject { mechanism, pass }: Subject) {
    mechanism.put(Kind::Interaction, "id", vec![1], SHORT).await.unwrap();
    mechanism.put(Kind::Interaction, "id", vec![2], LONG).await.unwrap();
    pass(SHORT + SHORT / 2).await;
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, Ok(Some(vec![2])));
    mechanism.put(Kind::Interaction, "id", vec![3], SHORT).await.unwrap();
    pass(SHORT + SHORT / 2).await;
    assert_eq!(mechanism.get(Kind::Interaction, "id").await, Ok(None));
}

pub(super) async fn kinds_do_not_share_keys(Subject { mechanism, .. }: Subject) {
    mechanism.put(Kind::Interaction, "id", vec![1], LONG).await.unwrap();
    mechanism.put(Kind::PasswordTicket, "id", vec![2], LONG).await.unwrap();
    assert_eq!(mechanism.claim(Kind::Replay, "id", LONG).await, Ok(true));
    assert_eq!(mechanism.hit(Kind::RequestCount, "id", LONG).await.unwrap().hits, 1);
    assert_eq!(mechanism.take(Kind::PasswordTicket, "id").await, Ok(Some(vec![2])));
    assert_eq!(mechanism.take(Kind::Interaction, "id").await, Ok(Some(vec![1])));
}

pub(super) async fn strange_keys_are_keys_like_others(Subject { mechanism, .. }: Subject) {
    let keys = ["", ":", "a:b", "a b", "a\0b", "a\r\nb", "é", "*", "{a}"];
    for (value, key) in keys.iter().enumerate() {
        mechanism.put(Kind::Interaction, key, value.to_string().into_bytes(), LONG).await.unwrap();
    }
    for (value, key) in keys.iter().enumerate() {
        let found = mechanism.get(Kind::Interaction, key).await;
        assert_eq!(found, Ok(Some(value.to_string().into_bytes())), "{key:?}");
    }
}

/// Runs fifty tasks that start together and gives back what they saw.
async fn fifty<T, F>(mechanism: &Arc<dyn Ephemeral>, run: fn(Arc<dyn Ephemeral>) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(tokio::sync::Barrier::new(50));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (gate, mechanism) = (Arc::clone(&gate), Arc::clone(mechanism));
            tokio::spawn(async move {
                gate.wait().await;
                run(mechanism).await
            })
        })
        .collect();
    let mut seen = Vec::new();
    for task in tasks {
        seen.push(task.await.unwrap());
    }
    seen
}

pub(super) async fn of_fifty_that_take_one_value_exactly_one_gets_it(Subject { mechanism, .. }: Subject) {
    mechanism.put(Kind::Interaction, "id", vec![7], LONG).await.unwrap();
    let seen = fifty(&mechanism, |mechanism| async move { mechanism.take(Kind::Interaction, "id").await }).await;
    assert_eq!(seen.iter().filter(|taken| **taken == Ok(Some(vec![7]))).count(), 1);
    assert_eq!(seen.iter().filter(|taken| **taken == Ok(None)).count(), 49);
}

pub(super) async fn of_fifty_that_claim_one_key_exactly_one_is_first(Subject { mechanism, .. }: Subject) {
    let seen = fifty(&mechanism, |mechanism| async move { mechanism.claim(Kind::Replay, "jti", LONG).await }).await;
    assert_eq!(seen.iter().filter(|first| **first == Ok(true)).count(), 1);
    assert_eq!(seen.iter().filter(|first| **first == Ok(false)).count(), 49);
}

pub(super) async fn a_claim_ends_with_its_time(Subject { mechanism, pass }: Subject) {
    assert_eq!(mechanism.claim(Kind::Replay, "jti", SHORT).await, Ok(true));
    assert_eq!(mechanism.claim(Kind::Replay, "jti", LONG).await, Ok(false), "a refused claim prolongs nothing");
    assert_eq!(mechanism.claim(Kind::Replay, "another", SHORT).await, Ok(true));
    pass(SHORT + SHORT / 2).await;
    assert_eq!(mechanism.claim(Kind::Replay, "jti", SHORT).await, Ok(true));
}

pub(super) async fn hits_are_counted_within_a_window_that_they_do_not_prolong(Subject { mechanism, pass }: Subject) {
    for expected in 1..=3 {
        let Count { hits, resets_in } = mechanism.hit(Kind::RequestCount, "source", SHORT).await.unwrap();
        assert_eq!(hits, expected);
        assert!(resets_in <= SHORT);
    }
    pass(SHORT / 2).await;
    let later = mechanism.hit(Kind::RequestCount, "source", SHORT).await.unwrap();
    assert_eq!(later.hits, 4);
    assert!(later.resets_in <= SHORT / 2);
    pass(SHORT).await;
    assert_eq!(mechanism.hit(Kind::RequestCount, "source", SHORT).await.unwrap().hits, 1);
}

pub(super) async fn fifty_hits_at_once_are_all_counted(Subject { mechanism, .. }: Subject) {
    let seen =
        fifty(
            &mechanism,
            |mechanism| async move { mechanism.hit(Kind::RequestCount, "source", LONG).await.unwrap().hits },
        )
        .await;
    let mut seen = seen;
    seen.sort_unstable();
    assert_eq!(seen, (1..=50).collect::<Vec<u64>>());
}

pub(super) async fn too_large_values_and_keys_are_refused(Subject { mechanism, .. }: Subject) {
    let largest = Kind::Interaction.max_value_bytes();
    assert_eq!(mechanism.put(Kind::Interaction, "id", vec![0; largest], LONG).await, Ok(()));
    let more = mechanism.put(Kind::Interaction, "id", vec![0; largest + 1], LONG).await;
    assert_eq!(more, Err(EphemeralError::TooLarge));
    assert_eq!(mechanism.get(Kind::Interaction, "id").await.unwrap().unwrap().len(), largest);

    let longest = "k".repeat(KEY_MAX_BYTES);
    let longer = "k".repeat(KEY_MAX_BYTES + 1);
    assert_eq!(mechanism.claim(Kind::Replay, &longest, LONG).await, Ok(true));
    assert_eq!(mechanism.claim(Kind::Replay, &longer, LONG).await, Err(EphemeralError::TooLarge));
    assert_eq!(mechanism.hit(Kind::RequestCount, &longer, LONG).await, Err(EphemeralError::TooLarge));
    assert_eq!(mechanism.put(Kind::Interaction, &longer, vec![], LONG).await, Err(EphemeralError::TooLarge));
    // What was never kept is not found: no error, no difference.
    assert_eq!(mechanism.get(Kind::Interaction, &longer).await, Ok(None));
    assert_eq!(mechanism.take(Kind::Interaction, &longer).await, Ok(None));
}

pub(super) async fn subscribers_hear_their_topic_from_now_on(Subject { mechanism, .. }: Subject) {
    mechanism.publish(Topic::Applications, "before anybody listened".to_owned()).await.unwrap();
    let mut first = mechanism.subscribe(Topic::Applications);
    let mut second = mechanism.subscribe(Topic::Applications);
    let mut other = mechanism.subscribe(Topic::SigningKeys);
    mechanism.publish(Topic::Applications, "portal".to_owned()).await.unwrap();
    mechanism.publish(Topic::SigningKeys, "rotated".to_owned()).await.unwrap();
    let wait = Duration::from_secs(5);
    for (receiver, message) in [(&mut first, "portal"), (&mut second, "portal"), (&mut other, "rotated")] {
        assert_eq!(tokio::time::timeout(wait, receiver.recv()).await.unwrap().unwrap(), message);
        assert!(receiver.try_recv().is_err());
    }
}
