//! `octroictl outbox …`

use octroi_idp::directory::{Message, MessageQuery, MessageState};
use octroi_idp::domain::time::Timestamp;
use serde_json::{Value, json};

use super::Context;
use crate::args::{OutboxListArgs, OutboxState, OutboxVerb, RetryArgs};
use crate::failure::Failure;
use crate::moments::local;
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &OutboxVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    match verb {
        OutboxVerb::List(args) => list(args, context).await,
        OutboxVerb::Retry(args) => retry(args, context).await,
    }
}

async fn list(args: &OutboxListArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let state = args.state.map(|state| match state {
        OutboxState::Waiting => MessageState::Waiting,
        OutboxState::Dead => MessageState::Dead,
        OutboxState::Sent => MessageState::Sent,
    });
    let query = MessageQuery { soi: args.soi.clone(), state, limit: args.limit };
    let messages = context.directory.list_messages(&query).await?;
    let zone = context.directory.settings().time_zone.clone();
    let when = |at: Timestamp| local(at, &zone);
    let headings = vec![
        "id",
        "queued",
        "medium",
        "notice",
        "soi",
        "address",
        "state",
        "attempts",
        "next_or_end",
        "expires",
        "why",
    ];
    let rows = messages.iter().map(|message| row(message, when)).collect();
    let after = if messages.is_empty() { vec!["No message.".to_owned()] } else { Vec::new() };
    let json = json!({ "messages": messages.iter().map(document).collect::<Vec<_>>() });
    context.print(&Answer { json, view: View::Table { headings, rows }, after, ..Answer::default() })
}

fn row(message: &Message, when: impl Fn(Timestamp) -> String) -> Vec<String> {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let next_or_end = message.sent_at.or(message.dead_at).unwrap_or(message.due_at);
    vec![
        message.id.clone(),
        when(message.created_at),
        message.medium.clone(),
        message.notice.clone(),
        dash(&message.soi),
        message.address.clone(),
        message.state.as_str().to_owned(),
        message.attempts.to_string(),
        when(next_or_end),
        when(message.expires_at),
        dash(&message.last_error),
    ]
}

fn document(message: &Message) -> Value {
    let at = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    json!({
        "id": message.id,
        "soi": message.soi,
        "medium": message.medium,
        "notice": message.notice,
        "address": message.address,
        "state": message.state.as_str(),
        "attempts": message.attempts,
        "queued_at": message.created_at.to_rfc3339(),
        "next_attempt_at": at(Some(message.due_at).filter(|_| message.state == MessageState::Waiting)),
        "expires_at": message.expires_at.to_rfc3339(),
        "sent_at": at(message.sent_at),
        "dead_at": at(message.dead_at),
        "can_be_retried": message.is_whole,
        "why": message.last_error,
    })
}

async fn retry(args: &RetryArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let mandate = context.mandate();
    let (retried, said) = match &args.id {
        Some(id) => {
            let message = context.directory.retry_message(&mandate, id).await?;
            (1, format!("{} to {} is sent again.", message.notice, message.address))
        }
        None => match context.directory.retry_dead_messages(&mandate).await? {
            0 => (0, "No message was given up that could be sent again.".to_owned()),
            1 => (1, "1 message is sent again.".to_owned()),
            many => (many, format!("{many} messages are sent again.")),
        },
    };
    let json = json!({ "retried": retried });
    context.print_act(Answer { json, before: vec![said], ..Answer::default() })
}
