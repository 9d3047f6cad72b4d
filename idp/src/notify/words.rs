//! From facts to sentences. [`Words`] knows the installation's names; a [`Voice`] is told the values of one notice and speaks
//! one language.

use std::sync::Arc;

use fluent_bundle::FluentArgs;
use jiff::tz::TimeZone;

use super::moments::Calendar;
use super::plain::plain;
use super::{Mail, Sms, content, mail, texts};
use crate::domain::locale::Locale;
use crate::domain::notice::{FactorEvent, Notice, Recipient};
use crate::i18n::text_with;

/// The names and addresses that messages mention.
#[derive(Debug, Clone)]
pub struct Names {
    pub product: String,
    pub organisation: String,
    /// Without a slash at its end.
    pub issuer: String,
    pub support: Support,
    pub time_zone: TimeZone,
}

/// Whom to call.
#[derive(Debug, Clone)]
pub struct Support {
    pub name: String,
    pub phone: Option<String>,
    pub hours: Option<String>,
}

impl Names {
    /// A page of ours.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The page where "this was not me" is said; the reference is no secret, the code is typed there.
    pub fn not_me(&self, reference: &str) -> String {
        let reference: String = form_urlencoded::byte_serialize(reference.as_bytes()).collect();
        self.page(&format!("/not-me?reference={reference}"))
    }
}

/// The words of an installation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Words(Arc<Names>);

impl Words {
    pub fn new(names: Names) -> Self {
        Self(Arc::new(names))
    }

    /// The mail that tells `notice`.
    pub fn mail(&self, to: &Recipient, notice: &Notice) -> Mail {
        let calendar = Calendar { locale: to.locale, zone: &self.0.time_zone };
        let mut say = self.voice(to.locale, notice);
        say.set_long(notice, calendar);
        let name = plain(&to.name);
        let content = content::of(notice, &say, &self.0, calendar);
        say.args.set("name", name.clone());
        mail::written(content, &say, to.address.as_str(), name)
    }

    /// The text message that tells `notice`.
    pub fn sms(&self, to: &Recipient, notice: &Notice) -> Sms {
        let calendar = Calendar { locale: to.locale, zone: &self.0.time_zone };
        let mut say = self.voice(to.locale, notice);
        say.set_short(notice, calendar);
        texts::written(notice, say, &self.0, to.address.as_str())
    }

    /// A voice that has been told what is said alike in mails and text messages.
    fn voice(&self, locale: Locale, notice: &Notice) -> Voice<'static> {
        let names = &self.0;
        let mut say = Voice { locale, args: FluentArgs::new() };
        say.args.set("product", plain(&names.product));
        say.args.set("organisation", plain(&names.organisation));
        say.args.set("help", support(&names.support, locale));
        match notice {
            Notice::ChannelChanged { kind, now, .. } => {
                say.args.set("kind", kind.as_str());
                say.args.set("masked", plain(now.as_deref().unwrap_or_default()));
            }
            Notice::PasswordReset { over, .. } => {
                say.args.set("over", over.map_or("handed", |kind| kind.as_str()));
            }
            Notice::PasswordExpires { days, .. } => say.args.set("days", *days),
            Notice::Factors { event, .. } => match event {
                FactorEvent::Added { factor, name } | FactorEvent::Removed { factor, name } => {
                    say.args.set("factor", factor.as_str());
                    say.args.set("device", plain(name));
                }
                FactorEvent::CounterWentBack { name } => say.args.set("device", plain(name)),
                FactorEvent::RecoveryCodeUsed { left } => say.args.set("left", *left),
                FactorEvent::PassGiven { manager } | FactorEvent::EnrolmentVouched { manager } => {
                    say.args.set("manager", plain(manager));
                }
                FactorEvent::RecoveryCodes | FactorEvent::Suspected => {}
            },
            Notice::AlarmRaised { soi, reference, .. } => {
                say.args.set("soi", plain(soi.as_str()));
                say.args.set("reference", plain(reference));
            }
            _ => {}
        }
        say
    }
}

/// `Support DSIN, 01 23 45 67 89 (8 h – 18 h)`
fn support(support: &Support, locale: Locale) -> String {
    let mut args = FluentArgs::new();
    args.set("name", plain(&support.name));
    let Some(phone) = &support.phone else { return plain(&support.name) };
    args.set("phone", plain(phone));
    let reached = text_with(locale, "mail-help-phone", &args);
    let Some(hours) = &support.hours else { return reached };
    args.set("help", reached);
    args.set("hours", plain(hours));
    text_with(locale, "mail-help-hours", &args)
}

/// One language, and the values that its sentences may mention.
pub struct Voice<'a> {
    pub locale: Locale,
    pub args: FluentArgs<'a>,
}

impl Voice<'_> {
    /// The sentence `id`.
    pub fn t(&self, id: &str) -> String {
        text_with(self.locale, id, &self.args)
    }

    /// The sentence `id` with one value of its own.
    pub fn with(&self, id: &str, name: &'static str, value: String) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        text_with(self.locale, id, &args)
    }

    fn set_long(&mut self, notice: &Notice, calendar: Calendar<'_>) {
        match notice {
            Notice::ChannelCode { valid_for, .. }
            | Notice::ResetCode { valid_for, .. }
            | Notice::FactorCode { valid_for, .. }
            | Notice::EnrolmentCode { valid_for, .. } => {
                self.args.set("duration", calendar.duration(*valid_for));
            }
            Notice::ActivationCode { until, .. } => self.args.set("date", calendar.day(*until)),
            Notice::PasswordExpires { on, .. } => self.args.set("date", calendar.date(*on)),
            Notice::ResetCodeIssued { at, .. }
            | Notice::CredentialsSuspended { at }
            | Notice::AlarmRaised { at, .. } => self.args.set("when", calendar.moment(*at)),
            Notice::PasswordChanged { .. }
            | Notice::PasswordReset { .. }
            | Notice::ChannelChanged { .. }
            | Notice::Factors { .. } => {}
        }
    }

    fn set_short(&mut self, notice: &Notice, calendar: Calendar<'_>) {
        match notice {
            Notice::ChannelCode { valid_for, .. }
            | Notice::ResetCode { valid_for, .. }
            | Notice::FactorCode { valid_for, .. }
            | Notice::EnrolmentCode { valid_for, .. } => {
                self.args.set("duration", calendar.short_duration(*valid_for));
            }
            Notice::ActivationCode { until, .. } => {
                self.args.set("date", calendar.short_date(until.date_in(calendar.zone)));
            }
            Notice::PasswordExpires { on, .. } => self.args.set("date", calendar.short_date(*on)),
            Notice::PasswordChanged { circumstances, .. }
            | Notice::PasswordReset { circumstances, .. }
            | Notice::ChannelChanged { circumstances, .. }
            | Notice::Factors { circumstances, .. } => {
                self.args.set("when", calendar.short_moment(circumstances.at));
            }
            Notice::ResetCodeIssued { at, .. }
            | Notice::CredentialsSuspended { at }
            | Notice::AlarmRaised { at, .. } => self.args.set("when", calendar.short_moment(*at)),
        }
    }
}
