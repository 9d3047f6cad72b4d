//! Populations: named groups of agents, by rule over department, position and roles. Policies are set per population.
//!
//! An agent is in exactly one, the first that fits: those of the configuration in its order, `administrators` before them
//! unless the configuration places it, and `agents`, which is everybody else. Pure; what is set per population stands with
//! the policy itself (`password_policy/policies.rs`).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::agent::Agent;
use super::role::{Role, Roles};

/// Who holds any role. Built in, since these accounts are worth more to an attacker than others.
pub const ADMINISTRATORS: &str = "administrators";

/// Everybody who is in no other population. Built in, and always the last.
pub const AGENTS: &str = "agents";

/// A named group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    pub name: String,
    pub who: Membership,
}

/// Who belongs to a population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Whoever is in none before.
    Everybody,
    /// Holders of at least one role.
    AnyRole,
    /// Every list that names something is met by one of its entries.
    Matching { departments: Vec<String>, positions: Vec<String>, roles: Vec<Role> },
}

impl Population {
    /// Whether this agent meets the rule.
    pub fn includes(&self, agent: &Agent) -> bool {
        match &self.who {
            Membership::Everybody => true,
            Membership::AnyRole => !agent.roles.is_empty(),
            Membership::Matching { departments, positions, roles } => {
                names(departments, agent.record.department.as_deref())
                    && names(positions, agent.record.position.as_deref())
                    && (roles.is_empty() || roles.iter().any(|role| agent.roles.contains(*role)))
            }
        }
    }

    /// The rule as a phrase, for an administrator.
    pub fn rule(&self) -> String {
        match &self.who {
            Membership::Everybody => "everybody else".to_owned(),
            Membership::AnyRole => "holds any role".to_owned(),
            Membership::Matching { departments, positions, roles } => {
                let roles: Vec<String> = roles.iter().map(Role::to_string).collect();
                let lists = [("department", departments), ("position", positions), ("role", &roles)];
                let named = lists.into_iter().filter(|(_, list)| !list.is_empty());
                named.map(|(what, list)| format!("{what} {}", list.join(" or "))).collect::<Vec<_>>().join(", and ")
            }
        }
    }
}

/// An empty list asks for nothing; what an agent does not have is named by no list.
fn names(list: &[String], value: Option<&str>) -> bool {
    list.is_empty() || value.is_some_and(|value| list.iter().any(|entry| plain(entry) == plain(value)))
}

/// Case, accents and outer spaces do not count: HR's file is typed by people.
fn plain(text: &str) -> String {
    text.trim().nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// All populations, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Populations {
    asked: Vec<Population>,
    rest: Population,
}

impl Default for Populations {
    /// Administrators and agents.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Populations {
    /// Those of the configuration, and the built-in ones.
    pub fn new(configured: Vec<Population>) -> Self {
        let mut asked = configured;
        if !asked.iter().any(|population| population.name == ADMINISTRATORS) {
            asked.insert(0, Population { name: ADMINISTRATORS.to_owned(), who: Membership::AnyRole });
        }
        Self { asked, rest: Population { name: AGENTS.to_owned(), who: Membership::Everybody } }
    }

    /// The one population of this agent.
    pub fn of(&self, agent: &Agent) -> &Population {
        self.asked.iter().find(|population| population.includes(agent)).unwrap_or(&self.rest)
    }

    /// All of them, `agents` last.
    pub fn iter(&self) -> impl Iterator<Item = &Population> {
        self.asked.iter().chain(std::iter::once(&self.rest))
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|population| population.name == name)
    }
}

/// Why an agent is in a population, in words for an administrator.
pub fn why(population: &Population, agent: &Agent) -> String {
    let record = &agent.record;
    let facts = [
        record.department.as_ref().map(|code| format!("department {code}")),
        record.position.as_ref().map(|position| format!("position {position}")),
        (!agent.roles.is_empty()).then(|| format!("roles {}", spelled(agent.roles))),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let has = if facts.is_empty() { "neither department, position nor role".to_owned() } else { facts.join(", ") };
    format!("{} ({has})", population.rule())
}

fn spelled(roles: Roles) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::sample;

    fn matching(name: &str, departments: &[&str], positions: &[&str], roles: &[Role]) -> Population {
        let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
        let (departments, positions) = (list(departments), list(positions));
        Population {
            name: name.to_owned(),
            who: Membership::Matching { departments, positions, roles: roles.to_vec() },
        }
    }

    fn agent(department: Option<&str>, position: Option<&str>, roles: &[Role]) -> Agent {
        let mut agent = sample();
        agent.record.department = department.map(str::to_owned);
        agent.record.position = position.map(str::to_owned);
        agent.roles = roles.iter().copied().collect();
        agent
    }

    #[test]
    fn every_agent_is_in_the_first_population_that_fits() {
        let populations = Populations::new(vec![
            matching("lifeguards", &["40"], &["Maître-nageur"], &[]),
            matching("sports", &["40", "41"], &[], &[]),
        ]);
        for (who, expected) in [
            (agent(Some("40"), Some("maitre-nageur "), &[]), "lifeguards"),
            (agent(Some("40"), Some("gardien"), &[]), "sports"),
            (agent(Some("41"), Some("Maître-nageur"), &[]), "sports"),
            (agent(Some("42"), Some("Maître-nageur"), &[]), "agents"),
            (agent(None, None, &[]), "agents"),
            (agent(Some("40"), Some("Maître-nageur"), &[Role::Auditor]), "administrators"),
        ] {
            assert_eq!(populations.of(&who).name, expected, "{:?}", who.record);
        }
    }

    #[test]
    fn administrators_stand_first_unless_the_configuration_places_them() {
        let helpdesk = matching("helpdesk", &[], &[], &[Role::Helpdesk]);
        let both = agent(None, None, &[Role::Helpdesk, Role::Hr]);
        assert_eq!(Populations::new(vec![helpdesk.clone()]).of(&both).name, ADMINISTRATORS);
        let placed = Population { name: ADMINISTRATORS.to_owned(), who: Membership::AnyRole };
        let populations = Populations::new(vec![helpdesk, placed]);
        assert_eq!(populations.of(&both).name, "helpdesk");
        assert_eq!(populations.of(&agent(None, None, &[Role::Hr])).name, ADMINISTRATORS);
        assert_eq!(populations.iter().count(), 3);
    }

    #[test]
    fn an_administrator_reads_why_an_agent_is_where_he_is() {
        let populations = Populations::new(vec![matching("sports", &["40", "41"], &[], &[])]);
        let who = agent(Some("41"), None, &[]);
        assert_eq!(why(populations.of(&who), &who), "department 40 or 41 (department 41)");
        let nobody = agent(None, None, &[]);
        assert!(why(populations.of(&nobody), &nobody).starts_with("everybody else"));
        let boss = agent(None, None, &[Role::Dsin, Role::Hr]);
        assert_eq!(why(populations.of(&boss), &boss), "holds any role (roles dsin hr)");
    }
}
