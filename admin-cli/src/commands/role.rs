//! `octroictl role …`

use serde_json::json;

use super::Context;
use crate::args::RoleVerb;
use crate::failure::Failure;
use crate::moments::local;
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &RoleVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        RoleVerb::Grant { soi, role } => {
            let is_new = context.directory.grant_role(&context.mandate(), soi, *role).await?;
            let said = if is_new {
                format!("{soi} is {role} now.")
            } else {
                format!("Nothing to change: {soi} is {role} already.")
            };
            let json = json!({ "soi": soi, "role": role, "granted": is_new });
            context.print_act(Answer { json, before: vec![said], ..Answer::default() })
        }
        RoleVerb::Revoke { soi, role } => {
            let was_held = context.directory.revoke_role(&context.mandate(), soi, *role).await?;
            let said = if was_held {
                format!("{soi} is no longer {role}.")
            } else {
                format!("Nothing to change: {soi} is not {role}.")
            };
            let json = json!({ "soi": soi, "role": role, "revoked": was_held });
            context.print_act(Answer { json, before: vec![said], ..Answer::default() })
        }
        RoleVerb::List { role } => {
            let grants = context.directory.list_roles(*role).await?;
            let zone = &context.directory.settings().time_zone;
            let json: Vec<_> = grants
                .iter()
                .map(|g| json!({ "soi": g.soi, "role": g.role, "granted_at": g.granted_at.to_rfc3339(), "granted_by": g.granted_by }))
                .collect();
            let rows = grants
                .iter()
                .map(|g| vec![g.role.to_string(), g.soi.to_string(), local(g.granted_at, zone), g.granted_by.clone()])
                .collect();
            let view = View::Table { headings: vec!["role", "soi", "granted_at", "granted_by"], rows };
            let after = if grants.is_empty() { vec!["Nobody holds a role.".to_owned()] } else { Vec::new() };
            context.print(&Answer { json: json!({ "roles": json }), view, after, ..Answer::default() })
        }
    }
}
