//! After a restart, once it is settled what is stored: whether the server acts accordingly. Sessions open or do not, codes
//! work once and not again, tokens are worth what their grant is, activations were done or can be done.
//!
//! These acts are answered, or the test fails: nobody kills anything here.

use anyhow::{Context as _, Result, ensure};

use crate::client::{Client, Code, Once, brief};
use crate::installation::Account;
use crate::ledger::act;
use crate::records::Records;
use crate::settle::stored_as;
use crate::site::Application;

/// So many of the older sessions of each client are looked at again.
const OLDER: usize = 1;

/// Seconds. A code that is older (its life is a minute) or such a token (five) is left alone: a machine that slow proves
/// nothing.
const CODE_LIFE: f64 = 45.0;
const TOKEN_LIFE: f64 = 240.0;

impl Client {
    /// Looks at everything that happened since the last time, and at some of what is older.
    pub async fn verify(&mut self, records: &Records) -> Result<()> {
        self.verify_activations().await?;
        for account in 0..self.accounts.len() {
            if self.accounts[account].in_doubt {
                // Also clears the throttle, so that four of these do not come together.
                ensure!(self.log_in_as(account, None).await?, "no answer to a login");
            }
        }
        self.verify_sessions().await?;
        self.verify_codes(records).await?;
        self.verify_tokens(records).await?;
        // From here on grants are revoked.
        self.verify_spent_codes().await?;
        self.replay_a_code().await
    }

    /// The code of the letter works if it was not used, and never again; the password that was set is the one that opens.
    async fn verify_activations(&mut self) -> Result<()> {
        for place in 0..self.activations.len() {
            if !std::mem::take(&mut self.activations[place].unseen) {
                continue;
            }
            let soi = self.activations[place].letter.soi.clone();
            if self.activations[place].done == Once::NotYet {
                // Another password, so that the login below proves this activation and no other.
                self.activations[place].password = self.chance.password();
                self.activations[place].done = Once::InDoubt;
                ensure!(self.use_letter(place).await?, "no answer to an activation");
            } else if !self.accounts.iter().any(|account| account.soi == soi) {
                // It had happened without an answer.
                let password = self.activations[place].password.clone();
                self.accounts.push(Account { soi: soi.clone(), password, in_doubt: false });
            }
            let code = self.activations[place].letter.code.clone();
            self.ledger.sent(act::ACTIVATION_REFUSED, &soi);
            let again = self.site.activate(&soi, &code, &self.chance.password()).await.context("an answer")?;
            ensure!(again.status == 401, "the activation code of {soi} works twice: {}", brief(&again));
            self.ledger.done(act::ACTIVATION_REFUSED, &soi);
            let account = self.accounts.iter().position(|account| account.soi == soi).context("the account")?;
            ensure!(self.log_in_as(account, None).await?, "no answer to the login of {soi}");
        }
        Ok(())
    }

    /// An open session gives a code without a login; an ended one leads to the login page.
    async fn verify_sessions(&mut self) -> Result<()> {
        let (unseen, seen): (Vec<_>, Vec<_>) = (0..self.sessions.len()).partition(|s| self.sessions[*s].unseen);
        let older: Vec<usize> = (0..OLDER).filter_map(|_| self.chance.pick(&seen)).collect();
        for session in unseen.into_iter().chain(older) {
            self.sessions[session].unseen = false;
            if self.sessions[session].ended == Once::NotYet {
                let code = self.obtain_code(Application::Solo, session).await?;
                ensure!(code.is_some(), "no answer to an open session of {}", self.sessions[session].soi);
            } else {
                let cookie = self.sessions[session].cookie.clone();
                let page = self.site.authorize(Application::Solo, &cookie).await.context("an answer")?;
                let leads_to_login = page.location().is_some_and(|to| to.path() == "/login");
                ensure!(leads_to_login, "an ended session of {}: {}", self.sessions[session].soi, brief(&page));
            }
        }
        Ok(())
    }

    /// Each code that nobody presented works if its session and its grant stand.
    async fn verify_codes(&mut self, records: &Records) -> Result<()> {
        for code in self.young_codes(Once::NotYet) {
            let stored = records.codes.get(&stored_as(&self.codes[code].value));
            // One that this verification obtained has no record yet; its grant is new or stands.
            let grant_stands = stored.is_none_or(|code| !records.grants.get(&code.grant).copied().unwrap_or(true));
            let session_is_open = self.sessions[self.codes[code].session].ended == Once::NotYet;
            let answered = if grant_stands && session_is_open {
                self.redeem(code).await?
            } else {
                self.present_in_vain(code, "whose session or grant is over").await?
            };
            ensure!(answered, "no answer to a code");
        }
        Ok(())
    }

    /// A code that was spent without an answer gave its tokens to nobody, and nobody must get them now.
    async fn verify_spent_codes(&mut self) -> Result<()> {
        for code in self.young_codes(Once::Done) {
            if !self.tokens.iter().any(|token| token.code == code) {
                ensure!(self.present_in_vain(code, "that was spent before").await?, "no answer to a code");
            }
            self.codes[code].unseen = false;
        }
        Ok(())
    }

    fn young_codes(&self, spent: Once) -> Vec<usize> {
        let fits = |code: &Code| code.unseen && code.spent == spent && code.born.seconds() < CODE_LIFE;
        (0..self.codes.len()).filter(|code| fits(&self.codes[*code])).collect()
    }

    /// A token is worth something as long as its session and its grant stand.
    async fn verify_tokens(&mut self, records: &Records) -> Result<()> {
        for token in 0..self.tokens.len() {
            if !std::mem::take(&mut self.tokens[token].unseen) || self.tokens[token].born.seconds() > TOKEN_LIFE {
                continue;
            }
            let grant_stands = !records.grants.get(&self.tokens[token].grant).copied().unwrap_or(false);
            let session = self.codes[self.tokens[token].code].session;
            let is_worth = grant_stands && self.sessions[session].ended == Once::NotYet;
            self.expect_userinfo(token, if is_worth { 200 } else { 401 }).await?;
        }
        Ok(())
    }

    /// A spent code that comes again is refused, and revokes what it gave.
    async fn replay_a_code(&mut self) -> Result<()> {
        let young = |token: &usize| self.tokens[*token].born.seconds() < TOKEN_LIFE;
        let tokens: Vec<usize> = (0..self.tokens.len()).rev().take(12).filter(young).collect();
        let Some(token) = self.chance.pick(&tokens) else { return Ok(()) };
        ensure!(self.present_in_vain(self.tokens[token].code, "that gave tokens").await?, "no answer to a replay");
        self.expect_userinfo(token, 401).await
    }

    async fn expect_userinfo(&self, token: usize, status: u16) -> Result<()> {
        let page = self.site.userinfo(&self.tokens[token].value).await.context("an answer of UserInfo")?;
        ensure!(page.status == status, "a token of code {}: {} != {status}", self.tokens[token].code, brief(&page));
        Ok(())
    }
}
