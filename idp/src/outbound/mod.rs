//! The only HTTP client: what Octroi asks of other machines by itself.
//!
//! Whoever may name an address must not make Octroi reach into the City's network with it. So a request goes to a public
//! address, or to one that an administrator allowed; the name is resolved once, and what was judged is what is connected to;
//! no redirect is followed, no proxy of the environment is used, and time and size are bounded. Look next at `client.rs`.

mod addresses;
mod client;
pub mod sms;

pub use client::ClientError;
