//! `octroictl password …`, except `filter` and `policy`.

use octroi_idp::directory::{DemandedCode, DirectoryError, ExpiryPlan, ExpiryScope};
use serde_json::{Value, json};

use super::progress::bar;
use super::{Context, agent, progress};
use crate::args::{ExpireArgs, Format, PasswordVerb, ResetCodeArgs};
use crate::failure::Failure;
use crate::moments::local;
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &PasswordVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        PasswordVerb::Expire(args) => expire(args, context).await,
        PasswordVerb::ResetCode(args) => reset_code(args, context).await,
        PasswordVerb::Filter { .. } | PasswordVerb::Policy(_) => Ok(()),
    }
}

async fn reset_code(args: &ResetCodeArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let demanded = context.directory.demand_reset_code(&context.mandate(), &args.soi, args.deliver).await?;
    let answer = match demanded {
        DemandedCode::Issued(issued) => {
            agent::code(&issued, "It works once, on /forgot-password/code. The agent was told.", context)
        }
        DemandedCode::Waiting { soi, until } => {
            let by = local(until, &context.directory.settings().time_zone);
            Answer {
                json: json!({ "soi": soi, "waiting_for_second": true, "until": until.to_rfc3339() }),
                view: View::Record(vec![
                    ("soi", soi.to_string()),
                    ("waiting_for_second", "yes".into()),
                    ("until", by.clone()),
                ]),
                before: vec![format!(
                    "{soi} holds a role: no code yet. A second person must run the same command, under their own name, \
                     before {by}."
                )],
                ..Answer::default()
            }
        }
    };
    context.print_act(answer)
}

async fn expire(args: &ExpireArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let scope = match (&args.soi, &args.department) {
        (Some(soi), _) => ExpiryScope::Agent(soi.clone()),
        (None, Some(code)) => ExpiryScope::Department(code.clone()),
        (None, None) => ExpiryScope::Everybody,
    };
    let plan = context.directory.plan_expiry(&scope, args.spread).await?;
    let agents = plan.expiries.len();
    if agents > 1 {
        context.confirm(&format!("{agents} agents have to choose a new password."))?;
    }
    let length = u64::try_from(agents).unwrap_or(u64::MAX);
    let bar = bar(context.console.shows_progress, length, progress::AGENTS);
    let outcome: Result<u64, DirectoryError> =
        context.directory.expire_passwords(&context.mandate(), &plan, &|marked| bar.set_position(marked)).await;
    bar.finish_and_clear();
    let marked = outcome?;
    context.print_act(told(&plan, marked, context.global.format))
}

fn told(plan: &ExpiryPlan, marked: u64, format: Format) -> Answer {
    let days = plan.by_day();
    let view = match format {
        // A forecast, agent by agent.
        Format::Csv => {
            let rows = plan.expiries.iter().map(|expiry| vec![expiry.soi.to_string(), expiry.on.to_string()]);
            View::Table { headings: vec!["soi", "on"], rows: rows.collect() }
        }
        Format::Table | Format::Json => {
            let rows = days.iter().map(|(day, agents)| vec![day.to_string(), agents.to_string()]);
            View::Table { headings: vec!["on", "agents"], rows: rows.collect() }
        }
    };
    let days: Vec<Value> = days.iter().map(|(day, agents)| json!({ "on": day, "agents": agents })).collect();
    let agents: Vec<Value> = plan.expiries.iter().map(|expiry| json!({ "soi": expiry.soi, "on": expiry.on })).collect();
    let sentence = match marked {
        0 => "Nobody who works has a password there.".to_owned(),
        1 => "1 password is changed at the login from this day on.".to_owned(),
        many => format!("{many} passwords are changed at the login from these days on."),
    };
    Answer {
        json: json!({ "marked": marked, "days": days, "agents": agents }),
        view: if plan.expiries.is_empty() { View::Nothing } else { view },
        before: vec![sentence],
        ..Answer::default()
    }
}
