//! The account pages in every state.

use std::time::Duration;

use super::{Gallery, HOSTILE, Sample, bare_frame};
use crate::domain::address::{AddressProblem, EmailFault};
use crate::domain::channel::ChannelKind;
use crate::domain::ids::Sid;
use crate::domain::password_policy::{Breach, PasswordPolicy};
use crate::domain::zone::NetworkZone::{Internal, Nomades};
use crate::ui::activity::ActivityEntry;
use crate::ui::pages::{
    Account, AccountActivity, AccountChannel, AccountConfirm, AccountConfirmProblem, AccountContact, AccountLanguage,
    AccountPassword, AccountPasswordProblem, AccountSessions, ChannelProblem, ChannelStep, ContactDone, PasswordFacts,
    PasswordRules, SessionsDone, ShownChannel, ShownSession,
};
use crate::ui::{Frame, Page};

const WAIT: Duration = Duration::from_secs(150);

impl Gallery<'_> {
    pub(super) fn account(&mut self) {
        self.overview();
        self.own_password();
        self.confirmation();
        self.contact();
        self.channel();
        self.own_sessions();
        self.activity();
        self.approvals();
        self.second_channel();
        self.enrolment_confirmed();
        show!(self, "account-language", AccountLanguage { frame: self.inside(), is_saved: false });
        show!(self, "account-language-saved", AccountLanguage { frame: self.outside(), is_saved: true });
    }

    fn overview(&mut self) {
        let account = |frame| Account {
            frame,
            name: "Camille Dupont".into(),
            soi: "100001".into(),
            department: Some("40".into()),
            position: Some("Chargée d’études".into()),
            since: "22/11/2026 09:12".into(),
            password: Some(PasswordFacts { changed_on: "03/09/2026".into(), expires_on: Some("02/03/2027".into()) }),
            unproved: 2,
            password_is_new: false,
        };
        show!(self, "account", account(self.inside()));
        let fine = Account { unproved: 0, password_is_new: true, ..account(self.outside()) };
        show!(self, "account-password-changed", fine);
        let forever = Some(PasswordFacts { changed_on: "03/09/2026".into(), expires_on: None });
        let bare = Account {
            department: None,
            position: None,
            password: forever,
            unproved: 1,
            ..account(bare_frame(self.locale))
        };
        show!(self, "account-bare", bare);
        let hostile = |text: &str| Some(text.to_owned());
        let hostile = Account {
            name: HOSTILE.into(),
            department: hostile(HOSTILE),
            position: hostile(HOSTILE),
            password: None,
            ..account(self.outside())
        };
        show!(self, "account-hostile", hostile);
    }

    fn own_password(&mut self) {
        let page = |frame, problem| AccountPassword {
            frame,
            soi: "100001".into(),
            rules: PasswordRules::of(&PasswordPolicy::default()),
            may_change: true,
            problem,
        };
        show!(self, "account-password", page(self.inside(), None));
        for (name, problem) in [
            ("account-password-wrong", AccountPasswordProblem::Current),
            ("account-password-throttled", AccountPasswordProblem::Throttled { wait: WAIT }),
            ("account-password-overloaded", AccountPasswordProblem::Overloaded { wait: Duration::from_secs(5) }),
            ("account-password-breach", AccountPasswordProblem::Breach(Breach::Guessable)),
            ("account-password-mismatch", AccountPasswordProblem::Breach(Breach::Mismatch)),
        ] {
            show!(self, name, page(self.inside(), Some(problem)));
        }
        let outside = AccountPassword { may_change: false, ..page(self.outside(), None) };
        show!(self, "account-password-outside", outside);
    }

    fn confirmation(&mut self) {
        let page =
            |frame, problem| AccountConfirm { frame, soi: "100001".into(), to: "/account/contact/mobile", problem };
        show!(self, "account-confirm", page(self.inside(), None));
        for (name, problem) in [
            ("account-confirm-wrong", AccountConfirmProblem::WrongPassword),
            ("account-confirm-throttled", AccountConfirmProblem::Throttled { wait: WAIT }),
            ("account-confirm-overloaded", AccountConfirmProblem::Overloaded { wait: Duration::from_secs(5) }),
        ] {
            show!(self, name, page(self.outside(), Some(problem)));
        }
    }

    fn contact(&mut self) {
        let channel = |kind, address: Option<&str>, verified_on: Option<&str>| ShownChannel {
            kind,
            address: address.map(str::to_owned),
            verified_on: verified_on.map(str::to_owned),
            waiting: None,
        };
        let page = |frame, channels, done| AccountContact { frame, channels, done };
        let work = channel(ChannelKind::WorkEmail, Some("camille.dupont@ville.example"), Some("03/09/2026"));
        let recovery = channel(ChannelKind::RecoveryEmail, Some("camille@maison.example"), None);
        let mobile = channel(ChannelKind::Mobile, None, None);
        show!(self, "account-contact", page(self.inside(), vec![work.clone(), recovery, mobile.clone()], None));
        let waiting = ShownChannel {
            waiting: Some("camille.dupont@autre.example".into()),
            ..channel(ChannelKind::RecoveryEmail, Some("camille@maison.example"), Some("03/09/2026"))
        };
        let all = vec![work.clone(), waiting.clone(), channel(ChannelKind::Mobile, Some("+33612345678"), None)];
        show!(self, "account-contact-proved", page(self.outside(), all.clone(), Some(ContactDone::Proved)));
        show!(self, "account-contact-removed", page(self.inside(), all, Some(ContactDone::Removed)));
        let hostile = ShownChannel { address: Some(HOSTILE.into()), waiting: Some(HOSTILE.into()), ..waiting };
        show!(self, "account-contact-hostile", page(self.inside(), vec![work, hostile, mobile], None));
    }

    fn channel(&mut self) {
        let typing = |frame: Frame, kind, typed: &str, problem| AccountChannel {
            frame,
            kind,
            address: Some("camille@maison.example".into()),
            step: ChannelStep::Address { typed: typed.into() },
            may_change: true,
            problem,
        };
        let (work, recovery, mobile) = (ChannelKind::WorkEmail, ChannelKind::RecoveryEmail, ChannelKind::Mobile);
        show!(self, "account-channel-work", typing(self.outside(), work, "", None));
        show!(self, "account-channel-recovery", typing(self.inside(), recovery, "camille@maison.example", None));
        let none = AccountChannel { address: None, ..typing(self.inside(), mobile, "", None) };
        show!(self, "account-channel-mobile", none);
        for (name, kind, typed, problem) in [
            ("account-channel-empty", mobile, "", ChannelProblem::Address(AddressProblem::Empty)),
            ("account-channel-number", mobile, "06 12", ChannelProblem::Address(AddressProblem::Mobile)),
            (
                "account-channel-address",
                recovery,
                "camille",
                ChannelProblem::Address(AddressProblem::Email(EmailFault::NoAt)),
            ),
            (
                "account-channel-same",
                recovery,
                "c@ville.example",
                ChannelProblem::Address(AddressProblem::SameAsWorkMail),
            ),
            ("account-channel-known", work, "", ChannelProblem::Address(AddressProblem::Known)),
            ("account-channel-too-many", recovery, "c@maison.example", ChannelProblem::TooMany { wait: WAIT }),
            ("account-channel-gone", recovery, "c@maison.example", ChannelProblem::Gone),
        ] {
            show!(self, name, typing(self.inside(), kind, typed, Some(problem)));
        }
        let outside = AccountChannel { may_change: false, ..typing(self.outside(), recovery, "", None) };
        show!(self, "account-channel-outside", outside);
        let outside = AccountChannel { may_change: false, address: None, ..typing(self.outside(), mobile, "", None) };
        show!(self, "account-channel-outside-none", outside);
        show!(self, "account-channel-hostile", typing(self.inside(), recovery, HOSTILE, None));
        let code = |frame, problem| AccountChannel {
            step: ChannelStep::Code { to: "+33612345678".into() },
            ..typing(frame, mobile, "", problem)
        };
        show!(self, "account-code", code(self.inside(), None));
        show!(self, "account-code-shape", code(self.inside(), Some(ChannelProblem::Shape)));
        show!(self, "account-code-wrong", code(self.inside(), Some(ChannelProblem::Wrong { tries_left: 4 })));
        show!(self, "account-code-last-try", code(self.outside(), Some(ChannelProblem::Wrong { tries_left: 1 })));
    }

    fn own_sessions(&mut self) {
        let session = |sid: &str, browser: Option<&str>, is_this| ShownSession {
            sid: Sid::new(sid),
            browser: browser.map(str::to_owned),
            zone: if is_this { Internal } else { Nomades },
            network: Some("203.0.113.x".into()),
            begun: "22/11/2026 09:12".into(),
            last_used: "22/11/2026 11:40".into(),
            is_this,
        };
        let page = |frame, sessions, done| AccountSessions { frame, sessions, done };
        let mine = session("a", Some("Firefox"), true);
        show!(self, "account-sessions-one", page(self.inside(), vec![mine.clone()], Some(SessionsDone::Others)));
        let unknown = ShownSession { network: None, ..session("c", None, false) };
        let several =
            vec![mine.clone(), session("b", Some("Chrome"), false), session("d", Some("other"), false), unknown];
        show!(self, "account-sessions", page(self.inside(), several.clone(), None));
        show!(self, "account-sessions-ended", page(self.outside(), several, Some(SessionsDone::Ended)));
        let hostile = session(HOSTILE, Some(HOSTILE), false);
        show!(self, "account-sessions-hostile", page(self.inside(), vec![mine, hostile], None));
    }

    fn activity(&mut self) {
        let entry = |what: &str, who: &str, place: Option<&str>, is_warning| ActivityEntry {
            at: "22/11/2026 09:12".into(),
            datetime: "2026-11-22T08:12:00.000Z".into(),
            what: what.into(),
            who: who.into(),
            place: place.map(str::to_owned),
            is_warning,
        };
        let entries = vec![
            entry("Connexion", "vous", Some("Firefox, Réseau municipal (10.20.30.x)"), false),
            entry("Fiche consultée", "Support DSIN", None, false),
            entry("Connexion refusée", "une personne non identifiée", Some("Accès Nomades (203.0.113.x)"), true),
        ];
        let page = |frame, entries, older, is_first| AccountActivity { frame, entries, older, is_first };
        show!(self, "account-activity", page(self.inside(), entries.clone(), Some(4711), true));
        show!(self, "account-activity-last", page(self.outside(), entries, None, false));
        show!(self, "account-activity-empty", page(self.inside(), Vec::new(), None, true));
        let hostile = vec![entry(HOSTILE, HOSTILE, Some(HOSTILE), true)];
        show!(self, "account-activity-hostile", page(self.inside(), hostile, None, true));
    }
}
