//! Bare axum that does what UserInfo cannot do without: verify one ES256 signature, read one row by its key.
//!
//! Signatures by aws-lc-rs with a key that was parsed once, the row by sqlx as its documentation writes it (a pool, one
//! query). It makes its own tokens, of the size of Octroi's, and writes them to a file for the load client.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
};
use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use tokio::net::TcpListener;

/// How many and how large.
pub struct Sizes {
    pub tokens: usize,
    pub token_bytes: usize,
    pub body_bytes: usize,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    jti: String,
    /// Makes the token as long as Octroi's.
    padding: String,
}

struct Shared {
    key: ParsedPublicKey,
    database: SqlitePool,
    body_bytes: usize,
}

pub async fn serve(port: u16, database: &Path, tokens_to: &Path, sizes: Sizes) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new().filename(database).journal_mode(SqliteJournalMode::Wal);
    let database = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    let subs: Vec<(String,)> =
        sqlx::query_as("SELECT soi FROM agent ORDER BY soi LIMIT 400").fetch_all(&database).await?;
    ensure!(!subs.is_empty(), "no agent in the database");
    let (signer, key) = keys()?;
    let mut tokens = String::new();
    for (number, (sub,)) in (0..sizes.tokens).zip(subs.iter().cycle()) {
        tokens.push_str(&token(&signer, sub, number, sizes.token_bytes)?);
        tokens.push('\n');
    }
    fs::write(tokens_to, tokens)?;
    let shared = Arc::new(Shared { key, database, body_bytes: sizes.body_bytes });
    let router = Router::new().route("/userinfo", get(userinfo)).route("/ready", get(async || "")).with_state(shared);
    axum::serve(TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}

async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(&shared, &headers)
        .await
        .unwrap_or_else(|error| (StatusCode::UNAUTHORIZED, error.to_string()).into_response())
}

async fn answer(shared: &Shared, headers: &HeaderMap) -> anyhow::Result<Response> {
    let header = headers.get(AUTHORIZATION).context("no token")?.to_str()?;
    let token = header.strip_prefix("Bearer ").context("no bearer token")?;
    let (signed, signature) = token.rsplit_once('.').context("no JWT")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    shared.key.verify_sig(signed.as_bytes(), &signature).map_err(|_| anyhow!("wrong signature"))?;
    let payload = signed.split_once('.').context("no JWT")?.1;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    let row: (String, String, String, String) =
        sqlx::query_as("SELECT sub, given_name, family_name, email FROM agent WHERE soi = $1")
            .bind(&claims.sub)
            .fetch_one(&shared.database)
            .await?;
    let (sub, given_name, family_name, email) = row;
    let mut body =
        serde_json::json!({ "sub": sub, "given_name": given_name, "family_name": family_name, "email": email });
    let missing = shared.body_bytes.saturating_sub(body.to_string().len() + "\"padding\":\"\",".len());
    if let Some(object) = body.as_object_mut() {
        object.insert("padding".to_owned(), "x".repeat(missing).into());
    }
    Ok(([(CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

fn keys() -> anyhow::Result<(EcdsaKeyPair, ParsedPublicKey)> {
    let signer = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| anyhow!("no key"))?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, signer.public_key().as_ref())
        .map_err(|error| anyhow!("no public key: {error}"))?;
    Ok((signer, key))
}

fn token(signer: &EcdsaKeyPair, sub: &str, number: usize, bytes: usize) -> anyhow::Result<String> {
    let build = |padding: usize| -> anyhow::Result<String> {
        let claims = Claims { sub: sub.to_owned(), jti: format!("{number:036}"), padding: "x".repeat(padding) };
        let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"ES256","typ":"at+jwt","kid":"yardstick"}"#);
        Ok(format!("{header}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?)))
    };
    // A dot and 64 bytes of signature in base64url follow.
    let missing = bytes.saturating_sub(build(0)?.len() + 87);
    let signed = build(missing * 3 / 4)?;
    let signature = signer.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| anyhow!("not signed"))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_size_that_was_asked_for_and_verifies() {
        let (signer, key) = keys().unwrap();
        let token = token(&signer, "200000", 7, 900).unwrap();
        assert!((890..=902).contains(&token.len()), "{}", token.len());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        key.verify_sig(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    }
}
