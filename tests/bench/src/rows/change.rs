//! A password changed in the login: what the last step costs the server, beside one hash. Everything before it is prepared.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::{Run, furnished};
use crate::client::browser::{Browser, Page};
use crate::client::form::{Form, forms};
use crate::measure::{spread, to_f64, watch};
use crate::report::{Figures, progress};
use crate::servers::{PASSWORD, yardsticks};

/// As many agents as change theirs, at most.
const CHANGES: u32 = 200;

/// Meets every rule, and is not one that was there before.
const NEW: &str = "Passerelle-Tilleul-1789!";

/// An agent before the page that asks for a new password, its form filled.
struct Waiting {
    browser: Browser,
    page: Page,
    form: Form,
}

pub async fn measure(run: &mut Run) -> anyhow::Result<()> {
    let installation = furnished(run, "change").await?;
    installation.octroictl(&run.workshop, &["--yes", "--reason", "benchmark", "password", "expire", "--all"]).await?;
    let (server, _) = installation.start(&run.workshop, "change").await?;
    let provider = installation.provider().await?;
    let users: Vec<String> = provider.users.iter().take(usize::try_from(CHANGES)?).cloned().collect();
    progress(&format!("{} passwords to be changed", users.len()));
    let mut waiting = Vec::new();
    for user in &users {
        waiting.push(log_in(&provider.authority, user).await.with_context(|| format!("login of {user}"))?);
    }
    let before = yardsticks::hashing(&run.workshop, 2).await?;
    let (mut took, count) = (Vec::new(), waiting.len());
    let changes = async {
        for Waiting { mut browser, page, form } in waiting {
            let (action, started) = (page.url.join("/login/password")?, tokio::time::Instant::now());
            let done = browser.post(&action, &form.fields).await?;
            ensure!(done.status == 303, "{}", done.summary());
            took.push(started.elapsed().as_secs_f64() * 1e3);
        }
        Ok(())
    };
    let ((), consumed) = watch(Some(server.pid), changes).await?;
    let alone = before.and(yardsticks::hashing(&run.workshop, 2).await?);
    server.stop().await?;
    let cpu = consumed.server.map_or(Duration::ZERO, |cpu| cpu).as_secs_f64() * 1e3 / to_f64(count);
    run.table.cost("processor time of a change of password", &[cpu], &[alone.each()], &[], "argon2id alone");
    let median = spread(took.iter().copied()).map_or(0.0, |spread| spread.median);
    let text = format!("{:.2} hashes", median / alone.each());
    run.table.plain("a change of password, one after the other", &Figures::milliseconds(&took), &Figures::text(""));
    run.table.plain("the same, in hashes", &Figures::text(&text), &Figures::text(""));
    Ok(())
}

/// Up to the page that asks for a new password.
async fn log_in(authority: &str, user: &str) -> anyhow::Result<Waiting> {
    let mut browser = Browser::new(authority);
    let login = format!("http://{authority}/login").parse()?;
    let page = browser.get(&login).await?;
    let mut form = forms(&page.body).into_iter().find(|form| form.has("soi")).context("no login form")?;
    form.fill("soi", user);
    form.fill("password", PASSWORD);
    let page = browser.post(&login, &form.fields).await?;
    let renewal = forms(&page.body).into_iter().find(|form| form.has("new_password"));
    let mut form = renewal.with_context(|| format!("no new password is asked for: {}", page.summary()))?;
    form.fill("new_password", NEW);
    form.fill("new_password_again", NEW);
    Ok(Waiting { browser, page, form })
}
