//! `[factors]` and `[[factors.population]]`: where a second factor is asked for, until when its enrolment may be postponed,
//! and whether codes over a second channel are one. The preset of `[password]` gives the defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;

use super::problem::Fault;
use super::section::{Section, text_of};
use super::tree::quoted;
use crate::domain::acr::Acr;
use crate::domain::factor::{FactorPolicy, SecondChannel};
use crate::domain::factor_policies::FactorPolicies;
use crate::domain::password_policy::Preset;
use crate::domain::population::{ADMINISTRATORS, AGENTS, Populations};

/// The section, checked.
#[derive(Debug, Clone)]
pub struct FactorsConfig {
    pub policies: FactorPolicies,
    /// The domain that passkeys belong to; `None`: the issuer's host.
    pub rp_id: Option<String>,
    /// PEM: makers of keys that vouch for what they make.
    pub attestation_authorities: Option<PathBuf>,
}

impl FactorsConfig {
    /// The highest level that can be reached here: `eidas3` needs keys whose makers are listed.
    pub const fn highest_acr(&self) -> Acr {
        if self.attestation_authorities.is_some() { Acr::Eidas3 } else { Acr::Eidas2 }
    }
}

pub(super) fn read(section: &Section<'_>, populations: &Populations, preset: Preset) -> FactorsConfig {
    let rp_id = section.optional_text("rp_id");
    let attestation_authorities =
        section.optional_text("attestation_authorities").map(|file| section.reader.resolve(&file));
    let agents = read_keys(section, &preset.factors());
    let mut own = BTreeMap::new();
    let administrators = FactorPolicy { everywhere: true, postpone_until: None, second_channel: SecondChannel::OFF };
    let read_entry = |entry: &Section<'_>| {
        let name = entry.required_text("name", ADMINISTRATORS);
        let name = name.and_then(|name| entry.judge("name", check_name(name, populations)));
        let inherited = if name.as_deref() == Some(ADMINISTRATORS) { &administrators } else { &agents };
        let policy = read_keys(entry, inherited);
        if name.as_deref() == Some(ADMINISTRATORS) && !policy.everywhere {
            let fix = "remove the key: holders of a role give a second factor everywhere";
            entry.error("everywhere", Fault::new("administrators are always asked", fix));
        }
        Some((name?, policy))
    };
    for (index, (name, policy)) in section.tables("population", read_entry) {
        if own.insert(name.clone(), policy).is_some() {
            let fault = Fault::new(format!("two entries are for {name:?}"), "write one for each population");
            section.error(&format!("population[{index}].name"), fault);
        }
    }
    FactorsConfig { policies: FactorPolicies::new(populations.clone(), own, agents), rp_id, attestation_authorities }
}

fn check_name(name: String, populations: &Populations) -> Result<String, Fault> {
    if name == AGENTS {
        return Err(Fault::new("agents have the keys of [factors] itself", "write them there"));
    }
    if populations.has(&name) {
        return Ok(name);
    }
    let known: Vec<String> = populations.iter().map(|p| p.name.clone()).filter(|known| *known != AGENTS).collect();
    let fix = format!("write one of {}, or add a section [[population]]", known.join(", "));
    Err(Fault::new(format!("there is no population {name:?}"), fix))
}

fn read_keys(section: &Section<'_>, inherited: &FactorPolicy) -> FactorPolicy {
    let everywhere = section.boolean("everywhere", inherited.everywhere);
    let postpone_until = read_day(section, "postpone_until", inherited.postpone_until);
    if postpone_until.is_some() && !everywhere {
        let what = "nothing is postponed: a second factor is asked for outside only";
        section.warning("postpone_until", Fault::new(what, "set everywhere = true, or remove the key"));
    }
    let second_channel = section.table("second_channel", |table| read_channel(table, inherited.second_channel));
    FactorPolicy { everywhere, postpone_until, second_channel }
}

fn read_channel(section: &Section<'_>, inherited: SecondChannel) -> SecondChannel {
    let sms = section.boolean("sms", inherited.sms);
    let mail = section.boolean("mail", inherited.mail);
    let until = read_day(section, "until", inherited.until);
    let nomades = section.boolean("nomades", inherited.nomades);
    if nomades && mail {
        let what = "a code by mail opens nomades: CNIL and NIST do not count it as a second factor";
        section.warning("nomades", Fault::new(what, "set mail = false, or nomades = false"));
    }
    SecondChannel { sms, mail, until, nomades }
}

/// A day, or the inherited one.
fn read_day(section: &Section<'_>, key: &'static str, inherited: Option<Date>) -> Option<Date> {
    let Some(node) = section.find(key) else { return inherited };
    let day = text_of(node).and_then(|text| {
        text.parse::<Date>().map_err(|_| Fault::new(format!("{text:?} is not a day"), "write it as \"2027-01-31\""))
    });
    let day = section.judge(key, day)?;
    section.show(key, quoted(&day.to_string()), Some(&node.place));
    Some(day)
}
