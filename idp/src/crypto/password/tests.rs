//! The pool as its callers see it.

use std::time::Duration;

use super::*;
use crate::domain::time::Stopwatch;

const SMALL: PasswordSettings =
    PasswordSettings { memory_kib: 64, iterations: 1, parallelism: 1, threads: 2, queue: 100 };

pub(super) fn job() -> (Job, oneshot::Receiver<Option<Vec<u8>>>) {
    let (answer, answered) = oneshot::channel();
    let cost = Cost { memory_kib: 64, iterations: 1, parallelism: 1 };
    let task = Task { password: PlainPassword::new("any"), target: PasswordHash::new(cost, [0; 16], [0; 32]) };
    (Job { task, answer }, answered)
}

fn pepper() -> KeyBytes {
    KeyBytes::new(vec![3; 32])
}

fn pool(settings: PasswordSettings) -> PasswordPool {
    PasswordPool::new(settings, pepper(), Random::seeded(1)).unwrap()
}

fn password(text: &str) -> PlainPassword {
    PlainPassword::new(text)
}

const NO: Verdict = Verdict { matches: false, needs_rehash: false };
const YES: Verdict = Verdict { matches: true, needs_rehash: false };

#[tokio::test]
async fn the_right_password_matches_and_no_other_does() {
    let pool = pool(SMALL);
    let stored = pool.hash(password("le pont Alexandre III")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    assert_eq!(pool.verify(password("le pont Alexandre III"), Some(stored.clone())).await, Ok(YES));
    for wrong in ["le pont Alexandre II", "Le pont Alexandre III", "le pont Alexandre III ", ""] {
        assert_eq!(pool.verify(password(wrong), Some(stored.clone())).await, Ok(NO), "{wrong:?}");
    }
}

#[tokio::test]
async fn the_same_password_is_stored_differently_for_two_agents() {
    let pool = pool(SMALL);
    let first = pool.hash(password("quinze caractères au moins")).await.unwrap();
    assert_ne!(first, pool.hash(password("quinze caractères au moins")).await.unwrap());
}

#[tokio::test]
async fn composed_and_decomposed_accents_are_the_same_password() {
    let pool = pool(SMALL);
    let stored = pool.hash(password("e\u{301}té")).await.unwrap();
    assert_eq!(pool.verify(password("été"), Some(stored)).await, Ok(YES));
}

#[tokio::test]
async fn without_the_pepper_a_stolen_hash_verifies_nothing() {
    let stored = pool(SMALL).hash(password("secret")).await.unwrap();
    let thief = PasswordPool::new(SMALL, KeyBytes::new(vec![4; 32]), Random::seeded(1)).unwrap();
    assert_eq!(thief.verify(password("secret"), Some(stored)).await, Ok(NO));
}

/// A test vector of the reference implementation (`phc-winner-argon2`, 2^8 KiB, two passes, two lanes, no pepper).
#[test]
fn the_computation_is_argon2id() {
    let target =
        PasswordHash::parse("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc")
            .unwrap();
    let mut worker = Worker::new(KeyBytes::new(vec![]), target.cost).unwrap();
    let output = worker.compute(&Task { password: password("password"), target: target.clone() }).unwrap();
    assert!(target.has_output(&output));
}

#[tokio::test]
async fn nobody_s_password_costs_a_computation_with_today_s_parameters_and_never_matches() {
    let pool = pool(SMALL);
    for stored in [None, Some(""), Some("$2y$10$abcdefghijklmnopqrstuv"), Some("$argon2id$v=19$m=64,t=1,p=1$$")] {
        let target = pool.target(stored);
        assert!(!target.is_real && target.hash.is_current(pool.0.cost), "{stored:?}");
        assert_eq!(pool.verify(password("anything"), stored.map(str::to_owned)).await, Ok(NO));
    }
}

#[tokio::test]
async fn an_over_long_password_is_neither_hashed_nor_accepted() {
    let pool = pool(SMALL);
    let long = "漢".repeat(257);
    assert_eq!(pool.hash(password(&long)).await, Err(PasswordPoolError::TooLong));
    assert!(pool.hash(password(&long[3..])).await.is_ok());
    // Not even where the stored hash is the one of the text that is hashed instead.
    let stored = pool.hash(password("over-long")).await.unwrap();
    assert_eq!(pool.verify(password(&long), Some(stored)).await, Ok(NO));
}

#[tokio::test]
async fn other_parameters_are_verified_with_their_own_and_ask_for_a_new_hash() {
    for stored_with in [
        PasswordSettings { memory_kib: 256, ..SMALL },
        PasswordSettings { memory_kib: 32, ..SMALL },
        PasswordSettings { iterations: 2, ..SMALL },
        PasswordSettings { parallelism: 2, ..SMALL },
    ] {
        let stored = pool(stored_with).hash(password("right")).await.unwrap();
        let pool = pool(SMALL);
        let verdict = pool.verify(password("right"), Some(stored.clone())).await;
        assert_eq!(verdict, Ok(Verdict { matches: true, needs_rehash: true }), "{stored}");
        assert_eq!(pool.verify(password("wrong"), Some(stored)).await, Ok(NO));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_refused_beyond_the_waiting_places_and_the_others_are_served() {
    let pool = pool(PasswordSettings { memory_kib: 16 * 1024, iterations: 2, threads: 1, queue: 3, ..SMALL });
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.verify(password("storm"), None).await })
        })
        .collect();
    let mut served = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(verdict) => {
                assert_eq!(verdict, NO);
                served += 1;
            }
            Err(error) => assert_eq!(error, PasswordPoolError::Overloaded),
        }
    }
    assert!((3..20).contains(&served), "{served}");
    assert_eq!(pool.verify(password("after the storm"), None).await, Ok(NO));
}

#[tokio::test]
async fn callers_outside_get_the_same_answers() {
    let pool = pool(SMALL);
    let stored = pool.outside().hash(password("right")).await.unwrap();
    assert_eq!(pool.outside().verify(password("right"), Some(stored.clone())).await, Ok(YES));
    assert_eq!(pool.verify(password("right"), Some(stored)).await, Ok(YES));
    assert_eq!(pool.outside().verify(password("wrong"), None).await, Ok(NO));
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_stop_the_pool() {
    let pool = pool(PasswordSettings { threads: 1, ..SMALL });
    for _ in 0..50 {
        let call = pool.verify(password("gone"), None);
        let _ = tokio::time::timeout(Duration::ZERO, call).await;
    }
    assert_eq!(pool.verify(password("still here"), None).await, Ok(NO));
}

#[test]
fn the_threads_end_with_the_last_clone_of_the_pool() {
    let pool = pool(SMALL);
    let clone = pool.clone();
    let queue = Arc::downgrade(&pool.0.queue);
    drop(pool);
    assert!(queue.strong_count() > 1);
    drop(clone);
    // The threads drop their share when they end; nothing tells when, so look until they have.
    let looking = Stopwatch::start();
    while queue.strong_count() > 0 {
        assert!(looking.seconds() < 5.0, "the threads are still there after five seconds");
        std::thread::yield_now();
    }
}

#[test]
fn settings_that_cannot_work_are_refused_at_start() {
    let refused = |settings, pepper| PasswordPool::new(settings, pepper, Random::seeded(1)).unwrap_err();
    let short = KeyBytes::new(vec![3; 31]);
    assert!(matches!(refused(SMALL, short), PasswordSettingsError::ShortPepper { found: 31 }));
    for settings in [PasswordSettings { threads: 0, ..SMALL }, PasswordSettings { queue: 0, ..SMALL }] {
        assert!(matches!(refused(settings, pepper()), PasswordSettingsError::Capacity));
    }
    for settings in [
        PasswordSettings { memory_kib: 7, ..SMALL },
        PasswordSettings { memory_kib: 1024 * 1024 + 1, ..SMALL },
        PasswordSettings { iterations: 0, ..SMALL },
        PasswordSettings { parallelism: 9, ..SMALL },
    ] {
        assert!(matches!(refused(settings, pepper()), PasswordSettingsError::Parameters(_)), "{settings:?}");
    }
}

#[test]
fn the_floor_is_owasp_s() {
    assert!(meets_floor(47_104, 1) && !meets_floor(47_103, 1));
    assert!(meets_floor(19_456, 2) && !meets_floor(19_455, 2));
    assert!(meets_floor(12_288, 3) && !meets_floor(12_287, 3) && meets_floor(12_288, 10));
    assert!(!meets_floor(u32::MAX, 0));
}

#[test]
fn debug_shows_neither_pepper_nor_seed() {
    assert_eq!(format!("{:?}", pool(SMALL)), "PasswordPool(m=64,t=1,p=1)");
}

#[tokio::test]
async fn a_new_password_beside_older_ones_is_recognised_in_one_computation() {
    let pool = pool(SMALL);
    let mut before = Vec::new();
    for text in ["the first one", "the second one", "the third one"] {
        let NewHash::New(stored) = pool.hash_beside(password(text), &before).await.unwrap() else {
            panic!("{text} is new")
        };
        before.insert(0, stored);
    }
    let salt = |phc: &str| PasswordHash::parse(phc).unwrap().salt;
    assert!(before.iter().all(|phc| salt(phc) == salt(&before[0])), "the salt is the agent's");
    for (at, text) in ["the third one", "the second one", "the first one"].into_iter().enumerate() {
        assert_eq!(pool.hash_beside(password(text), &before).await.unwrap(), NewHash::Known(at), "{text}");
        assert!(pool.verify(password(text), Some(before[at].clone())).await.unwrap().matches);
    }
    let other = pool.hash_beside(password("the first one"), &[]).await.unwrap();
    let NewHash::New(other) = other else { panic!("nobody had it") };
    assert_ne!(salt(&other), salt(&before[0]), "another agent's salt is another");
}

#[tokio::test]
async fn after_a_change_of_parameters_the_present_one_is_still_recognised() {
    let old = pool(SMALL).hash(password("the present one")).await.unwrap();
    let pool = pool(PasswordSettings { iterations: SMALL.iterations + 1, ..SMALL });
    let again = pool.hash_beside(password("the present one"), std::slice::from_ref(&old)).await.unwrap();
    assert_eq!(again, NewHash::Known(0));
    let NewHash::New(new) = pool.hash_beside(password("another one"), &[old, "rubbish".to_owned()]).await.unwrap()
    else {
        panic!("it is new")
    };
    assert!(pool.verify(password("another one"), Some(new)).await.unwrap().matches);
}
