//! The storage contract: what `octroi_idp::storage` promises, on both engines.
//!
//! Each file covers one table file of the storage layer, or one promise of the whole: statements, schema, transactions,
//! bad databases. A function named in `for_each_engine!` becomes two tests. `cast` holds the sample rows.

mod activation;
mod agents;
mod applications;
mod audit;
mod bad_database;
mod cast;
mod channel_codes;
mod codes;
mod database_file;
mod durability;
mod factors;
mod failures;
mod grants;
mod group_commit;
mod imports;
mod migrations;
mod outbox;
mod passwords;
mod resets;
mod revival;
mod roles;
mod schema;
mod second_channel_codes;
mod sessions;
mod signing_keys;
mod statements;
mod throttle;
mod transactions;
