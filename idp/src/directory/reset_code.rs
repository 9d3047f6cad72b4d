//! Reset codes: the help desk's way for who cannot reset a password alone. The manager, a letter or the counter delivers
//! them, never the telephone; the agent is told on every channel; for an administrator it takes two people.

use std::time::Duration;

use serde_json::{Map, Value};

use super::activation::IssuedCode;
use super::agents::named;
use super::error::{DirectoryError, FieldProblem, Rule};
use super::{Directory, Mandate};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::notice::{Alarm, Notice};
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::reset_demands::{self, Demand};
use crate::storage::{Tx, audit, passwords, roles};

/// How long a demand waits for its second person.
const SECOND_PERSON_WITHIN: Duration = Duration::from_hours(24);

/// How long reset codes are good.
#[derive(Debug, Clone, Copy)]
pub struct ResetCodeLifetimes {
    pub letter: Duration,
    /// By the manager, at the counter.
    pub handed_over: Duration,
}

/// What came of the demand for a code.
#[derive(Debug, Clone)]
pub enum DemandedCode {
    Issued(IssuedCode),
    /// The agent is an administrator: a second person must demand the same until then.
    Waiting {
        soi: Soi,
        until: Timestamp,
    },
}

impl Directory {
    /// Issues a code that lets another password be chosen; codes before it stop working. For the holder of a role, the
    /// first demand is noted, and a second person's is answered.
    pub async fn demand_reset_code(
        &self,
        mandate: &Mandate,
        soi: &str,
        delivery: CodeDelivery,
    ) -> Result<DemandedCode, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        let lifetime = match delivery {
            CodeDelivery::Letter => self.settings.reset_codes.letter,
            CodeDelivery::Manager | CodeDelivery::Counter => self.settings.reset_codes.handed_over,
            CodeDelivery::Mail => {
                let fix = "manager, letter or counter; over mail, agents help themselves on /forgot-password";
                return Err(FieldProblem::new("deliver", "a reset code is not mailed", fix).into());
            }
        };
        if mandate.reason.is_none() {
            let fix = "add --reason TEXT, such as a ticket and how the identity was checked";
            return Err(FieldProblem::new("reason", "a reset code needs a reason", fix).into());
        }
        let drawn = self.draw_code(soi.clone(), delivery, now.plus(lifetime));
        let demand = Demand { delivery, demanded_by: mandate.actor.person() };
        let attempt = mandate.event("password.reset_code_issued", drawn.detail()).with_subject(&soi);
        let waits_until = self
            .act(mandate, attempt.clone(), async |tx: &mut Tx| -> Result<Option<Timestamp>, DirectoryError> {
                let agent = self.hold_for_code(tx, &soi).await?;
                if passwords::find(tx, &soi).await?.is_none() {
                    let message = format!(
                        "{} has no password yet: `octroictl agent activation-code {soi}` is what is needed",
                        named(&agent.record)
                    );
                    return Err(DirectoryError::by_reason(Reason::AccountNotActivated, message));
                }
                if !roles::of_agent(tx, &soi).await?.is_empty()
                    && !reset_demands::second(tx, &soi, &demand, now).await?
                {
                    return self.wait_for_second(tx, mandate, &soi, &demand, now).await.map(Some);
                }
                drawn.store(tx, now).await?;
                audit::append(tx, &attempt, now).await?;
                let notice = |alarm: Alarm| Notice::ResetCodeIssued { at: now, alarm };
                self.outbox.tell(tx, &agent, notice, now).await?;
                Ok(None)
            })
            .await?;
        Ok(match waits_until {
            None => DemandedCode::Issued(drawn.issued),
            Some(until) => DemandedCode::Waiting { soi, until },
        })
    }

    /// Notes the first demand; refuses a second one by the same person, or for another delivery.
    async fn wait_for_second(
        &self,
        tx: &mut Tx,
        mandate: &Mandate,
        soi: &Soi,
        demand: &Demand,
        now: Timestamp,
    ) -> Result<Timestamp, DirectoryError> {
        let until = now.plus(SECOND_PERSON_WITHIN);
        if !reset_demands::record(tx, soi, demand, until, now).await? {
            let message = match reset_demands::find(tx, soi, now).await? {
                Some(first) if first.demanded_by != demand.demanded_by => format!(
                    "{} demanded a code by {}: a second person demands the same",
                    first.demanded_by, first.delivery
                ),
                _ => format!("{soi} holds a role: a second person must demand the code, under their own name"),
            };
            return Err(DirectoryError::by_rule(Rule::SecondPerson, message));
        }
        let delivery: Value = demand.delivery.as_str().into();
        let detail =
            Map::from_iter([("delivery".to_owned(), delivery), ("until".to_owned(), until.to_rfc3339().into())]);
        audit::append(tx, &mandate.event("password.reset_code_demanded", detail).with_subject(soi), now).await?;
        Ok(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample::{Sample, operator};
    use crate::domain::audit::Actor;
    use crate::domain::role::Role;

    fn person(real: &str, login: Option<&str>) -> Mandate {
        let actor = Actor::LocalOperator { real: real.into(), login: login.map(str::to_owned) };
        Mandate { actor, reason: Some("ticket 4711".into()), dry_run: false }
    }

    async fn demand(
        sample: &Sample,
        mandate: &Mandate,
        delivery: CodeDelivery,
    ) -> Result<DemandedCode, DirectoryError> {
        sample.directory.demand_reset_code(mandate, "100001", delivery).await
    }

    async fn agent_with_password() -> Sample {
        let sample = Sample::new().await;
        sample.add("100001").await;
        sample.set_password("100001").await;
        sample
    }

    fn refused(answer: Result<DemandedCode, DirectoryError>) -> String {
        let error = answer.unwrap_err();
        assert!(
            matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "reset.second_person"),
            "{error}"
        );
        error.to_string()
    }

    #[tokio::test]
    async fn a_code_lives_as_long_as_its_way_and_the_agent_is_told() {
        let sample = agent_with_password().await;
        for (delivery, hours) in
            [(CodeDelivery::Letter, 21 * 24), (CodeDelivery::Manager, 24), (CodeDelivery::Counter, 24)]
        {
            let told = demand(&sample, &person("alice", None), delivery).await.unwrap();
            let DemandedCode::Issued(issued) = told else { panic!("{told:?}") };
            assert_eq!(issued.expires_at, sample.clock.now().plus(Duration::from_hours(hours)));
        }
        let event = sample.events().await.pop().unwrap();
        assert_eq!((event.act.as_str(), &event.detail["delivery"]), ("password.reset_code_issued", &"counter".into()));
        assert_eq!(event.detail["reason"], "ticket 4711");
    }

    #[tokio::test]
    async fn a_code_needs_a_reason_a_password_and_a_way_that_is_no_mail() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let without = demand(&sample, &operator(), CodeDelivery::Letter).await.unwrap_err();
        assert!(matches!(&without, DirectoryError::Invalid(_)), "{without}");
        let mailed = demand(&sample, &person("alice", None), CodeDelivery::Mail).await.unwrap_err();
        assert!(matches!(&mailed, DirectoryError::Invalid(_)), "{mailed}");
        let early = demand(&sample, &person("alice", None), CodeDelivery::Letter).await.unwrap_err();
        assert!(early.to_string().contains("octroictl agent activation-code 100001"), "{early}");
    }

    #[tokio::test]
    async fn for_an_administrator_it_takes_two_people_who_want_the_same() {
        let sample = agent_with_password().await;
        sample.directory.grant_role(&operator(), "100001", Role::Helpdesk).await.unwrap();
        let (alice, bob) = (person("alice", None), person("root", Some("bob")));
        let rehearsed = Mandate { dry_run: true, ..alice.clone() };
        let first = demand(&sample, &rehearsed, CodeDelivery::Counter).await.unwrap();
        assert!(matches!(first, DemandedCode::Waiting { .. }), "a rehearsal notes nothing");
        let first = demand(&sample, &alice, CodeDelivery::Counter).await.unwrap();
        assert!(matches!(first, DemandedCode::Waiting { .. }), "{first:?}");
        assert!(refused(demand(&sample, &alice, CodeDelivery::Counter).await).contains("second person"));
        // Whoever becomes root stays who they are.
        refused(demand(&sample, &person("root", Some("alice")), CodeDelivery::Counter).await);
        assert!(
            refused(demand(&sample, &bob, CodeDelivery::Letter).await).contains("alice demanded a code by counter")
        );
        let second = demand(&sample, &bob, CodeDelivery::Counter).await.unwrap();
        assert!(matches!(second, DemandedCode::Issued(_)), "{second:?}");
        let third = demand(&sample, &bob, CodeDelivery::Counter).await.unwrap();
        assert!(matches!(third, DemandedCode::Waiting { .. }), "one demand is seconded once");
        assert_eq!(
            sample.acts().await,
            [
                "agent.added",
                "role.granted",
                "password.reset_code_demanded",
                "password.reset_code_issued",
                "password.reset_code_demanded"
            ]
        );
    }

    #[tokio::test]
    async fn a_demand_waits_for_a_day() {
        let sample = agent_with_password().await;
        sample.directory.grant_role(&operator(), "100001", Role::Dsin).await.unwrap();
        demand(&sample, &person("alice", None), CodeDelivery::Counter).await.unwrap();
        sample.clock.advance(SECOND_PERSON_WITHIN);
        let late = demand(&sample, &person("bob", None), CodeDelivery::Counter).await.unwrap();
        assert!(matches!(late, DemandedCode::Waiting { .. }), "bob is the first now: {late:?}");
        let second = demand(&sample, &person("alice", None), CodeDelivery::Counter).await.unwrap();
        assert!(matches!(second, DemandedCode::Issued(_)), "{second:?}");
    }
}
