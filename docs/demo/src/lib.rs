//! What `cargo demo` starts beside the provider: a city in small, to try Octroi by hand and in a real browser.
//!
//! `main.rs` reads the arguments and stops everything; [`start`] binds, seeds and announces; [`provider`] runs Octroi in
//! this process; [`portal`] is a foreign OpenID Connect client; [`gateway`] plays the remote access; [`mailbox`] shows
//! the letters, and the mails that `smtp` takes; [`samples`] is the cast. Nothing here is part of the product: no rule of Octroi may live here.

pub mod gateway;
pub mod listen;
pub mod mailbox;
pub mod page;
pub mod portal;
pub mod ports;
pub mod provider;
pub mod samples;
mod smtp;
pub mod start;
