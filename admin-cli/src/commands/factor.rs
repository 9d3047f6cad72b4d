//! `octroictl factor …`

use octroi_idp::directory::{EnrolledFactor, FactorsView, RemovedFactors, WhichFactors};
use octroi_idp::domain::time::Timestamp;
use serde_json::{Value, json};

use super::Context;
use super::agent::named;
use crate::args::{FactorVerb, RemoveFactorArgs};
use crate::failure::Failure;
use crate::moments::local;
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &FactorVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        FactorVerb::List { soi } => list(soi, context).await,
        FactorVerb::Remove(args) => remove(args, context).await,
    }
}

async fn list(soi: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let FactorsView { agent, factors, recovery_codes } =
        context.directory.view_factors(&context.mandate(), soi).await?;
    let mut after = Vec::new();
    if factors.is_empty() {
        after.push(format!("{} has no second factor.", named(&agent.record)));
    }
    after.push(match recovery_codes {
        1 => "1 recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    });
    let json = json!({
        "soi": agent.record.soi,
        "factors": factors.iter().map(document).collect::<Vec<_>>(),
        "recovery_codes": recovery_codes,
    });
    context.print(&Answer { json, view: view(&factors, context), after, ..Answer::default() })
}

async fn remove(args: &RemoveFactorArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let which = args.which.id.as_deref().map_or(WhichFactors::All, WhichFactors::One);
    let gone = context.directory.remove_factors(&context.mandate(), &args.soi, which).await?;
    let is_anything = gone.is_anything();
    let RemovedFactors { agent, removed, recovery_codes, sessions_ended } = gone;
    let who = named(&agent.record);
    let said = match (is_anything, removed.len()) {
        (false, _) => format!("Nothing to remove: {who} has no second factor."),
        (true, 0) => format!("Removed the recovery codes of {who}."),
        (true, 1) => format!("Removed a second factor of {who}."),
        (true, many) => format!("Removed {many} second factors of {who}."),
    };
    let mut answer = Answer {
        json: json!({
            "soi": agent.record.soi,
            "removed": removed.iter().map(document).collect::<Vec<_>>(),
            "recovery_codes": recovery_codes,
            "sessions_ended": sessions_ended,
        }),
        view: if removed.is_empty() { View::Nothing } else { view(&removed, context) },
        before: vec![said],
        ..Answer::default()
    };
    if is_anything {
        answer.after.push("Every session ends, and the agent is told on every channel.".into());
    }
    context.print_act(answer)
}

fn view(factors: &[EnrolledFactor], context: &Context<'_, '_>) -> View {
    let zone = &context.directory.settings().time_zone;
    let when = |at: Timestamp| local(at, zone);
    let row = |factor: &EnrolledFactor| {
        let kind = factor.kind.map_or("-", |kind| kind.as_str()).to_owned();
        let used = factor.last_used_at.map_or_else(|| "-".to_owned(), when);
        vec![factor.id.clone(), factor.factor.to_string(), kind, factor.name.clone(), when(factor.created_at), used]
    };
    View::Table {
        headings: vec!["id", "factor", "kind", "name", "added", "last_used"],
        rows: factors.iter().map(row).collect(),
    }
}

fn document(factor: &EnrolledFactor) -> Value {
    json!({
        "id": factor.id,
        "factor": factor.factor,
        "kind": factor.kind,
        "name": factor.name,
        "added_at": factor.created_at.to_rfc3339(),
        "last_used_at": factor.last_used_at.map(Timestamp::to_rfc3339),
    })
}
