//! What the tests stand on, so that a test itself reads like a sentence.
//!
//! [`engine`] gives a test its own empty database on SQLite or PostgreSQL and makes one test into two
//! ([`for_each_engine!`]). The harness asserts nothing by itself: a test says what must hold.

pub mod engine;
