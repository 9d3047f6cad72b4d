//! Every page in every state worth looking at, in both languages. The tests in `shape` render them all and leave them in
//! `target/ui-samples` to be opened in a browser. A new page, or a new state of one, gets a line here.

use std::sync::Arc;
use std::time::Duration;

use super::pages::{
    Accessibility, Activate, ActivateProblem, ActivatePurpose, BadRequest, BadRequestProblem, Diagnostic,
    DiagnosticDetails, FactorProblem, ForgotPassword, ForgotProblem, FormPost, Hop, HopRole, Login, LoginNotice,
    LoginProblem, LogoutConfirm, NotMe, NotMeDone, NotMeProblem, Notice, NoticeKind, PasswordEnds, PasswordExpired,
    PasswordExpiredProblem, PasswordRenewal, PasswordRules, Privacy, Refusal, ResetCode, ResetCodeProblem,
    ResetPassword, ResetPasswordProblem, SignedOut, Verdict, WayBack, ZoneWhy,
};
use super::{Branding, Frame, Help, Link, Locale, Localised, Page, SoiField};
use crate::domain::channel::ChannelKind;
use crate::domain::ids::Reference;
use crate::domain::password_policy::{Breach, PasswordForm, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::domain::zone::NetworkZone::{self, Internal, Nomades};

/// A value that must never reach a page unescaped.
pub const HOSTILE: &str = "<b onclick='x'>&\"Zoé</b>";

pub struct Sample {
    /// File name without locale: `login-throttled`.
    pub name: String,
    pub locale: Locale,
    pub title: String,
    pub html: String,
}

pub fn branding() -> Branding {
    Branding {
        product: "Octroi".into(),
        organisation: "Ville de Paris".into(),
        portal_name: "IntraParis".into(),
        portal_url: Some("http://localhost:8090/".into()),
        soi: SoiField { hint: Localised { fr: "6 à 8 chiffres".into(), en: "6 to 8 digits".into() }, numeric: true },
        help: Help {
            name: "Support DSIN".into(),
            phone: Some("01 00 00 00 00".into()),
            hours: Some("8 h – 18 h".into()),
            email: Some("support@ville.example".into()),
        },
        legal_notice: None,
        accessibility_stated_on: Some("22/11/2026".into()),
        privacy_contact: Some("donnees-personnelles@ville.example".into()),
        log_retention_months: 12,
    }
}

pub fn frame(locale: Locale, zone: NetworkZone) -> Frame {
    Frame {
        branding: Arc::new(branding()),
        locale,
        zone,
        csrf: "csrf-value".into(),
        language_href: Some(format!("?ui_locales={}", locale.other().tag())),
        is_manager: false,
    }
}

/// Only what is always known.
fn bare_frame(locale: Locale) -> Frame {
    let branding = Branding {
        portal_url: None,
        help: Help { name: "Support DSIN".into(), phone: None, hours: None, email: None },
        legal_notice: Some("Mention locale.".into()),
        accessibility_stated_on: None,
        privacy_contact: None,
        ..branding()
    };
    Frame { branding: Arc::new(branding), language_href: None, ..frame(locale, Internal) }
}

pub fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    for locale in Locale::ALL {
        let mut gallery = Gallery { locale, samples: &mut samples };
        gallery.login();
        gallery.passwords();
        gallery.resets();
        gallery.refusals();
        gallery.sessions();
        gallery.notices();
        gallery.diagnostic();
        gallery.account();
        gallery.factors();
        gallery.passkeys();
    }
    samples
}

struct Gallery<'a> {
    locale: Locale,
    samples: &'a mut Vec<Sample>,
}

macro_rules! show {
    ($gallery:ident, $name:expr, $page:expr) => {{
        let page = $page;
        $gallery.samples.push(Sample {
            name: String::from($name),
            locale: $gallery.locale,
            title: page.title(),
            html: page.to_html().unwrap(),
        });
    }};
}

mod account;
mod approvals;
mod factor;
mod passkey;

impl Gallery<'_> {
    fn inside(&self) -> Frame {
        frame(self.locale, Internal)
    }

    fn outside(&self) -> Frame {
        frame(self.locale, Nomades)
    }

    fn login(&mut self) {
        let page = |frame, problem: Option<LoginProblem>, notice| Login {
            frame,
            interaction: Some("interaction-id".into()),
            application: Some("Webmail".into()),
            soi: if problem.is_some() { "100002".into() } else { String::new() },
            to: None,
            passkey: true,
            problem,
            notice,
        };
        let wait = Duration::from_secs(150);
        show!(self, "login", page(self.inside(), None, None));
        show!(self, "login-nomades", page(self.outside(), None, None));
        show!(self, "login-invalid", page(self.outside(), Some(LoginProblem::Credentials), None));
        show!(self, "login-throttled", page(self.outside(), Some(LoginProblem::Throttled { wait }), None));
        show!(self, "login-throttled-inside", page(self.inside(), Some(LoginProblem::Throttled { wait }), None));
        show!(self, "login-key", page(self.inside(), Some(LoginProblem::Key), None));
        show!(self, "login-without-passkeys", Login { passkey: false, ..page(self.inside(), None, None) });
        let overloaded = LoginProblem::Overloaded { wait: Duration::from_secs(5) };
        show!(self, "login-overloaded", page(self.inside(), Some(overloaded), None));
        show!(self, "login-form-expired", page(self.inside(), Some(LoginProblem::FormExpired), None));
        for (name, notice) in [
            ("login-activated", LoginNotice::Activated),
            ("login-password-changed", LoginNotice::PasswordChanged),
            ("login-signed-out", LoginNotice::SignedOut),
            ("login-session-ended", LoginNotice::SessionEnded),
        ] {
            show!(self, name, page(self.inside(), None, Some(notice)));
        }
        let hostile =
            |frame| Login { application: Some(HOSTILE.into()), soi: HOSTILE.into(), ..page(frame, None, None) };
        show!(self, "login-hostile", hostile(self.inside()));
        let bare = Login { application: None, interaction: None, ..page(bare_frame(self.locale), None, None) };
        show!(self, "login-bare", bare);
        let on_the_way = Login { application: None, interaction: None, ..page(self.inside(), None, None) };
        show!(self, "login-to-account", Login { to: Some("/account/sessions"), ..on_the_way });
    }

    fn passwords(&mut self) {
        let rules = PasswordRules::of(&PasswordPolicy::default());
        let expired = |frame, why, problem| PasswordExpired {
            frame,
            why,
            ticket: "ticket".into(),
            interaction: Some("interaction".into()),
            soi: "100003".into(),
            application: Some("Webmail".into()),
            rules,
            asks_code: false,
            problem,
        };
        let old = PasswordRenewal::Expired { max_age_days: Some(180) };
        show!(self, "password-expired", expired(self.inside(), old, None));
        show!(self, "password-compromised", expired(self.outside(), PasswordRenewal::Compromised, None));
        let unknown_age = PasswordRenewal::Expired { max_age_days: None };
        let bare = PasswordExpired { application: None, ..expired(bare_frame(self.locale), unknown_age, None) };
        show!(self, "password-expired-bare", bare);
        let form_expired = Some(PasswordExpiredProblem::FormExpired);
        show!(self, "password-expired-form-expired", expired(self.inside(), old, form_expired));
        let outdated = PasswordRenewal::Outdated(Breach::TooShort);
        show!(self, "password-outdated", expired(self.inside(), outdated, None));
        for (name, form) in
            [("password-rules-classes", PasswordForm::Classes), ("password-rules-phrase", PasswordForm::Passphrase)]
        {
            let rules = PasswordRules { form, ..rules };
            show!(self, name, PasswordExpired { rules, ..expired(self.inside(), old, None) });
        }
        for breach in [
            Breach::TooShort,
            Breach::TooLong,
            Breach::LacksClasses,
            Breach::LacksWords,
            Breach::ContainsSoi,
            Breach::ContainsName,
            Breach::ContainsDepartment,
            Breach::ContainsProduct,
            Breach::Repetitive,
            Breach::Guessable,
            Breach::Listed,
            Breach::UsedBefore,
            Breach::Compromised,
            Breach::Unchanged,
            Breach::Mismatch,
            Breach::TooRecent,
        ] {
            let problem = Some(PasswordExpiredProblem::Breach(breach));
            let name = format!("password-breach-{breach:?}").to_lowercase();
            show!(self, name, expired(self.inside(), old, problem));
        }

        let ends = |frame, days, application: Option<&str>| PasswordEnds {
            frame,
            on: "09/12/2026".into(),
            days,
            interaction: application.map(|_| "interaction-id".into()),
            application: application.map(str::to_owned),
            onward: "/oauth2/authorize/resume?interaction=interaction-id".into(),
        };
        show!(self, "password-ends", ends(self.inside(), 12, Some("Webmail")));
        show!(self, "password-ends-tomorrow", ends(self.outside(), 1, Some("Webmail")));
        show!(self, "password-ends-today", ends(self.inside(), 0, None));
        show!(self, "password-ends-bare", ends(bare_frame(self.locale), 3, None));
        show!(self, "password-ends-hostile", ends(self.inside(), 3, Some(HOSTILE)));

        let activate = |frame, problem| Activate {
            frame,
            purpose: ActivatePurpose::FirstLogin,
            interaction: Some("interaction-id".into()),
            soi: "100007".into(),
            code: String::new(),
            rules,
            problem,
        };
        let wait = Duration::from_secs(30);
        show!(self, "activate", activate(self.inside(), None));
        show!(self, "activate-invalid", activate(self.inside(), Some(ActivateProblem::Invalid)));
        show!(self, "activate-throttled", activate(self.outside(), Some(ActivateProblem::Throttled { wait })));
        show!(self, "activate-overloaded", activate(self.inside(), Some(ActivateProblem::Overloaded { wait })));
        show!(self, "activate-form-expired", activate(self.inside(), Some(ActivateProblem::FormExpired)));
        let short = Some(ActivateProblem::Breach(Breach::TooShort));
        show!(self, "activate-breach", Activate { code: "K7QM-2F4X".into(), ..activate(self.inside(), short) });
        let mismatch = Some(ActivateProblem::Breach(Breach::Mismatch));
        show!(self, "activate-mismatch", activate(self.inside(), mismatch));
        let hostile = Activate { soi: HOSTILE.into(), code: HOSTILE.into(), ..activate(self.inside(), None) };
        show!(self, "activate-hostile", hostile);

        let outside = self.outside();
        let handed = |problem| Activate { purpose: ActivatePurpose::Reset, ..activate(outside.clone(), problem) };
        show!(self, "code-handed", handed(None));
        show!(self, "code-handed-invalid", handed(Some(ActivateProblem::Invalid)));
        show!(self, "code-handed-breach", handed(short));
    }

    fn resets(&mut self) {
        let interaction = || Some("interaction-id".to_owned());
        let outside = self.outside();
        let wait = Duration::from_secs(1500);
        let forgot = |frame, problem| ForgotPassword {
            frame,
            interaction: interaction(),
            soi: String::new(),
            channel: ChannelKind::WorkEmail,
            sends_sms: true,
            problem,
        };
        show!(self, "forgot-password", forgot(self.outside(), None));
        let without_sms = ForgotPassword { sends_sms: false, ..forgot(self.inside(), None) };
        show!(self, "forgot-password-without-sms", without_sms);
        for (name, problem) in [
            ("forgot-password-throttled", ForgotProblem::Throttled { wait }),
            ("forgot-password-gone", ForgotProblem::Gone),
            ("forgot-password-factor", ForgotProblem::FactorNeeded),
            ("forgot-password-form-expired", ForgotProblem::FormExpired),
        ] {
            show!(self, name, forgot(self.inside(), Some(problem)));
        }
        let bare = ForgotPassword { interaction: None, ..forgot(bare_frame(self.locale), None) };
        show!(self, "forgot-password-bare", bare);
        show!(self, "forgot-password-hostile", ForgotPassword { soi: HOSTILE.into(), ..forgot(self.inside(), None) });

        let code = |frame, problem| ResetCode {
            frame,
            interaction: interaction(),
            ticket: "ticket".into(),
            is_resent: false,
            problem,
        };
        show!(self, "reset-code", code(self.outside(), None));
        show!(self, "reset-code-resent", ResetCode { is_resent: true, ..code(self.inside(), None) });
        for (name, problem) in [
            ("reset-code-wrong", ResetCodeProblem::Wrong { left: 4 }),
            ("reset-code-wrong-last", ResetCodeProblem::Wrong { left: 1 }),
            ("reset-code-expired", ResetCodeProblem::Expired),
            ("reset-code-letters", ResetCodeProblem::NoCode),
            ("reset-code-throttled", ResetCodeProblem::Throttled { wait }),
        ] {
            show!(self, name, code(self.outside(), Some(problem)));
        }
        show!(self, "reset-code-hostile", ResetCode { ticket: HOSTILE.into(), ..code(self.inside(), None) });

        let choice = |problem| ResetPassword {
            frame: outside.clone(),
            interaction: interaction(),
            ticket: "ticket".into(),
            soi: "100002".into(),
            rules: PasswordRules::of(&PasswordPolicy::default()),
            asks_code: false,
            problem,
        };
        show!(self, "reset-password", choice(None));
        let broken = |breach| choice(Some(ResetPasswordProblem::Breach(breach)));
        show!(self, "reset-password-used-before", broken(Breach::UsedBefore));
        show!(self, "reset-password-mismatch", broken(Breach::Mismatch));
        let wrong = ResetPasswordProblem::Factor(FactorProblem::Wrong);
        show!(self, "reset-password-code", ResetPassword { asks_code: true, ..choice(Some(wrong)) });

        let not_me = |problem| NotMe { frame: outside.clone(), reference: "K7QM-2F4X".into(), problem };
        show!(self, "not-me", not_me(None));
        show!(self, "not-me-invalid", not_me(Some(NotMeProblem::Invalid)));
        show!(self, "not-me-throttled", not_me(Some(NotMeProblem::Throttled { wait })));
        show!(self, "not-me-form-expired", not_me(Some(NotMeProblem::FormExpired)));
        show!(self, "not-me-hostile", NotMe { reference: HOSTILE.into(), ..not_me(None) });
        show!(self, "not-me-done", NotMeDone { frame: self.outside() });
        show!(self, "not-me-done-bare", NotMeDone { frame: bare_frame(self.locale) });
    }

    fn refusals(&mut self) {
        let refusal = |frame, reason| Refusal {
            frame,
            verdict: Verdict::Denied,
            reason,
            reference: Reference::new("K7QM-2F4X"),
            application: Some("Documents classés".into()),
            departments: vec!["40".into()],
            password_is_right: true,
            wait: None,
            back_to_application: Some(WayBack::Link("https://app.ville.example/cb?error=access_denied&state=x".into())),
        };
        for reason in Reason::ALL {
            show!(self, format!("refusal-{}", reason.code()), refusal(self.outside(), *reason));
        }
        let more = Refusal { verdict: Verdict::NeedMore, ..refusal(self.outside(), Reason::FactorRequired) };
        show!(self, "refusal-need-more", more);
        let more = Refusal { verdict: Verdict::NeedMore, ..refusal(self.outside(), Reason::PasswordExpired) };
        show!(self, "refusal-password-at-account", more);
        let several = vec!["40".to_owned(), "41".into(), "42".into()];
        let departments = Refusal { departments: several, ..refusal(self.inside(), Reason::AppDepartment) };
        show!(self, "refusal-departments", departments);
        let bare = Refusal {
            departments: Vec::new(),
            application: None,
            password_is_right: false,
            wait: Some(Duration::from_secs(30)),
            back_to_application: None,
            ..refusal(bare_frame(self.locale), Reason::AccountThrottled)
        };
        show!(self, "refusal-bare", bare);
        let fields = vec![("error".to_owned(), "access_denied".to_owned()), ("state".to_owned(), HOSTILE.to_owned())];
        let by_form = WayBack::Form { action: "https://app.ville.example/cb".into(), fields };
        let by_form =
            Refusal { back_to_application: Some(by_form), ..refusal(self.outside(), Reason::AppInternalOnly) };
        show!(self, "refusal-back-by-form", by_form);
        let no_application = Refusal { application: None, ..refusal(self.inside(), Reason::AppDepartment) };
        show!(self, "refusal-no-application", no_application);
        let hostile = Refusal {
            application: Some(HOSTILE.into()),
            departments: vec![HOSTILE.into()],
            ..refusal(self.inside(), Reason::AppDepartment)
        };
        show!(self, "refusal-hostile", hostile);
    }

    fn sessions(&mut self) {
        let logout = |frame, application: Option<&str>, name: Option<&str>| LogoutConfirm {
            frame,
            application: application.map(str::to_owned),
            name: name.map(str::to_owned),
            fields: vec![("client_id".into(), "webmail".into()), ("state".into(), HOSTILE.into())],
            cancel_href: "/".into(),
        };
        show!(self, "logout-confirm", logout(self.inside(), Some("Webmail"), Some("Camille Dupont")));
        show!(self, "logout-confirm-bare", logout(bare_frame(self.locale), None, None));
        let back = Some(Link { name: "Webmail".into(), href: "https://webmail.ville.example/".into() });
        show!(self, "signed-out", SignedOut { frame: self.inside(), back });
        show!(self, "signed-out-bare", SignedOut { frame: bare_frame(self.locale), back: None });
    }

    fn notices(&mut self) {
        let bad_request = |frame, problem| BadRequest {
            frame,
            problem,
            application: Some("Webmail".into()),
            error: "invalid_request",
            description: "redirect_uri is not registered for this client (RFC 9700 §4.1.3).",
            request_id: "01J8-request".into(),
        };
        for (name, problem) in [
            ("bad-request", BadRequestProblem::RedirectUri),
            ("bad-request-unknown", BadRequestProblem::ApplicationUnknown),
            ("bad-request-disabled", BadRequestProblem::ApplicationDisabled),
            ("bad-request-malformed", BadRequestProblem::Malformed),
            ("bad-request-post-logout", BadRequestProblem::PostLogoutUri),
        ] {
            show!(self, name, bad_request(self.inside(), problem));
        }
        let bare = bad_request(bare_frame(self.locale), BadRequestProblem::Malformed);
        show!(self, "bad-request-bare", BadRequest { application: None, ..bare });
        for (name, kind) in [
            ("page-expired", NoticeKind::PageExpired),
            ("form-expired", NoticeKind::FormExpired),
            ("cookies-refused", NoticeKind::CookiesRefused),
            ("not-found", NoticeKind::NotFound),
            ("method-not-allowed", NoticeKind::MethodNotAllowed),
            ("too-large", NoticeKind::TooLarge),
            ("unreadable", NoticeKind::Unreadable),
            ("server-error", NoticeKind::ServerError),
            ("overloaded", NoticeKind::Overloaded { wait: Duration::from_secs(5) }),
        ] {
            let request_id = (kind == NoticeKind::ServerError).then(|| "01J8-request".to_owned());
            show!(self, name, Notice { frame: self.inside(), kind, request_id, onward: None });
        }
        let onward = Some(Link { name: "Webmail".into(), href: "https://webmail.ville.example/".into() });
        let kind = NoticeKind::PageExpired;
        show!(self, "page-expired-onward", Notice { frame: self.inside(), kind, request_id: None, onward });
        let bare = Notice { frame: bare_frame(self.locale), kind, request_id: None, onward: None };
        show!(self, "page-expired-bare", bare);
        let form_post = FormPost {
            frame: self.inside(),
            application: "Webmail".into(),
            action: "https://webmail.ville.example/cb".into(),
            fields: vec![("code".into(), "code-value".into()), ("state".into(), HOSTILE.into())],
        };
        show!(self, "form-post", form_post);
        show!(self, "accessibilite", Accessibility { frame: self.inside() });
        show!(self, "accessibilite-bare", Accessibility { frame: bare_frame(self.locale) });
        show!(self, "confidentialite", Privacy { frame: self.outside() });
        show!(self, "confidentialite-bare", Privacy { frame: bare_frame(self.locale) });
    }

    fn diagnostic(&mut self) {
        let stranger =
            |frame, why| Diagnostic { frame, why, client_address: Some("2001:db8:10:20::7".into()), details: None };
        show!(self, "diagnostic-stranger", stranger(self.outside(), ZoneWhy::Outside));
        show!(self, "diagnostic-excluded", stranger(self.outside(), ZoneWhy::Excluded));
        show!(self, "diagnostic-ceiling", stranger(self.outside(), ZoneWhy::Ceiling));
        let unknown = Diagnostic { client_address: None, ..stranger(self.outside(), ZoneWhy::Unknown) };
        show!(self, "diagnostic-unknown", unknown);
        let hop = |address: &str, role, note: &str| Hop { address: address.into(), role, note: note.into() };
        let details = DiagnosticDetails {
            listener: "interne".into(),
            hops: vec![
                hop("10.0.0.5", HopRole::TrustedProxy, "TCP"),
                hop("10.20.30.40", HopRole::Client, "X-Forwarded-For"),
                hop("203.0.113.9", HopRole::Ignored, "X-Forwarded-For"),
            ],
            secure: true,
            browser: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into(),
            cookies_received: true,
            server_time: "22/11/2026 09:12".into(),
            request_id: "01J8-request".into(),
        };
        let address = Some("10.20.30.40".to_owned());
        let inside = Diagnostic {
            client_address: address,
            details: Some(details.clone()),
            ..stranger(self.inside(), ZoneWhy::Inside)
        };
        show!(self, "diagnostic", inside);
        let poor = DiagnosticDetails {
            hops: vec![hop("203.0.113.9", HopRole::Peer, "TCP"), hop(HOSTILE, HopRole::Ignored, HOSTILE)],
            secure: false,
            browser: HOSTILE.into(),
            cookies_received: false,
            ..details
        };
        let poor = Diagnostic { details: Some(poor), ..stranger(self.outside(), ZoneWhy::Outside) };
        show!(self, "diagnostic-hostile", poor);
    }
}
