//! The audit as the agent reads it: one plain sentence for each act, who did it, and from where.
//!
//! What an event says beyond that (references, ids, an operator's words) is for the help desk. A new act needs a line in
//! [`sentence`]; a test below reads the document of all events and fails until it has one.

use fluent_bundle::FluentArgs;
use serde_json::Value;

use super::frame::Frame;
use super::words::{self, ReasonFacts, ReasonWords};
use crate::domain::audit::RecordedEvent;
use crate::domain::place::network_of;
use crate::domain::reason::Reason;
use crate::domain::zone::NetworkZone;
use crate::i18n::text_with;

/// One event in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityEntry {
    /// Local date and time.
    pub at: String,
    /// The same for machines (RFC 3339).
    pub datetime: String,
    pub what: String,
    /// "vous", "Support DSIN", "l’administration"…
    pub who: String,
    /// Zone, browser and network, as far as they are known.
    pub place: Option<String>,
    /// It was refused, or is a reason to look closer.
    pub is_warning: bool,
}

/// What surrounds an event on the page.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The agent who reads.
    pub soi: &'a str,
    /// The name of the event's application, if it has one.
    pub application: Option<&'a str>,
    /// Local date and time of the event.
    pub at: &'a str,
}

/// Acts of the help desk; the other acts of operators are the administration's.
const HELP_DESK: &[&str] = &[
    "agent.viewed",
    "audit.read",
    "factor.removed",
    "factor.viewed",
    "agent.unlocked",
    "agent.activation_code_issued",
    "password.reset_code_demanded",
    "password.reset_code_issued",
];

/// Acts that an agent should look at twice.
const WARNINGS: &[&str] = &[
    "credentials.suspended",
    "factor.manager_code_issued",
    "factor.removed",
    "guessing.suspected",
    "outbox.dead",
    "password.reset_code_issued",
    "password.reset_requested",
];

impl ActivityEntry {
    /// An event in the frame's language.
    pub fn new(frame: &Frame, event: &RecordedEvent, reader: Reader<'_>) -> Self {
        Self {
            at: reader.at.to_owned(),
            datetime: event.at.to_rfc3339(),
            what: sentence(frame, event, reader),
            who: who(frame, event, reader),
            place: place(frame, event),
            is_warning: event.outcome == "refused" || WARNINGS.contains(&event.act.as_str()),
        }
    }
}

fn sentence(frame: &Frame, event: &RecordedEvent, reader: Reader<'_>) -> String {
    let done = event.outcome != "refused";
    let reason = event.reason.as_deref().and_then(Reason::from_code);
    let because = |id, reason: Reason| frame.t_with(id, "why", &title(frame, reason));
    let text = |key: &str| event.detail.get(key).and_then(Value::as_str).unwrap_or_default();
    let channel = |id| frame.t_with(id, "channel", &channel(frame, text("channel")));
    let factor = |id| frame.t_with(id, "name", text("name"));
    match (event.act.as_str(), done) {
        ("login.succeeded", _) => frame.t("activity-login"),
        ("login.refused", _) => match reason {
            Some(Reason::AccountThrottled) => frame.t("activity-login-throttled"),
            Some(Reason::CredentialsInvalid) | None => frame.t("activity-login-wrong"),
            Some(reason) => because("activity-login-refused", reason),
        },
        ("login.renewal_asked", _) => frame.t("activity-login-renewal"),
        ("password.changed", true) => frame.t("activity-password-changed"),
        ("password.changed", false) => frame.t("activity-password-not-changed"),
        ("password.confirmed", _) => frame.t("activity-password-confirmed"),
        ("factor.added", _) => factor("activity-factor-added"),
        ("factor.removed", _) => factor("activity-factor-removed"),
        ("factor.verified", _) => frame.t("activity-factor-verified"),
        ("factor.refused", _) => match reason {
            Some(Reason::FactorInvalid) | None => frame.t("activity-factor-wrong"),
            Some(Reason::AccountThrottled) => frame.t("activity-factor-throttled"),
            Some(reason) => because("activity-factor-refused", reason),
        },
        ("factor.recovery_codes_made", _) => frame.t("activity-recovery-codes"),
        ("factor.enrolment_postponed", _) => frame.t("activity-enrolment-postponed"),
        ("password.reset", true) => frame.t("activity-password-reset"),
        ("password.reset", false) => frame.t("activity-password-reset-refused"),
        ("password.reset_requested", _) => frame.t("activity-reset-requested"),
        ("password.reset_code_accepted", _) => frame.t("activity-reset-code-accepted"),
        ("password.reset_code_refused", _) => frame.t("activity-reset-code-refused"),
        ("password.reset_code_demanded", _) => frame.t("activity-reset-code-demanded"),
        ("password.reset_code_issued", _) => frame.t("activity-reset-code-issued"),
        ("password.renewal_set", _) => frame.t("activity-password-renewal-set"),
        ("agent.activated", _) => frame.t("activity-activated"),
        ("activation.refused", _) => frame.t("activity-activation-refused"),
        ("session.ended", _) => frame.t(match text("why") {
            "relogin" => "activity-session-replaced",
            "ended_elsewhere" => "activity-session-ended-elsewhere",
            _ => "activity-session-ended",
        }),
        ("access.decided", _) => {
            let mut args = FluentArgs::new();
            let some = || frame.t("activity-some-application");
            args.set("application", reader.application.map_or_else(some, str::to_owned));
            args.set("why", title(frame, reason.unwrap_or(Reason::AccessRefused)));
            text_with(frame.locale, "activity-access-refused", &args)
        }
        ("agent.added", _) => frame.t("activity-agent-added"),
        ("agent.changed", _) => frame.t_with("activity-agent-changed", "fields", &fields(frame, &event.detail)),
        ("agent.suspended", _) => frame.t("activity-agent-suspended"),
        ("agent.left", _) => frame.t("activity-agent-left"),
        ("agent.reinstated", _) => frame.t("activity-agent-reinstated"),
        ("agent.viewed", _) => frame.t("activity-agent-viewed"),
        ("audit.read", _) => frame.t("activity-history-read"),
        ("agent.activation_code_issued", _) => frame.t("activity-code-issued"),
        ("agent.unlocked", _) => frame.t("activity-unlocked"),
        ("role.granted", _) => frame.t_with("activity-role-granted", "role", text("role")),
        ("role.revoked", _) => frame.t_with("activity-role-revoked", "role", text("role")),
        ("agent.channel_code_sent", _) => channel("activity-channel-code-sent"),
        ("agent.channel_verified", true) => channel("activity-channel-verified"),
        ("agent.channel_verified", false) => channel("activity-channel-not-verified"),
        ("agent.channel_changed", _) if event.detail.get("removed").is_some() => channel("activity-channel-removed"),
        ("agent.channel_changed", _) => channel("activity-channel-changed"),
        ("factor.code_sent", true) => channel("activity-factor-code-sent"),
        ("factor.code_sent", false) => channel("activity-factor-code-not-sent"),
        ("factor.enrolment_confirmed", _) => frame.t("activity-enrolment-confirmed"),
        ("factor.manager_code_issued", true) => frame.t("activity-manager-code-issued"),
        ("factor.manager_code_issued", false) => frame.t("activity-manager-code-refused"),
        ("factor.manager_code_used", _) => frame.t("activity-manager-code-used"),
        ("factor.viewed", _) => frame.t("activity-factors-viewed"),
        ("agent.language_chosen", _) => frame.t("activity-language-chosen"),
        ("factor.key_copied", _) => frame.t_with("activity-key-copied", "name", text("name")),
        ("credentials.suspended", _) => frame.t("activity-credentials-suspended"),
        ("guessing.suspected", _) => frame.t("activity-guessing-suspected"),
        ("outbox.dead", _) => frame.t("activity-message-dead"),
        _ => frame.t("activity-unknown"),
    }
}

fn who(frame: &Frame, event: &RecordedEvent, reader: Reader<'_>) -> String {
    match event.actor_kind.as_str() {
        "agent" if event.actor == reader.soi => frame.t("actor-you"),
        "agent" => frame.t("actor-other-agent"),
        "stranger" => frame.t("actor-stranger"),
        "application" => reader.application.map_or_else(|| frame.t("actor-application"), str::to_owned),
        "local_operator" if HELP_DESK.contains(&event.act.as_str()) => frame.branding.help.name.clone(),
        "system" => frame.branding.product.clone(),
        _ => frame.t("actor-administration"),
    }
}

fn place(frame: &Frame, event: &RecordedEvent) -> Option<String> {
    let zone = event.zone.as_deref()?.parse::<NetworkZone>().ok()?;
    let network = event.client_address.as_deref().and_then(network_of);
    let place = words::place(frame, zone, network.as_deref());
    Some(match &event.user_agent {
        Some(browser) => format!("{}, {place}", words::browser(frame, Some(browser))),
        None => place,
    })
}

fn title(frame: &Frame, reason: Reason) -> String {
    ReasonWords::new(frame, reason, &ReasonFacts::default()).title
}

fn channel(frame: &Frame, kind: &str) -> String {
    field(frame, if kind == "work_email" { "email" } else { kind })
}

/// The fields that changed, as people name them.
fn fields(frame: &Frame, detail: &Value) -> String {
    let names = detail.get("fields").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let words: Vec<String> = names.map(|name| field(frame, name)).collect();
    if words.is_empty() { frame.t("field-other") } else { words.join(", ") }
}

fn field(frame: &Frame, name: &str) -> String {
    frame.t(match name {
        "given_name" => "field-given_name",
        "family_name" => "field-family_name",
        "email" => "field-email",
        "recovery_email" => "field-recovery_email",
        "mobile" => "field-mobile",
        "department" => "field-department",
        "position" => "field-position",
        "manager_soi" => "field-manager_soi",
        "employment" => "field-employment",
        "start_date" => "field-start_date",
        "end_date" => "field-end_date",
        _ => "field-other",
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::samples::frame;
    use super::*;
    use crate::domain::locale::Locale;
    use crate::domain::time::Timestamp;

    /// Never about one agent.
    const ABOUT_NOBODY: &[&str] = &[
        "agents.imported",
        "alarm.refused",
        "application.added",
        "application.changed",
        "application.removed",
        "application.secret_rotated",
        "database.restored",
        "outbox.retried",
    ];

    /// Left out by `storage/audit.rs`.
    const NOT_SHOWN: &[&str] = &["token.issued", "token.refused"];

    fn event(act: &str, outcome: &str) -> RecordedEvent {
        RecordedEvent {
            seq: 1,
            at: Timestamp::from_seconds(0),
            act: act.into(),
            outcome: outcome.into(),
            reason: None,
            actor_kind: "agent".into(),
            actor: "100001".into(),
            subject: Some("100001".into()),
            client_id: None,
            sid: None,
            reference: None,
            zone: None,
            client_address: None,
            user_agent: None,
            request_id: None,
            detail: serde_json::json!({}),
        }
    }

    fn entry(event: &RecordedEvent) -> ActivityEntry {
        let reader = Reader { soi: "100001", application: Some("Webmail"), at: "27/11/2026 09:12" };
        ActivityEntry::new(&frame(Locale::Fr, NetworkZone::Internal), event, reader)
    }

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    /// Every act of `docs/reference/audit-events.md`.
    fn documented() -> BTreeSet<String> {
        let document = std::fs::read_to_string(root().join("docs/reference/audit-events.md")).unwrap();
        let cells = document.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next().map(str::to_owned));
        let acts =
            cells.flat_map(|cell| cell.split(", ").map(|act| act.trim_matches('`').to_owned()).collect::<Vec<_>>());
        acts.collect()
    }

    #[test]
    fn every_act_has_its_sentence() {
        let acts = documented();
        assert!(acts.len() > 25, "the document was really read");
        let unknown = entry(&event("something.else", "done")).what;
        for act in acts.iter().map(String::as_str).filter(|act| !NOT_SHOWN.contains(act)) {
            let known = entry(&event(act, "done")).what != unknown;
            assert_ne!(known, ABOUT_NOBODY.contains(&act), "{act}");
        }
    }

    #[test]
    fn every_act_that_the_code_writes_is_in_the_document() {
        fn read(folder: &Path, acts: &mut BTreeSet<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, acts);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for call in ["Event::new(\"", "event(\""] {
                        acts.extend(text.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
                    }
                }
            }
        }
        let mut written = BTreeSet::new();
        read(&root().join("idp/src"), &mut written);
        written.retain(|act| act.contains('.') && !act.contains(' '));
        assert!(written.len() > 15, "the code was really read: {written:?}");
        let documented = documented();
        let missing: Vec<_> = written.difference(&documented).filter(|act| *act != "something.else").collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn who_and_where_are_said_as_people_say_it() {
        let own = RecordedEvent {
            zone: Some("nomades".into()),
            client_address: Some("203.0.113.9".into()),
            user_agent: Some("Firefox".into()),
            ..event("login.succeeded", "done")
        };
        let entry_of_own = entry(&own);
        assert_eq!((entry_of_own.who.as_str(), entry_of_own.is_warning), ("vous", false));
        assert_eq!(entry_of_own.place.as_deref(), Some("Firefox, Accès Nomades (203.0.113.x)"));
        for (kind, act, expected) in [
            ("local_operator", "agent.viewed", "Support DSIN"),
            ("local_operator", "role.granted", "l’administration"),
            ("stranger", "login.refused", "une personne non identifiée"),
            ("system", "outbox.dead", "Octroi"),
            ("application", "something.else", "Webmail"),
        ] {
            let by =
                RecordedEvent { actor_kind: kind.into(), actor: "root (login alice)".into(), ..event(act, "done") };
            assert_eq!(entry(&by).who, expected, "{kind}");
        }
        let colleague = RecordedEvent { actor: "100002".into(), ..event("session.ended", "done") };
        assert_eq!(entry(&colleague).who, "un autre agent", "whoever it was is not told");
    }

    #[test]
    fn what_operators_wrote_for_themselves_is_not_shown() {
        let detail =
            serde_json::json!({ "fields": ["department", "strange"], "reason": "ticket 4711", "from": {}, "to": {} });
        let changed = entry(&RecordedEvent { detail, ..event("agent.changed", "done") });
        assert_eq!(changed.what.replace(['\u{a0}', '\u{202f}'], " "), "Fiche modifiée : direction, autre information");
    }
}
