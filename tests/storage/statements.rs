//! Instead of compile-time checked queries: every statement is prepared on both migrated engines.

use harness::engine::Database;
use octroi_idp::storage::{Store, every_statement};
use sqlx::{Executor, SqlSafeStr, Statement};

harness::for_each_engine![every_statement_prepares];

async fn every_statement_prepares(db: Database) {
    let statements = every_statement();
    assert!(statements.len() > 40, "the list of statements is complete");
    let mut refused = Vec::new();
    for (file, name, sql) in statements {
        let parameters = match &db.store {
            Store::Sqlite { writer, .. } => {
                let mut connection = writer.alone().await.unwrap();
                (&mut *connection).prepare(sql.into_sql_str()).await.map(|s| count(s.parameters()))
            }
            Store::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                (&mut *connection).prepare(sql.into_sql_str()).await.map(|s| count(s.parameters()))
            }
        };
        match parameters {
            Ok(found) if found == highest_placeholder(sql) => {}
            Ok(found) => refused.push(format!("{file}::{name} has {found} parameters, not the highest placeholder")),
            Err(error) => refused.push(format!("{file}::{name}: {error}")),
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

fn count<T>(parameters: Option<sqlx::Either<&[T], usize>>) -> usize {
    match parameters {
        Some(sqlx::Either::Left(types)) => types.len(),
        Some(sqlx::Either::Right(number)) => number,
        None => 0,
    }
}

/// `$1` to `$n` without a gap: a gap would shift what is bound.
fn highest_placeholder(sql: &str) -> usize {
    let numbers: std::collections::BTreeSet<usize> = sql
        .split('$')
        .skip(1)
        .map(|rest| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number after $")
        })
        .collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "placeholders have a gap: {sql}");
    numbers.len()
}
