//! Whose factor policy is which: one per population, as with passwords.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent::Agent;
use super::factor::{FactorPolicy, SecondChannel};
use super::password_policy::Preset;
use super::population::{ADMINISTRATORS, Populations};

/// The policies of all populations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorPolicies {
    populations: Populations,
    /// Those that are not the one for everybody else.
    own: BTreeMap<String, Arc<FactorPolicy>>,
    agents: Arc<FactorPolicy>,
}

impl Preset {
    /// Second factors outside only; codes over a second channel as the City has them today, or not at all (D4, D5).
    pub const fn factors(self) -> FactorPolicy {
        let second_channel = match self {
            Self::Standard => SecondChannel::OFF,
            Self::City => SecondChannel { sms: true, mail: true, ..SecondChannel::OFF },
        };
        FactorPolicy { everywhere: false, postpone_until: None, second_channel }
    }
}

impl Default for FactorPolicies {
    /// `standard`.
    fn default() -> Self {
        Self::new(Populations::default(), BTreeMap::new(), Preset::Standard.factors())
    }
}

impl FactorPolicies {
    /// `agents` is the policy of every population that has none of its `own`. Administrators are asked everywhere, by a
    /// factor that they hold, unless their own policy says otherwise of the second channel.
    pub fn new(populations: Populations, mut own: BTreeMap<String, FactorPolicy>, agents: FactorPolicy) -> Self {
        own.entry(ADMINISTRATORS.to_owned()).or_insert_with(|| FactorPolicy {
            everywhere: true,
            postpone_until: None,
            second_channel: SecondChannel::OFF,
        });
        let own = own.into_iter().map(|(name, policy)| (name, Arc::new(policy))).collect();
        Self { populations, own, agents: Arc::new(agents) }
    }

    /// The policy of this agent.
    pub fn of(&self, agent: &Agent) -> &FactorPolicy {
        self.own.get(&self.populations.of(agent).name).unwrap_or(&self.agents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::sample;
    use crate::domain::role::Role;

    #[test]
    fn administrators_hold_their_factor_whatever_the_preset_sends() {
        let policies = FactorPolicies::new(Populations::default(), BTreeMap::new(), Preset::City.factors());
        let mut agent = sample();
        assert!(policies.of(&agent).second_channel.mail && !policies.of(&agent).everywhere);
        agent.roles = [Role::Helpdesk].into_iter().collect();
        assert_eq!(policies.of(&agent).second_channel, SecondChannel::OFF);
        assert!(policies.of(&agent).everywhere);
    }

    #[test]
    fn the_standard_sends_no_codes_to_log_in() {
        assert_eq!(FactorPolicies::default().of(&sample()).second_channel, SecondChannel::OFF);
    }
}
