//! The access decision with its audit row: gathers what [`decide`] needs inside the caller's transaction and records the
//! case beside the verdict, so that it can be replayed. Used by authorize, and by the token endpoint where the zone fell.

use serde::Serialize;

use super::{Caller, Provider, ProviderError};
use crate::domain::access::{
    AgentFacts, ApplicationFacts, AuthenticationFacts, CASE_VERSION, Case, Charter, Decision, Now, PasswordStanding,
    Profile, decide,
};
use crate::domain::acr::Acr;
use crate::domain::agent::Agent;
use crate::domain::application::Application;
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::Reference;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::storage::passwords::StoredPassword;
use crate::storage::{Tx, audit};

/// Who wants to get where.
pub(super) struct Question<'a> {
    pub agent: &'a Agent,
    pub application: &'a Application,
    pub session: &'a Session,
    pub password: Option<&'a StoredPassword>,
    pub zone: NetworkZone,
    /// The level without which the application cannot go on.
    pub asked_acr: Option<Acr>,
    /// Under which the decision is found in the audit.
    pub reference: &'a Reference,
    pub at: Timestamp,
}

/// The audited detail: the versioned inputs and what came of them.
#[derive(Serialize)]
struct Record<'a> {
    case: &'a Case,
    decision: Decision,
}

impl Provider {
    /// Decides and writes the audit row `access.decided`.
    pub(super) async fn decide(
        &self,
        tx: &mut Tx,
        question: &Question<'_>,
        caller: &Caller,
    ) -> Result<Decision, ProviderError> {
        let case = self.case(question);
        let decision = decide(&case);
        let mut event = Event::new("access.decided", Actor::Agent(question.session.soi.clone()))
            .with_subject(&question.session.soi)
            .with_client(&question.application.record.client_id)
            .with_session(&question.session.sid)
            .with_reference(question.reference)
            .with_contact(&caller.contact)
            .with_detail(serde_json::to_value(Record { case: &case, decision })?);
        if let Some(reason) = decision.reason() {
            event = event.refused(reason);
        }
        audit::append(tx, &event, question.at).await?;
        Ok(decision)
    }

    /// Profile, charter and waivers are not built yet: they stand as unmet.
    fn case(&self, question: &Question<'_>) -> Case {
        let Question { agent, application, session, password, .. } = *question;
        let policy = self.settings.passwords.of(agent);
        let factors = self.settings.factors.of(agent);
        let today = question.at.date_in(&self.settings.time_zone);
        Case {
            version: CASE_VERSION,
            agent: AgentFacts {
                soi: agent.record.soi.clone(),
                version: agent.version,
                standing: agent.standing(today),
                department: agent.record.department.clone(),
                second_factor: factors.rule(agent.is_privileged(), today),
                is_privileged: agent.is_privileged(),
            },
            application: ApplicationFacts {
                client_id: application.record.client_id.clone(),
                version: application.version,
                disabled: application.record.disabled,
                zones: application.record.zones.clone(),
                waiver_possible: application.record.waiver_possible,
                departments: application.record.departments.clone(),
                min_acr: application.record.min_acr,
            },
            zone: question.zone,
            authentication: AuthenticationFacts {
                acr: session.authentication.acr,
                auth_time: session.auth_time,
                second: session.second_at(question.at),
                is_postponed: session.is_postponed,
                password: match password {
                    None => PasswordStanding::NotActivated,
                    Some(p) if p.suspended_at.is_some() => PasswordStanding::Suspended,
                    Some(p) if policy.is_expired(p.changed_at, p.renew_at, question.at) => PasswordStanding::Expired,
                    Some(_) => PasswordStanding::Valid,
                },
            },
            profile: Profile::None,
            waivers: Vec::new(),
            charter: Charter::NotPublished,
            brake: false,
            second_channel_outside: factors.second_channel.nomades,
            asked_acr: question.asked_acr,
            preview_nomades: self.settings.preview_nomades,
            now: Now { at: question.at, today },
        }
    }
}
