//! The portal's own sessions: in memory, behind one random cookie, gone with the process.
//!
//! A session holds the logins of this browser (one per application) and the attempts under way, each looked up by its
//! `state` and taken once. The cookie's value is renewed at every login.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::time::{Clock, Timestamp};
use openidconnect::CsrfToken;

use super::relying_party::{Attempt, Login};

/// The session cookie. All ports of `localhost` share one cookie jar, so the name says whose it is.
pub const SESSION_COOKIE: &str = "portal-session";

const MAX_SESSIONS: usize = 1_000;
const MAX_ATTEMPTS: usize = 8;
const IDLE: Duration = Duration::from_secs(12 * 3600);
const ATTEMPT_LIFE: Duration = Duration::from_secs(3600);

/// All sessions of the portal.
pub struct Sessions {
    by_id: Mutex<HashMap<String, Session>>,
    clock: Clock,
}

struct Session {
    seen: Timestamp,
    attempts: VecDeque<(String, Timestamp, Attempt)>,
    logins: BTreeMap<ClientId, Arc<Login>>,
}

impl Sessions {
    /// No session yet.
    pub fn new(clock: Clock) -> Self {
        Self { by_id: Mutex::default(), clock }
    }

    /// Remembers an attempt under its `state`, in the session `id` or a new one; returns the session's id.
    pub fn remember(&self, id: Option<&str>, state: String, attempt: Attempt) -> String {
        let now = self.clock.now();
        let mut sessions = self.live(now);
        let id = id.filter(|id| sessions.contains_key(*id)).map_or_else(random_id, str::to_owned);
        if !sessions.contains_key(&id) {
            make_room(&mut sessions);
        }
        let session = sessions.entry(id.clone()).or_insert_with(|| Session::new(now));
        session.seen = now;
        session.attempts.push_back((state, now, attempt));
        while session.attempts.len() > MAX_ATTEMPTS {
            session.attempts.pop_front();
        }
        id
    }

    /// Takes the attempt that was remembered under `state`: once, in time, and only in the browser that began it.
    pub fn take_attempt(&self, id: &str, state: &str) -> Option<Attempt> {
        let now = self.clock.now();
        let mut sessions = self.live(now);
        let session = sessions.get_mut(id)?;
        let position = session.attempts.iter().position(|(own, ..)| own == state)?;
        let (_, begun, attempt) = session.attempts.remove(position)?;
        (now < begun.plus(ATTEMPT_LIFE)).then_some(attempt)
    }

    /// Keeps a login and renews the session's id (an id from before the login is worth nothing after it).
    pub fn keep_login(&self, id: &str, client_id: ClientId, login: Login) -> String {
        let now = self.clock.now();
        let mut sessions = self.live(now);
        let mut session = sessions.remove(id).unwrap_or_else(|| Session::new(now));
        session.seen = now;
        session.logins.insert(client_id, Arc::new(login));
        let renewed = random_id();
        sessions.insert(renewed.clone(), session);
        renewed
    }

    /// The login at one application, if there is one.
    pub fn find_login(&self, id: &str, client_id: &ClientId) -> Option<Arc<Login>> {
        let now = self.clock.now();
        let mut sessions = self.live(now);
        let session = sessions.get_mut(id)?;
        session.seen = now;
        session.logins.get(client_id).cloned()
    }

    /// Forgets the login at one application: what it said no longer holds.
    pub fn forget_login(&self, id: &str, client_id: &ClientId) {
        if let Some(session) = self.live(self.clock.now()).get_mut(id) {
            session.logins.remove(client_id);
        }
    }

    /// Ends a session with all its logins.
    pub fn end(&self, id: &str) {
        self.live(self.clock.now()).remove(id);
    }

    fn live(&self, now: Timestamp) -> MutexGuard<'_, HashMap<String, Session>> {
        let mut sessions = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| now < session.seen.plus(IDLE));
        sessions
    }
}

impl Session {
    fn new(seen: Timestamp) -> Self {
        Self { seen, attempts: VecDeque::new(), logins: BTreeMap::new() }
    }
}

/// Visitors who only began a login must not fill the memory: the one seen longest ago goes.
fn make_room(sessions: &mut HashMap<String, Session>) {
    while sessions.len() >= MAX_SESSIONS {
        let Some(oldest) = sessions.iter().min_by_key(|(_, session)| session.seen).map(|(id, _)| id.clone()) else {
            return;
        };
        sessions.remove(&oldest);
    }
}

/// 256 random bits, from the client library's own generator.
pub fn random_id() -> String {
    CsrfToken::new_random_len(32).into_secret()
}

/// The value of one cookie of a request.
pub fn find_cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(own, value)| (own == name).then_some(value))
}

/// A `Set-Cookie` value: for this host, not for scripts, and sent with the navigation back from the provider (`Lax`).
pub fn set_cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

/// A `Set-Cookie` value that removes a cookie.
pub fn clear_cookie(name: &str) -> String {
    format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Sessions, Clock) {
        let clock = Clock::manual(Timestamp::from_seconds(1_000));
        (Sessions::new(clock.clone()), clock)
    }

    fn attempt() -> Attempt {
        Attempt::for_test(ClientId::new("portal"))
    }

    #[test]
    fn an_attempt_is_taken_once_and_only_by_the_browser_that_began_it() {
        let (sessions, _) = sessions();
        let mine = sessions.remember(None, "s1".into(), attempt());
        let other = sessions.remember(None, "s2".into(), attempt());
        assert!(sessions.take_attempt(&other, "s1").is_none());
        assert!(sessions.take_attempt(&mine, "s0").is_none());
        assert!(sessions.take_attempt(&mine, "s1").is_some());
        assert!(sessions.take_attempt(&mine, "s1").is_none());
    }

    #[test]
    fn an_attempt_and_a_session_end_with_time() {
        let (sessions, clock) = sessions();
        let id = sessions.remember(None, "s1".into(), attempt());
        clock.advance(ATTEMPT_LIFE);
        assert!(sessions.take_attempt(&id, "s1").is_none());
        assert_eq!(sessions.remember(Some(&id), "s2".into(), attempt()), id);
        clock.advance(IDLE);
        assert_ne!(sessions.remember(Some(&id), "s3".into(), attempt()), id);
    }

    #[test]
    fn an_id_that_the_portal_did_not_give_is_not_taken_up() {
        let (sessions, _) = sessions();
        assert_ne!(sessions.remember(Some("chosen"), "s1".into(), attempt()), "chosen");
    }

    #[test]
    fn memory_is_bounded() {
        let (sessions, _) = sessions();
        let id = sessions.remember(None, "s0".into(), attempt());
        for n in 1..=MAX_ATTEMPTS {
            sessions.remember(Some(&id), format!("s{n}"), attempt());
        }
        assert!(sessions.take_attempt(&id, "s0").is_none());
        for _ in 0..MAX_SESSIONS + 5 {
            sessions.remember(None, "s".into(), attempt());
        }
        assert!(sessions.by_id.lock().unwrap().len() <= MAX_SESSIONS);
    }

    #[test]
    fn a_cookie_is_found_among_its_neighbours() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "octroi-session=x; portal-session=abc;portal-place=home".parse().unwrap());
        assert_eq!(find_cookie(&headers, SESSION_COOKIE), Some("abc"));
        assert_eq!(find_cookie(&headers, "portal"), None);
    }
}
