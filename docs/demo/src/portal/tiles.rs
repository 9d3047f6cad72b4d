//! The tiles of the portal's home: which applications it shows as open, and why others stay shut.
//!
//! Only a picture for the agent: each application asks the provider itself, and the provider decides.

use octroi_idp::domain::zone::NetworkZone;

use crate::samples::SampleApplication;

/// One tile.
pub struct Tile {
    pub id: String,
    pub name: String,
    pub purpose: &'static str,
    /// SVG path data on a 24 × 24 grid.
    pub icon: &'static str,
    /// Where it opens, in words.
    pub rule: String,
    /// Why it stays shut; none when it is open.
    pub shut_because: Option<String>,
}

impl Tile {
    /// What the portal expects for `application`, from a zone that it still believes and the agent's department.
    pub fn new(application: &SampleApplication, zone: Option<NetworkZone>, department: Option<&str>) -> Self {
        let record = &application.record;
        Self {
            id: record.client_id.as_str().to_owned(),
            name: record.name.clone(),
            purpose: application.purpose,
            icon: icon(record.client_id.as_str()),
            rule: rule(application),
            shut_because: shut_because(application, zone, department),
        }
    }
}

fn rule(application: &SampleApplication) -> String {
    let record = &application.record;
    let place =
        if record.zones.contains(&NetworkZone::Nomades) { "Au bureau et à distance" } else { "Au bureau seulement" };
    match record.departments.as_slice() {
        [] => place.to_owned(),
        departments => format!("{place}, direction {}", departments.join(", ")),
    }
}

fn shut_because(
    application: &SampleApplication,
    zone: Option<NetworkZone>,
    department: Option<&str>,
) -> Option<String> {
    let record = &application.record;
    if !record.departments.is_empty() && !department.is_some_and(|own| record.departments.iter().any(|d| d == own)) {
        return Some(match department {
            Some(own) => {
                format!("Réservé à la direction {}\u{a0}; la vôtre est la {own}.", record.departments.join(", "))
            }
            None => format!("Réservé à la direction {}.", record.departments.join(", ")),
        });
    }
    match zone {
        Some(zone) if record.zones.contains(&zone) => None,
        Some(NetworkZone::Nomades) => {
            Some("Ne s’ouvre qu’au bureau\u{a0}; vous êtes hors des bâtiments municipaux.".to_owned())
        }
        Some(NetworkZone::Internal) => Some("Ne s’ouvre pas depuis un bâtiment municipal.".to_owned()),
        // Open from everywhere: the zone does not matter.
        None if record.zones.contains(&NetworkZone::Nomades) => None,
        None => Some("Ne s’ouvre qu’au bureau\u{a0}; votre zone est à vérifier d’abord.".to_owned()),
    }
}

fn icon(id: &str) -> &'static str {
    match id {
        "portal" => "M3 21V10l9-7 9 7v11h-6v-6a3 3 0 0 0-6 0v6H3Z",
        "webmail" => "M3 5h18v14H3V5Zm2 2v.5l7 5 7-5V7H5Zm0 3v7h14v-7l-7 5-7-5Z",
        "mesdemandes" => "M5 3h10l4 4v14H5V3Zm9 2v3h3l-3-3ZM8 11h8v2H8v-2Zm0 4h8v2H8v-2Z",
        "hr-validation" => {
            "M12 3 4 6v6c0 5 3.4 8 8 9 4.6-1 8-4 8-9V6l-8-3Zm-1 13-4-4 1.5-1.5L11 13l4.5-4.5L17 10l-6 6Z"
        }
        "classified-docs" => "M7 10V8a5 5 0 0 1 10 0v2h2v11H5V10h2Zm2 0h6V8a3 3 0 0 0-6 0v2Zm2 4v4h2v-4h-2Z",
        "gis" => "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7Zm0 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z",
        _ => "M4 4h7v7H4V4Zm9 0h7v7h-7V4ZM4 13h7v7H4v-7Zm9 0h7v7h-7v-7Z",
    }
}

#[cfg(test)]
mod tests {
    use NetworkZone::{Internal, Nomades};

    use super::*;
    use crate::samples::applications;

    fn shut(zone: Option<NetworkZone>, department: &str) -> Vec<String> {
        applications("http://localhost:8090")
            .iter()
            .map(|a| Tile::new(a, zone, Some(department)))
            .filter(|tile| tile.shut_because.is_some())
            .map(|tile| tile.id)
            .collect()
    }

    #[test]
    fn tiles_open_by_zone_and_department() {
        assert!(shut(Some(Internal), "40").is_empty());
        assert_eq!(shut(Some(Internal), "41"), ["gis"]);
        assert_eq!(shut(Some(Nomades), "40"), ["hr-validation", "classified-docs", "gis"]);
    }

    #[test]
    fn a_zone_whose_time_has_passed_opens_nothing_that_depends_on_it() {
        assert_eq!(shut(None, "40"), ["hr-validation", "classified-docs", "gis"]);
    }
}
