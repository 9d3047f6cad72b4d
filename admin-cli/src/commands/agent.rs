//! `octroictl agent …`, except `import`.

use octroi_idp::directory::{
    ActivationCode, AgentDraft, AgentPage, AgentQuery, AgentView, Change, IssuedCode, Lifted, Unlocked,
};
use octroi_idp::domain::agent::{Agent, AgentRecord, Employment};
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::audit::{self, Shown};
use super::{Context, changes_view, import};
use crate::args::{AddArgs, AgentVerb, HistoryArgs, ListArgs, SetArgs};
use crate::csv_file::COLUMNS;
use crate::failure::Failure;
use crate::moments::local;
use crate::output::{Answer, View};

/// Agents fetched at a time with `--all`.
const PAGE: u32 = 5_000;

/// Runs one verb.
pub async fn run(verb: &AgentVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        AgentVerb::Add(args) => add(args, context).await,
        AgentVerb::Show { soi } => show(soi, context).await,
        AgentVerb::List(args) => list(args, context).await,
        AgentVerb::Set(args) => set(args, context).await,
        AgentVerb::Suspend { soi } => {
            let change = context.directory.suspend_agent(&context.mandate(), soi).await?;
            changed(&change, "is suspended already", context)
        }
        AgentVerb::Reinstate { soi } => {
            let change = context.directory.reinstate_agent(&context.mandate(), soi).await?;
            changed(&change, "is active already", context)
        }
        AgentVerb::Leave { soi } => leave(soi, context).await,
        AgentVerb::Import(args) => import::run(args, context).await,
        AgentVerb::ActivationCode { soi, deliver } => activation_code(soi, *deliver, context).await,
        AgentVerb::Unlock { soi } => unlock(soi, context).await,
        AgentVerb::History(args) => history(args, context).await,
    }
}

async fn add(args: &AddArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let more = &args.more;
    let draft = AgentDraft {
        given_name: Some(args.given_name.clone()),
        family_name: Some(args.family_name.clone()),
        email: Some(args.email.clone()),
        recovery_email: more.recovery_email.clone(),
        mobile: more.mobile.clone(),
        department: more.department.clone(),
        position: more.position.clone(),
        manager: more.manager.clone(),
        employment: None,
        start_date: more.start.clone(),
        end_date: more.end.clone(),
    };
    let agent = context.directory.add_agent(&context.mandate(), &args.soi, &draft).await?;
    let mut answer = Answer {
        json: Value::Object(agent_json(&agent)),
        view: View::Record(agent_fields(&agent.record)),
        before: vec![format!("Added {}.", named(&agent.record))],
        ..Answer::default()
    };
    if !context.global.dry_run {
        answer.after.push(format!("Next: octroictl agent activation-code {}", agent.record.soi));
    }
    context.print_act(answer)
}

async fn set(args: &SetArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let more = &args.more;
    let draft = AgentDraft {
        given_name: args.given_name.clone(),
        family_name: args.family_name.clone(),
        email: args.email.clone(),
        recovery_email: more.recovery_email.clone(),
        mobile: more.mobile.clone(),
        department: more.department.clone(),
        position: more.position.clone(),
        manager: more.manager.clone(),
        employment: None,
        start_date: more.start.clone(),
        end_date: more.end.clone(),
    };
    if draft == AgentDraft::default() {
        return Err(Failure::Usage("give at least one field to change, such as --department 41".into()));
    }
    let change = context.directory.set_agent(&context.mandate(), &args.soi, &draft).await?;
    changed(&change, "is like that already", context)
}

async fn leave(soi: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let agent = context.directory.get_agent(soi).await?.agent;
    if agent.record.employment != Employment::Left {
        context.confirm(&format!("{} leaves: no more login, and every session ends now.", named(&agent.record)))?;
    }
    let change = context.directory.leave_agent(&context.mandate(), soi).await?;
    changed(&change, "has left already", context)
}

/// What a change did, or that there was nothing to change.
fn changed(change: &Change<Agent>, already: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let agent = change.now();
    let mut json = agent_json(agent);
    json.insert("changed".into(), json!(change.fields()));
    let mut answer = Answer { json: Value::Object(json), view: changes_view(change.fields()), ..Answer::default() };
    match change {
        Change::Unchanged(_) => answer.before.push(format!("Nothing to change: {} {already}.", named(&agent.record))),
        Change::Changed { .. } => answer.before.push(format!("Changed {}.", named(&agent.record))),
    }
    if let Some(reason) = agent.standing(context.directory.today()).refusal()
        && agent.record.employment == Employment::Active
    {
        answer
            .warnings
            .push(format!("{} cannot log in today ({reason}): look at the start and end dates", named(&agent.record)));
    }
    context.print_act(answer)
}

async fn unlock(soi: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let unlocked = context.directory.unlock_agent(&context.mandate(), soi).await?;
    let is_anything = unlocked.is_anything();
    let Unlocked { agent, lifted, networks } = unlocked;
    let zone = &context.directory.settings().time_zone;
    let row = |lifted: &Lifted| {
        let until = lifted.blocked_until.map_or_else(|| "-".to_owned(), |until| local(until, zone));
        let browser = if lifted.known_browser { "known" } else { "any other" };
        let form = lifted.form.as_str().to_owned();
        vec![form, lifted.zone.to_string(), browser.to_owned(), lifted.attempts.to_string(), until]
    };
    let who = named(&agent.record);
    let sentence = match (is_anything, networks) {
        (false, _) => format!("Nothing to unlock: no failed attempt of {who} is counted."),
        (true, 0) => format!("Unlocked {who}."),
        (true, 1) => format!("Unlocked {who}, also in the count of one network."),
        (true, _) => format!("Unlocked {who}, also in the counts of {networks} networks."),
    };
    let view = if lifted.is_empty() {
        View::Nothing
    } else {
        let headings = vec!["form", "zone", "browser", "attempts", "blocked_until"];
        View::Table { headings, rows: lifted.iter().map(row).collect() }
    };
    let told: Vec<Value> = lifted.iter().copied().map(Lifted::to_json).collect();
    context.print_act(Answer {
        json: json!({ "soi": agent.record.soi, "unlocked": is_anything, "lifted": told, "networks": networks }),
        view,
        before: vec![sentence],
        ..Answer::default()
    })
}

async fn show(soi: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let view = context.directory.view_agent(&context.mandate(), soi).await?;
    let zone = &context.directory.settings().time_zone;
    let AgentView { agent, standing, roles, password_changed_at } = &view;
    let standing = json!(standing);
    let roles: Vec<&str> = roles.iter().map(|grant| grant.role.as_str()).collect();
    let mut json = agent_json(agent);
    json.insert("standing".into(), standing.clone());
    json.insert("activated".into(), password_changed_at.is_some().into());
    json.insert("password_changed_at".into(), json!(password_changed_at.map(Timestamp::to_rfc3339)));
    json.insert("roles".into(), json!(roles));
    let mut fields = agent_fields(&agent.record);
    let password =
        password_changed_at.map_or("none yet (not activated)".to_owned(), |at| format!("since {}", local(at, zone)));
    fields.extend([
        ("standing", standing.as_str().unwrap_or_default().replace('_', " ")),
        ("password", password),
        ("roles", roles.join(" ")),
        ("sub", agent.sub.to_string()),
        ("version", agent.version.to_string()),
        ("added", local(agent.created_at, zone)),
        ("changed", local(agent.updated_at, zone)),
    ]);
    context.print(&Answer { json: Value::Object(json), view: View::Record(fields), ..Answer::default() })
}

async fn list(args: &ListArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let mut query = AgentQuery {
        after: args.after.clone(),
        department: args.department.clone(),
        employment: args.employment,
        search: args.search.clone(),
        limit: if args.all { PAGE } else { args.limit },
    };
    let AgentPage { mut agents, mut next } = context.directory.list_agents(&query).await?;
    while args.all
        && let Some(after) = next
    {
        query.after = Some(after.to_string());
        let page = context.directory.list_agents(&query).await?;
        agents.extend(page.agents);
        next = page.next;
    }
    let json: Vec<Value> = agents.iter().map(|agent| Value::Object(agent_json(agent))).collect();
    let mut answer = Answer {
        json: json!({ "agents": json, "next": next.as_ref().map(Soi::as_str) }),
        view: list_view(&agents, context.global.format == crate::args::Format::Csv),
        ..Answer::default()
    };
    if agents.is_empty() {
        answer.after.push("No agent.".into());
    }
    if let Some(next) = next {
        answer.after.push(format!("There are more: --after {next}, or --all."));
    }
    context.print(&answer)
}

/// CSV has the columns of an import: what was listed can be corrected and imported again.
fn list_view(agents: &[Agent], is_csv: bool) -> View {
    if is_csv {
        let rows = agents.iter().map(|agent| agent_fields(&agent.record).into_iter().map(|(_, value)| value).collect());
        return View::Table { headings: COLUMNS.to_vec(), rows: rows.collect() };
    }
    let row = |agent: &Agent| {
        let AgentRecord { soi, email, department, employment, .. } = &agent.record;
        let department = department.clone().unwrap_or_else(|| "-".into());
        vec![soi.to_string(), agent.record.full_name(), department, employment.to_string(), email.clone()]
    };
    View::Table {
        headings: vec!["soi", "name", "department", "employment", "email"],
        rows: agents.iter().map(row).collect(),
    }
}

async fn activation_code(soi: &str, delivery: CodeDelivery, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let told = match context.directory.deliver_activation_code(&context.mandate(), soi, delivery).await? {
        ActivationCode::Shown(issued) => code(&issued, "It works once, on /activate.", context),
        ActivationCode::Mailed { soi, to, expires_at } => {
            let expires = local(expires_at, &context.directory.settings().time_zone);
            Answer {
                json: json!({ "soi": soi, "deliver": "mail", "to": to, "expires_at": expires_at.to_rfc3339() }),
                view: View::Record(vec![("soi", soi.to_string()), ("to", to), ("expires_at", expires)]),
                before: vec!["The code goes to the recovery address; one issued before no longer works.".into()],
                ..Answer::default()
            }
        }
    };
    context.print_act(told)
}

/// A code that is told once, and not at all after a rehearsal.
pub fn code(issued: &IssuedCode, where_used: &str, context: &Context<'_, '_>) -> Answer {
    let expires = local(issued.expires_at, &context.directory.settings().time_zone);
    let (soi, deliver) = (issued.soi.to_string(), issued.delivery.as_str());
    let mut answer = Answer::default();
    let expires_at = issued.expires_at.to_rfc3339();
    let mut fields = vec![("soi", soi.clone()), ("deliver", deliver.to_owned()), ("expires_at", expires)];
    if context.global.dry_run {
        answer.json = json!({ "soi": soi, "expires_at": expires_at, "deliver": deliver });
        answer.before.push("A code would be issued; the one before it, if any, would stop working.".into());
    } else {
        let code = issued.code.grouped();
        answer.json = json!({ "soi": soi, "code": code, "expires_at": expires_at, "deliver": deliver });
        fields.insert(1, ("code", code));
        answer.after.push(format!("{where_used} It is not shown again; a code issued before no longer works."));
    }
    answer.view = View::Record(fields);
    answer
}

async fn history(args: &HistoryArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let filter = EventFilter { before_seq: args.before, limit: args.limit, ..EventFilter::default() };
    let filter = audit::within(filter, args.since.as_deref(), args.until.as_deref(), context)?;
    let page = context.directory.agent_history(&context.mandate(), &args.soi, &filter).await?;
    audit::print(&page, Shown::History, context)
}

/// "Inès Marchand (100001)"
pub fn named(record: &AgentRecord) -> String {
    format!("{} ({})", record.full_name(), record.soi)
}

/// The fields that HR provides, by the names and in the order of an import.
pub fn agent_fields(record: &AgentRecord) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let date = |value: Option<jiff::civil::Date>| value.map(|date| date.to_string()).unwrap_or_default();
    let values = [
        record.soi.to_string(),
        record.given_name.clone(),
        record.family_name.clone(),
        record.email.clone(),
        text(&record.recovery_email),
        text(&record.mobile),
        text(&record.department),
        text(&record.position),
        record.manager.as_ref().map(Soi::to_string).unwrap_or_default(),
        record.employment.to_string(),
        date(record.start_date),
        date(record.end_date),
    ];
    COLUMNS.into_iter().zip(values).collect()
}

/// The stable document of one agent.
fn agent_json(agent: &Agent) -> Map<String, Value> {
    let is_needed = |name: &str| matches!(name, "soi" | "given_name" | "family_name" | "email" | "employment");
    let value = |name, text: String| if text.is_empty() && !is_needed(name) { Value::Null } else { Value::from(text) };
    let mut json: Map<String, Value> =
        agent_fields(&agent.record).into_iter().map(|(name, text)| (name.to_owned(), value(name, text))).collect();
    json.insert("sub".into(), agent.sub.as_str().into());
    json.insert("version".into(), agent.version.into());
    json.insert("created_at".into(), agent.created_at.to_rfc3339().into());
    json.insert("updated_at".into(), agent.updated_at.to_rfc3339().into());
    json
}
