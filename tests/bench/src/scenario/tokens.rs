//! Access tokens in number: some real logins, then further tokens within their sessions, each by a code of its own.

use std::rc::Rc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::login::Login;
use crate::provider::Provider;

/// Sessions that are begun for it; each gives its share of the tokens.
const SESSIONS: usize = 32;

/// `count` distinct tokens.
pub async fn obtain(provider: &Rc<Provider>, count: usize) -> anyhow::Result<Vec<String>> {
    let sessions = SESSIONS.min(count).min(provider.users.len());
    let mut workers = JoinSet::new();
    for (number, mut login) in Login::workers(provider, sessions).into_iter().enumerate() {
        let share = count / sessions + usize::from(number < count % sessions);
        workers.spawn_local(async move {
            let mut tokens = vec![login.log_in().await?];
            while tokens.len() < share {
                tokens.push(login.again().await?);
            }
            anyhow::Ok(tokens)
        });
    }
    let mut tokens = Vec::with_capacity(count);
    while let Some(ended) = workers.join_next().await {
        tokens.extend(ended?.context("tokens for UserInfo")?);
    }
    Ok(tokens)
}
