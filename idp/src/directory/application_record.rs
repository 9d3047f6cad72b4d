//! An application's registration as somebody typed it, judged as a whole and turned into an [`ApplicationRecord`].
//!
//! Redirect URIs are kept as the exact strings that were given (STANDARDS OA-01): what is odd is refused, never mended.

use unicode_normalization::UnicodeNormalization;
use url::{Host, Url};

use super::error::FieldProblem;
use crate::domain::acr::Acr;
use crate::domain::application::{ApplicationRecord, ClientAuthMethod, SigningAlg};
use crate::domain::ids::ClientId;
use crate::domain::scope;
use crate::domain::soi::SoiSyntax;
use crate::domain::zone::NetworkZone;

const MAX_NAME: usize = 100;
const MAX_URI: usize = 2000;
const MAX_URIS: usize = 50;
const MAX_DEPARTMENT: usize = 64;
/// Grants that this version issues tokens for.
const GRANTS: [&str; 1] = ["authorization_code"];
/// What an application may ask for unless it says otherwise.
const DEFAULT_SCOPES: [&str; 4] = ["openid", "profile", "email", "agent"];

/// What was given: `None` keeps (on a new application: takes the default), a list replaces the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationDraft {
    pub name: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Empty clears.
    pub home_uri: Option<String>,
    /// A public client has no secret; `false` on a public one makes it confidential.
    pub public: Option<bool>,
    /// Of a confidential client.
    pub auth_method: Option<ClientAuthMethod>,
    pub grant_types: Option<Vec<String>>,
    pub scopes: Option<Vec<String>>,
    pub zones: Option<Vec<NetworkZone>>,
    pub waiver_possible: Option<bool>,
    /// Empty: all.
    pub departments: Option<Vec<String>>,
    /// `Some(None)` clears.
    pub min_acr: Option<Option<Acr>>,
    pub id_token_alg: Option<SigningAlg>,
    pub zone_in_id_token: Option<bool>,
    pub require_pkce: Option<bool>,
    pub disabled: Option<bool>,
}

impl ApplicationDraft {
    /// The registration of a new application (`base` absent) or of a known one after this change. Nothing opens by
    /// omission: a new application opens from `internal` only, and its own scopes are the four of a portal.
    pub fn complete(
        &self,
        client_id: &ClientId,
        base: Option<&ApplicationRecord>,
    ) -> Result<ApplicationRecord, Vec<FieldProblem>> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let list = |given: &Option<Vec<String>>, base: Option<&Vec<String>>, default: &[&str]| {
            given.as_deref().map(unique).or_else(|| base.cloned()).unwrap_or_else(|| owned(default))
        };
        let record = ApplicationRecord {
            client_id: client_id.clone(),
            name: match (&self.name, base) {
                (Some(name), _) => name.nfc().collect::<String>().trim().to_owned(),
                (None, Some(base)) => base.name.clone(),
                (None, None) => String::new(),
            },
            redirect_uris: list(&self.redirect_uris, base.map(|b| &b.redirect_uris), &[]),
            post_logout_redirect_uris: list(
                &self.post_logout_redirect_uris,
                base.map(|b| &b.post_logout_redirect_uris),
                &[],
            ),
            home_uri: match &self.home_uri {
                Some(uri) => Some(uri.clone()).filter(|uri| !uri.is_empty()),
                None => base.and_then(|b| b.home_uri.clone()),
            },
            token_endpoint_auth_method: self.auth_method(base),
            grant_types: list(&self.grant_types, base.map(|b| &b.grant_types), &GRANTS),
            scopes: list(&self.scopes, base.map(|b| &b.scopes), &DEFAULT_SCOPES),
            zones: match &self.zones {
                Some(zones) => {
                    [NetworkZone::Internal, NetworkZone::Nomades].into_iter().filter(|z| zones.contains(z)).collect()
                }
                None => base.map_or_else(|| vec![NetworkZone::Internal], |b| b.zones.clone()),
            },
            waiver_possible: self.waiver_possible.unwrap_or_else(|| base.is_some_and(|b| b.waiver_possible)),
            departments: list(&self.departments, base.map(|b| &b.departments), &[]),
            min_acr: self.min_acr.unwrap_or_else(|| base.and_then(|b| b.min_acr)),
            id_token_signed_response_alg: self
                .id_token_alg
                .unwrap_or_else(|| base.map_or(SigningAlg::ES256, |b| b.id_token_signed_response_alg)),
            zone_in_id_token: self.zone_in_id_token.unwrap_or_else(|| base.is_none_or(|b| b.zone_in_id_token)),
            require_pkce: self.require_pkce.unwrap_or_else(|| base.is_none_or(|b| b.require_pkce)),
            disabled: self.disabled.unwrap_or_else(|| base.is_some_and(|b| b.disabled)),
        };
        let mut problems = problems(&record);
        if record.is_public() && self.auth_method.is_some_and(|method| method != ClientAuthMethod::None) {
            let what = "a public application has no secret to authenticate with";
            problems.push(FieldProblem::new("auth_method", what, "make it confidential, or leave the method out"));
        }
        if problems.is_empty() { Ok(record) } else { Err(problems) }
    }

    fn auth_method(&self, base: Option<&ApplicationRecord>) -> ClientAuthMethod {
        let before = base.map(|b| b.token_endpoint_auth_method);
        let is_public = self.public.unwrap_or(match self.auth_method.or(before) {
            Some(method) => method == ClientAuthMethod::None,
            None => false,
        });
        if is_public {
            return ClientAuthMethod::None;
        }
        let confidential = |method: &ClientAuthMethod| *method != ClientAuthMethod::None;
        self.auth_method
            .filter(confidential)
            .or(before.filter(confidential))
            .unwrap_or(ClientAuthMethod::ClientSecretBasic)
    }
}

/// The `client_id` of a new application. It must never be taken for an agent (STANDARDS OA-14): neither a SOI nor a UUID,
/// which is what `sub` looks like.
pub(super) fn client_id(typed: &str, syntax: &SoiSyntax) -> Result<ClientId, FieldProblem> {
    let problem = |what: String, fix: &str| FieldProblem::new("client_id", what, fix);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !(1..=64).contains(&typed.len()) || !typed.chars().all(is_allowed) {
        let fix = "use 1 to 64 letters without accents, digits, dots, dashes and underscores, such as mesdemandes";
        return Err(problem("this cannot be a client_id".into(), fix));
    }
    if syntax.parse(typed).is_ok() || uuid::Uuid::try_parse(typed).is_ok() {
        let what = format!("{typed} could be mistaken for an agent");
        return Err(problem(what, "choose a word, such as the application's short name"));
    }
    Ok(ClientId::new(typed))
}

fn problems(record: &ApplicationRecord) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut add = |field, what: String, fix: &str| problems.push(FieldProblem::new(field, what, fix));
    if record.name.is_empty() {
        add("name", "it is missing".into(), "agents read it on the login page: give one");
    } else if record.name.chars().count() > MAX_NAME || record.name.chars().any(char::is_control) {
        add("name", "it is too long, or holds a control character".into(), "use at most 100 plain characters");
    }
    if record.redirect_uris.is_empty() {
        add("redirect_uri", "there is none".into(), "give at least one: codes are sent to registered addresses only");
    }
    let uris = [("redirect_uri", &record.redirect_uris), ("post_logout_uri", &record.post_logout_redirect_uris)];
    for (field, list) in uris {
        if list.len() > MAX_URIS {
            add(field, format!("there are {}", list.len()), "register at most 50");
        }
        for uri in list {
            if let Err((why, fix)) = redirect_uri(uri, record.is_public()) {
                add(field, format!("{} {why}", shown(uri)), fix);
            }
        }
    }
    if let Some(uri) = &record.home_uri
        && let Err((why, fix)) = redirect_uri(uri, false)
    {
        add("home_uri", format!("{} {why}", shown(uri)), fix);
    }
    for grant in record.grant_types.iter().filter(|grant| !GRANTS.contains(&grant.as_str())) {
        add("grant", format!("{} is not supported by this version", shown(grant)), "use authorization_code");
    }
    if record.grant_types.is_empty() {
        add("grant", "there is none".into(), "use authorization_code");
    }
    let known: Vec<&str> = scope::KNOWN.iter().map(|(name, _)| *name).collect();
    for scope in record.scopes.iter().filter(|scope| !known.contains(&scope.as_str())) {
        add(
            "scopes",
            format!("{} is not a scope of Octroi", shown(scope)),
            &format!("choose among {}", known.join(" ")),
        );
    }
    if !record.scopes.iter().any(|scope| scope == "openid") {
        add("scopes", "openid is missing".into(), "without it an application cannot log anybody in: add openid");
    }
    if record.zones.is_empty() {
        add("zones", "there is none".into(), "give internal, or internal,nomades (to close it, disable it)");
    }
    if record.zones == [NetworkZone::Nomades] {
        // Its refusal at the office would say "only at the office": there is no reason for the opposite.
        let what = "an application that opens from nomades opens from internal too".into();
        add("zones", what, "give internal, or internal,nomades");
    }
    if record.waiver_possible && record.zones.contains(&NetworkZone::Nomades) {
        let what = "a waiver opens an application that is internal only, and this one opens from nomades anyway";
        add("waiver_possible", what.into(), "leave one of the two out");
    }
    for department in &record.departments {
        let is_bad = department.is_empty() || department.chars().count() > MAX_DEPARTMENT;
        if is_bad || department.chars().any(char::is_control) {
            add("departments", format!("{} is not a department", shown(department)), "write them as 40,41");
        }
    }
    // STANDARDS D7: without PKCE the nonce of a confidential application must protect the code; a public one has nothing.
    if !record.require_pkce && record.is_public() {
        add("require_pkce", "a public application must use PKCE".into(), "leave PKCE required");
    }
    problems
}

/// Absolute, without fragment (RFC 6749 §3.1.2), `https`, or `http` on the loopback (RFC 8252 §7.3, STANDARDS OA-02), or,
/// for a public client, a private-use scheme with a dot (RFC 8252 §7.1).
fn redirect_uri(uri: &str, is_public: bool) -> Result<(), (&'static str, &'static str)> {
    const EXAMPLE: &str = "write it in full, such as https://app.ville.example/callback";
    if uri.len() > MAX_URI {
        return Err(("is longer than 2000 characters", "shorten it"));
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic()) || uri.contains(['\\', '"', '<', '>', '`']) {
        return Err(("holds a space or a character that a URI cannot hold", "percent-encode it, or remove it"));
    }
    let parsed = Url::parse(uri).map_err(|_| ("is not an absolute URI", EXAMPLE))?;
    if uri.contains('#') {
        return Err(("has a fragment", "remove # and what follows it"));
    }
    if uri.contains('*') {
        return Err(("holds a wildcard", "register every address in full: they are compared character by character"));
    }
    // Also an empty one, which other readers of a URI do not drop.
    let behind_slashes = uri.split_once("://").map_or("", |(_, rest)| rest);
    let authority = behind_slashes.split(['/', '?']).next().unwrap_or_default();
    if !parsed.username().is_empty() || parsed.password().is_some() || authority.contains('@') {
        return Err(("holds a user name or a password", "remove what stands before the @"));
    }
    let is_loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    };
    match parsed.scheme() {
        "https" | "http" if !has_plain_host(uri, &parsed) => {
            Err(("does not have a plain host behind two slashes", EXAMPLE))
        }
        "https" => Ok(()),
        "http" if is_loopback => Ok(()),
        "http" => Err(("is http", "use https (http is for localhost, 127.0.0.1 and [::1] only)")),
        scheme if is_public && scheme.contains('.') => Ok(()),
        _ if is_public => {
            Err(("has an unknown scheme", "use https, or a scheme with a dot such as example.ville.app:/callback"))
        }
        _ => Err(("is not https", EXAMPLE)),
    }
}

/// Whether the host of an `https` or `http` URI stands there as every reader understands it (not `0x7f.1`, not `%61pp`, not
/// behind a third slash) and can stand in a content security policy, where `;` and `,` begin something else.
fn has_plain_host(uri: &str, parsed: &Url) -> bool {
    let (scheme, host) = (parsed.scheme(), parsed.host_str().unwrap_or_default());
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    let behind_scheme = uri.get(scheme.len()..).and_then(|rest| rest.strip_prefix("://"));
    let written = behind_scheme.and_then(|rest| rest.split_at_checked(host.len()));
    host.bytes().all(is_plain)
        && written.is_some_and(|(written, behind)| {
            written.eq_ignore_ascii_case(host) && (behind.is_empty() || behind.starts_with([':', '/', '?']))
        })
}

/// Trimmed, without repetitions, in the order given.
fn unique(given: &[String]) -> Vec<String> {
    let mut list: Vec<String> = Vec::with_capacity(given.len());
    for entry in given.iter().map(|entry| entry.trim()) {
        if !list.iter().any(|known| known == entry) {
            list.push(entry.to_owned());
        }
    }
    list
}

fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    if short.len() == text.len() { format!("\"{short}\"") } else { format!("\"{short}…\"") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample;

    fn complete(change: impl Fn(&mut ApplicationDraft)) -> Result<ApplicationRecord, Vec<FieldProblem>> {
        let mut draft = sample::application();
        change(&mut draft);
        draft.complete(&ClientId::new("portal"), None)
    }

    fn uri_is_accepted(uri: &str, public: bool) -> bool {
        complete(|d| {
            d.redirect_uris = Some(vec![uri.into()]);
            d.public = Some(public);
        })
        .is_ok()
    }

    #[test]
    fn nothing_opens_by_omission() {
        let record = complete(|_| ()).unwrap();
        assert_eq!(record.zones, [NetworkZone::Internal]);
        assert_eq!(record.scopes, DEFAULT_SCOPES);
        assert_eq!(record.token_endpoint_auth_method, ClientAuthMethod::ClientSecretBasic);
        assert!(record.require_pkce && record.zone_in_id_token && !record.waiver_possible && !record.disabled);
    }

    #[test]
    fn redirect_uris_are_https_or_loopback_and_kept_to_the_letter() {
        for uri in [
            "https://app.ville.example/cb?x=1",
            "https://app.ville.example",
            "http://localhost:8090/cb",
            "HTTPS://App.ville.example/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:9000/cb",
        ] {
            assert!(uri_is_accepted(uri, false), "{uri}");
        }
        for uri in [
            "http://app.ville.example/cb",
            "http://127.0.0.2/cb",
            "http://localhost.evil.example/cb",
            "/cb",
            "cb",
            "",
            "https://app.ville.example/cb#frag",
            "https://app.ville.example/#",
            "https://*.ville.example/cb",
            "https://user@app.ville.example/cb",
            "https:app.ville.example/cb",
            "https:app.ville.example/cb?next=https://app.ville.example",
            "https:///app.ville.example/cb",
            "https://%61pp.ville.example/cb",
            "https://app.ville.example%2e/cb",
            "https://app.ville.example;sandbox/cb",
            "https://app.ville.example,evil.example/cb",
            "http://0x7f.1/cb",
            "https://@app.ville.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.ville.example/a b",
            "https://app.ville.example\\@evil.example/",
            "https://",
            "ftp://app.ville.example/",
            "https://app.ville.example/é",
            "example.ville.app:/cb",
        ] {
            assert!(!uri_is_accepted(uri, false), "{uri}");
        }
        let record = complete(|d| d.redirect_uris = Some(vec!["HTTPS://App.ville.example:443/cb".into()])).unwrap();
        assert_eq!(record.redirect_uris, ["HTTPS://App.ville.example:443/cb"]);
    }

    #[test]
    fn a_private_use_scheme_is_for_public_clients_and_has_a_dot() {
        assert!(uri_is_accepted("example.ville.app:/callback", true));
        assert!(!uri_is_accepted("villeapp:/callback", true));
        // A finding of the fuzzer: registered, and no URL any more once a query stands behind it.
        assert!(!uri_is_accepted("example.ville.app://@", true));
        assert!(!uri_is_accepted("javascript:alert(1)", true));
    }

    #[test]
    fn a_client_id_can_never_be_mistaken_for_an_agent() {
        let syntax = SoiSyntax::new(SoiSyntax::DEFAULT).unwrap();
        for typed in ["portal", "hr-validation", "gis.v2", "A_1", "12345"] {
            assert!(client_id(typed, &syntax).is_ok(), "{typed}");
        }
        let uuid = "0c9a2b1e-7c1f-4f6e-9a59-0d5f4e9b7a11";
        for typed in ["100001", uuid, &uuid.replace('-', ""), "", "a b", "é", "a/b", "a\0", &"x".repeat(65)] {
            assert!(client_id(typed, &syntax).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn contradictions_and_unknown_words_are_told_together() {
        let problems = complete(|d| {
            d.name = None;
            d.redirect_uris = None;
            d.grant_types = Some(vec!["implicit".into()]);
            d.scopes = Some(vec!["profile".into(), "payroll".into()]);
            d.zones = Some(vec![]);
            d.public = Some(true);
            d.require_pkce = Some(false);
            d.auth_method = Some(ClientAuthMethod::ClientSecretPost);
        })
        .unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|p| p.field).collect();
        assert_eq!(
            fields,
            ["name", "redirect_uri", "grant", "scopes", "scopes", "zones", "require_pkce", "auth_method"]
        );
    }

    #[test]
    fn a_waiver_makes_sense_for_internal_applications_only() {
        let both = Some(vec![NetworkZone::Nomades, NetworkZone::Internal]);
        let problems = complete(|d| {
            d.waiver_possible = Some(true);
            d.zones.clone_from(&both);
        });
        assert_eq!(problems.unwrap_err()[0].field, "waiver_possible");
        assert!(complete(|d| d.waiver_possible = Some(true)).is_ok());
    }

    #[test]
    fn nothing_opens_at_home_and_stays_shut_at_the_office() {
        let problems = complete(|d| d.zones = Some(vec![NetworkZone::Nomades]));
        assert_eq!(problems.unwrap_err()[0].field, "zones");
    }

    #[test]
    fn what_is_not_given_stays() {
        let base = complete(|d| d.departments = Some(vec!["40".into(), " 41".into(), "40".into()])).unwrap();
        assert_eq!(base.departments, ["40", "41"]);
        let draft = ApplicationDraft { disabled: Some(true), ..ApplicationDraft::default() };
        let after = draft.complete(&base.client_id, Some(&base)).unwrap();
        assert_eq!(after, ApplicationRecord { disabled: true, ..base });
    }
}
