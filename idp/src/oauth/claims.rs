//! What tokens and UserInfo say (CONTRACT, "Claims"): the wire form of the authentication, of the zone, and of what each
//! scope releases. Claims without a value are left out, never null (OpenID Connect Core §5.3.2).

use serde::{Deserialize, Serialize};

use crate::domain::acr::{Acr, AuthenticationMethod};
use crate::domain::agent::Agent;
use crate::domain::ids::{ClientId, GrantId, Sid, Sub};
use crate::domain::scope::GrantedScope;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::{NetworkZone, SeenZone};

/// How and when the agent logged in (OpenID Connect Core §2, RFC 9068 §2.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoginClaims {
    pub acr: Acr,
    pub amr: Vec<String>,
    pub auth_time: i64,
    pub sid: Sid,
}

impl LoginClaims {
    pub fn new(method: &AuthenticationMethod, auth_time: Timestamp, sid: &Sid) -> Self {
        Self { acr: method.acr, amr: method.amr.clone(), auth_time: auth_time.seconds(), sid: sid.clone() }
    }
}

/// The zone, when it was seen and how long it may be believed (PRODUCT §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ZoneClaims {
    #[serde(rename = "network_zone")]
    pub zone: NetworkZone,
    #[serde(rename = "network_zone_at")]
    pub at: i64,
    #[serde(rename = "network_zone_until")]
    pub until: i64,
}

impl ZoneClaims {
    pub fn new(seen: SeenZone) -> Self {
        Self { zone: seen.zone, at: seen.at.seconds(), until: seen.until.seconds() }
    }

    /// What may still be said at `now`: an `internal` that is too old is not believed any more (PRODUCT §2.6).
    pub fn believed_at(self, now: Timestamp) -> Self {
        let zone = if now.seconds() >= self.until { NetworkZone::Nomades } else { self.zone };
        Self { zone, ..self }
    }
}

/// The claims of an ID token (OpenID Connect Core §2).
#[derive(Debug, Serialize)]
pub(super) struct IdTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a Sub,
    pub aud: &'a ClientId,
    pub exp: i64,
    pub iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// OpenID Connect Core §3.1.3.6
    pub at_hash: String,
    #[serde(flatten)]
    pub login: &'a LoginClaims,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneClaims>,
}

/// The claims of an access token (RFC 9068 §2.2), with our private `grant_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccessTokenClaims {
    pub iss: String,
    pub sub: Sub,
    /// One audience per application: itself.
    pub aud: ClientId,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: ClientId,
    pub scope: String,
    pub grant_id: GrantId,
    #[serde(flatten)]
    pub login: LoginClaims,
    #[serde(flatten)]
    pub zone: ZoneClaims,
}

/// What the scopes release about an agent (OpenID Connect Core §5.4; the scope `agent` is ours).
#[derive(Debug, Default, Serialize)]
pub(super) struct AgentClaims {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileClaims>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    email: Option<EmailClaims>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneClaims>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    agent: Option<WorkClaims>,
}

#[derive(Debug, Serialize)]
struct ProfileClaims {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    given_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    family_name: String,
    updated_at: i64,
}

#[derive(Debug, Serialize)]
struct EmailClaims {
    #[serde(skip_serializing_if = "String::is_empty")]
    email: String,
    /// HR's word, which Octroi has not verified: "true" would claim an act of ours (OpenID Connect Core §5.1).
    email_verified: bool,
}

#[derive(Debug, Serialize)]
struct PhoneClaims {
    phone_number: String,
    /// As [`EmailClaims::email_verified`].
    phone_number_verified: bool,
}

#[derive(Debug, Serialize)]
struct WorkClaims {
    soi: Soi,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
}

impl AgentClaims {
    pub fn new(agent: Agent, scope: &GrantedScope) -> Self {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (name, updated_at, record) = (agent.record.full_name(), agent.updated_at.seconds(), agent.record);
        let (given_name, family_name) = (record.given_name, record.family_name);
        Self {
            profile: scope.contains("profile").then_some(ProfileClaims { name, given_name, family_name, updated_at }),
            email: scope.contains("email").then_some(EmailClaims { email: record.email, email_verified: false }),
            phone: said(record.mobile)
                .filter(|_| scope.contains("phone"))
                .map(|phone_number| PhoneClaims { phone_number, phone_number_verified: false }),
            agent: scope.contains("agent").then_some(WorkClaims {
                soi: record.soi,
                department: said(record.department),
                position: said(record.position),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::domain::scope::KNOWN;
    use crate::oauth::testing::agent;

    fn names(scope: &str) -> Vec<String> {
        said(agent(), scope).keys().cloned().collect()
    }

    fn said(agent: Agent, scope: &str) -> Map<String, Value> {
        let claims = AgentClaims::new(agent, &GrantedScope::from_stored(scope));
        serde_json::to_value(claims).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn each_scope_releases_what_the_catalogue_of_scopes_says_and_nothing_else() {
        for (scope, claims) in KNOWN {
            let mut expected: Vec<&str> = claims.to_vec();
            expected.sort_unstable();
            let mut said = names(scope);
            said.sort_unstable();
            assert_eq!(said, expected, "{scope}");
        }
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let mut agent = agent();
        agent.record.mobile = None;
        agent.record.department = None;
        agent.record.position = Some(String::new());
        let claims = said(agent, "phone agent");
        assert_eq!(claims.keys().collect::<Vec<_>>(), ["soi"]);
    }

    #[test]
    fn internal_is_believed_until_its_end_and_no_longer() {
        let seen = ZoneClaims { zone: NetworkZone::Internal, at: 10, until: 20 };
        assert_eq!(seen.believed_at(Timestamp::from_millis(19_999)), seen);
        assert_eq!(seen.believed_at(Timestamp::from_seconds(20)).zone, NetworkZone::Nomades);
    }
}
