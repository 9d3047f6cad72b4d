//! Plain data and pure rules: no I/O, no async, no framework.
//!
//! Everything that Octroi *decides* stands here (`access`, `zone`, `password_policy`, `session`); everything that it
//! *does* stands elsewhere and asks these modules. Look next at [`access`], the one place where access is decided.

pub mod access;
pub mod acr;
pub mod address;
pub mod agent;
pub mod application;
pub mod asked_acr;
pub mod audit;
pub mod budget;
pub mod channel;
pub mod code_delivery;
pub mod delivery;
pub mod enrolment;
pub mod factor;
pub mod factor_policies;
pub mod grant;
pub mod ids;
pub mod interaction;
pub mod locale;
pub mod notice;
pub mod password_policy;
pub mod place;
pub mod population;
pub mod reason;
pub mod reset;
pub mod role;
pub mod scope;
pub mod second_channel;
pub mod secret;
pub mod session;
pub mod soi;
pub mod throttle;
pub mod time;
pub mod vouching;
pub mod zone;
