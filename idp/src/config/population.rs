//! `[[population]]`: named groups of agents, for which policies are set. The first that fits counts.

use std::cell::RefCell;

use super::problem::Fault;
use super::section::{Section, text_of};
use super::tree::{Node, quoted};
use crate::domain::population::{ADMINISTRATORS, AGENTS, Membership, Population, Populations};
use crate::domain::role::{Role, UnknownRole};

/// All `[[population]]` sections of the document.
pub(super) fn read(root: &Section<'_>) -> Populations {
    let names = RefCell::new(Vec::new());
    let configured = root.tables("population", |section| read_one(section, &mut names.borrow_mut()));
    warn_of_the_shadowed(root, &configured);
    Populations::new(configured.into_iter().map(|(_, population)| population).collect())
}

fn read_one(section: &Section<'_>, names: &mut Vec<String>) -> Option<Population> {
    let name = section.required_text("name", "sports").and_then(|name| section.judge("name", check_name(name, names)));
    let texts = |key| {
        let entries = section.list(key, Vec::new(), |entry: &String| quoted(entry), text_of);
        entries.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>()
    };
    let (departments, positions) = (texts("departments"), texts("positions"));
    let role = |node: &Node| text_of(node)?.parse::<Role>().map_err(|UnknownRole(text)| no_role(&text));
    let roles = section.list("roles", Vec::new(), |role: &Role| quoted(role.as_str()), role);
    let roles: Vec<Role> = roles.into_iter().map(|(_, role)| role).collect();
    let name = name?;
    names.push(name.clone());
    let asks = ["departments", "positions", "roles"].into_iter().find(|key| section.find(key).is_some());
    let who = match (name == ADMINISTRATORS, asks) {
        (true, None) => Membership::AnyRole,
        (true, Some(key)) => {
            let fix = "remove the key (the entry only says when they are asked for), or choose another name";
            section.error(key, Fault::new("administrators are the holders of any role", fix));
            return None;
        }
        (false, None) => {
            let fix = "list departments, positions or roles";
            section.error("name", Fault::new(format!("nothing says who belongs to {name:?}"), fix));
            return None;
        }
        (false, Some(_)) => Membership::Matching { departments, positions, roles },
    };
    Some(Population { name, who })
}

fn no_role(text: &str) -> Fault {
    let known: Vec<String> = Role::ALL.iter().map(|role| quoted(role.as_str())).collect();
    Fault::new(format!("{text:?} is not a role"), format!("write one of {}", known.join(", ")))
}

fn check_name(name: String, names: &[String]) -> Result<String, Fault> {
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if !is_plain || name.len() > 32 {
        return Err(Fault::new(format!("{name:?} is not a population's name"), "use up to 32 of a-z, 0-9, - and _"));
    }
    if name == AGENTS {
        let fix = "choose another name; agents is everybody who is in no other population";
        return Err(Fault::new("agents is built in and always the last", fix));
    }
    if names.contains(&name) {
        return Err(Fault::new(format!("two populations are called {name:?}"), "rename one of them"));
    }
    Ok(name)
}

/// Holders of a role are administrators, and those are asked for first unless the file says where.
fn warn_of_the_shadowed(root: &Section<'_>, configured: &[(usize, Population)]) {
    if configured.iter().any(|(_, population)| population.name == ADMINISTRATORS) {
        return;
    }
    for (index, population) in configured {
        if matches!(&population.who, Membership::Matching { roles, .. } if !roles.is_empty()) {
            let what =
                format!("nobody is in {:?}: who holds a role is in administrators, which comes first", population.name);
            let fix = "add a section [[population]] with name = \"administrators\" below it";
            root.warning(&format!("population[{index}].roles"), Fault::new(what, fix));
        }
    }
}
