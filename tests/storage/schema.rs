//! One schema in two dialects: what SQLite and PostgreSQL say about their tables is read back and compared.
//!
//! Types map INTEGER to BIGINT or BOOLEAN, TEXT to TEXT or JSONB, BLOB to BYTEA; everything else must be equal.

use std::collections::{BTreeMap, BTreeSet};

use harness::engine::{Database, Engine, fresh_store};
use octroi_idp::storage::Store;
use sqlx::{FromRow, PgPool, SqlitePool};

/// Everything that the two engines must agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name → (type, nullable).
    columns: BTreeMap<String, (String, bool)>,
    primary_key: Vec<String>,
    /// Name → index.
    indexes: BTreeMap<String, Index>,
    foreign_keys: BTreeSet<ForeignKey>,
    /// The words that CHECK constraints allow.
    words: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Index {
    columns: Vec<String>,
    unique: bool,
    /// The condition of a partial index, without parentheses.
    condition: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
struct ForeignKey {
    column: String,
    table: String,
    target: String,
    on_delete: String,
}

type Tables = BTreeMap<String, Table>;

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let (sqlite, _directory) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
    let Some((postgres, remains)) = fresh_store(Engine::Postgres).await else { return };
    let (left, right) = (tables(&sqlite).await, tables(&postgres).await);
    postgres.close().await;
    remains.remove().await;

    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&left), names(&right));
    assert!(left.len() > 10, "the tables were really read");
    for (name, table) in &left {
        let twin = &right[name];
        assert_eq!(table.primary_key, twin.primary_key, "primary key of {name}");
        assert!(!table.primary_key.is_empty(), "{name} has a primary key");
        assert_eq!(table.indexes, twin.indexes, "indexes of {name}");
        assert_eq!(table.foreign_keys, twin.foreign_keys, "foreign keys of {name}");
        assert_eq!(table.words, twin.words, "checked words of {name}");
        let columns = |table: &Table| table.columns.keys().cloned().collect::<Vec<_>>();
        assert_eq!(columns(table), columns(twin), "columns of {name}");
        for (column, (kind, nullable)) in &table.columns {
            let (twin_kind, twin_nullable) = &twin.columns[column];
            assert_eq!(nullable, twin_nullable, "nullability of {name}.{column}");
            let same = matches!(
                (kind.as_str(), twin_kind.as_str()),
                ("INTEGER", "bigint" | "boolean") | ("TEXT", "text" | "jsonb") | ("BLOB", "bytea")
            );
            assert!(same, "{name}.{column} is {kind} on SQLite and {twin_kind} on PostgreSQL");
        }
    }
}

#[tokio::test]
async fn every_sqlite_table_is_strict() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
    let loose = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 \
                 AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'";
    assert_eq!(db.number(loose).await, 0);
}

/// Deleting a parent looks for its children: without an index each deleted row costs a walk through the whole table.
#[tokio::test]
async fn every_cascade_finds_its_rows_by_an_index_over_all_of_them() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
    for (name, table) in tables(&db).await {
        for key in table.foreign_keys.iter().filter(|key| key.on_delete == "CASCADE") {
            let by_index = table.primary_key.first() == Some(&key.column)
                || table.indexes.values().any(|i| i.condition.is_none() && i.columns.first() == Some(&key.column));
            assert!(by_index, "{name}.{} cascades from {} without an index", key.column, key.table);
        }
    }
}

async fn tables(db: &Database) -> Tables {
    match &db.store {
        Store::Sqlite { writer, .. } => sqlite_tables(writer).await,
        Store::Postgres(pool) => postgres_tables(pool).await,
    }
}

async fn sqlite_tables(pool: &SqlitePool) -> Tables {
    let names: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut tables = Tables::new();
    for (name, sql) in names {
        let mut table = Table { words: quoted_words(&sql), ..Table::default() };
        let columns: Vec<(String, String, bool, i64)> =
            sqlx::query_as("SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY pk")
                .bind(&name)
                .fetch_all(pool)
                .await
                .unwrap();
        for (column, kind, not_null, nth_of_key) in columns {
            if nth_of_key > 0 {
                table.primary_key.push(column.clone());
            }
            table.columns.insert(column, (kind, !not_null));
        }
        let indexes: Vec<(String, bool, Option<String>)> = sqlx::query_as(
            "SELECT l.name, l.\"unique\", m.sql FROM pragma_index_list($1) l JOIN sqlite_master m ON m.name = l.name \
             WHERE l.origin <> 'pk'",
        )
        .bind(&name)
        .fetch_all(pool)
        .await
        .unwrap();
        for (index, unique, sql) in indexes {
            let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                .bind(&index)
                .fetch_all(pool)
                .await
                .unwrap();
            let condition = sql.as_deref().and_then(|sql| sql.split_once(" WHERE ")).map(|(_, rest)| plain(rest));
            let columns = columns.into_iter().map(|(column,)| column).collect();
            table.indexes.insert(index, Index { columns, unique, condition });
        }
        table.foreign_keys = sqlx::query_as(
            "SELECT \"from\" AS \"column\", \"table\", \"to\" AS target, on_delete FROM pragma_foreign_key_list($1)",
        )
        .bind(&name)
        .fetch_all(pool)
        .await
        .unwrap()
        .into_iter()
        .collect();
        tables.insert(name, table);
    }
    tables
}

async fn postgres_tables(pool: &PgPool) -> Tables {
    let mut tables = Tables::new();
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (table, column, kind, nullable) in columns {
        tables.entry(table).or_default().columns.insert(column, (kind, nullable));
    }
    type IndexRow = (String, String, Vec<String>, bool, bool, Option<String>);
    let indexes: Vec<IndexRow> = sqlx::query_as(
        "SELECT t.relname::text, i.relname::text, \
           ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, nth) \
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY k.nth), \
           x.indisunique, x.indisprimary, pg_get_expr(x.indpred, x.indrelid) \
         FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (table, index, columns, unique, primary, condition) in indexes {
        let table = tables.get_mut(&table).expect("a table for the index");
        if primary {
            table.primary_key = columns;
        } else {
            table.indexes.insert(index, Index { columns, unique, condition: condition.as_deref().map(plain) });
        }
    }
    let names: Vec<String> = tables.keys().cloned().collect();
    for name in names {
        let table = tables.get_mut(&name).expect("a table of this name");
        table.foreign_keys = sqlx::query_as(
            "SELECT f.attname::text AS column, r.relname::text AS table, t.attname::text AS target, \
               CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'a' THEN 'NO ACTION' ELSE c.confdeltype::text END AS on_delete \
             FROM pg_constraint c JOIN pg_class r ON r.oid = c.confrelid \
             JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[1] \
             JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = c.confkey[1] \
             WHERE c.contype = 'f' AND c.conrelid = $1::regclass",
        )
        .bind(&name)
        .fetch_all(pool)
        .await
        .unwrap()
        .into_iter()
        .collect();
        let checks: Vec<(String,)> = sqlx::query_as(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::regclass",
        )
        .bind(&name)
        .fetch_all(pool)
        .await
        .unwrap();
        table.words = checks.iter().flat_map(|(check,)| quoted_words(check)).collect();
    }
    tables
}

/// The words in single quotes; comments go to the end of their line.
fn quoted_words(sql: &str) -> BTreeSet<String> {
    let code: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    code.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A condition without parentheses, casts of words, line breaks and capitals.
fn plain(condition: &str) -> String {
    let without: String = condition.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    without.replace("::text", "").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
