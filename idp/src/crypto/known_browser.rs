//! The cookie by which a browser shows that an agent has logged in there before: a random id, and a mark for each of the last
//! agents, an HMAC over id, SOI and day. No SOI can be read in it.
//!
//! It opens nothing. Attempts in a known browser have a budget of their own, so that nobody's guesses elsewhere keep the
//! agent waiting (docs/decisions/0022); who steals the cookie gets that budget. What is counted is `login/guess.rs`'s business.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hash::{DerivedKey, constant_time_eq, derive_key, hmac};
use crate::domain::secret::{KeyBytes, PlainToken};
use crate::domain::time::Timestamp;

/// So many agents share a workstation; the one who was there longest ago goes.
const MOST_AGENTS: usize = 5;

/// How long a browser stays known after the last login in it.
pub const KNOWN_FOR_DAYS: u16 = 365;

const DAY_BYTES: usize = 2;
const TAG_BYTES: usize = 16;
const MARK_BYTES: usize = DAY_BYTES + TAG_BYTES;

/// The cookie as a browser sent it: nobody has looked at its marks yet.
#[derive(Clone)]
pub struct BrowserCookie {
    id: PlainToken,
    /// The newest last.
    marks: Vec<Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    /// Of the login, in days since the epoch.
    day: u16,
    tag: [u8; TAG_BYTES],
}

impl BrowserCookie {
    /// Reads a cookie's value: `id.mark.mark…`; `None` where it has not that form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let id = parts.next().filter(|id| URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 32))?;
        let marks = parts.take(MOST_AGENTS + 1).map(Mark::parse).collect::<Option<Vec<_>>>()?;
        (1..=MOST_AGENTS).contains(&marks.len()).then(|| Self { id: PlainToken::new(id), marks })
    }

    /// The cookie's value.
    pub fn to_value(&self) -> String {
        let marks = self.marks.iter().map(|mark| format!(".{}", URL_SAFE_NO_PAD.encode(mark.bytes())));
        std::iter::once(self.id.reveal().to_owned()).chain(marks).collect()
    }
}

impl fmt::Debug for BrowserCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrowserCookie({} marks)", self.marks.len())
    }
}

impl Mark {
    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; MARK_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (day, tag) = bytes.split_at(DAY_BYTES);
        Some(Self { day: u16::from_be_bytes(day.try_into().ok()?), tag: tag.try_into().ok()? })
    }

    fn bytes(self) -> Vec<u8> {
        [self.day.to_be_bytes().as_slice(), self.tag.as_slice()].concat()
    }
}

/// The key of the marks.
#[derive(Debug, Clone)]
pub struct BrowserKey(DerivedKey);

impl BrowserKey {
    /// Derived from the server's sealing key.
    pub fn new(master: &KeyBytes) -> Self {
        Self(derive_key(master, "known browser"))
    }

    /// The browser's name in the throttle, if the agent with this SOI has logged in there within a year.
    pub fn recognise(&self, cookie: &BrowserCookie, soi: &str, now: Timestamp) -> Option<[u8; 32]> {
        let is_fresh = |mark: &&Mark| day_of(now).saturating_sub(mark.day) <= KNOWN_FOR_DAYS;
        let known = cookie.marks.iter().filter(is_fresh).any(|mark| self.is_of(cookie, mark, soi));
        known.then(|| hmac(&self.0, &[b"name", cookie.id.reveal().as_bytes()]))
    }

    /// The cookie after a login: `sent` or a new one with `fresh` as its id, with a mark of today for this agent.
    pub fn remember(
        &self,
        sent: Option<&BrowserCookie>,
        fresh: PlainToken,
        soi: &str,
        now: Timestamp,
    ) -> BrowserCookie {
        let mut cookie = sent.cloned().unwrap_or(BrowserCookie { id: fresh, marks: Vec::new() });
        let others = cookie.marks.iter().filter(|mark| !self.is_of(&cookie, mark, soi)).copied();
        let mut marks: Vec<Mark> = others.collect();
        if marks.len() >= MOST_AGENTS {
            marks.drain(..=marks.len() - MOST_AGENTS);
        }
        let day = day_of(now);
        marks.push(Mark { day, tag: self.tag(&cookie.id, soi, day) });
        cookie.marks = marks;
        cookie
    }

    fn is_of(&self, cookie: &BrowserCookie, mark: &Mark, soi: &str) -> bool {
        constant_time_eq(&mark.tag, &self.tag(&cookie.id, soi, mark.day))
    }

    fn tag(&self, id: &PlainToken, soi: &str, day: u16) -> [u8; TAG_BYTES] {
        let parts: [&[u8]; 4] = [b"mark", id.reveal().as_bytes(), soi.as_bytes(), &day.to_be_bytes()];
        let [tag @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hmac(&self.0, &parts);
        tag
    }
}

/// Days since the epoch; the year 2149 is far enough.
fn day_of(now: Timestamp) -> u16 {
    u16::try_from(now.seconds() / 86_400).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::crypto::random::Random;

    const DAY: Duration = Duration::from_hours(24);

    fn key(byte: u8) -> BrowserKey {
        BrowserKey::new(&KeyBytes::new(vec![byte; 32]))
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn token(seed: u64) -> PlainToken {
        Random::seeded(seed).token()
    }

    fn cookie(soi: &str) -> BrowserCookie {
        key(1).remember(None, token(1), soi, now())
    }

    #[test]
    fn a_browser_is_known_to_who_logged_in_there_and_to_nobody_else() {
        let kept = BrowserCookie::parse(&cookie("100001").to_value()).unwrap();
        assert!(key(1).recognise(&kept, "100001", now()).is_some());
        assert!(key(1).recognise(&kept, "100002", now()).is_none());
        assert!(key(1).recognise(&kept, "", now()).is_none());
        assert!(key(2).recognise(&kept, "100001", now()).is_none(), "another server's");
        assert!(!kept.to_value().contains("100001"));
    }

    #[test]
    fn a_mark_belongs_to_its_browser() {
        let (one, other) = (cookie("100001"), key(1).remember(None, token(2), "100002", now()));
        let moved = BrowserCookie { id: other.id.clone(), marks: one.marks.clone() };
        assert!(key(1).recognise(&moved, "100001", now()).is_none());
        let name = |cookie: &BrowserCookie, soi| key(1).recognise(cookie, soi, now()).unwrap();
        assert_ne!(name(&one, "100001"), name(&other, "100002"));
        let renewed = key(1).remember(Some(&one), token(3), "100001", now().plus(DAY));
        assert_eq!(name(&renewed, "100001"), name(&one, "100001"), "and keeps its name");
    }

    #[test]
    fn the_last_five_agents_are_known_and_a_sixth_takes_the_place_of_the_oldest() {
        let agents = ["1", "2", "3", "4", "5", "1", "6"];
        let kept = agents
            .iter()
            .fold(None, |kept: Option<BrowserCookie>, soi| Some(key(1).remember(kept.as_ref(), token(1), soi, now())));
        let kept = BrowserCookie::parse(&kept.unwrap().to_value()).unwrap();
        let known = |soi: &&str| key(1).recognise(&kept, soi, now()).is_some();
        assert_eq!(
            ["1", "2", "3", "4", "5", "6"].iter().copied().filter(|s| known(s)).collect::<Vec<_>>(),
            ["1", "3", "4", "5", "6"]
        );
        assert!(kept.to_value().len() < 200, "a cookie stays small");
    }

    #[test]
    fn a_browser_is_forgotten_a_year_after_the_last_login() {
        let kept = cookie("100001");
        let days = |days: u32| now().plus(DAY * days);
        assert!(key(1).recognise(&kept, "100001", days(365)).is_some());
        assert!(key(1).recognise(&kept, "100001", days(366)).is_none());
        let later = BrowserCookie { marks: vec![Mark { day: kept.marks[0].day + 300, ..kept.marks[0] }], ..kept };
        assert!(key(1).recognise(&later, "100001", days(366)).is_none(), "the day is under the HMAC");
    }

    #[test]
    fn what_has_not_the_form_of_the_cookie_is_none() {
        let value = cookie("100001").to_value();
        let (id, mark) = value.split_once('.').unwrap();
        let many = format!("{id}{}", format!(".{mark}").repeat(6));
        let huge = format!("{id}{}", format!(".{mark}").repeat(10_000));
        let long = format!("{value}A");
        for text in ["", ".", id, mark, &many, &huge, &long, &format!("{id}."), &format!("{id}.{mark}="), "é.é"] {
            assert!(BrowserCookie::parse(text).is_none(), "{}", &text.chars().take(80).collect::<String>());
        }
    }

    #[test]
    fn nothing_prints_the_cookie() {
        assert_eq!(format!("{:?}", cookie("100001")), "BrowserCookie(1 marks)");
    }
}
