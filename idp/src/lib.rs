//! Octroi, an OpenID Connect provider (OP) for the agents of a city, as a library and the binary `octroi`.
//!
//! **A newcomer's path:** `docs/architecture.md` → `web/router.rs` → `web/oauth/token.rs` →
//! `oauth/token/authorization_code.rs` → `storage/codes.rs` → `tests/flows/code.rs`.
//!
//! Layers import downwards only (`tests/shape` proves it): `app` → `web`, `jobs` → `login`, `oauth`, `directory` →
//! `outbox` → `storage`, `ephemeral`, `crypto`, `notify`, `outbound`, `network` → `domain`; and `web` → `ui` → `i18n` → `domain`. `config` is read
//! by `app`, `main` and the command line only; everybody else receives a small settings struct.

pub mod app;
pub mod config;
pub mod crypto;
pub mod directory;
pub mod domain;
pub mod ephemeral;
pub mod i18n;
pub mod jobs;
pub mod login;
pub mod network;
pub mod notify;
pub mod oauth;
pub mod outbound;
pub mod outbox;
pub mod storage;
pub mod telemetry;
pub mod ui;
pub mod web;
