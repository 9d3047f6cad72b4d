//! The zone as the portal received it: three claims, believed until `network_zone_until` and not a second longer.

use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::zone::NetworkZone;
use serde_json::{Map, Value};

/// The three zone claims of one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedZone {
    pub zone: NetworkZone,
    /// `network_zone_at`
    pub at: Timestamp,
    /// `network_zone_until`
    pub until: Timestamp,
}

impl ReceivedZone {
    /// Reads the three claims; if one is missing or not as agreed, there is no zone to rely on.
    pub fn find(claims: &Map<String, Value>) -> Option<Self> {
        let seconds = |name| claims.get(name).and_then(Value::as_i64).map(Timestamp::from_seconds);
        Some(Self {
            zone: claims.get("network_zone")?.as_str()?.parse().ok()?,
            at: seconds("network_zone_at")?,
            until: seconds("network_zone_until")?,
        })
    }

    /// The zone to act on at `now`: none once its time has passed, when the application must ask again.
    pub fn believed_at(&self, now: Timestamp) -> Option<NetworkZone> {
        (now < self.until).then_some(self.zone)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Option<ReceivedZone> {
        ReceivedZone::find(claims.as_object().unwrap())
    }

    #[test]
    fn a_zone_is_believed_until_its_time_has_passed() {
        let claims = json!({ "network_zone": "internal", "network_zone_at": 100, "network_zone_until": 200 });
        let zone = read(claims).unwrap();
        assert_eq!(zone.believed_at(Timestamp::from_seconds(199)), Some(NetworkZone::Internal));
        assert_eq!(zone.believed_at(Timestamp::from_seconds(200)), None);
    }

    #[test]
    fn claims_that_are_not_as_agreed_are_no_zone() {
        for claims in [
            json!({}),
            json!({ "network_zone": "internal" }),
            json!({ "network_zone": "Internal", "network_zone_at": 1, "network_zone_until": 2 }),
            json!({ "network_zone": "internal", "network_zone_at": 1, "network_zone_until": "2" }),
        ] {
            assert_eq!(read(claims.clone()), None, "{claims}");
        }
    }
}
