//! `octroictl app …`

use octroi_idp::directory::{ApplicationDraft, Change, Registered};
use octroi_idp::domain::acr::Acr;
use octroi_idp::domain::application::{Application, ApplicationRecord};
use octroi_idp::domain::secret::PlainToken;
use serde_json::{Map, Value, json};

use super::{Context, changes_view, plain};
use crate::args::{AppVerb, Registration};
use crate::failure::Failure;
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &AppVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        AppVerb::Add { id, registration } => add(id, registration, context).await,
        AppVerb::Show { id } => {
            let application = context.directory.get_application(id).await?;
            let view = View::Record(fields(&application));
            context.print(&Answer { json: Value::Object(document(&application)), view, ..Answer::default() })
        }
        AppVerb::List => list(context).await,
        AppVerb::Set { id, registration } => set(id, registration, context).await,
        AppVerb::RotateSecret { id } => {
            let Registered { application, client_secret } =
                context.directory.rotate_secret(&context.mandate(), id).await?;
            let mut answer = Answer { json: Value::Object(document(&application)), ..Answer::default() };
            answer.before.push(format!("{id} has a new secret; the old one no longer works."));
            tell_secret(client_secret.as_ref(), &mut answer, context);
            context.print_act(answer)
        }
        AppVerb::Remove { id } => remove(id, context).await,
    }
}

async fn add(id: &str, registration: &Registration, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let draft = draft(registration)?;
    let Registered { application, client_secret } =
        context.directory.add_application(&context.mandate(), id, &draft).await?;
    let mut answer = Answer {
        json: Value::Object(document(&application)),
        view: View::Record(fields(&application)),
        before: vec![format!("Added {} ({id}).", application.record.name)],
        ..Answer::default()
    };
    tell_secret(client_secret.as_ref(), &mut answer, context);
    context.print_act(answer)
}

async fn set(id: &str, registration: &Registration, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let draft = draft(registration)?;
    if draft == ApplicationDraft::default() {
        return Err(Failure::Usage("give at least one option to change, such as --zones internal,nomades".into()));
    }
    let Registered { application: change, client_secret } =
        context.directory.set_application(&context.mandate(), id, &draft).await?;
    let mut json = document(change.now());
    json.insert("changed".into(), json!(change.fields()));
    let said = match change {
        Change::Changed { .. } => format!("Changed {id}."),
        Change::Unchanged(_) => format!("Nothing to change: {id} is like that already."),
    };
    let mut answer = Answer {
        json: Value::Object(json),
        view: changes_view(change.fields()),
        before: vec![said],
        ..Answer::default()
    };
    tell_secret(client_secret.as_ref(), &mut answer, context);
    context.print_act(answer)
}

async fn list(context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let applications = context.directory.list_applications().await?;
    let rows = applications.iter().map(|application| {
        let record = &application.record;
        let kind = if record.is_public() { "public" } else { "confidential" };
        let open = if record.disabled { "disabled".to_owned() } else { zones(record) };
        let departments = if record.departments.is_empty() { "all".to_owned() } else { record.departments.join(" ") };
        vec![record.client_id.to_string(), record.name.clone(), kind.to_owned(), open, departments]
    });
    let view =
        View::Table { headings: vec!["client_id", "name", "kind", "zones", "departments"], rows: rows.collect() };
    let documents: Vec<Value> = applications.iter().map(|a| Value::Object(document(a))).collect();
    let after = if applications.is_empty() { vec!["No application.".to_owned()] } else { Vec::new() };
    context.print(&Answer { json: json!({ "applications": documents }), view, after, ..Answer::default() })
}

async fn remove(id: &str, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let application = context.directory.get_application(id).await?;
    let name = application.record.name;
    context.confirm(&format!("{name} ({id}) is removed: nobody can log in to it any more, and its tokens end."))?;
    let removed = context.directory.remove_application(&context.mandate(), id).await?;
    let said = format!("Removed {name} ({id}).");
    let answer = Answer { json: Value::Object(document(&removed)), before: vec![said], ..Answer::default() };
    context.print_act(answer)
}

/// The secret is told once, where there is one and it will work.
fn tell_secret(secret: Option<&PlainToken>, answer: &mut Answer, context: &Context<'_, '_>) {
    let Some(secret) = secret.filter(|_| !context.global.dry_run) else { return };
    if let Value::Object(json) = &mut answer.json {
        json.insert("client_secret".into(), secret.reveal().into());
    }
    let line = ("client_secret", secret.reveal().to_owned());
    match &mut answer.view {
        View::Record(fields) => fields.insert(1, line),
        View::Table { .. } => answer.after.push(format!("client_secret  {}", secret.reveal())),
        view => *view = View::Record(vec![line]),
    }
    answer.after.push("The secret is not shown again: hand it to the application's operators over a safe way.".into());
}

fn draft(registration: &Registration) -> Result<ApplicationDraft, Failure> {
    let r = registration;
    Ok(ApplicationDraft {
        name: r.name.clone(),
        redirect_uris: list_of(r.redirect_uris.as_ref()),
        post_logout_redirect_uris: list_of(r.post_logout_uris.as_ref()),
        home_uri: r.home_uri.clone(),
        public: r.public,
        auth_method: r.auth_method,
        grant_types: list_of(r.grants.as_ref()),
        // Scopes are also written as in a request, with spaces.
        scopes: r
            .scopes
            .as_ref()
            .map(|given| given.iter().flat_map(|scopes| scopes.split_whitespace()).map(str::to_owned).collect()),
        zones: r.zones.clone(),
        waiver_possible: r.waiver_possible,
        departments: list_of(r.departments.as_ref()),
        min_acr: r.min_acr.as_deref().map(min_acr).transpose()?,
        id_token_alg: r.id_token_alg,
        zone_in_id_token: r.zone_in_id_token,
        require_pkce: r.require_pkce,
        disabled: r.disabled,
    })
}

/// What was given, without empty entries: `''` is the empty list.
fn list_of(given: Option<&Vec<String>>) -> Option<Vec<String>> {
    given.map(|entries| entries.iter().filter(|entry| !entry.trim().is_empty()).cloned().collect())
}

fn min_acr(text: &str) -> Result<Option<Acr>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| Failure::Usage(format!("--min-acr: {error}")))
}

/// The stable document of one application.
fn document(application: &Application) -> Map<String, Value> {
    let mut json = match serde_json::to_value(&application.record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    json.insert("version".into(), application.version.into());
    json.insert("created_at".into(), application.created_at.to_rfc3339().into());
    json.insert("updated_at".into(), application.updated_at.to_rfc3339().into());
    json
}

fn fields(application: &Application) -> Vec<(&'static str, String)> {
    let record = &application.record;
    let yes_no = |yes: bool| plain(&Value::Bool(yes));
    let departments = if record.departments.is_empty() { "all".to_owned() } else { record.departments.join(" ") };
    vec![
        ("client_id", record.client_id.to_string()),
        ("name", record.name.clone()),
        ("redirect_uris", record.redirect_uris.join(" ")),
        ("post_logout_redirect_uris", record.post_logout_redirect_uris.join(" ")),
        ("home_uri", record.home_uri.clone().unwrap_or_default()),
        ("token_endpoint_auth_method", record.token_endpoint_auth_method.to_string()),
        ("grant_types", record.grant_types.join(" ")),
        ("scopes", record.scopes.join(" ")),
        ("zones", zones(record)),
        ("waiver_possible", yes_no(record.waiver_possible)),
        ("departments", departments),
        ("min_acr", record.min_acr.map(|acr| acr.to_string()).unwrap_or_default()),
        ("id_token_signed_response_alg", record.id_token_signed_response_alg.to_string()),
        ("zone_in_id_token", yes_no(record.zone_in_id_token)),
        ("require_pkce", yes_no(record.require_pkce)),
        ("disabled", yes_no(record.disabled)),
    ]
}

fn zones(record: &ApplicationRecord) -> String {
    record.zones.iter().map(|zone| zone.as_str()).collect::<Vec<_>>().join(" ")
}
