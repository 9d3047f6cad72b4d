//! A commit that was answered is on the disk. What a process's death can take is proven by `tests/crash`; what a power cut
//! can take depends on the settings that stand here.

use harness::engine::{Database, Engine};

harness::for_each_engine![a_commit_waits_for_the_disk];

async fn a_commit_waits_for_the_disk(database: Database) {
    match database.engine {
        Engine::Sqlite => {
            // FULL: the log is synchronised at each commit, not only at each checkpoint.
            assert_eq!(database.number("PRAGMA synchronous").await, 2);
        }
        Engine::Postgres => {
            // Whether it waits is the server's setting (the tests' own server does not); we never take it back.
            let ours = "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_commit' \
                        AND source IN ('client', 'session', 'user', 'database')";
            assert_eq!(database.number(ours).await, 0);
        }
    }
}
