//! Any OpenID provider, as the load client sees it: endpoints from discovery, one client, some users, the names of the
//! fields of its login form.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, ensure};
use clap::Args;
use harness::passkey::SoftKey;
use octroi_idp::login::totp::TotpKey;
use serde::Deserialize;
use url::Url;

use crate::client::connection::Connection;
use crate::client::request;

/// What has to be known about a provider to load it. All of it is configuration: there is no code for one provider.
#[derive(Debug, Clone, Args)]
pub struct ProviderOptions {
    /// The provider's discovery document
    #[arg(long, value_name = "URL")]
    pub discovery: Url,
    /// The client that asks for logins
    #[arg(long, value_name = "ID", default_value = "bench")]
    pub client_id: String,
    /// A file with its secret (client_secret_basic); a public client has none
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Where codes are sent; nothing has to listen there
    #[arg(long, value_name = "URI", default_value = "http://127.0.0.1:9/callback")]
    pub redirect_uri: String,
    #[arg(long, value_name = "SCOPES", default_value = "openid profile email")]
    pub scope: String,
    /// A further parameter of the authorization request (repeatable)
    #[arg(long = "authorize-parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub authorize_parameters: Vec<(String, String)>,
    /// Who logs in: {} stands for a number
    #[arg(long, value_name = "PATTERN", default_value = "{}")]
    pub user_pattern: String,
    /// The first number of the pattern
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub first_user: u32,
    /// How many numbers from there
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub users: u32,
    /// A file with one user a line, instead of the pattern
    #[arg(long, value_name = "FILE")]
    pub users_file: Option<PathBuf>,
    /// A file with the password of all of them
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The form's field for the user
    #[arg(long, value_name = "NAME", default_value = "soi")]
    pub user_field: String,
    /// The form's field for the password
    #[arg(long, value_name = "NAME", default_value = "password")]
    pub password_field: String,
    /// A file with the key (raw bytes) of the authenticator application of all of them
    #[arg(long, value_name = "FILE")]
    pub totp_key_file: Option<PathBuf>,
    /// The form's field for its code
    #[arg(long, value_name = "NAME", default_value = "code")]
    pub code_field: String,
    /// A further field of the login form (repeatable); hidden fields are taken over anyway
    #[arg(long = "form-field", value_name = "NAME=VALUE", value_parser = pair)]
    pub form_fields: Vec<(String, String)>,
}

impl ProviderOptions {
    /// For a provider that the benchmark itself has set up: files with client secret and password, numbered users.
    pub fn of(discovery: Url, (client_secret, password): (PathBuf, PathBuf), first_user: u32, users: u32) -> Self {
        Self {
            discovery,
            client_id: "bench".to_owned(),
            client_secret_file: Some(client_secret),
            redirect_uri: crate::servers::REDIRECT_URI.to_owned(),
            scope: "openid profile email".to_owned(),
            authorize_parameters: Vec::new(),
            user_pattern: "{}".to_owned(),
            first_user,
            users,
            users_file: None,
            password_file: Some(password),
            user_field: "soi".to_owned(),
            password_field: "password".to_owned(),
            totp_key_file: None,
            code_field: "code".to_owned(),
            form_fields: Vec::new(),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The parts of a discovery document that are used.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Url,
    jwks_uri: Url,
}

/// A provider with everything that a login needs.
pub struct Provider {
    pub authority: String,
    pub issuer: String,
    pub discovery: Url,
    pub authorization: Url,
    pub token: Url,
    pub userinfo: Url,
    pub jwks: Url,
    pub client_secret: Option<String>,
    pub users: Vec<String>,
    pub password: String,
    pub totp: Option<TotpKey>,
    /// The passkey of each user: who has one gives no password.
    pub passkeys: RefCell<Vec<SoftKey>>,
    /// Who is next, over all workers and rounds: a code of an authenticator application opens once.
    pub next: Cell<usize>,
    pub options: ProviderOptions,
}

impl Provider {
    /// Reads the discovery document and the files that the options name.
    pub async fn discover(options: ProviderOptions) -> anyhow::Result<Rc<Self>> {
        let authority = request::authority(&options.discovery)?;
        let mut connection = Connection::new(&authority);
        let status = connection.ask(&request::get(&options.discovery, &[])?).await?;
        ensure!(status == 200, "{} answered {status}: {}", options.discovery, connection.text());
        let found: Discovery = serde_json::from_slice(connection.body())
            .with_context(|| format!("{} is no discovery document", options.discovery))?;
        for url in [&found.authorization_endpoint, &found.token_endpoint, &found.userinfo_endpoint, &found.jwks_uri] {
            let other = request::authority(url)?;
            ensure!(other == authority, "{url} is not at {authority}: endpoints at several hosts are not measured");
        }
        let line = |file: &Option<PathBuf>| -> anyhow::Result<Option<String>> {
            let Some(file) = file else { return Ok(None) };
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        };
        let users: Vec<String> = match line(&options.users_file)? {
            Some(text) => text.lines().map(str::to_owned).collect(),
            None => (options.first_user..options.first_user + options.users)
                .map(|number| options.user_pattern.replace("{}", &number.to_string()))
                .collect(),
        };
        ensure!(!users.is_empty(), "nobody can log in: no users");
        Ok(Rc::new(Self {
            authority,
            issuer: found.issuer,
            discovery: options.discovery.clone(),
            authorization: found.authorization_endpoint,
            token: found.token_endpoint,
            userinfo: found.userinfo_endpoint,
            jwks: found.jwks_uri,
            client_secret: line(&options.client_secret_file)?,
            users,
            password: line(&options.password_file)?.unwrap_or_default(),
            totp: match &options.totp_key_file {
                Some(file) => {
                    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
                    Some(TotpKey::from_bytes(bytes.into()))
                }
                None => None,
            },
            passkeys: RefCell::default(),
            next: Cell::new(0),
            options,
        }))
    }
}
