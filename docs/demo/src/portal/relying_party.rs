//! The portal as a relying party, built on the `openidconnect` crate: a foreign implementation that judges Octroi.
//!
//! Authorization code with PKCE S256, `state`, `nonce` and `iss` (RFC 9207); the ID token is verified against the JWKS,
//! `at_hash` included; UserInfo must answer for the same subject. Each sample application is a client of its own and
//! goes through the same two steps, [`RelyingParty::begin`] and [`RelyingParty::finish`].

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::secret::PlainToken;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, Client, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use super::claims;
use super::zone::ReceivedZone;

/// Claims beyond OpenID Connect Core's, kept as they came (`network_zone`, `soi`, `department`, `sid`, …).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FurtherClaims(Map<String, Value>);

impl AdditionalClaims for FurtherClaims {}

type Token = IdToken<FurtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type TokenFields = IdTokenFields<
    FurtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<TokenFields, CoreTokenType>;
type OidcClient = Client<
    FurtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a client is registered with.
#[derive(Debug, Clone)]
pub struct Registration {
    pub secret: PlainToken,
    pub redirect_uri: Url,
}

/// A login under way: what must come back, or be proved, in its second step.
pub struct Attempt {
    pub client_id: ClientId,
    /// Whether it was sent with `prompt=none`.
    pub silent: bool,
    nonce: Nonce,
    pkce_verifier: PkceCodeVerifier,
}

/// A completed login at one application: everything received, after verification.
pub struct Login {
    pub zone: Option<ReceivedZone>,
    pub id_token_header: Map<String, Value>,
    pub id_token: Map<String, Value>,
    /// Opaque to an application; decoded only to be shown. None if it is no JWT.
    pub access_token: Option<Map<String, Value>>,
    pub user_info: Map<String, Value>,
    raw_id_token: Token,
}

impl Login {
    /// A claim as text, from UserInfo or else from the ID token.
    pub fn find_claim(&self, name: &str) -> Option<&str> {
        self.user_info.get(name).or_else(|| self.id_token.get(name)).and_then(Value::as_str)
    }
}

/// Why a login could not be begun or completed. `Display` is for the log and the technical line of the page.
#[derive(Debug, thiserror::Error)]
pub enum RelyingPartyError {
    #[error("no client secret for {0}")]
    UnknownApplication(ClientId),
    #[error("discovery failed: {0}")]
    Discovery(String),
    #[error("the token endpoint refused: {0}")]
    Exchange(String),
    #[error("the ID token does not hold: {0}")]
    IdToken(String),
    #[error("UserInfo did not answer as it should: {0}")]
    UserInfo(String),
}

/// The clients of the portal and the provider they trust.
pub struct RelyingParty {
    issuer: IssuerUrl,
    registrations: BTreeMap<ClientId, Registration>,
    http: reqwest::Client,
    /// Discovered at first use (the provider may start later), again when a signing key is unknown.
    metadata: Mutex<Option<Arc<ProviderMetadataWithLogout>>>,
}

impl RelyingParty {
    /// For clients of the provider `issuer`, exactly as it names itself. Nothing is fetched yet.
    pub fn new(issuer: IssuerUrl, registrations: BTreeMap<ClientId, Registration>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            // A redirect would let the provider's answers lead our requests elsewhere (SSRF).
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { issuer, registrations, http, metadata: Mutex::new(None) })
    }

    /// Step one: the address to send the browser to, the `state`, and what to remember under it.
    pub async fn begin(&self, client_id: &ClientId, silent: bool) -> Result<(Url, String, Attempt), RelyingPartyError> {
        let client = self.client(client_id).await?;
        let (challenge, pkce_verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "agent"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if silent {
            request = request.add_prompt(CoreAuthPrompt::None);
        }
        let (url, state, nonce) = request.url();
        let attempt = Attempt { client_id: client_id.clone(), silent, nonce, pkce_verifier };
        Ok((url, state.into_secret(), attempt))
    }

    /// Whether an authorization response names our provider (RFC 9207 §2.4: Octroi always says who it is).
    pub fn is_from_our_issuer(&self, iss: Option<&str>) -> bool {
        iss == Some(self.issuer.as_str())
    }

    /// Step two: the code against tokens, verified; then UserInfo.
    pub async fn finish(&self, attempt: Attempt, code: String) -> Result<Login, RelyingPartyError> {
        let mut client = self.client(&attempt.client_id).await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| RelyingPartyError::Discovery(chain(&e)))?
            .set_pkce_verifier(attempt.pkce_verifier)
            .request_async(&self.http)
            .await
            .map_err(|e| RelyingPartyError::Exchange(chain(&e)))?;
        let token = tokens.id_token().ok_or_else(|| RelyingPartyError::IdToken("there is none".to_owned()))?;
        if token.signing_key(&client.id_token_verifier()).is_err() {
            // The key may be newer than our copy of the JWKS (OpenID Connect Core §10.1.1): look once more.
            self.metadata.lock().await.take();
            client = self.client(&attempt.client_id).await?;
        }
        let verified = verify(&client, &tokens, token, &attempt.nonce)?;
        let user_info: UserInfoClaims<FurtherClaims, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(verified.subject().clone()))
            .map_err(|e| RelyingPartyError::Discovery(chain(&e)))?
            .request_async(&self.http)
            .await
            .map_err(|e| RelyingPartyError::UserInfo(chain(&e)))?;
        received(token.clone(), tokens.access_token().secret(), &user_info)
    }

    /// The address that ends the session at the provider (OpenID Connect RP-Initiated Logout §2), if it has one.
    pub async fn find_logout_url(
        &self,
        client_id: &ClientId,
        login: &Login,
        back: Url,
        state: String,
    ) -> Result<Option<Url>, RelyingPartyError> {
        let metadata = self.metadata().await?;
        let Some(end_session) = metadata.additional_metadata().end_session_endpoint.clone() else {
            return Ok(None);
        };
        let request = LogoutRequest::from(end_session)
            .set_id_token_hint(&login.raw_id_token)
            .set_client_id(openidconnect::ClientId::new(client_id.to_string()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(back))
            .set_state(CsrfToken::new(state));
        Ok(Some(request.http_get_url()))
    }

    async fn client(&self, client_id: &ClientId) -> Result<OidcClient, RelyingPartyError> {
        let registration = self
            .registrations
            .get(client_id)
            .ok_or_else(|| RelyingPartyError::UnknownApplication(client_id.clone()))?;
        let metadata = self.metadata().await?;
        Ok(Client::from_provider_metadata(
            metadata.as_ref().clone(),
            openidconnect::ClientId::new(client_id.to_string()),
            Some(ClientSecret::new(registration.secret.reveal().to_owned())),
        )
        .set_redirect_uri(RedirectUrl::from_url(registration.redirect_uri.clone())))
    }

    async fn metadata(&self) -> Result<Arc<ProviderMetadataWithLogout>, RelyingPartyError> {
        let mut cached = self.metadata.lock().await;
        if let Some(metadata) = cached.as_ref() {
            return Ok(metadata.clone());
        }
        let metadata = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|e| RelyingPartyError::Discovery(chain(&e)))?;
        Ok(cached.insert(Arc::new(metadata)).clone())
    }
}

/// What was received, made ready to be shown and asked.
fn received(
    token: Token,
    access_token: &str,
    user_info: &UserInfoClaims<FurtherClaims, CoreGenderClaim>,
) -> Result<Login, RelyingPartyError> {
    let user_info = match serde_json::to_value(user_info) {
        Ok(Value::Object(map)) => map,
        Ok(other) => return Err(RelyingPartyError::UserInfo(format!("not an object but {other}"))),
        Err(e) => return Err(RelyingPartyError::UserInfo(e.to_string())),
    };
    let (id_token_header, id_token) = claims::decode(&token.to_string())
        .ok_or_else(|| RelyingPartyError::IdToken("it cannot be decoded".to_owned()))?;
    Ok(Login {
        // A strict client's ID token may leave the zone out; UserInfo always tells it.
        zone: ReceivedZone::find(&id_token).or_else(|| ReceivedZone::find(&user_info)),
        id_token_header,
        id_token,
        access_token: claims::decode(access_token).map(|(_, payload)| payload),
        user_info,
        raw_id_token: token,
    })
}

/// Signature, issuer, audience, times and nonce (OpenID Connect Core §3.1.3.7), then `at_hash` (§3.1.3.8).
fn verify<'t>(
    client: &OidcClient,
    tokens: &Tokens,
    token: &'t Token,
    nonce: &Nonce,
) -> Result<&'t IdTokenClaims<FurtherClaims, CoreGenderClaim>, RelyingPartyError> {
    let broken = |e: &dyn StdError| RelyingPartyError::IdToken(chain(e));
    let verifier = client.id_token_verifier();
    let verified = token.claims(&verifier, nonce).map_err(|e| broken(&e))?;
    if let Some(expected) = verified.access_token_hash() {
        let alg = token.signing_alg().map_err(|e| broken(&e))?;
        let key = token.signing_key(&verifier).map_err(|e| broken(&e))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), alg, key).map_err(|e| broken(&e))?;
        if actual != *expected {
            return Err(RelyingPartyError::IdToken("at_hash is of another access token".to_owned()));
        }
    }
    Ok(verified)
}

/// An error with its causes on one line.
fn chain(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
impl Attempt {
    /// An attempt that no provider ever saw.
    pub fn for_test(client_id: ClientId) -> Self {
        let (_, pkce_verifier) = PkceCodeChallenge::new_random_sha256();
        Self { client_id, silent: false, nonce: Nonce::new_random(), pkce_verifier }
    }
}
