//! The pages about second factors in every state.

use std::time::Duration;

use super::{Gallery, HOSTILE, Sample};
use crate::domain::channel::ChannelKind;
use crate::domain::factor::SecondFactor;
use crate::ui::pages::{
    AccountFactors, AccountFactorsProblem, Enrol, EnrolProblem, EnrolStep, Factor, FactorProblem, FactorWay, OtherWay,
    ShownFactor,
};
use crate::ui::{Frame, Page, qr};

const WAIT: Duration = Duration::from_secs(150);
const MASKED: &str = "c…t@ville.example";

fn manager() -> FactorWay {
    FactorWay::ManagerPass { manager: HOSTILE.into() }
}

fn channel(is_sent: bool) -> FactorWay {
    FactorWay::SecondChannel {
        factor: SecondFactor::Mail,
        kind: ChannelKind::WorkEmail,
        masked: MASKED.into(),
        is_sent,
    }
}

impl Gallery<'_> {
    pub(super) fn factors(&mut self) {
        self.asked();
        self.enrolled();
        self.own();
    }

    fn asked(&mut self) {
        let page = |frame: Frame, way: FactorWay, problem| {
            let all =
                [FactorWay::Passkey, FactorWay::Totp, channel(false), FactorWay::RecoveryCode { left: 9 }, manager()];
            let others = all.into_iter().filter(|other| other.as_str() != way.as_str());
            let others =
                others.map(|way| OtherWay { href: format!("/login/factor?way={}", way.as_str()), way }).collect();
            Factor {
                frame,
                interaction: Some("interaction".into()),
                to: None,
                application: Some("Webmail".into()),
                way,
                others,
                is_wish: false,
                problem,
            }
        };
        for (name, way) in [
            ("factor-passkey", FactorWay::Passkey),
            ("factor-totp", FactorWay::Totp),
            ("factor-recovery", FactorWay::RecoveryCode { left: 1 }),
        ] {
            show!(self, name, page(self.outside(), way, None));
        }
        for (name, way, problem) in [
            ("factor-totp-shape", FactorWay::Totp, FactorProblem::Shape),
            ("factor-totp-wrong", FactorWay::Totp, FactorProblem::Wrong),
            ("factor-totp-used", FactorWay::Totp, FactorProblem::Used),
            ("factor-totp-throttled", FactorWay::Totp, FactorProblem::Throttled { wait: WAIT }),
            ("factor-recovery-shape", FactorWay::RecoveryCode { left: 3 }, FactorProblem::Shape),
            ("factor-passkey-refused", FactorWay::Passkey, FactorProblem::Key),
            ("factor-form-expired", FactorWay::Totp, FactorProblem::FormExpired),
        ] {
            show!(self, name, page(self.outside(), way, Some(problem)));
        }
        let wish = Factor { is_wish: true, ..page(self.inside(), FactorWay::Totp, None) };
        show!(self, "factor-wish", wish);
        let own = Factor {
            interaction: None,
            to: Some("/account"),
            application: None,
            others: Vec::new(),
            ..page(self.inside(), FactorWay::Totp, None)
        };
        show!(self, "factor-to-account", own);
    }

    fn enrolled(&mut self) {
        let page = |frame: Frame, step: EnrolStep, problem| Enrol {
            frame,
            interaction: Some("interaction".into()),
            to: None,
            application: Some("Webmail".into()),
            step,
            may_postpone: None,
            is_asked_for: true,
            problem,
        };
        let choose = || EnrolStep::Choose { passkey: true };
        show!(self, "enrol-choose", page(self.inside(), choose(), None));
        let later = Enrol { may_postpone: Some("31/01/2027".into()), ..page(self.inside(), choose(), None) };
        show!(self, "enrol-choose-later", later);
        let few = EnrolStep::Choose { passkey: false };
        show!(self, "enrol-choose-too-many", page(self.inside(), few, Some(EnrolProblem::TooMany)));
        let totp = |name: &str| EnrolStep::Totp {
            token: "token".into(),
            qr: qr::svg("otpauth://totp/Octroi:100001?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Octroi"),
            key: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into(),
            name: name.into(),
        };
        show!(self, "enrol-totp", page(self.inside(), totp("Mon téléphone"), None));
        show!(self, "enrol-totp-wrong", page(self.inside(), totp(HOSTILE), Some(EnrolProblem::Wrong)));
        show!(self, "enrol-totp-shape", page(self.inside(), totp("x"), Some(EnrolProblem::Shape)));
        show!(self, "enrol-totp-name", page(self.inside(), totp(""), Some(EnrolProblem::Name)));
        show!(self, "enrol-gone", page(self.inside(), choose(), Some(EnrolProblem::Gone)));
        let passkey = || EnrolStep::Passkey { token: "token".into(), options: "{}".into(), name: "Ma clé".into() };
        show!(self, "enrol-passkey", page(self.inside(), passkey(), None));
        show!(self, "enrol-passkey-refused", page(self.inside(), passkey(), Some(EnrolProblem::Key)));
        let codes = (0..10).map(|nth| format!("K7QM-2F4X-9TWB-{nth}ABC")).collect();
        let kept = EnrolStep::RecoveryCodes { codes, onward: "/account/factors".into() };
        show!(self, "enrol-recovery-codes", Enrol { is_asked_for: false, ..page(self.inside(), kept, None) });
    }

    fn own(&mut self) {
        let factor = |factor, name: &str, used_on: Option<&str>| ShownFactor {
            factor,
            id: "id".into(),
            name: name.into(),
            added_on: "22/11/2026".into(),
            used_on: used_on.map(str::to_owned),
        };
        let page = |frame, problem| AccountFactors {
            frame,
            factors: vec![
                factor(SecondFactor::Passkey, HOSTILE, Some("01/12/2026")),
                factor(SecondFactor::Totp, "Mon téléphone", None),
            ],
            recovery_left: Some(7),
            new_codes: Vec::new(),
            is_removed: false,
            problem,
        };
        show!(self, "account-factors", page(self.inside(), None));
        let none = AccountFactors { factors: Vec::new(), recovery_left: None, ..page(self.inside(), None) };
        show!(self, "account-factors-none", none);
        let removed = AccountFactors { is_removed: true, recovery_left: Some(0), ..page(self.outside(), None) };
        show!(self, "account-factors-removed", removed);
        let codes = AccountFactors { new_codes: vec!["K7QM-2F4X-9TWB-3ABC".into(); 10], ..page(self.inside(), None) };
        show!(self, "account-factors-codes", codes);
        show!(self, "account-factors-last", page(self.inside(), Some(AccountFactorsProblem::LastOne)));
        show!(self, "account-factors-give", page(self.inside(), Some(AccountFactorsProblem::GiveFactor)));
    }
}
