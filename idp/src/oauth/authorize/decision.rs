//! One transaction: the session still lives, the decision is taken and audited, and what was allowed is granted.

use super::super::decision::Question;
use super::super::{Caller, Provider, ProviderError};
use super::request::AuthorizationRequest;
use crate::crypto::hash::hash_token;
use crate::domain::access::Decision;
use crate::domain::acr::{Acr, AuthenticationMethod};
use crate::domain::factor::SecondFactor;
use crate::domain::grant::AuthorizationCode;
use crate::domain::ids::{GrantId, Reference};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::zone::{NetworkZone, SeenZone};
use crate::storage::standing::{self, SessionStanding};
use crate::storage::{Constraint, StoreError, Tx, codes, grants, passkeys, totp_devices};

/// What came of it.
pub(super) enum Outcome {
    /// A code, to be handed over.
    Granted(PlainToken),
    Refused(Decision, Reference),
    /// Nothing is in the way, and the agent has what reaches this level, which would be welcome.
    Wish(Acr),
    /// The session ended since its cookie was looked up.
    SessionEnded,
    /// `id_token_hint` names somebody else.
    AnotherAgent,
    /// The application was removed since the snapshot was taken.
    ApplicationGone,
}

/// What the transaction says; the code itself never enters it.
enum Answer {
    Decided(Decision),
    Wish(Acr),
    SessionEnded,
    AnotherAgent,
}

impl Provider {
    /// Decides whether this session gets into this application, and issues a code if so. `may_wish`: a page may ask for a
    /// level that would be welcome.
    pub(super) async fn decide_and_grant(
        &self,
        request: &AuthorizationRequest,
        session: &Session,
        zone: NetworkZone,
        may_wish: bool,
        caller: &Caller,
    ) -> Result<Outcome, ProviderError> {
        let now = self.now();
        let application = &request.application.application;
        let reference = self.random.reference();
        let new_grant = GrantId::new(self.random.uuid());
        let code = self.random.token();
        let code_hash = hash_token(&code);

        let answer = self
            .store
            .write(async |tx: &mut Tx| -> Result<Answer, ProviderError> {
                let policy = &self.settings.sessions;
                let found = standing::find_session(tx, &session.sid).await?;
                let live = found.filter(|found| found.session.is_live(policy, zone, now));
                let Some(SessionStanding { session, agent, password }) = live else { return Ok(Answer::SessionEnded) };
                if request.subject.as_ref().is_some_and(|sub| *sub != agent.sub) {
                    return Ok(Answer::AnotherAgent);
                }
                let (password, reference) = (password.as_ref(), &reference);
                let question = Question {
                    agent: &agent,
                    application,
                    session: &session,
                    password,
                    zone,
                    asked_acr: request.acr.least(),
                    reference,
                    at: now,
                };
                let decision = self.decide(tx, &question, caller).await?;
                if decision == Decision::Allow {
                    let reached = session.authentication.acr;
                    if let Some(level) = request.acr.wish_beyond(reached).filter(|_| may_wish)
                        && highest_enrolled(tx, &session.soi).await?.is_some_and(|highest| highest >= level)
                    {
                        return Ok(Answer::Wish(level));
                    }
                    let acr = request.acr.answer(reached);
                    let client_id = &application.record.client_id;
                    let grant_id = grants::obtain(tx, &new_grant, &session.sid, client_id, &session.soi, now).await?;
                    let session_end = session.absolute_end(policy, zone);
                    let bound = AuthorizationCode {
                        grant_id,
                        sid: session.sid,
                        client_id: client_id.clone(),
                        soi: session.soi,
                        redirect_uri: request.back.to.as_str().to_owned(),
                        code_challenge: request.code_challenge.clone(),
                        nonce: request.nonce.clone(),
                        scope: request.scope.clone(),
                        authentication: AuthenticationMethod { acr, ..session.authentication },
                        auth_time: session.auth_time,
                        zone: SeenZone::new(zone, now, self.settings.internal_max_age, session_end),
                        decision: reference.clone(),
                        created_at: now,
                        expires_at: now.plus(self.settings.code_lifetime),
                    };
                    codes::insert(tx, &code_hash, &bound).await?;
                }
                Ok(Answer::Decided(decision))
            })
            .await;

        match answer {
            Ok(Answer::Decided(Decision::Allow)) => Ok(Outcome::Granted(code)),
            Ok(Answer::Decided(decision)) => Ok(Outcome::Refused(decision, reference)),
            Ok(Answer::Wish(level)) => Ok(Outcome::Wish(level)),
            Ok(Answer::SessionEnded) => Ok(Outcome::SessionEnded),
            Ok(Answer::AnotherAgent) => Ok(Outcome::AnotherAgent),
            // The grant names the application: it is gone, although the snapshot still has it.
            Err(ProviderError::Store(StoreError::Conflict(Constraint::Reference))) => Ok(Outcome::ApplicationGone),
            Err(error) => Err(error),
        }
    }
}

/// The highest level that a factor of this agent's reaches, of those that are there every day.
async fn highest_enrolled(tx: &mut Tx, soi: &Soi) -> Result<Option<Acr>, StoreError> {
    let by_key = passkeys::of_agent(tx, soi).await?.iter().map(|key| key.kind.acr()).max();
    let has_totp = !totp_devices::of_agent(tx, soi).await?.is_empty();
    Ok(by_key.max(has_totp.then(|| SecondFactor::Totp.acr())))
}
