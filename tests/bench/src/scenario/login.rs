//! A whole login, as a browser and an application do it: authorization request, form, code, token with PKCE (S256).
//!
//! Every login is a fresh profile: no cookie of the one before. Redirects are followed one by one; the first form that has
//! the field for the user is filled, one that asks for the code of an authenticator application too, any other (consent) is
//! sent as it stands.

use std::rc::Rc;

use anyhow::{Context as _, anyhow, bail, ensure};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use octroi_idp::domain::time::Clock;
use serde::Deserialize;

use crate::client::browser::{Browser, Page};
use crate::client::form::{Form, forms};
use crate::client::request;
use crate::load::Job;
use crate::provider::Provider;

/// More pages and redirects than any login has.
const MAX_STEPS: usize = 15;

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: Option<String>,
}

/// One virtual user after the other, on one connection.
pub struct Login {
    provider: Rc<Provider>,
    browser: Browser,
    clock: Clock,
}

impl Login {
    pub fn workers(provider: &Rc<Provider>, count: usize) -> Vec<Self> {
        let worker =
            |_| Self { provider: provider.clone(), browser: Browser::new(&provider.authority), clock: Clock::system() };
        (0..count).map(worker).collect()
    }

    /// Logs the next user in, in a fresh profile; answers the access token.
    pub async fn log_in(&mut self) -> anyhow::Result<String> {
        let number = self.provider.next.get();
        self.provider.next.set(number.wrapping_add(1));
        let user = self.provider.users.get(number % self.provider.users.len()).context("no users")?.clone();
        self.browser.forget();
        self.authorize(Some(&user)).await.with_context(|| format!("login of {user}"))
    }

    /// Another token within the session of the last login: no form may come.
    pub async fn again(&mut self) -> anyhow::Result<String> {
        self.authorize(None).await.context("another token in the same session")
    }

    async fn authorize(&mut self, user: Option<&str>) -> anyhow::Result<String> {
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let options = &self.provider.options;
        let mut url = self.provider.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &options.client_id)
            .append_pair("redirect_uri", &options.redirect_uri)
            .append_pair("scope", &options.scope)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(&options.authorize_parameters);
        let mut page = self.browser.get(&url).await?;
        let mut user = user;
        for _ in 0..MAX_STEPS {
            if let Some(code) = self.code(&page, &state)? {
                return self.redeem(code, verifier).await;
            }
            page = match &page.location {
                Some(next) if (300..400).contains(&page.status) => self.browser.get(&next.clone()).await?,
                _ => self.submit(&page, &mut user).await?,
            };
        }
        bail!("no code after {MAX_STEPS} steps; the last was {}", page.summary())
    }

    /// The code, once the answer leads to the application.
    fn code(&self, page: &Page, state: &str) -> anyhow::Result<Option<String>> {
        let redirect_uri = &self.provider.options.redirect_uri;
        let Some(location) = page.location.as_ref().filter(|to| to.as_str().starts_with(redirect_uri)) else {
            return Ok(None);
        };
        let value = |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        if let Some(error) = value("error") {
            bail!("error={error}: {}", value("error_description").unwrap_or_default());
        }
        ensure!(value("state").is_some_and(|sent_back| sent_back == state), "the state came back changed");
        // RFC 9207: whoever sends it means it.
        ensure!(value("iss").is_none_or(|iss| iss == self.provider.issuer), "the answer comes from another issuer");
        Ok(Some(value("code").context("a redirect without a code")?.into_owned()))
    }

    /// Sends the form of a page: the login form filled once, any other as it stands.
    async fn submit(&mut self, page: &Page, user: &mut Option<&str>) -> anyhow::Result<Page> {
        ensure!(page.status == 200, "{}", page.summary());
        let options = &self.provider.options;
        let mut found = forms(&page.body);
        let has_passkeys = !self.provider.passkeys.borrow().is_empty();
        if has_passkeys && let Some(at) = found.iter().position(|form| form.has("credential")) {
            let user = user.take().ok_or_else(|| anyhow!("the login form came again: {}", page.summary()))?;
            return self.answer(page, found.swap_remove(at), user).await;
        }
        let form = match found.iter().position(|form| form.has(&options.user_field)) {
            Some(at) => {
                let user = user.take().ok_or_else(|| anyhow!("the login form came again: {}", page.summary()))?;
                let mut form = found.swap_remove(at);
                form.fill(&options.user_field, user);
                form.fill(&options.password_field, &self.provider.password);
                for (name, value) in &options.form_fields {
                    form.fill(name, value);
                }
                form
            }
            None => match (&self.provider.totp, found.iter().position(|form| form.has(&options.code_field))) {
                (Some(key), Some(at)) => {
                    let mut form = found.swap_remove(at);
                    form.fill(&options.code_field, &key.code_at(self.clock.now())?);
                    form
                }
                _ if !found.is_empty() => found.swap_remove(0),
                _ => bail!("a page without a form: {}", page.summary()),
            },
        };
        let action = match &form.action {
            Some(action) => page.url.join(action)?,
            None => page.url.clone(),
        };
        self.browser.post(&action, &form.fields).await
    }

    /// Gives the user's passkey instead of a password.
    async fn answer(&mut self, page: &Page, mut form: Form, user: &str) -> anyhow::Result<Page> {
        let csrf: Vec<_> = form.fields.iter().filter(|(name, _)| name == "csrf").cloned().collect();
        let asked = self.browser.post(&page.url.join("/login/passkey/options")?, &csrf).await?;
        let options = serde_json::from_str(&asked.body).with_context(|| asked.summary())?;
        let number = self.provider.users.iter().position(|known| known == user).context("an unknown user")?;
        let answer = {
            let mut keys = self.provider.passkeys.borrow_mut();
            keys.get_mut(number).context("a user without a passkey")?.answer(&options)
        };
        form.fill("credential", &answer);
        self.browser.post(&page.url.join("/login/passkey")?, &form.fields).await
    }

    async fn redeem(&mut self, code: String, verifier: String) -> anyhow::Result<String> {
        let provider = &self.provider;
        let client_id = &provider.options.client_id;
        let mut fields = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), code),
            ("redirect_uri".to_owned(), provider.options.redirect_uri.clone()),
            ("code_verifier".to_owned(), verifier),
        ];
        let authorization = if let Some(secret) = &provider.client_secret {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(client_id), encode(secret))))
        } else {
            fields.push(("client_id".to_owned(), client_id.clone()));
            String::new()
        };
        let request = request::post(&provider.token, &[("authorization", &authorization)], &fields)?;
        let connection = &mut self.browser.connection;
        let status = connection.ask(&request).await?;
        ensure!(status == 200, "token endpoint: {status} {}", connection.text());
        let tokens: Tokens = serde_json::from_slice(connection.body()).context("no token response")?;
        ensure!(tokens.id_token.is_some(), "a token response without ID token");
        Ok(tokens.access_token)
    }
}

impl Job for Login {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.log_in().await.map(drop)
    }
}

fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow!("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
