//! One file per noun: arguments become a call of the directory, its answer becomes an [`Answer`].

pub mod agent;
pub mod app;
pub mod audit;
pub mod factor;
pub mod filter;
pub mod import;
pub mod outbox;
pub mod password;
pub mod policy;
mod progress;
pub mod role;
pub mod zone;

use octroi_idp::directory::{Directory, FieldChange, Mandate};
use octroi_idp::domain::audit::Actor;
use serde_json::Value;

use crate::args::{Global, Noun};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, Answer, View};

/// What every command works with.
pub struct Context<'a, 'c> {
    pub directory: &'a Directory,
    pub global: &'a Global,
    pub actor: Actor,
    pub console: &'a mut Console<'c>,
}

impl Context<'_, '_> {
    /// The mandate of this run.
    pub fn mandate(&self) -> Mandate {
        Mandate { actor: self.actor.clone(), reason: self.global.reason.clone(), dry_run: self.global.dry_run }
    }

    /// Asks unless `--yes` was said or nothing will be written.
    pub fn confirm(&mut self, question: &str) -> Result<(), Failure> {
        if self.global.yes || self.global.dry_run { Ok(()) } else { self.console.confirm(question) }
    }

    /// Prints the answer of a reading command.
    pub fn print(&mut self, answer: &Answer) -> Result<(), Failure> {
        output::print(answer, self.global.format, self.console)
    }

    /// Prints the answer of a writing command, which says when it was a rehearsal.
    pub fn print_act(&mut self, mut answer: Answer) -> Result<(), Failure> {
        if self.global.dry_run {
            answer.before.insert(0, "Dry run: this is what would be done.".into());
            answer.after.push("Dry run: nothing was written.".into());
            if let Value::Object(fields) = &mut answer.json {
                fields.insert("dry_run".into(), true.into());
            }
        }
        self.print(&answer)
    }
}

/// Runs a command on the directory. `zone`, `password filter` and `password policy` need none and run elsewhere.
pub async fn run(noun: &Noun, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match noun {
        Noun::Agent { verb } => agent::run(verb, context).await,
        Noun::App { verb } => app::run(verb, context).await,
        Noun::Factor { verb } => factor::run(verb, context).await,
        Noun::Role { verb } => role::run(verb, context).await,
        Noun::Audit { verb } => audit::run(verb, context).await,
        Noun::Outbox { verb } => outbox::run(verb, context).await,
        Noun::Password { verb } => password::run(verb, context).await,
        Noun::Zone { .. } => Ok(()),
    }
}

/// The fields that changed, as a table.
fn changes_view(fields: &[FieldChange]) -> View {
    let rows = fields.iter().map(|change| vec![change.field.clone(), plain(&change.from), plain(&change.to)]).collect();
    View::Table { headings: vec!["field", "from", "to"], rows }
}

/// A value for people: texts without quotation marks, lists with spaces, nothing as a dash.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) if text.is_empty() => "-".into(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
        Value::Array(items) if items.is_empty() => "-".into(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
