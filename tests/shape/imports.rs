//! Judges the paths of a file by the tables of `table.rs`. Each function returns one line per finding.

use crate::paths::{UsedPath, paths};
use crate::source::Source;
use crate::table::{ANYWHERE, HOMES, LAYERS, OURS, PURE, TESTS_ONLY, THE_WORLD};

/// Imports of a layer that may not be imported from here.
pub fn of_layers(file: &Source) -> Vec<String> {
    let Some(layer) = layer(&file.path) else { return vec![format!("{}: belongs to no layer", file.path)] };
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}: `{layer}` has no line in the table of layers", file.path)];
    };
    let judge = |path: &UsedPath| -> Option<String> {
        let inner = within_idp(&file.path, path)?;
        let place = format!("{}:{}", file.path, path.line);
        match inner.first().map(String::as_str) {
            None | Some("*" | "self") => {
                Some(format!("{place}: names the crate root as a whole, which hides what is imported"))
            }
            Some(target) if target == layer || allowed.split(' ').any(|name| name == target) => None,
            // An item of the crate root: `crate::on!(…)`.
            Some(_) if path.is_macro && inner.len() == 1 => None,
            Some(target) => Some(format!("{place}: `{layer}` may not import `{target}` (it may: {allowed})")),
        }
    };
    paths(&file.code()).used.iter().filter_map(judge).collect()
}

/// Third-party crates used outside their home.
pub fn of_crates(file: &Source) -> Vec<String> {
    let found = paths(&file.code());
    let judge = |path: &UsedPath| -> Option<String> {
        let name = path.segments.first().filter(|name| !found.declared.contains(name))?;
        let (_, homes) = HOMES.iter().find(|(known, _)| known == name)?;
        let at_home = homes.split(' ').any(|home| is_within(&file.path, home));
        (!at_home).then(|| format!("{}:{}: `{name}` is at home in {homes}", file.path, path.line))
    };
    found.used.iter().filter_map(judge).collect()
}

/// A pure layer that reaches for the world.
pub fn of_the_world(file: &Source) -> Vec<String> {
    if !layer(&file.path).is_some_and(|layer| PURE.contains(&layer)) {
        return Vec::new();
    }
    let judge = |path: &UsedPath| -> Option<String> {
        let written = path.segments.join("::");
        let reaches =
            |place: &str| written.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        let place = THE_WORLD.iter().find(|place| reaches(place))?;
        Some(format!("{}:{}: `{place}` has no place in what is pure", file.path, path.line))
    };
    paths(&file.code()).used.iter().filter_map(judge).collect()
}

/// Dependencies of the workspace that no table knows.
pub fn without_a_line(workspace: &str) -> Vec<String> {
    let table = workspace.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_"));
    let known = |name: &str| {
        HOMES.iter().any(|(known, _)| *known == name) || [ANYWHERE, TESTS_ONLY, OURS].concat().contains(&name)
    };
    names
        .filter(|name| !name.starts_with('#') && !known(name))
        .map(|name| format!("Cargo.toml: `{name}` has no line in tests/shape/table.rs: where is its home?"))
        .collect()
}

/// The layer of a file, by its path.
fn layer(path: &str) -> Option<&str> {
    if path.starts_with("admin-cli/src/") {
        Some("admin-cli")
    } else if path.starts_with("docs/demo/src/") {
        Some("demo")
    } else {
        let inner = path.strip_prefix("idp/src/")?;
        inner.split('/').next().map(|name| name.trim_end_matches(".rs"))
    }
}

/// Whether a file is a home (`crypto/jwt` is `crypto/jwt.rs` and `crypto/jwt/…`) or lies in it.
fn is_within(path: &str, home: &str) -> bool {
    path.strip_prefix(home).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// A path into the library `idp` from its root, `crate`, `super` and the library's names resolved; else nothing.
fn within_idp(file: &str, path: &UsedPath) -> Option<Vec<String>> {
    let (first, rest) = path.segments.split_first()?;
    let library = file.strip_prefix("idp/src/").filter(|inner| *inner != "main.rs");
    match (first.as_str(), library) {
        ("crate", Some(_)) | ("idp" | "octroi_idp", None) => Some(rest.to_vec()),
        ("super", Some(inner)) => {
            let mut module: Vec<String> = inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            module.pop_if(|last| last == "mod" || last == "lib");
            module.extend(path.inside.iter().cloned());
            let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
            module.truncate(module.len().saturating_sub(supers));
            module.extend(path.segments.iter().skip(supers).cloned());
            Some(module)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn an_upward_or_sideward_import_is_found_however_it_is_written() {
        for (path, text) in [
            ("idp/src/domain/zone.rs", "use crate::storage::Store;"),
            ("idp/src/domain/zone.rs", "fn f(x: crate::storage::Store) {}"),
            ("idp/src/domain/zone.rs", "use crate::{domain::time, storage};"),
            ("idp/src/domain/zone.rs", "use super::super::storage::Store;"),
            ("idp/src/domain/mod.rs", "use super::storage::Store;"),
            ("idp/src/domain/zone.rs", "mod tests { use super::super::super::storage::Store; }"),
            ("idp/src/domain/zone.rs", "macro_rules! m { () => { $crate::storage::Store } }"),
            ("idp/src/domain/zone.rs", "use crate::*;"),
            ("idp/src/domain/zone.rs", "use crate as root;"),
            ("idp/src/domain/zone.rs", "use crate::{self as root};"),
            ("idp/src/app.rs", "use super::*;"),
            ("idp/src/login/attempt.rs", "use crate::oauth::authorize;"),
            ("idp/src/oauth/token/mod.rs", "use crate::directory::agents;"),
            ("idp/src/web/router.rs", "use crate::config::Config;"),
            ("idp/src/ui/mod.rs", "use crate::login::Step;"),
            ("idp/src/storage/codes.rs", "use crate::crypto::hash;"),
            ("idp/src/main.rs", "use idp::storage::Store;"),
            ("idp/src/lib.rs", "pub use crate::domain::time::Clock;"),
            ("idp/src/newcomer/mod.rs", ""),
            ("idp/src/web/router.rs", "use crate::newcomer::Thing;"),
            ("admin-cli/src/commands/agent.rs", "use octroi_idp::storage::Store;"),
            ("docs/demo/src/portal.rs", "octroi_idp::crypto::random::fill();"),
        ] {
            assert_eq!(of_layers(&file(path, text)).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn a_downward_import_is_fine() {
        for (path, text) in [
            ("idp/src/web/oauth/token.rs", "use crate::{oauth::token, domain::zone::NetworkZone, network, ui::Page};"),
            ("idp/src/web/router.rs", "use super::middleware; use crate::web::health;"),
            (
                "idp/src/login/attempt.rs",
                "use super::throttle; mod tests { use super::super::password; use super::*; }",
            ),
            ("idp/src/storage/codes.rs", "crate::on!(tx, conn => sqlx::query(X)); // crate::web::router"),
            ("idp/src/domain/zone.rs", "pub(crate) fn f() -> &'static str { \"crate::storage\" }"),
            ("idp/src/app.rs", "use crate::config::Config; use crate::web;"),
            ("idp/src/main.rs", "use idp::app; use crate::arguments;"),
            ("idp/src/lib.rs", "pub mod storage;"),
            ("admin-cli/src/commands/agent.rs", "use crate::output; use octroi_idp::directory::agents;"),
        ] {
            assert_eq!(of_layers(&file(path, text)), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn nobody_imports_upwards_and_every_line_names_layers_that_exist() {
        for (line, (name, allowed)) in LAYERS.iter().enumerate() {
            for target in allowed.split(' ').filter(|target| !target.is_empty()) {
                let place = LAYERS.iter().position(|(other, _)| *other == target);
                assert!(
                    place.is_some_and(|place| place > line),
                    "`{name}` may import `{target}`, which stands above it"
                );
            }
        }
    }

    #[test]
    fn a_crate_outside_its_home_is_found_in_use_lines_and_in_full() {
        for (path, text) in [
            ("idp/src/oauth/token.rs", "use sqlx::query;"),
            ("idp/src/oauth/token.rs", "let row = sqlx::query(X).fetch_one(c);"),
            ("idp/src/oauth/token.rs", "#[derive(sqlx::FromRow)] struct Row;"),
            ("idp/src/login/mod.rs", "use axum::http::StatusCode;"),
            ("idp/src/crypto/hash.rs", "use argon2::Argon2;"),
            ("idp/src/crypto/password_policy.rs", "use argon2::Argon2;"),
            ("idp/src/storage_extra/mod.rs", "use sqlx::query;"),
            ("idp/src/web/oauth/token.rs", "use openidconnect::Nonce;"),
            ("idp/src/app.rs", "use anyhow::Result;"),
        ] {
            assert_eq!(of_crates(&file(path, text)).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn a_crate_at_home_and_a_module_of_the_same_name_are_fine() {
        for (path, text) in [
            ("idp/src/storage/codes.rs", "use sqlx::query;"),
            ("idp/src/crypto/password.rs", "use argon2::Argon2;"),
            ("idp/src/crypto/password/pool.rs", "use argon2::Argon2;"),
            ("idp/src/directory/mod.rs", "mod csv; use csv::Line;"),
            ("idp/src/oauth/token.rs", "// sqlx::query\nlet x = \"sqlx::query\"; use crate::storage::sqlx;"),
            ("idp/src/main.rs", "use anyhow::Result;"),
        ] {
            assert_eq!(of_crates(&file(path, text)), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn the_pure_stays_pure() {
        for text in ["use tokio::sync::Mutex;", "std::fs::read(x);", "use std::{env, fmt};"] {
            assert_eq!(of_the_world(&file("idp/src/network/mod.rs", text)).len(), 1, "{text}");
            assert!(of_the_world(&file("idp/src/web/mod.rs", text)).is_empty(), "{text}");
        }
        assert!(of_the_world(&file("idp/src/domain/mod.rs", "use std::{fmt, net::IpAddr};")).is_empty());
    }

    #[test]
    fn a_dependency_without_a_line_is_found() {
        let workspace = "[workspace.dependencies]\n# ours\nserde = \"1\"\nleft-pad = \"1\"\n[profile.dev]\ndebug = 1\n";
        assert_eq!(without_a_line(workspace).len(), 1);
    }
}
