//! What only shows inside: a hash that follows its parameters, and a login that races with HR.

mod policy;

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::activation::{Activation, ActivationForm};
use super::change::{ChangeForm, PasswordChange};
use super::confirmation::{Confirmation, Held};
use super::factor::given::WrongFactor;
use super::guess::Admission;
use super::password::{Noted, Step};
use super::renewal::Renewal;
use super::{Login, LoginSettings, NewSession, Visit};
use crate::crypto::blocklist::BlockedPasswords;
use crate::crypto::breach::BreachedPasswords;
use crate::crypto::keyed::LookupKey;
use crate::crypto::known_browser::BrowserKey;
use crate::crypto::password::{PasswordPool, PasswordSettings};
use crate::crypto::random::Random;
use crate::crypto::seal::Sealer;
use crate::crypto::short_code::{PlainCode, ShortCodeKey};
use crate::domain::agent::{Agent, AgentRecord, Employment};
use crate::domain::audit::{Contact, EventFilter, RecordedEvent};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::password_policy::{Breach, PasswordPolicies, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::domain::secret::{KeyBytes, PlainPassword, PlainToken};
use crate::domain::session::{SessionLimits, SessionPolicy};
use crate::domain::soi::{Soi, SoiSyntax};
use crate::domain::throttle::Form;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::ephemeral::memory::Memory;
use crate::network::Sources;
use crate::outbox::Outbox;
use crate::storage::activation::{NewCode, PURPOSE};
use crate::storage::passwords::StoredPassword;
use crate::storage::{DatabaseUrl, Store, StoreError, StoreSettings, Tx, activation, agents, audit, passwords};

const PASSWORD: &str = "Marronnier-Quai-1607!";
const OTHER: &str = "Platane-Passerelle-1742";

struct Place {
    login: Login,
    soi: Soi,
    _files: TempDir,
}

fn pool(iterations: u32) -> Arc<PasswordPool> {
    let settings = PasswordSettings { memory_kib: 19_456, iterations, parallelism: 1, threads: 1, queue: 8 };
    Arc::new(PasswordPool::new(settings, KeyBytes::new(vec![7; 32]), Random::seeded(2)).unwrap())
}

async fn place() -> Place {
    let files = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        url: DatabaseUrl::Sqlite(files.path().join("octroi.db")),
        create: true,
        read_connections: 2,
        write_connections: 2,
        busy_timeout: Duration::from_secs(5),
    };
    let store = Store::open(&settings).await.unwrap();
    store.migrate().await.unwrap();
    let (clock, random) = (Clock::manual(Timestamp::from_seconds(1_800_000_000)), Random::seeded(1));
    let master = KeyBytes::new(vec![9; 32]);
    let hour = Duration::from_hours(1);
    let limits = SessionLimits { absolute: 12 * hour, idle: 2 * hour };
    let login = Login {
        store,
        ephemeral: Arc::new(Memory::new(clock.clone())),
        clock,
        random,
        passwords: pool(2),
        breached: BreachedPasswords::default(),
        blocked: BlockedPasswords::default(),
        lookup: LookupKey::new(&master),
        browsers: BrowserKey::new(&master),
        short_codes: ShortCodeKey::new(&master),
        sealer: Arc::new(Sealer::new(&master).unwrap()),
        passkeys: None,
        outbox: Outbox::new(Arc::new(Sealer::new(&master).unwrap()), Random::seeded(3), ShortCodeKey::new(&master)),
        settings: Arc::new(LoginSettings {
            soi_syntax: SoiSyntax::new(SoiSyntax::DEFAULT).unwrap(),
            policies: PasswordPolicies::default(),
            sessions: SessionPolicy { internal: limits, nomades: limits },
            sources: Sources::default(),
            time_zone: jiff::tz::TimeZone::UTC,
            product: "Octroi".to_owned(),
            factors: crate::domain::factor_policies::FactorPolicies::default(),
            highest_acr: crate::domain::acr::Acr::Eidas3,
            sends_sms: false,
            alerts: None,
        }),
    };
    let soi = Soi::from_stored("100001".to_owned());
    let place = Place { login, soi, _files: files };
    place.hire().await;
    place
}

impl Place {
    async fn hire(&self) {
        let (login, soi) = (&self.login, &self.soi);
        let record = AgentRecord {
            soi: soi.clone(),
            given_name: "Camille".to_owned(),
            family_name: "Essai".to_owned(),
            email: "camille@ville.example".to_owned(),
            recovery_email: None,
            mobile: None,
            department: None,
            position: None,
            manager: None,
            employment: Employment::Active,
            start_date: None,
            end_date: None,
        };
        let now = login.clock.now();
        let insert = async |tx: &mut Tx| -> Result<(), StoreError> {
            agents::insert(tx, &record, &login.random.sub(), now).await
        };
        login.store.write(insert).await.unwrap();
        let code = self.issue_code().await;
        assert_eq!(self.activate(&code, PASSWORD).await, Activation::Done);
    }

    async fn issue_code(&self) -> PlainCode {
        let (login, soi, code) = (&self.login, &self.soi, self.login.random.activation_code());
        let (id, now) = (login.random.uuid(), login.clock.now());
        let expires_at = now.plus(Duration::from_hours(1));
        let code_hash = login.short_codes.digest(PURPOSE, soi.as_str(), &code);
        let issue = async |tx: &mut Tx| -> Result<(), StoreError> {
            let new = NewCode { id: &id, soi, code_hash, delivery: CodeDelivery::Letter, expires_at };
            activation::replace(tx, &new, now).await
        };
        login.store.write(issue).await.unwrap();
        code
    }

    async fn activate(&self, code: &PlainCode, new: &str) -> Activation {
        let form = ActivationForm {
            soi: self.soi.to_string(),
            code: code.grouped(),
            new: PlainPassword::new(new),
            again: PlainPassword::new(new),
        };
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        self.login.activate(form, visit(&contact, &browser)).await.unwrap()
    }

    /// What an attempt knows when the verification of its password begins.
    async fn looked_up(&self) -> (Agent, StoredPassword) {
        let find = async |tx: &mut Tx| -> Result<_, StoreError> {
            Ok((agents::find(tx, &self.soi).await?, passwords::find(tx, &self.soi).await?))
        };
        let (agent, password) = self.login.store.read(find).await.unwrap();
        (agent.unwrap(), password.unwrap())
    }

    /// The end of an attempt whose password was right.
    async fn begin(&self, agent: &Agent, verified: &StoredPassword, rehashed: Option<&str>) -> Step {
        let (contact, browser, now) = (Contact::default(), PlainToken::new("browser"), self.login.clock.now());
        let guess = self.login.guess(Form::Login, self.soi.as_str(), visit(&contact, &browser), now);
        let take = async |tx: &mut Tx| -> Result<Admission, StoreError> { guess.take(tx, now).await };
        let Admission::Taken(taken) = self.login.store.write(take).await.unwrap() else { panic!("taken") };
        let noted = Noted { rehashed, ..Noted::default() };
        self.login.begin(agent, verified, noted, &taken, visit(&contact, &browser), now).await.unwrap()
    }

    /// HR changes the agent; sessions are left alone.
    async fn change(&self, change: impl FnOnce(&mut AgentRecord)) {
        let (mut agent, _) = self.looked_up().await;
        change(&mut agent.record);
        let (record, version, now) = (agent.record, agent.version, self.login.clock.now());
        let update =
            async |tx: &mut Tx| -> Result<bool, StoreError> { agents::update(tx, &record, version, now).await };
        assert!(self.login.store.write(update).await.unwrap());
    }

    /// The events of one act, newest first.
    async fn events(&self, act: &str) -> Vec<RecordedEvent> {
        let filter = EventFilter { act: Some(act.to_owned()), limit: 100, ..EventFilter::default() };
        let search = async |tx: &mut Tx| -> Result<_, StoreError> { audit::search(tx, &filter).await };
        self.login.store.read(search).await.unwrap()
    }

    async fn newest(&self, act: &str) -> RecordedEvent {
        self.events(act).await.into_iter().next().unwrap()
    }

    async fn phc(&self) -> String {
        let store = &self.login.store;
        let find = async |tx: &mut Tx| -> Result<_, StoreError> { passwords::find(tx, &self.soi).await };
        store.read(find).await.unwrap().unwrap().phc
    }

    async fn log_in(&self, login: &Login) -> Step {
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        login.attempt(self.soi.as_str(), PlainPassword::new(PASSWORD), visit(&contact, &browser)).await.unwrap()
    }
}

fn visit<'a>(contact: &'a Contact, browser: &'a PlainToken) -> Visit<'a> {
    Visit { zone: NetworkZone::Internal, contact, browser, known: None, session: None }
}

#[tokio::test]
async fn a_login_stores_the_password_anew_when_the_parameters_have_changed() {
    let place = place().await;
    let before = place.phc().await;
    assert!(before.contains("t=2"), "{before}");

    let stronger = Login { passwords: pool(3), ..place.login.clone() };
    assert!(matches!(place.log_in(&stronger).await, Step::In(_)));

    let after = place.phc().await;
    assert!(after.contains("t=3"), "{after}");
    assert!(matches!(place.log_in(&stronger).await, Step::In(_)), "and it still opens");
    assert_eq!(place.phc().await, after, "the same parameters are left alone");
}

#[tokio::test]
async fn a_password_that_changed_while_it_was_verified_opens_no_session() {
    let place = place().await;
    let (agent, verified) = place.looked_up().await;
    let now = place.login.clock.now();
    let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &place.soi, "another", now).await };
    place.login.store.write(set).await.unwrap();
    assert!(matches!(place.begin(&agent, &verified, None).await, Step::WrongCredentials));
}

#[tokio::test]
async fn two_logins_at_once_both_succeed_when_the_hash_is_renewed() {
    let place = place().await;
    let (agent, verified) = place.looked_up().await;
    let (one, other) =
        tokio::join!(place.begin(&agent, &verified, Some("renewed")), place.begin(&agent, &verified, Some("again")));
    assert!(matches!((one, other), (Step::In(_), Step::In(_))));
    assert!(["renewed", "again"].contains(&place.phc().await.as_str()));
}

#[tokio::test]
async fn a_change_by_hr_that_shuts_nobody_out_does_not_stop_a_login() {
    let place = place().await;
    let (agent, verified) = place.looked_up().await;
    place.change(|record| record.department = Some("41".to_owned())).await;
    assert!(matches!(place.begin(&agent, &verified, None).await, Step::In(_)));
}

#[tokio::test]
async fn a_login_that_lost_its_race_is_audited() {
    let place = place().await;
    let (agent, verified) = place.looked_up().await;
    place.change(|record| record.employment = Employment::Suspended).await;
    let step = place.begin(&agent, &verified, None).await;
    let Step::Refused { reason: Reason::AccountSuspended, reference } = step else { panic!("{step:?}") };
    let told = place.newest("login.refused").await;
    assert_eq!((told.reason.as_deref(), told.reference), (Some("account.suspended"), Some(reference.to_string())));
    assert_eq!(told.detail["password_was_right"], true);

    let now = place.login.clock.now();
    let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &place.soi, "another", now).await };
    place.login.store.write(set).await.unwrap();
    let step = place.begin(&agent, &verified, None).await;
    assert!(matches!(step, Step::WrongCredentials), "the old password learns nothing: {step:?}");
    let told = place.newest("login.refused").await;
    assert_eq!(told.reason.as_deref(), Some("credentials.invalid"));
    assert_eq!(told.detail["password_changed_meanwhile"], true);
}

#[tokio::test]
async fn of_two_activations_at_once_the_loser_is_audited() {
    let place = place().await;
    let Step::In(before) = place.log_in(&place.login).await else { panic!("logged in") };
    let code = place.issue_code().await;
    let (one, other) = tokio::join!(place.activate(&code, OTHER), place.activate(&code, OTHER));
    let mut answers = [one, other];
    answers.sort_by_key(|answer| *answer != Activation::Reset);
    assert_eq!(answers, [Activation::Reset, Activation::Invalid]);
    assert_eq!(place.newest("activation.refused").await.reason.as_deref(), Some("activation.invalid"));
    assert_eq!(place.newest("password.reset").await.detail["sessions_ended"], 1);
    assert!(place.login.find_session(&before.cookie, NetworkZone::Internal).await.unwrap().is_none());
}

#[tokio::test]
async fn a_found_code_does_not_serve_to_guess_what_the_password_was() {
    let place = place().await;
    let code = place.issue_code().await;
    for _ in 0..4 {
        assert!(matches!(
            place.activate(&code, PASSWORD).await,
            Activation::OwnBreach { breach: Breach::Unchanged, .. }
        ));
    }
    assert!(matches!(place.activate(&code, PASSWORD).await, Activation::Throttled { .. }));
}

#[tokio::test]
async fn a_login_notes_the_session_that_it_ends() {
    let place = place().await;
    let Step::In(before) = place.log_in(&place.login).await else { panic!("logged in") };
    for nth in 0..2 {
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        let visit = Visit { session: Some(&before.session), ..visit(&contact, &browser) };
        let step = place.login.attempt(place.soi.as_str(), PlainPassword::new(PASSWORD), visit).await.unwrap();
        assert!(matches!(step, Step::In(_)));
        let ended = place.events("session.ended").await;
        assert_eq!(ended.len(), 1, "what had ended before does not end again ({nth})");
        assert_eq!(ended[0].sid.as_deref(), Some(before.session.sid.as_str()));
        assert_eq!((&ended[0].detail["why"], ended[0].subject.as_deref()), (&"relogin".into(), Some("100001")));
    }
}

#[tokio::test]
async fn nobody_is_signed_in_after_the_last_day_or_before_reinstatement() {
    let place = place().await;
    let Step::In(new) = place.log_in(&place.login).await else { panic!("logged in") };
    let is_in = async || place.login.find_session(&new.cookie, NetworkZone::Internal).await.unwrap().is_some();
    assert!(is_in().await);
    place.change(|record| record.end_date = Some("2020-12-31".parse().unwrap())).await;
    assert!(!is_in().await);
    place.change(|record| record.end_date = None).await;
    assert!(is_in().await, "nothing was ended");
    place.change(|record| record.employment = Employment::Suspended).await;
    assert!(!is_in().await);
}

const NEW: &str = "Platane-Passerelle-1742";

/// Passwords are good for an hour, and this one is older.
async fn expired_place() -> (Place, NewSession) {
    let mut place = place().await;
    let policies = PasswordPolicy { max_age: Some(Duration::from_hours(1)), ..PasswordPolicy::default() }.into();
    place.login.settings = Arc::new(LoginSettings { policies, ..(*place.login.settings).clone() });
    let Step::In(before) = place.log_in(&place.login).await else { panic!("logged in") };
    place.login.clock.advance(Duration::from_mins(61));
    (place, before)
}

impl Place {
    async fn ticket(&self) -> PlainToken {
        let step = self.log_in(&self.login).await;
        let Step::Renew { ticket, .. } = step else { panic!("{step:?}") };
        ticket
    }

    async fn renew(&self, ticket: &PlainToken, zone: NetworkZone) -> Renewal {
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        let visit = Visit { zone, ..visit(&contact, &browser) };
        self.login.renew(ticket, PlainPassword::new(NEW), PlainPassword::new(NEW), "", visit).await.unwrap()
    }

    async fn refused_renewal(&self) -> Option<String> {
        let told = self.newest("password.changed").await;
        assert_eq!(told.outcome, "refused");
        told.reason
    }
}

#[tokio::test]
async fn a_renewal_ticket_leaves_the_building_with_a_second_factor_only() {
    let (place, _) = expired_place().await;
    let ticket = place.ticket().await;
    let before = place.phc().await;
    let refused = place.renew(&ticket, NetworkZone::Nomades).await;
    assert!(matches!(refused, Renewal::Factor { wrong: WrongFactor::Shape, .. }), "{refused:?}");
    assert_eq!(place.phc().await, before);
    assert!(matches!(place.renew(&ticket, NetworkZone::Internal).await, Renewal::In(_)), "back inside");
}

#[tokio::test]
async fn a_renewed_password_ends_the_sessions_that_the_old_one_began() {
    let (place, before) = expired_place().await;
    let is_in =
        async |new: &NewSession| place.login.find_session(&new.cookie, NetworkZone::Internal).await.unwrap().is_some();
    assert!(is_in(&before).await);
    let Renewal::In(new) = place.renew(&place.ticket().await, NetworkZone::Internal).await else { panic!("renewed") };
    assert!(!is_in(&before).await && is_in(&new).await);
    assert_eq!(place.newest("password.changed").await.detail["sessions_ended"], 1);
}

#[tokio::test]
async fn a_renewal_that_was_overtaken_is_audited() {
    let (place, _) = expired_place().await;
    let (first, second, third) = (place.ticket().await, place.ticket().await, place.ticket().await);
    let (one, other) =
        tokio::join!(place.renew(&first, NetworkZone::Internal), place.renew(&second, NetworkZone::Internal));
    assert!(
        matches!((&one, &other), (Renewal::In(_), Renewal::Gone) | (Renewal::Gone, Renewal::In(_))),
        "of two, one wins: {one:?} {other:?}"
    );
    let events = place.events("password.changed").await;
    assert_eq!(events.iter().filter(|e| e.reason.as_deref() == Some("credentials.invalid")).count(), 1);
    assert_eq!(events.len(), 2);

    place.change(|record| record.employment = Employment::Left).await;
    assert!(matches!(place.renew(&third, NetworkZone::Internal).await, Renewal::Gone));
    assert_eq!(place.refused_renewal().await.as_deref(), Some("credentials.invalid"));
}

impl Place {
    async fn change_own(&self, new: &NewSession, chosen: &str) -> PasswordChange {
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        let held = Held { session: &new.session, cookie: &new.cookie };
        let form = ChangeForm {
            current: PlainPassword::new(PASSWORD),
            new: PlainPassword::new(chosen),
            again: PlainPassword::new(chosen),
        };
        self.login.change_password(held, form, visit(&contact, &browser)).await.unwrap()
    }
}

#[tokio::test]
async fn of_two_changes_of_a_password_at_once_one_wins() {
    let place = place().await;
    let Step::In(new) = place.log_in(&place.login).await else { panic!("logged in") };
    let (one, other) =
        tokio::join!(place.change_own(&new, OTHER), place.change_own(&new, "Glycine-Belvedere-Ardoise-88"));
    let won = [&one, &other].into_iter().filter(|change| matches!(change, PasswordChange::Done { .. })).count();
    assert_eq!(won, 1, "{one:?} {other:?}");
    assert_eq!(place.events("password.changed").await.iter().filter(|e| e.outcome == "done").count(), 1);
}

#[tokio::test]
async fn a_confirmation_does_not_outlive_the_account() {
    let place = place().await;
    let Step::In(new) = place.log_in(&place.login).await else { panic!("logged in") };
    place.change(|record| record.employment = Employment::Suspended).await;
    let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
    let held = Held { session: &new.session, cookie: &new.cookie };
    let confirmed = place.login.confirm(held, PlainPassword::new(PASSWORD), visit(&contact, &browser)).await.unwrap();
    assert!(matches!(confirmed, Confirmation::Gone), "{confirmed:?}");
    assert!(place.events("password.confirmed").await.is_empty());
}
