//! Whose policy is which: one per population, and what the presets say where the configuration says nothing (STANDARDS D2).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{DAY, PasswordForm, PasswordPolicy};
use crate::domain::agent::Agent;
use crate::domain::population::{ADMINISTRATORS, AGENTS, Population, Populations};

/// A set of defaults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// What ANSSI, CNIL and NIST advise: no renewal for ordinary agents, a year for administrators.
    #[default]
    Standard,
    /// Renewal after 180 days, 365 for administrators.
    City,
}

impl Preset {
    /// The configured word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::City => "city",
        }
    }

    /// For everybody who is no administrator.
    pub fn agents(self) -> PasswordPolicy {
        let max_age = match self {
            Self::Standard => None,
            Self::City => Some(180 * DAY),
        };
        PasswordPolicy { max_age, ..PasswordPolicy::default() }
    }

    /// For administrators: longer, and renewed after a year (ANS-R21, ANS-R25).
    pub fn administrators(self) -> PasswordPolicy {
        PasswordPolicy { min_length: 16, max_age: Some(365 * DAY), ..PasswordPolicy::default() }
    }
}

/// The policies of all populations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicies {
    populations: Populations,
    /// Those that are not the one for everybody else.
    own: BTreeMap<String, Arc<PasswordPolicy>>,
    agents: Arc<PasswordPolicy>,
}

impl Default for PasswordPolicies {
    /// `standard`.
    fn default() -> Self {
        let own = BTreeMap::from([(ADMINISTRATORS.to_owned(), Preset::Standard.administrators())]);
        Self::new(Populations::default(), own, Preset::Standard.agents())
    }
}

impl From<PasswordPolicy> for PasswordPolicies {
    /// The same for everybody.
    fn from(policy: PasswordPolicy) -> Self {
        Self::new(Populations::default(), BTreeMap::new(), policy)
    }
}

impl PasswordPolicies {
    /// `agents` is the policy of every population that has none of its `own`.
    pub fn new(populations: Populations, own: BTreeMap<String, PasswordPolicy>, agents: PasswordPolicy) -> Self {
        let own = own.into_iter().map(|(name, policy)| (name, Arc::new(policy))).collect();
        Self { populations, own, agents: Arc::new(agents) }
    }

    /// The policy of this agent.
    pub fn of(&self, agent: &Agent) -> &Arc<PasswordPolicy> {
        self.named(&self.population_of(agent).name)
    }

    /// The population of this agent.
    pub fn population_of(&self, agent: &Agent) -> &Population {
        self.populations.of(agent)
    }

    fn named(&self, population: &str) -> &Arc<PasswordPolicy> {
        self.own.get(population).unwrap_or(&self.agents)
    }

    /// The policy of most people: what a page says to somebody whom it does not know yet.
    pub fn of_agents(&self) -> &Arc<PasswordPolicy> {
        self.named(AGENTS)
    }

    /// Every population with its policy, in the order in which they are asked.
    pub fn iter(&self) -> impl Iterator<Item = (&Population, &PasswordPolicy)> {
        self.populations.iter().map(|population| (population, self.named(&population.name).as_ref()))
    }

    /// What holds for everybody, whoever they are: what it refuses, every policy refuses.
    pub fn common(&self) -> PasswordPolicy {
        let mut all = self.iter().map(|(_, policy)| policy);
        let first = all.next().cloned().unwrap_or_default();
        all.fold(first, |common, policy| PasswordPolicy {
            min_length: common.min_length.min(policy.min_length),
            max_length: common.max_length.max(policy.max_length),
            form: if common.form == policy.form { common.form } else { PasswordForm::Free },
            min_score: common.min_score.min(policy.min_score),
            ..common
        })
    }

    /// The longest warning, and the youngest age at which a password of anybody is renewed (`None`: at none). Nobody's
    /// password that is outside of both is to be warned of.
    pub fn outermost(&self) -> (Duration, Option<Duration>) {
        let longest = self.iter().map(|(_, policy)| policy.warn_before).max().unwrap_or_default();
        (longest, self.iter().filter_map(|(_, policy)| policy.max_age).min())
    }

    /// Forbids one word more, to everybody.
    pub fn forbid(&mut self, word: &str) {
        for policy in self.own.values_mut().chain(std::iter::once(&mut self.agents)) {
            if !policy.forbidden_words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                Arc::make_mut(policy).forbidden_words.push(word.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::sample;
    use crate::domain::role::Role;

    #[test]
    fn an_administrator_has_another_policy_from_the_moment_he_holds_a_role() {
        let policies = PasswordPolicies::default();
        let mut agent = sample();
        assert_eq!((policies.of(&agent).min_length, policies.of(&agent).max_age), (15, None));
        agent.roles = [Role::Helpdesk].into_iter().collect();
        assert_eq!((policies.of(&agent).min_length, policies.of(&agent).max_age), (16, Some(365 * DAY)));
        assert_ne!(policies.of(&agent).rules(), policies.of_agents().rules(), "judged again");
    }

    #[test]
    fn what_is_common_refuses_nobody_whom_his_own_policy_would_take() {
        let strict =
            PasswordPolicy { min_length: 20, max_length: 64, form: PasswordForm::Classes, ..Default::default() };
        let own = BTreeMap::from([(ADMINISTRATORS.to_owned(), strict)]);
        let common = PasswordPolicies::new(Populations::default(), own, PasswordPolicy::default()).common();
        assert_eq!((common.min_length, common.max_length, common.form), (15, 256, PasswordForm::Free));
    }

    #[test]
    fn a_word_is_forbidden_to_everybody_and_once() {
        let mut policies = PasswordPolicies::default();
        for word in ["Barrière", "barrière", "Barrière"] {
            policies.forbid(word);
        }
        assert!(policies.iter().all(|(_, policy)| policy.forbidden_words.len() == 1));
    }

    #[test]
    fn the_presets_differ_in_the_age_of_agents() {
        assert_eq!(Preset::Standard.agents().max_age, None);
        assert_eq!(Preset::City.agents().max_age, Some(180 * DAY));
        assert_eq!(Preset::City.administrators(), Preset::Standard.administrators());
        assert_eq!(PasswordPolicies::default().outermost(), (15 * DAY, Some(365 * DAY)));
    }
}
