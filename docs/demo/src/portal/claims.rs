//! Tokens made readable: a JWT's parts decoded for display, and each claim with what it means.
//!
//! Decoding is not verifying: that is `relying_party`'s work, done before anything reaches this file.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use octroi_idp::domain::time::Timestamp;
use serde_json::{Map, Value};

use super::moment;

/// The claims of one token or answer, as received.
pub type Claims = Map<String, Value>;

/// Header and payload of a JWS in compact form; none if it is something else.
pub fn decode(jws: &str) -> Option<(Claims, Claims)> {
    let mut parts = jws.split('.');
    let (header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some((object(header)?, object(payload)?))
}

fn object(part: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// One claim as shown.
pub struct ClaimRow {
    pub name: String,
    pub value: String,
    /// A NumericDate in words.
    pub moment: Option<String>,
    pub meaning: &'static str,
}

/// The claims of a token or of UserInfo, those about the zone first.
pub fn rows(claims: &Claims, now: Timestamp, time_zone: &TimeZone) -> Vec<ClaimRow> {
    let mut rows: Vec<ClaimRow> = claims
        .iter()
        .map(|(name, value)| ClaimRow {
            name: name.clone(),
            value: match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            moment: is_moment(name)
                .then(|| value.as_i64())
                .flatten()
                .map(|seconds| moment::in_words(Timestamp::from_seconds(seconds), now, time_zone)),
            meaning: meaning(name),
        })
        .collect();
    rows.sort_by_key(|row| !row.name.starts_with("network_zone"));
    rows
}

/// The claims as indented JSON.
pub fn pretty(claims: &Claims) -> String {
    serde_json::to_string_pretty(claims).unwrap_or_default()
}

fn is_moment(name: &str) -> bool {
    matches!(name, "exp" | "iat" | "nbf" | "auth_time" | "updated_at" | "network_zone_at" | "network_zone_until")
}

fn meaning(name: &str) -> &'static str {
    match name {
        "network_zone" => "Zone réseau\u{a0}: internal (bâtiment municipal) ou nomades (partout ailleurs)",
        "network_zone_at" => "Moment du contact qui a constaté la zone",
        "network_zone_until" => "Après ce moment, l’application doit redemander",
        "iss" => "Qui a émis",
        "sub" => "L’agent, par un identifiant stable et opaque",
        "aud" => "Pour quelle application",
        "azp" | "client_id" => "Application qui a demandé",
        "exp" => "Fin de validité",
        "iat" => "Moment de l’émission",
        "nbf" => "Début de validité",
        "jti" => "Numéro unique de ce jeton",
        "nonce" => "Lie le jeton à la demande de l’application",
        "at_hash" => "Lie le jeton d’identité au jeton d’accès",
        "auth_time" => "Moment de l’identification",
        "acr" => "Niveau de l’identification",
        "amr" => "Moyens de l’identification",
        "sid" => "Session chez Octroi",
        "grant_id" => "Autorisation (session et application)",
        "scope" => "Ce qui a été accordé",
        "soi" => "Identifiant unique donné par les ressources humaines",
        "department" => "Direction",
        "position" => "Fonction",
        "name" => "Prénom et nom",
        "given_name" => "Prénom",
        "family_name" => "Nom",
        "preferred_username" => "Nom d’usage dans les applications",
        "email" => "Courriel professionnel",
        "email_verified" => "Courriel vérifié",
        "locale" => "Langue",
        "zoneinfo" => "Fuseau horaire",
        "updated_at" => "Dernière mise à jour de la fiche",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_jwt_is_taken_apart_and_anything_else_is_none() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let jwt = format!("{}.{}.c2ln", part(json!({ "alg": "ES256" })), part(json!({ "sub": "a" })));
        let (header, payload) = decode(&jwt).unwrap();
        assert_eq!((header["alg"].as_str(), payload["sub"].as_str()), (Some("ES256"), Some("a")));
        for other in ["", "opaque", "a.b.c", "a.b", &format!("{jwt}.x"), &jwt.replace('e', "é")] {
            assert!(decode(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_zone_comes_first_and_times_are_told_in_words() {
        let claims = json!({ "amr": ["pwd"], "exp": 60, "network_zone": "internal", "network_zone_at": "odd" });
        let rows = rows(claims.as_object().unwrap(), Timestamp::from_seconds(0), &TimeZone::UTC);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["network_zone", "network_zone_at", "amr", "exp"]);
        assert_eq!(rows[3].moment.as_deref(), Some("aujourd’hui à 0\u{a0}h\u{a0}01"));
        assert_eq!(rows[1].moment, None);
    }
}
