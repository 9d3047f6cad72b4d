//! Where a policy leaves what ANSSI, CNIL, NIST and OWASP say, one sentence each: the standards contradict each other, so no
//! policy follows them all, and who decides should know which it does not.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;

use super::{DAY, PasswordForm, PasswordPolicy};

/// One point at which a policy leaves a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// Which rule of which standard.
    pub rule: &'static str,
    /// What it says.
    pub says: &'static str,
    /// What is done here.
    pub here: String,
}

/// Which lists a new password is looked up in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lists {
    pub has_breach_filter: bool,
    pub has_blocklist: bool,
}

/// ANS-R25: passwords of administrators are renewed after one to three years.
const PRIVILEGED_AGES: RangeInclusive<Duration> = Duration::from_hours(365 * 24)..=Duration::from_hours(3 * 366 * 24);

impl PasswordPolicy {
    /// Whether passwords of administrators are renewed as often as the ANSSI advises (STANDARDS D2).
    pub fn has_privileged_age(&self) -> bool {
        self.max_age.is_some_and(|age| PRIVILEGED_AGES.contains(&age))
    }

    /// Every deviation. `is_privileged`: it is the policy of administrators.
    pub fn deviations(&self, is_privileged: bool, lists: Lists) -> Vec<Deviation> {
        let mut found = Vec::new();
        let mut note = |rule, says, here: String| found.push(Deviation { rule, says, here });
        let age = self.max_age.map(|age| age.as_secs() / DAY.as_secs());
        if let Some(days) = age {
            let here = format!("renewed after {days} days");
            note("NIST SP 800-63B-4 3.1.1.2", "passwords shall not be changed periodically", here.clone());
            note("ASVS 5.0 6.2.10", "passwords are not rotated periodically", here.clone());
            if !is_privileged {
                note("ANSSI R24", "no expiry by default for accounts that are not sensitive", here.clone());
                note("CNIL 2022-100", "no periodic renewal for ordinary users", here);
            }
        }
        if is_privileged && !self.has_privileged_age() {
            let here = age.map_or_else(|| "never renewed".to_owned(), |days| format!("renewed after {days} days"));
            note("ANSSI R25", "privileged accounts renew their password after one to three years", here.clone());
            if age.is_none() {
                note("CNIL 2022-100", "administrators renew their password", here);
            }
        }
        match self.form {
            PasswordForm::Free => {
                let here = "no class is asked for: length, bits and guessability stand in for it".to_owned();
                note("ANSSI R23", "complexity rules are set", here);
            }
            form @ (PasswordForm::Classes | PasswordForm::Passphrase) => {
                let here = format!("the form {:?} is asked for", form.as_str());
                note("NIST SP 800-63B-4 3.1.1.2", "no composition rules shall be imposed", here.clone());
                note("ASVS 5.0 6.2.5", "no rule limits the kinds of characters", here);
            }
        }
        if is_privileged && self.min_length < 16 {
            let here = format!("{} characters", self.min_length);
            note("ANSSI MonServiceSécurisé", "16 characters for administrators", here);
        }
        if self.max_length < 200 {
            let here = format!("at most {} characters", self.max_length);
            note("ANSSI R22", "no maximum length, or one of several hundred characters", here);
        }
        if self.min_score == 0 {
            let here = "guessability is not estimated (min_score = 0)".to_owned();
            note("ANSSI R27", "patterns and common passwords are recognised when a password is chosen", here);
        }
        if self.history < 2 {
            note("ANSSI R27", "the last passwords are not chosen again", "only the present one is refused".to_owned());
        }
        if !lists.has_breach_filter {
            let here = "password.breach_filter names no filter".to_owned();
            note("NIST SP 800-63B-4 3.1.1.2, ASVS 5.0 6.2.12", "passwords of known breaches are refused", here);
        }
        if !lists.has_blocklist && !lists.has_breach_filter {
            let here = "neither password.blocklist nor password.breach_filter names a file".to_owned();
            note("CNIL 2022-100, ASVS 5.0 6.2.4", "a list of common passwords is refused", here);
        }
        if !self.min_age.is_zero() {
            let here = format!("not changed again within {} hours", self.min_age.as_secs() / 3600);
            note("NIST SP 800-63B-4 3.1.1.2", "an agent may change the password whenever there is doubt", here);
        }
        let here =
            "SOI, names, department and forbidden words are refused inside a password too (ANSSI R27)".to_owned();
        note("NIST SP 800-63B-4 3.1.1.2", "the whole password is compared with the blocklist, not parts of it", here);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::password_policy::Preset;

    const ALL: Lists = Lists { has_breach_filter: true, has_blocklist: true };

    fn rules(policy: &PasswordPolicy, is_privileged: bool, lists: Lists) -> Vec<&'static str> {
        policy.deviations(is_privileged, lists).into_iter().map(|deviation| deviation.rule).collect()
    }

    #[test]
    fn the_standard_preset_leaves_only_what_contradicts_itself() {
        let nist = "NIST SP 800-63B-4 3.1.1.2";
        assert_eq!(rules(&Preset::Standard.agents(), false, ALL), ["ANSSI R23", nist]);
        let administrators = rules(&Preset::Standard.administrators(), true, ALL);
        assert_eq!(administrators, [nist, "ASVS 5.0 6.2.10", "ANSSI R23", nist]);
    }

    #[test]
    fn the_city_says_whom_its_renewal_contradicts() {
        let told = rules(&Preset::City.agents(), false, ALL);
        for rule in ["NIST SP 800-63B-4 3.1.1.2", "ASVS 5.0 6.2.10", "ANSSI R24", "CNIL 2022-100"] {
            assert!(told.contains(&rule), "{told:?}");
        }
        assert!(Preset::City.agents().deviations(false, ALL)[0].here.contains("180 days"));
    }

    #[test]
    fn administrators_renew_within_one_to_three_years_or_it_is_told() {
        for (days, is_told) in
            [(Some(364), true), (Some(365), false), (Some(1098), false), (Some(1099), true), (None, true)]
        {
            let policy = PasswordPolicy { max_age: days.map(|days| days * DAY), ..Preset::Standard.administrators() };
            assert_eq!(rules(&policy, true, ALL).contains(&"ANSSI R25"), is_told, "{days:?}");
        }
    }

    #[test]
    fn every_weakness_that_can_be_configured_is_told() {
        let weak = PasswordPolicy {
            max_length: 64,
            form: PasswordForm::Passphrase,
            min_score: 0,
            history: 1,
            min_age: DAY,
            ..PasswordPolicy::default()
        };
        let told = rules(&weak, true, Lists::default());
        for rule in ["ANSSI R22", "ANSSI R25", "ANSSI R27", "ANSSI MonServiceSécurisé", "ASVS 5.0 6.2.5"] {
            assert!(told.contains(&rule), "{rule}: {told:?}");
        }
        assert!(told.iter().any(|rule| rule.contains("6.2.12")) && told.iter().any(|rule| rule.contains("6.2.4")));
    }
}
