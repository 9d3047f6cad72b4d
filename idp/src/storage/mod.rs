//! The only place with SQL: [`Store`], the seam between two engines, and one file per table group.
//!
//! Callers write `store.write(async |tx: &mut Tx| -> Result<T, E> { … }).await` (or `read`) and call the functions of the
//! table files inside. Rules: statements are `const` (a test prepares each one on both engines, see [`statements`]; those
//! over many rows are built once in `many.rs`); `$1`
//! placeholders, no engine's own functions, time from the caller; a closure may run twice, so only storage calls belong
//! in it; "refused, but keep what was written" is `Ok(Refused(…))`, because `Err` rolls back. Look next at `codes.rs`
//! (something that is consumed once) and `docs/decisions/0001-storage-seam.md`.

mod connect;
mod error;
mod group;
mod many;
mod migrate;
mod presence;
mod readers;
mod seam;

pub mod activation;
pub mod agents;
pub mod alarms;
pub mod applications;
pub mod audit;
pub mod budgets;
pub mod channel_codes;
pub mod channels;
pub mod codes;
pub mod database_file;
pub mod endings;
pub mod enrolment_permits;
pub mod factor_choices;
pub mod failures;
pub mod grants;
pub mod imports;
pub mod manager_codes;
pub mod markers;
pub mod outbox;
pub mod passkeys;
pub mod passwords;
pub mod preferences;
pub mod recovery_codes;
pub mod reset_demands;
pub mod resets;
pub mod revival;
pub mod roles;
pub mod second_channel_codes;
pub mod servers;
pub mod sessions;
pub mod signing_keys;
pub mod standing;
pub mod throttle;
pub mod totp_devices;

pub use connect::{DatabaseUrl, Store, StoreSettings};
pub use error::{Cause, Constraint, StoreError};
pub use migrate::Schema;
pub use presence::{Presence, real_path};
pub use seam::{Tx, Work};

pub(crate) use error::stored;
pub(crate) use seam::on;

/// Declares the statements of one file as constants and lists them as `ALL`, so that a test can prepare each one.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+
        /// Every statement of this file, by name.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name),)+];
    };
}
pub(crate) use statements;

/// Every statement that this crate can send, with the file and the name it is written under.
pub fn every_statement() -> Vec<(&'static str, &'static str, &'static str)> {
    let files: &[(&str, &[(&str, &str)])] = &[
        ("activation", activation::ALL),
        ("agents", agents::ALL),
        ("alarms", alarms::ALL),
        ("applications", applications::ALL),
        ("audit", audit::ALL),
        ("channel_codes", channel_codes::ALL),
        ("budgets", budgets::ALL),
        ("channels", channels::ALL),
        ("codes", codes::ALL),
        ("enrolment_permits", enrolment_permits::ALL),
        ("factor_choices", factor_choices::ALL),
        ("failures", failures::ALL),
        ("grants", grants::ALL),
        ("imports", imports::ALL),
        ("manager_codes", manager_codes::ALL),
        ("markers", markers::ALL),
        ("outbox", outbox::ALL),
        ("passkeys", passkeys::ALL),
        ("passwords", passwords::ALL),
        ("preferences", preferences::ALL),
        ("recovery_codes", recovery_codes::ALL),
        ("reset_demands", reset_demands::ALL),
        ("resets", resets::ALL),
        ("revival", revival::ALL),
        ("roles", roles::ALL),
        ("second_channel_codes", second_channel_codes::ALL),
        ("sessions", sessions::ALL),
        ("signing_keys", signing_keys::ALL),
        ("standing", standing::ALL),
        ("throttle", throttle::ALL),
        ("totp_devices", totp_devices::ALL),
    ];
    let written = files.iter().flat_map(|(file, all)| all.iter().map(move |(name, sql)| (*file, *name, *sql)));
    let many = [("agents", agents::many()), ("imports", imports::many())];
    let made = many.into_iter().flat_map(|(file, all)| all.into_iter().map(move |(name, sql)| (file, name, sql)));
    written.chain(made).collect()
}
