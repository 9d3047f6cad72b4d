//! Passwords to be changed at the login from a day on: one agent's now, a department's or everybody's spread over working
//! days, so that the help desk has the same work every day.
//!
//! A plan is made first and told; it is carried out in portions, each with its audit rows, so that no login waits for the whole City.
//! A run that is interrupted has marked whole portions, and can be made again.

use jiff::civil::{Date, Weekday};
use serde_json::{Map, json};

use super::agents::{named, require_agent};
use super::error::DirectoryError;
use super::{Directory, FieldProblem, Mandate};
use crate::domain::agent::Standing;
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::{StoreError, Tx, audit, passwords};

/// Agents in one portion.
const PORTION: usize = 200;
/// Agents that are read at a time.
const PAGE: u32 = 5_000;
/// Nobody plans further ahead.
const MOST_DAYS: u32 = 260;

/// Whose passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpiryScope {
    Agent(String),
    Department(String),
    Everybody,
}

/// One agent's password, and from when on it is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    pub soi: Soi,
    /// In the City. The moment is its midnight, or now for today.
    pub on: Date,
}

/// Who changes a password, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryPlan {
    pub expiries: Vec<Expiry>,
}

impl ExpiryPlan {
    /// How many on which day.
    pub fn by_day(&self) -> Vec<(Date, usize)> {
        let mut days = std::collections::BTreeMap::new();
        for expiry in &self.expiries {
            *days.entry(expiry.on).or_insert(0) += 1;
        }
        days.into_iter().collect()
    }
}

impl Directory {
    /// Plans whose password is to be changed from which day on. `spread`: over so many working days from the next one on;
    /// `None`: now. Agents who do not work, or have no password, are not in it.
    ///
    /// # Errors
    /// The SOI belongs to nobody, or to somebody without a password or work; no agent at all; more than a year of days.
    pub async fn plan_expiry(&self, scope: &ExpiryScope, spread: Option<u32>) -> Result<ExpiryPlan, DirectoryError> {
        if spread.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            let fix = format!("1 to {MOST_DAYS} working days");
            return Err(FieldProblem::new("spread", "cannot be planned", fix).into());
        }
        let today = self.today();
        let days = spread.map_or_else(|| vec![today], |days| working_days(today, days));
        let holders = match scope {
            ExpiryScope::Agent(soi) => vec![self.holder(soi).await?],
            ExpiryScope::Department(code) => self.holders(Some(code)).await?,
            ExpiryScope::Everybody => self.holders(None).await?,
        };
        // One after the other in the order of their SOI: colleagues who were hired together do not call together.
        let expiries = holders.into_iter().zip(days.into_iter().cycle()).map(|(soi, on)| Expiry { soi, on });
        Ok(ExpiryPlan { expiries: expiries.collect() })
    }

    /// Carries a plan out; `progress` hears how many were marked. Answers how many had a password still.
    pub async fn expire_passwords(
        &self,
        mandate: &Mandate,
        plan: &ExpiryPlan,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<u64, DirectoryError> {
        let mut marked = 0;
        for portion in plan.expiries.chunks(PORTION) {
            let now = self.now();
            let attempt = mandate.event("password.renewal_set", Map::new());
            marked += self
                .act(mandate, attempt, async |tx: &mut Tx| -> Result<u64, DirectoryError> {
                    let mut marked = 0;
                    for Expiry { soi, on } in portion {
                        let from = self.beginning_of(*on, now);
                        if !passwords::renew_from(tx, soi, from).await? {
                            continue;
                        }
                        let detail = Map::from_iter([("from".to_owned(), json!(from.to_rfc3339()))]);
                        let event = mandate.event("password.renewal_set", detail).with_subject(soi);
                        audit::append(tx, &event, now).await?;
                        marked += 1;
                    }
                    Ok(marked)
                })
                .await?;
            progress(marked);
        }
        Ok(marked)
    }

    /// The beginning of that day in the City; today has begun.
    fn beginning_of(&self, day: Date, now: Timestamp) -> Timestamp {
        let midnight = day.to_zoned(self.settings.time_zone.clone()).map(|at| at.timestamp().as_millisecond());
        midnight.map_or(now, |millis| Timestamp::from_millis(millis).max(now))
    }

    async fn holder(&self, soi: &str) -> Result<Soi, DirectoryError> {
        let soi = self.soi("soi", soi)?;
        let today = self.today();
        let (agent, password) = self
            .store
            .read(async |tx: &mut Tx| -> Result<_, DirectoryError> {
                Ok((require_agent(tx, &soi).await?, passwords::find(tx, &soi).await?))
            })
            .await?;
        let who = named(&agent.record);
        match agent.standing(today) {
            Standing::Active | Standing::NotStarted if password.is_some() => Ok(soi),
            Standing::Active | Standing::NotStarted => {
                let message = format!("{who} has no password yet: there is none to be changed");
                Err(DirectoryError::by_reason(Reason::AccountNotActivated, message))
            }
            standing => {
                let reason = standing.refusal().unwrap_or(Reason::AccountSuspended);
                Err(DirectoryError::by_reason(reason, format!("{who} cannot log in: there is no need")))
            }
        }
    }

    async fn holders(&self, department: Option<&str>) -> Result<Vec<Soi>, StoreError> {
        let mut all: Vec<Soi> = Vec::new();
        loop {
            let after = all.last().map(|soi| soi.as_str().to_owned()).unwrap_or_default();
            let page = self
                .store
                .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                    passwords::holders(tx, &after, department, PAGE).await
                })
                .await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}

/// So many days after `today`, without Saturdays and Sundays.
fn working_days(today: Date, count: u32) -> Vec<Date> {
    let next = |day: &Date| day.tomorrow().ok();
    let works = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    std::iter::successors(next(&today), next).filter(works).take(count).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::directory::sample::{Sample, operator, rehearsal};

    #[test]
    fn a_spread_begins_tomorrow_and_leaves_weekends_out() {
        // 2026-11-27 is a Friday.
        let days = working_days(date(2026, 11, 27), 6);
        assert_eq!(days.first(), Some(&date(2026, 11, 30)));
        assert_eq!(days.last(), Some(&date(2026, 12, 7)));
        assert_eq!(days.len(), 6);
    }

    async fn with_passwords(sample: &Sample, sois: &[&str]) {
        for soi in sois {
            sample.add(soi).await;
            let soi = Soi::from_stored((*soi).to_owned());
            let now = sample.directory.now();
            let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &soi, "phc", now).await };
            sample.store.write(set).await.unwrap();
        }
    }

    async fn renew_at(sample: &Sample, soi: &str) -> Option<Timestamp> {
        let soi = Soi::from_stored(soi.to_owned());
        let find = async |tx: &mut Tx| -> Result<_, StoreError> { passwords::find(tx, &soi).await };
        sample.store.read(find).await.unwrap().and_then(|password| password.renew_at)
    }

    #[tokio::test]
    async fn a_plan_spreads_evenly_is_rehearsed_and_then_carried_out() {
        let sample = Sample::new().await;
        with_passwords(&sample, &["100001", "100002", "100003", "100004", "100005"]).await;
        sample.add("100007").await;
        let directory = &sample.directory;
        directory.suspend_agent(&operator(), "100005").await.unwrap();
        let plan = directory.plan_expiry(&ExpiryScope::Everybody, Some(2)).await.unwrap();
        assert_eq!(
            plan.by_day().iter().map(|(_, agents)| *agents).collect::<Vec<_>>(),
            [2, 2],
            "who works and has one"
        );

        assert_eq!(directory.expire_passwords(&rehearsal(), &plan, &|_| {}).await.unwrap(), 4);
        assert_eq!(renew_at(&sample, "100001").await, None);
        assert_eq!(directory.expire_passwords(&operator(), &plan, &|_| {}).await.unwrap(), 4);
        let (first, second) = (renew_at(&sample, "100001").await.unwrap(), renew_at(&sample, "100002").await.unwrap());
        assert!(directory.now() < first && first < second);
        assert_eq!(first.date_in(&directory.settings.time_zone), plan.expiries[0].on);
        assert_eq!(renew_at(&sample, "100003").await, Some(first));
        assert_eq!(sample.acts().await.iter().filter(|act| *act == "password.renewal_set").count(), 4);
    }

    #[tokio::test]
    async fn one_password_is_to_be_changed_now_and_who_has_none_is_told_so() {
        let sample = Sample::new().await;
        with_passwords(&sample, &["100001", "100002"]).await;
        sample.add("100007").await;
        let directory = &sample.directory;
        let one = |soi: &str| ExpiryScope::Agent(soi.to_owned());
        let plan = directory.plan_expiry(&one("100001"), None).await.unwrap();
        directory.expire_passwords(&operator(), &plan, &|_| {}).await.unwrap();
        assert_eq!(renew_at(&sample, "100001").await, Some(directory.now()));
        assert_eq!(renew_at(&sample, "100002").await, None);
        directory.leave_agent(&operator(), "100002").await.unwrap();
        for (soi, code) in [("100007", "account.not_activated"), ("100002", "account.left")] {
            let error = directory.plan_expiry(&one(soi), None).await.unwrap_err();
            assert!(matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == code), "{error}");
        }
        assert!(matches!(directory.plan_expiry(&one("100099"), None).await, Err(DirectoryError::NotFound { .. })));
        for days in [0, 261] {
            let planned = directory.plan_expiry(&ExpiryScope::Everybody, Some(days)).await;
            assert!(matches!(planned, Err(DirectoryError::Invalid(_))), "{days}");
        }
    }
}
