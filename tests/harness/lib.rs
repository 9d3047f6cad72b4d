//! What the tests stand on, so that a test itself reads like a sentence.
//!
//! [`engine`] gives a test its own empty database on SQLite or PostgreSQL and makes one test into two
//! ([`for_each_engine!`]). [`idp`] starts a whole provider on it, [`browser`] visits it, [`rp`] is the foreign relying
//! party that judges it, [`factors`] are the telephones of agents, [`passkey`] answers as a security key does, [`mail`] and
//! [`sms`] take what is sent. The harness asserts nothing by itself: a test says what must hold.

pub mod browser;
pub mod engine;
pub mod factors;
pub mod idp;
pub mod letters;
pub mod mail;
pub mod passkey;
pub mod rp;
pub mod sms;
