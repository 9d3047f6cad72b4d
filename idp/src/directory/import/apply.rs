//! Writing a plan: first the rules that may forbid it, then one transaction with one audit row per agent and one for the
//! whole.

use serde_json::{Map, Value};

use super::super::agent_change::replace;
use super::super::agents::named;
use super::super::error::{DirectoryError, Rule};
use super::super::{Directory, Mandate, changes};
use super::{ImportConsent, ImportPlan, ImportSummary, PlannedChange};
use crate::domain::agent::{AgentRecord, Employment};
use crate::storage::{Constraint, StoreError, Tx, agents, audit};

impl ImportPlan {
    /// Whether the rules allow this plan.
    pub fn require_allowed(&self, consent: ImportConsent) -> Result<(), DirectoryError> {
        let bad = self.problems.bad_lines;
        if bad > 0 && !self.options.skip_bad {
            let message = format!(
                "{bad} of {} lines cannot be taken, so none was: correct them, or take the others with --skip-bad",
                self.lines
            );
            return Err(DirectoryError::by_rule(Rule::ImportBadLines, message));
        }
        if self.options.full && self.without_soi > 0 {
            let message =
                "a line without a readable SOI would make its agent a leaver: correct it, or import without --full";
            return Err(DirectoryError::by_rule(Rule::ImportUnreadableSoi, message));
        }
        let leaving = self.left.len();
        if leaving * 10 > self.working && !consent.many_leavers {
            let message = format!(
                "{leaving} of {} agents are not in the file and would leave, more than one in ten: look at them with \
                 --dry-run, and confirm with --yes if they really left",
                self.working
            );
            return Err(DirectoryError::by_rule(Rule::ImportTooManyLeavers, message));
        }
        Ok(())
    }
}

impl Directory {
    /// Does what the plan says, all of it or nothing. `Conflict` when an agent was changed since the plan was made.
    /// `progress` hears how many agents were written.
    pub async fn apply_import(
        &self,
        mandate: &Mandate,
        plan: &ImportPlan,
        consent: ImportConsent,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<ImportSummary, DirectoryError> {
        plan.require_allowed(consent)?;
        let summary = plan.summary();
        if mandate.dry_run || plan.writes() == 0 {
            return Ok(summary);
        }
        let (now, today) = (self.now(), self.today());
        let added: Vec<_> = plan.added.iter().map(|record| (record, self.random.sub())).collect();
        let whole = mandate.event("agents.imported", summary_detail(summary, plan.options.full));
        let apply = async |tx: &mut Tx| -> Result<(), DirectoryError> {
            let mut written = 0;
            for (record, sub) in &added {
                agents::insert(tx, record, sub, now).await.map_err(|error| match error {
                    StoreError::Conflict(Constraint::AgentSoi) => DirectoryError::changed_meanwhile(named(record)),
                    other => other.into(),
                })?;
                let event = mandate.event("agent.added", changes::new_agent_detail(record));
                audit::append(tx, &event.with_subject(&record.soi), now).await?;
                written += 1;
                progress(written);
            }
            for change in plan.changed.iter().chain(&plan.left) {
                replace(tx, mandate, act(change), &change.before, &change.after, (today, now)).await?;
                written += 1;
                progress(written);
            }
            Ok(audit::append(tx, &whole, now).await?)
        };
        self.act(mandate, whole.clone(), apply).await?;
        Ok(summary)
    }
}

/// A change of employment has the name of the act that makes it.
fn act(change: &PlannedChange) -> &'static str {
    let employment = |record: &AgentRecord| record.employment;
    match (employment(&change.before.record), employment(&change.after)) {
        (before, after) if before == after => "agent.changed",
        (_, Employment::Left) => "agent.left",
        (_, Employment::Suspended) => "agent.suspended",
        (_, Employment::Active) => "agent.reinstated",
    }
}

fn summary_detail(summary: ImportSummary, full: bool) -> Map<String, Value> {
    let counts = [
        ("lines", summary.lines),
        ("added", summary.added),
        ("changed", summary.changed),
        ("unchanged", summary.unchanged),
        ("left", summary.left),
        ("skipped", summary.skipped),
    ];
    let mut detail: Map<String, Value> = counts.into_iter().map(|(key, n)| (key.to_owned(), n.into())).collect();
    detail.insert("full".into(), full.into());
    detail
}
