//! The cast of the demo: sample agents and sample applications, as plain data (CONTRACT, "Sample agents").
//!
//! Seeding them is `provider`'s work, through Octroi's own `directory`. What a sample cannot be yet (a Nomades profile) is
//! not claimed here.

use octroi_idp::domain::agent::{AgentRecord, Employment};
use octroi_idp::domain::application::{ApplicationRecord, ClientAuthMethod, SigningAlg};
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::role::Role;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::zone::NetworkZone::{self, Internal, Nomades};

/// The password of every sample agent who has one.
pub const PASSWORD: &str = "Marronnier-Quai-1607!";

/// The key of the authenticator application of [`WITH_TOTP`]: public, like the password above.
pub const TOTP_KEY: &[u8; 20] = b"octroi-demo-100002-k";

/// Who has an authenticator application.
pub const WITH_TOTP: &str = "100002";

/// The portal's `client_id`.
pub const PORTAL: &str = "portal";

/// What a sample agent can log in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplePassword {
    /// [`PASSWORD`], valid.
    Chosen,
    /// [`PASSWORD`], but expired: a new one is chosen while logging in.
    Expired,
    /// None: the account waits for its activation code, which goes to the mailbox.
    NotActivated,
}

/// One agent of the demo.
#[derive(Debug, Clone)]
pub struct SampleAgent {
    pub record: AgentRecord,
    pub password: SamplePassword,
    pub roles: &'static [Role],
    /// What this agent is there to show.
    pub note: &'static str,
}

/// One application of the demo: its registration, and what its tile on the portal says.
#[derive(Debug, Clone)]
pub struct SampleApplication {
    pub record: ApplicationRecord,
    /// One short line for agents.
    pub purpose: &'static str,
}

/// One row of the table of agents below.
struct Row {
    soi: &'static str,
    name: (&'static str, &'static str),
    email: &'static str,
    department: &'static str,
    position: &'static str,
    manager: Option<&'static str>,
    employment: Employment,
    password: SamplePassword,
    roles: &'static [Role],
    note: &'static str,
}

impl Row {
    const fn new(soi: &'static str, name: (&'static str, &'static str), email: &'static str) -> Self {
        Self {
            soi,
            name,
            email,
            department: "40",
            position: "",
            manager: None,
            employment: Employment::Active,
            password: SamplePassword::Chosen,
            roles: &[],
            note: "",
        }
    }

    fn into_sample(self) -> SampleAgent {
        SampleAgent {
            record: AgentRecord {
                soi: Soi::from_stored(self.soi.to_owned()),
                given_name: self.name.0.to_owned(),
                family_name: self.name.1.to_owned(),
                email: self.email.to_owned(),
                recovery_email: None,
                mobile: None,
                department: Some(self.department.to_owned()),
                position: Some(self.position.to_owned()),
                manager: self.manager.map(|soi| Soi::from_stored(soi.to_owned())),
                employment: self.employment,
                start_date: None,
                end_date: None,
            },
            password: self.password,
            roles: self.roles,
            note: self.note,
        }
    }
}

/// The sample agents, managers before those who work for them.
pub fn agents() -> Vec<SampleAgent> {
    [
        Row {
            position: "cheffe de bureau",
            note: "manager of 100001 and 100002; a second factor is asked for: the code is in the mailbox",
            ..Row::new("100004", ("Hélène", "Vasseur"), "helene.vasseur@ville.example")
        },
        Row {
            position: "chargée d’études",
            manager: Some("100004"),
            note: "works at the office only",
            ..Row::new("100001", ("Inès", "Lambert"), "ines.lambert@ville.example")
        },
        Row {
            position: "géomaticien",
            manager: Some("100004"),
            note: "works at the office and from home, with an authenticator application",
            ..Row::new("100002", ("Karim", "Benali"), "karim.benali@ville.example")
        },
        Row {
            department: "41",
            position: "gestionnaire",
            password: SamplePassword::Expired,
            note: "the password has expired: a new one is chosen at login",
            ..Row::new("100003", ("Sophie", "Delcourt"), "sophie.delcourt@ville.example")
        },
        Row {
            department: "41",
            position: "juriste",
            note: "moved to department 41: GIS is not open there",
            ..Row::new("100005", ("Thomas", "Nguyen"), "thomas.nguyen@ville.example")
        },
        Row {
            position: "dessinateur",
            employment: Employment::Left,
            note: "has left: the account is closed",
            ..Row::new("100006", ("Bernard", "Picot"), "bernard.picot@ville.example")
        },
        Row {
            department: "41",
            position: "assistante",
            password: SamplePassword::NotActivated,
            note: "not activated: the code is in the mailbox",
            ..Row::new("100007", ("Awa", "Diallo"), "awa.diallo@ville.example")
        },
        Row {
            department: "12",
            position: "administratrice",
            roles: &[Role::Dsin],
            note: "DSIN administrator: enrols a second factor at the first login",
            ..Row::new("100009", ("Claire", "Fontanel"), "claire.fontanel@ville.example")
        },
    ]
    .into_iter()
    .map(Row::into_sample)
    .collect()
}

/// The sample applications; all live on the portal's origin (`http://localhost:8090`, without a trailing slash).
pub fn applications(portal_origin: &str) -> Vec<SampleApplication> {
    const BOTH: &[NetworkZone] = &[Internal, Nomades];
    const OFFICE: &[NetworkZone] = &[Internal];
    let application = |id: &str, name: &str, zones: &[NetworkZone], purpose: &'static str| SampleApplication {
        record: ApplicationRecord {
            client_id: ClientId::new(id),
            name: name.to_owned(),
            redirect_uris: vec![format!("{portal_origin}/apps/{id}/callback")],
            post_logout_redirect_uris: vec![],
            home_uri: Some(format!("{portal_origin}/apps/{id}")),
            token_endpoint_auth_method: ClientAuthMethod::ClientSecretBasic,
            grant_types: vec!["authorization_code".to_owned()],
            scopes: ["openid", "profile", "email", "agent"].map(str::to_owned).to_vec(),
            zones: zones.to_vec(),
            waiver_possible: false,
            departments: vec![],
            min_acr: None,
            id_token_signed_response_alg: SigningAlg::ES256,
            zone_in_id_token: true,
            require_pkce: true,
            disabled: false,
        },
        purpose,
    };
    let mut portal = application(PORTAL, "IntraParis", BOTH, "L’accueil de vos services.");
    portal.record.redirect_uris = vec![format!("{portal_origin}/callback")];
    portal.record.post_logout_redirect_uris = vec![format!("{portal_origin}/signed-out")];
    portal.record.home_uri = Some(format!("{portal_origin}/"));
    let mut validation = application("hr-validation", "Validation RH", OFFICE, "Viser les congés et les évaluations.");
    validation.record.waiver_possible = true;
    let mut gis = application("gis", "Carte de la Ville", OFFICE, "Le système d’information géographique.");
    gis.record.departments = vec!["40".to_owned()];
    vec![
        portal,
        application("webmail", "Webmail", BOTH, "Lire et écrire vos courriels."),
        application("mesdemandes", "MesDemandes", BOTH, "Congés, matériel, formations."),
        validation,
        application("classified-docs", "Documents classés", OFFICE, "Les dossiers à diffusion restreinte."),
        gis,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_cast_is_the_one_of_the_contract() {
        let agents = agents();
        let sois: BTreeSet<&str> = agents.iter().map(|a| a.record.soi.as_str()).collect();
        let expected = BTreeSet::from(["100001", "100002", "100003", "100004", "100005", "100006", "100007", "100009"]);
        assert_eq!(sois, expected);
        let apps = applications("http://localhost:8090");
        let ids: Vec<&str> = apps.iter().map(|a| a.record.client_id.as_str()).collect();
        assert_eq!(ids, ["portal", "webmail", "mesdemandes", "hr-validation", "classified-docs", "gis"]);
    }

    #[test]
    fn managers_come_before_those_who_work_for_them() {
        let mut seen = BTreeSet::new();
        for agent in agents() {
            if let Some(manager) = &agent.record.manager {
                assert!(seen.contains(manager.as_str()), "{manager}");
            }
            seen.insert(agent.record.soi.as_str().to_owned());
        }
    }

    #[test]
    fn the_sample_password_holds_no_name_and_no_soi() {
        let password = PASSWORD.to_lowercase();
        assert!(PASSWORD.chars().count() >= 15);
        for agent in agents() {
            let r = &agent.record;
            for word in [&r.given_name, &r.family_name, &r.email] {
                for part in word.split(['@', '.', ' ', '-']).filter(|p| p.len() >= 3) {
                    assert!(!password.contains(&part.to_lowercase()), "{part}");
                }
            }
            assert!(!password.contains(r.soi.as_str()));
        }
    }
}
