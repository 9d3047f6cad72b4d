//! The server as clients meet it: forms and requests over real HTTP. Knows no expectation: it brings the answer, or
//! nothing when there was none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use harness::browser::{Browser, Page};
use harness::idp::CALLBACK;
use octroi_idp::crypto::hash::sha256;
use url::Url;

/// One verifier for all codes: what is tested is what is stored.
const VERIFIER: &str = "crash-proof-crash-proof-crash-proof-crash-proof";

/// One of the two applications: at `solo` each code is presented by one, at `duel` by two at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    Solo,
    Duel,
}

impl Application {
    const fn client_id(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Duel => "duel",
        }
    }
}

/// The server, seen from one browser that has been shown a form.
#[derive(Clone)]
pub struct Site {
    origin: String,
    browser: Browser,
    secrets: [String; 2],
    /// The pre-session cookie, and the value that forms of this browser carry. Both outlive a restart.
    cookie: String,
    csrf: String,
}

impl Site {
    /// Opens the login page once.
    pub async fn visit(origin: &str, secrets: &[String; 2]) -> Self {
        let browser = Browser::new();
        let page = browser.get(format!("{origin}/login")).await;
        let cookie = page.cookie("octroi-browser").expect("a pre-session cookie");
        let csrf = page.form("/login").fields["csrf"].clone();
        Self { origin: origin.to_owned(), browser, secrets: secrets.clone(), cookie, csrf }
    }

    /// Sends the login form, in a browser that may hold a session.
    pub async fn log_in(&self, soi: &str, password: &str, session: Option<&str>) -> Option<Page> {
        let fields = [("soi", soi), ("password", password), ("csrf", &self.csrf)];
        let cookies = session.map_or_else(|| self.cookie.clone(), |session| format!("{}; {session}", self.cookie));
        let browser = self.browser.clone().with_header("cookie", &cookies);
        heard(browser.try_post_fields(format!("{}/login", self.origin), &fields).await)
    }

    /// Sends the activation form.
    pub async fn activate(&self, soi: &str, code: &str, password: &str) -> Option<Page> {
        let fields = [
            ("soi", soi),
            ("code", code),
            ("new_password", password),
            ("new_password_again", password),
            ("csrf", &self.csrf),
        ];
        let browser = self.browser.clone().with_header("cookie", &self.cookie);
        heard(browser.try_post_fields(format!("{}/activate", self.origin), &fields).await)
    }

    /// Asks for a code in a browser that holds this session.
    pub async fn authorize(&self, application: Application, session: &str) -> Option<Page> {
        let mut url = Url::parse(&format!("{}/oauth2/authorize", self.origin)).expect("an address");
        let challenge = URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()));
        url.query_pairs_mut().extend_pairs([
            ("client_id", application.client_id()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let browser = self.browser.clone().with_header("cookie", session);
        heard(browser.try_get(url).await)
    }

    /// Presents a code.
    pub async fn exchange(&self, application: Application, code: &str) -> Option<Page> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let [solo, duel] = &self.secrets;
        let secret = if application == Application::Solo { solo } else { duel };
        let basic = STANDARD.encode(format!("{}:{secret}", application.client_id()));
        let browser = self.browser.clone().with_header("authorization", &format!("Basic {basic}"));
        heard(browser.try_post_fields(format!("{}/oauth2/token", self.origin), &fields).await)
    }

    /// Asks who the agent behind a token is.
    pub async fn userinfo(&self, token: &str) -> Option<Page> {
        let browser = self.browser.clone().with_header("authorization", &format!("Bearer {token}"));
        heard(browser.try_get(format!("{}/oauth2/userinfo", self.origin)).await)
    }

    /// Logs out as an application does that shows the session's own ID token.
    pub async fn log_out(&self, session: &str, id_token: &str) -> Option<Page> {
        let mut url = Url::parse(&format!("{}/oauth2/logout", self.origin)).expect("an address");
        url.query_pairs_mut().append_pair("id_token_hint", id_token);
        heard(self.browser.clone().with_header("cookie", session).try_get(url).await)
    }
}

/// A broken connection and a failure of the server's own say nothing about what has happened.
fn heard(answer: Result<Page, reqwest::Error>) -> Option<Page> {
    let page = answer.ok().filter(|page| page.status < 500)?;
    let failed = page.location().is_some_and(|to| {
        to.query_pairs()
            .any(|(name, value)| name == "error" && matches!(&*value, "server_error" | "temporarily_unavailable"))
    });
    (!failed).then_some(page)
}

/// A parameter of the address that an answer leads to.
pub fn parameter(page: &Page, name: &str) -> Option<String> {
    let to = page.location()?;
    to.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
