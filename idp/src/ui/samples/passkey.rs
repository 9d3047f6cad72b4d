//! Passkeys, made and asked for.

use super::Gallery;
use super::Sample;
use crate::ui::Page as _;
use crate::ui::pages::enrol::{Enrol, EnrolProblem, EnrolStep};
use crate::ui::pages::factor::{Factor, FactorProblem, FactorWay, OtherWay};

impl Gallery<'_> {
    pub(super) fn passkeys(&mut self) {
        let other = OtherWay { way: FactorWay::Totp, href: "/login/factor?way=totp".into() };
        let factor = |frame, problem| Factor {
            frame,
            interaction: Some("interaction-id".into()),
            to: None,
            application: Some("Webmail".into()),
            way: FactorWay::Passkey,
            others: vec![other.clone()],
            is_wish: false,
            problem,
        };
        show!(self, "factor-passkey", factor(self.outside(), None));
        show!(self, "factor-passkey-refused", factor(self.outside(), Some(FactorProblem::Key)));

        let enrol = |frame, step, problem| Enrol {
            frame,
            interaction: None,
            to: Some("/account/factors"),
            application: None,
            step,
            may_postpone: None,
            is_asked_for: false,
            problem,
        };
        let making =
            EnrolStep::Passkey { token: "token".into(), options: "{\"publicKey\":{}}".into(), name: "Clé".into() };
        show!(self, "enrol-passkey", enrol(self.inside(), making, None));
        let choose = EnrolStep::Choose { passkey: true };
        show!(self, "enrol-choose-passkey", enrol(self.inside(), choose.clone(), None));
        show!(self, "enrol-passkey-refused", enrol(self.inside(), choose, Some(EnrolProblem::Key)));
    }
}
