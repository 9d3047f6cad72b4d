//! What a stranger can tell from the time of an answer: the same wrong login, and the same request for a reset, for SOIs
//! that exist and for SOIs that do not, in turn, each from an address of its own so that no delay comes between.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::{Run, furnished};
use crate::client::browser::Browser;
use crate::client::form::forms;
use crate::measure::{spread, to_f64};
use crate::report::{Figures, progress};
use crate::servers::octroi::FIRST_SOI;

/// Tries of each kind.
const TRIES: u32 = 200;

/// A form that strangers send.
struct Asked {
    what: &'static str,
    path: &'static str,
    /// What is typed beside the SOI.
    password: Option<&'static str>,
}

const FORMS: [Asked; 2] = [
    Asked { what: "wrong login", path: "/login", password: Some("not the right one at all") },
    Asked { what: "request for a reset", path: "/forgot-password", password: None },
];

pub async fn measure(run: &mut Run) -> anyhow::Result<()> {
    let installation = furnished(run, "strangers").await?;
    installation.believe_proxies()?;
    let (server, _) = installation.start(&run.workshop, "strangers").await?;
    let provider = installation.provider().await?;
    let tries = TRIES.min(run.options.agents());
    for Asked { what, path, password } in FORMS {
        progress(&format!("{what}: {tries} SOIs that exist, and as many that do not"));
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..tries {
            // Each first in turn: what a first one does is no difference between them.
            let pair = [(FIRST_SOI + number, true), (FIRST_SOI + 500_000 + number, false)];
            let pair = if number % 2 == 0 { pair } else { [pair[1], pair[0]] };
            for (soi, exists) in pair {
                let address = format!("198.51.{}.{}", number % 256, 1 + number / 256 + 100 * u32::from(exists));
                let took = one(&provider.authority, path, &soi.to_string(), password, &address).await?;
                if exists { known.push(took) } else { unknown.push(took) }
            }
        }
        let name = |kind: &str| format!("{what}, {kind} SOI");
        run.table.plain(&name("known"), &Figures::milliseconds(&known), &Figures::text(""));
        run.table.plain(&name("unknown"), &Figures::milliseconds(&unknown), &Figures::text(""));
        let text = difference(&known, &unknown);
        run.table.plain(&format!("{what}, known less unknown"), &Figures::text(&text), &Figures::text(""));
    }
    server.stop().await
}

/// Milliseconds of the answer to one form, from a fresh browser.
async fn one(authority: &str, path: &str, soi: &str, password: Option<&str>, address: &str) -> anyhow::Result<f64> {
    let mut browser = Browser::new(authority);
    address.clone_into(&mut browser.reported_address);
    let url = format!("http://{authority}{path}").parse()?;
    let page = browser.get(&url).await?;
    let mut form = forms(&page.body).into_iter().find(|form| form.has("soi")).context("no form asks for a SOI")?;
    form.fill("soi", soi);
    if let Some(password) = password {
        form.fill("password", password);
    }
    let started = tokio::time::Instant::now();
    let answer = browser.post(&url, &form.fields).await?;
    let took: Duration = started.elapsed();
    ensure!([200, 303, 401].contains(&answer.status), "{}", answer.summary());
    Ok(took.as_secs_f64() * 1e3)
}

/// The difference of the medians, and how far medians of such samples lie apart by chance (two standard errors).
fn difference(known: &[f64], unknown: &[f64]) -> String {
    let median = |values: &[f64]| spread(values.iter().copied()).map_or(0.0, |spread| spread.median);
    let noise = 2.0 * (error_of_median(known).powi(2) + error_of_median(unknown).powi(2)).sqrt();
    format!("{:+.3} ms, by chance up to {noise:.3} ms", median(known) - median(unknown))
}

/// From the distance of the quartiles, so that single slow answers do not count: 1.253 × (IQR / 1.349) / √n.
fn error_of_median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |numerator: usize| sorted.get(sorted.len() * numerator / 4).copied().unwrap_or_default();
    1.253 * ((at(3) - at(1)) / 1.349) / to_f64(sorted.len().max(1)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_beside_what_chance_makes() {
        let slow: Vec<f64> = (0..200).map(|n| 20.0 + f64::from(n % 10)).collect();
        let quick: Vec<f64> = slow.iter().map(|value| value - 5.0).collect();
        assert!(difference(&slow, &quick).starts_with("+5.000 ms"), "{}", difference(&slow, &quick));
        assert!(difference(&slow, &slow).starts_with("+0.000 ms, by chance up to 0.9"), "{}", difference(&slow, &slow));
    }
}
