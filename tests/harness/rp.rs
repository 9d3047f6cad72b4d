//! A foreign relying party, built on the `openidconnect` crate: it judges what Octroi says, and shares no code with it.

use openidconnect::core::{CoreClient, CoreIdTokenVerifier, CoreProviderMetadata, CoreResponseType};
use openidconnect::{
    AccessToken, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse,
};
use serde_json::{Map, Value};
use url::Url;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A relying party with its registration.
pub struct Rp {
    client: Client,
    http: openidconnect::reqwest::Client,
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
}

/// One authorization request, and what must come back with it.
pub struct Request {
    pub url: Url,
    pub state: CsrfToken,
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
}

/// Verified tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: String,
    /// Claims of the ID token, after verification by the foreign library.
    pub id_claims: Map<String, Value>,
    /// Claims of the access token, read without verification (it is not the client's to verify).
    pub access_claims: Map<String, Value>,
}

impl Rp {
    /// Discovers the provider at `issuer`.
    pub async fn discover(issuer: &str, client_id: &str, secret: Option<&str>, redirect_uri: &str) -> Self {
        let http = openidconnect::reqwest::ClientBuilder::new()
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("an HTTP client");
        let url = IssuerUrl::new(issuer.to_owned()).expect("an issuer");
        let metadata = CoreProviderMetadata::discover_async(url, &http).await.expect("discovery");
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(client_id.to_owned()),
            secret.map(|s| ClientSecret::new(s.to_owned())),
        )
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).expect("a redirect URI"));
        Self {
            client,
            http,
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    /// An authorization request with state, nonce and PKCE.
    pub fn request(&self) -> Request {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("agent".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Request { url, state, nonce, verifier }
    }

    /// Takes the answer at the redirect URI: checks state and `iss`, redeems the code, verifies the ID token.
    pub async fn redeem(&self, request: Request, callback: &Url) -> Result<Tokens, String> {
        let answer: Map<String, Value> =
            callback.query_pairs().map(|(k, v)| (k.into_owned(), Value::String(v.into_owned()))).collect();
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        assert!(callback.as_str().starts_with(&self.redirect_uri), "{callback} is not our redirect URI");
        assert_eq!(text("state"), *request.state.secret(), "state");
        assert_eq!(text("iss"), self.issuer, "RFC 9207");
        if answer.contains_key("error") {
            return Err(format!("{} {}", text("error"), text("error_description")));
        }
        self.exchange(&text("code"), request.nonce, request.verifier).await
    }

    /// Redeems a code.
    pub async fn exchange(&self, code: &str, nonce: Nonce, verifier: PkceCodeVerifier) -> Result<Tokens, String> {
        let response = self
            .client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|e| e.to_string())?
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await
            .map_err(|e| format!("{e:?}"))?;
        let id_token = response.id_token().ok_or("no ID token")?;
        let verifier: CoreIdTokenVerifier<'_> = self.client.id_token_verifier();
        let claims = id_token.claims(&verifier, &nonce).map_err(|e| e.to_string())?;
        // OpenID Connect Core §3.1.3.6, judged by the foreign library.
        if let Some(expected) = claims.access_token_hash() {
            let signing = id_token.signing_alg().map_err(|e| e.to_string())?;
            let key = id_token.signing_key(&verifier).map_err(|e| e.to_string())?;
            let actual = openidconnect::AccessTokenHash::from_token(response.access_token(), signing, key)
                .map_err(|e| e.to_string())?;
            if actual != *expected {
                return Err("at_hash does not fit".to_owned());
            }
        }
        let id_token = id_token.to_string();
        let access_token = response.access_token().secret().clone();
        Ok(Tokens { id_claims: payload(&id_token), access_claims: payload(&access_token), id_token, access_token })
    }

    /// UserInfo, as a plain map.
    pub async fn userinfo(&self, access_token: &str, endpoint: &str) -> (u16, Value) {
        let token = AccessToken::new(access_token.to_owned());
        let response = self.http.get(endpoint).bearer_auth(token.secret()).send().await.expect("UserInfo");
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// The claims of a JWT, unverified.
pub fn payload(jwt: &str) -> Map<String, Value> {
    use base64::Engine as _;
    let part = jwt.split('.').nth(1).unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims")
}

/// The header of a JWT, unverified.
pub fn jose_header(jwt: &str) -> Map<String, Value> {
    use base64::Engine as _;
    let part = jwt.split('.').next().unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("a header")
}
