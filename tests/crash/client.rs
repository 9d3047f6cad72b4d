//! One client: acts as people and applications do, one act after the other, and remembers every answer that it got.
//!
//! A client has its own agents, so what it knows about them is all there is to know. It stops at the first act without an
//! answer: that one is in doubt until `settle.rs` finds out. An answer that cannot be is told at once.

use anyhow::{Context as _, Result, bail, ensure};
use harness::browser::Page;
use harness::rp::payload;
use octroi_idp::domain::time::Stopwatch;
use serde_json::Value;

use crate::chance::Chance;
use crate::installation::{Account, Letter, People};
use crate::ledger::{Ledger, act};
use crate::site::{Application, Site, parameter};

/// What is known of something that happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    NotYet,
    /// It was sent, and not answered.
    InDoubt,
    Done,
}

/// A session whose cookie the browser has.
#[derive(Debug)]
pub struct Session {
    pub soi: String,
    pub cookie: String,
    pub ended: Once,
    pub id_token: Option<String>,
    /// Something happened to it since it was last looked at.
    pub unseen: bool,
}

/// An authorization code that an application has.
#[derive(Debug)]
pub struct Code {
    pub value: String,
    pub application: Application,
    pub session: usize,
    pub spent: Once,
    pub born: Stopwatch,
    pub unseen: bool,
}

/// An access token that an application has.
#[derive(Debug)]
pub struct Token {
    pub value: String,
    pub jti: String,
    pub grant: String,
    pub code: usize,
    pub born: Stopwatch,
    pub unseen: bool,
}

/// An activation.
#[derive(Debug)]
pub struct Activation {
    pub letter: Letter,
    pub password: String,
    pub done: Once,
    pub unseen: bool,
}

/// Somebody whose password is only ever mistyped.
#[derive(Debug)]
pub struct Mistyped {
    pub soi: String,
    pub sent: i64,
    pub answered: i64,
}

/// The client with its memory.
pub struct Client {
    pub number: usize,
    pub site: Site,
    pub chance: Chance,
    pub ledger: Ledger,
    pub accounts: Vec<Account>,
    pub letters: Vec<Letter>,
    pub sessions: Vec<Session>,
    pub codes: Vec<Code>,
    pub tokens: Vec<Token>,
    pub activations: Vec<Activation>,
    pub mistyped: Vec<Mistyped>,
}

impl Client {
    pub fn new(number: usize, site: Site, chance: Chance, ledger: Ledger, people: People) -> Self {
        let mistyped = people.mistyped.into_iter().map(|soi| Mistyped { soi, sent: 0, answered: 0 }).collect();
        Self {
            number,
            site,
            chance,
            ledger,
            accounts: people.accounts,
            letters: people.letters,
            sessions: Vec::new(),
            codes: Vec::new(),
            tokens: Vec::new(),
            activations: Vec::new(),
            mistyped,
        }
    }

    /// One act, drawn by lot; answers whether it was answered. Few of them hash a password: the others are short and
    /// write at the same time.
    pub async fn act(&mut self) -> Result<bool> {
        let open: Vec<usize> = (0..self.sessions.len()).filter(|s| self.sessions[*s].ended == Once::NotYet).collect();
        let Some(session) = self.chance.pick(&open) else { return self.log_in(None).await };
        match self.chance.below(100) {
            0..5 => self.log_in(None).await,
            5..8 => self.log_in(Some(session)).await,
            8..12 => self.mistype().await,
            12..16 => self.activate().await,
            16..23 => self.log_out(session).await,
            23..35 => self.duel(session).await,
            35..40 => self.ask_userinfo().await,
            40..70 => self.obtain_code(Application::Solo, session).await.map(|code| code.is_some()),
            _ => {
                let is_fresh = |code: &Code| {
                    code.spent == Once::NotYet
                        && code.application == Application::Solo
                        && self.sessions[code.session].ended == Once::NotYet
                };
                let fresh: Vec<usize> = (0..self.codes.len()).filter(|code| is_fresh(&self.codes[*code])).collect();
                match self.chance.pick(&fresh) {
                    Some(code) => self.redeem(code).await,
                    None => self.obtain_code(Application::Solo, session).await.map(|code| code.is_some()),
                }
            }
        }
    }

    /// Logs in, in a browser that may hold a session; the new one is the last of `sessions`.
    pub async fn log_in(&mut self, before: Option<usize>) -> Result<bool> {
        let account = self.chance.below(self.accounts.len());
        self.log_in_as(account, before).await
    }

    pub async fn log_in_as(&mut self, account: usize, before: Option<usize>) -> Result<bool> {
        let Account { soi, password, .. } = self.accounts[account].clone();
        let cookie = before.map(|session| self.sessions[session].cookie.clone());
        self.ledger.sent(act::LOGGED_IN, &soi);
        self.accounts[account].in_doubt = true;
        if let Some(before) = before {
            self.begin_ending(before);
        }
        let Some(page) = self.site.log_in(&soi, &password, cookie.as_deref()).await else { return Ok(false) };
        let cookie = (page.status == 303).then(|| page.cookie("octroi-session")).flatten();
        let cookie = cookie.with_context(|| format!("a login of {soi} with the right password: {}", brief(&page)))?;
        self.ledger.done(act::LOGGED_IN, &soi);
        self.accounts[account].in_doubt = false;
        if let Some(before) = before {
            self.finish_ending(before);
        }
        self.sessions.push(Session { soi, cookie, ended: Once::NotYet, id_token: None, unseen: true });
        Ok(true)
    }

    async fn mistype(&mut self) -> Result<bool> {
        // The fourth attempt would start a delay.
        let free: Vec<usize> = (0..self.mistyped.len()).filter(|m| self.mistyped[*m].sent < 3).collect();
        let Some(who) = self.chance.pick(&free) else { return Ok(true) };
        self.mistyped[who].sent += 1;
        let soi = self.mistyped[who].soi.clone();
        self.ledger.sent(act::LOGIN_REFUSED, &soi);
        let Some(page) = self.site.log_in(&soi, "not this one, surely", None).await else { return Ok(false) };
        ensure!(page.status == 401, "a mistyped password of {soi}: {}", brief(&page));
        self.ledger.done(act::LOGIN_REFUSED, &soi);
        self.mistyped[who].answered += 1;
        Ok(true)
    }

    async fn activate(&mut self) -> Result<bool> {
        let Some(letter) = self.letters.pop() else { return Ok(true) };
        let password = self.chance.password();
        self.activations.push(Activation { letter, password, done: Once::InDoubt, unseen: true });
        self.use_letter(self.activations.len() - 1).await
    }

    /// Sends an activation whose code has not been used yet.
    pub async fn use_letter(&mut self, activation: usize) -> Result<bool> {
        let Activation { letter, password, .. } = &self.activations[activation];
        let (soi, password) = (letter.soi.clone(), password.clone());
        self.ledger.sent(act::ACTIVATED, &soi);
        let Some(page) = self.site.activate(&soi, &letter.code, &password).await else { return Ok(false) };
        ensure!(page.status == 303, "an activation of {soi} with a code that was never used: {}", brief(&page));
        self.ledger.done(act::ACTIVATED, &soi);
        self.activations[activation].done = Once::Done;
        self.accounts.push(Account { soi, password, in_doubt: false });
        Ok(true)
    }

    async fn log_out(&mut self, session: usize) -> Result<bool> {
        let Session { cookie, id_token: Some(id_token), .. } = &self.sessions[session] else { return Ok(true) };
        let (cookie, id_token) = (cookie.clone(), id_token.clone());
        self.begin_ending(session);
        let Some(page) = self.site.log_out(&cookie, &id_token).await else { return Ok(false) };
        ensure!(page.status == 200 && page.text("signed-out").is_some(), "a logout: {}", brief(&page));
        self.finish_ending(session);
        Ok(true)
    }

    /// Asks for a code in a session that is open; answers its place, or nothing when there was no answer.
    pub async fn obtain_code(&mut self, application: Application, session: usize) -> Result<Option<usize>> {
        let (soi, cookie) = (self.sessions[session].soi.clone(), self.sessions[session].cookie.clone());
        self.ledger.sent(act::DECIDED, &soi);
        let born = Stopwatch::start();
        let Some(page) = self.site.authorize(application, &cookie).await else { return Ok(None) };
        let code = (page.status == 303).then(|| parameter(&page, "code")).flatten();
        let value = code.with_context(|| format!("a code for an open session of {soi}: {}", brief(&page)))?;
        self.ledger.done(act::DECIDED, &soi);
        self.codes.push(Code { value, application, session, spent: Once::NotYet, born, unseen: true });
        Ok(Some(self.codes.len() - 1))
    }

    /// Presents a code that was never presented, in a session that is open and a grant that stands.
    pub async fn redeem(&mut self, code: usize) -> Result<bool> {
        let soi = self.soi_of(code);
        self.codes[code].spent = Once::InDoubt;
        self.ledger.sent(act::TOKEN_ISSUED, &soi);
        let Some(page) = self.present(code).await else { return Ok(false) };
        ensure!(page.status == 200, "a code of {soi} that was never presented: {}", brief(&page));
        self.take_tokens(code, &page)?;
        Ok(true)
    }

    /// Presents a new code twice at once: one gets tokens, the other revokes them.
    async fn duel(&mut self, session: usize) -> Result<bool> {
        let Some(code) = self.obtain_code(Application::Duel, session).await? else { return Ok(false) };
        let soi = self.soi_of(code);
        self.codes[code].spent = Once::InDoubt;
        for event in [act::TOKEN_ISSUED, act::TOKEN_REFUSED] {
            self.ledger.sent(event, &soi);
            self.ledger.sent(event, &soi);
        }
        let (one, other) = tokio::join!(self.present(code), self.present(code));
        let answers: Vec<Page> = [one, other].into_iter().flatten().collect();
        let winners = answers.iter().filter(|page| page.status == 200).count();
        ensure!(winners < 2, "a code of {soi} gave tokens to two who presented it at once");
        ensure!(answers.len() < 2 || winners == 1, "a code of {soi} gave tokens to nobody: {}", brief(&answers[0]));
        for page in &answers {
            if page.status == 200 {
                self.take_tokens(code, page)?;
                self.ledger.not_done(act::TOKEN_REFUSED, &soi);
            } else {
                self.note_refusal(code, page)?;
                self.ledger.not_done(act::TOKEN_ISSUED, &soi);
            }
        }
        Ok(answers.len() == 2)
    }

    /// Presents a code that must be refused.
    pub async fn present_in_vain(&mut self, code: usize, why: &str) -> Result<bool> {
        let soi = self.soi_of(code);
        self.ledger.sent(act::TOKEN_REFUSED, &soi);
        let Some(page) = self.present(code).await else { return Ok(false) };
        ensure!(page.status == 400, "a code of {soi} {why} was not refused: {}", brief(&page));
        self.note_refusal(code, &page)?;
        Ok(true)
    }

    async fn ask_userinfo(&mut self) -> Result<bool> {
        let Some(token) = self.tokens.last() else { return Ok(true) };
        Ok(self.site.userinfo(&token.value).await.is_some())
    }

    async fn present(&self, code: usize) -> Option<Page> {
        self.site.exchange(self.codes[code].application, &self.codes[code].value).await
    }

    fn take_tokens(&mut self, code: usize, page: &Page) -> Result<()> {
        self.ledger.done(act::TOKEN_ISSUED, &self.soi_of(code));
        let answer = page.json();
        let text = |name: &str| answer[name].as_str().map(str::to_owned).context("a token");
        let (value, id_token) = (text("access_token")?, text("id_token")?);
        let claims = payload(&value);
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned).context("a claim");
        let (jti, grant) = (claim("jti")?, claim("grant_id")?);
        self.codes[code].spent = Once::Done;
        self.sessions[self.codes[code].session].id_token = Some(id_token);
        self.tokens.push(Token { value, jti, grant, code, born: Stopwatch::start(), unseen: true });
        Ok(())
    }

    fn note_refusal(&mut self, code: usize, page: &Page) -> Result<()> {
        if page.json()["error"] != "invalid_grant" {
            bail!("a code of {}: {}", self.soi_of(code), brief(page));
        }
        self.ledger.done(act::TOKEN_REFUSED, &self.soi_of(code));
        self.codes[code].spent = Once::Done;
        Ok(())
    }

    fn begin_ending(&mut self, session: usize) {
        let session = &mut self.sessions[session];
        self.ledger.sent(act::SESSION_ENDED, &session.soi);
        (session.ended, session.unseen) = (Once::InDoubt, true);
    }

    fn finish_ending(&mut self, session: usize) {
        let session = &mut self.sessions[session];
        self.ledger.done(act::SESSION_ENDED, &session.soi);
        session.ended = Once::Done;
    }

    fn soi_of(&self, code: usize) -> String {
        self.sessions[self.codes[code].session].soi.clone()
    }
}

/// An answer in a line.
pub fn brief(page: &Page) -> String {
    let to = page.location().map(|to| to.to_string()).unwrap_or_default();
    let words: String = page.heading().unwrap_or_else(|| page.body.chars().take(200).collect());
    format!("{} {to} {words}", page.status)
}
