//! The second factor of a session that a password began, or that is too weak for what comes next.
//!
//! [`offer`] says what an agent can give here, or why nothing; [`totp`], [`recovery`], [`second_channel`] and [`vouching`] try
//! what is typed; [`given`] is the one place that raises a session; [`confirmation`] confirms the first enrolment. [`enrolment`] enrols and removes. Every try is counted before anything is
//! compared, for the SOI (`Form::Factor`): a new code, another factor or another session gives no new tries (NIST-12).

pub(in crate::login) mod beside;
pub mod confirmation;
pub mod enrolment;
pub mod given;
pub mod offer;
pub mod recovery;
pub mod second_channel;
pub mod totp;
pub mod vouching;

use crate::domain::audit::{Actor, Event};
use crate::domain::session::Session;
use crate::login::Visit;

/// An event in a session.
fn event(act: &'static str, own: &Session, visit: Visit<'_>) -> Event {
    Event::new(act, Actor::Agent(own.soi.clone()))
        .with_subject(&own.soi)
        .with_session(&own.sid)
        .with_contact(visit.contact)
}
