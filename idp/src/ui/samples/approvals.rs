//! Codes that are sent or told: the second channel, the confirmation of the first enrolment, the manager's page.

use std::time::Duration;

use super::{Gallery, HOSTILE, Sample, bare_frame};
use crate::domain::channel::ChannelKind;
use crate::domain::factor::SecondFactor;
use crate::domain::time::Timestamp;
use crate::domain::vouching::{Unvouched, Voucher};
use crate::ui::pages::{
    Approvals, ApprovalsProblem, Enrol, EnrolProblem, EnrolStep, Factor, FactorProblem, FactorWay, IssuedCode,
    OtherWay, ShownReport,
};
use crate::ui::{Frame, Page};

const WAIT: Duration = Duration::from_secs(150);

impl Gallery<'_> {
    pub(super) fn approvals(&mut self) {
        let until = Timestamp::from_seconds(0);
        let report = |name: &str, may, from: Option<&str>| ShownReport {
            soi: "100001".into(),
            name: name.into(),
            position: Some("Chargée d’études".into()),
            may,
            from: from.map(str::to_owned),
        };
        let agents = || {
            vec![
                report("Camille Dupont", Ok(Voucher::Pass), None),
                ShownReport { position: None, ..report("Inès Marchand", Ok(Voucher::Enrolment), None) },
                report("Nadia Berthier", Err(Unvouched::Privileged), None),
                report("Paul Renard", Err(Unvouched::AfterReset { until }), Some("25/11/2026 09:12")),
                report("Zoé Martin", Err(Unvouched::PassGiven { until }), Some("22/12/2026 09:12")),
            ]
        };
        let page = |frame, problem| Approvals {
            frame: Frame { is_manager: true, ..frame },
            agents: agents(),
            issued: None,
            problem,
        };
        show!(self, "approvals", page(self.inside(), None));
        show!(self, "approvals-not-yours", page(self.inside(), Some(ApprovalsProblem::NotYours)));
        show!(self, "approvals-changed", page(self.outside(), Some(ApprovalsProblem::Changed)));
        let issued = |voucher, name: &str| {
            Some(IssuedCode { voucher, name: name.into(), code: "K7QM-2F4X".into(), until: "22/11/2026 09:42".into() })
        };
        let pass = issued(Voucher::Pass, "Camille Dupont");
        show!(self, "approvals-pass", Approvals { issued: pass, ..page(self.inside(), None) });
        let code = issued(Voucher::Enrolment, "Inès Marchand");
        show!(self, "approvals-enrolment", Approvals { issued: code, ..page(self.inside(), None) });
        show!(self, "approvals-bare", Approvals { agents: Vec::new(), ..page(bare_frame(self.locale), None) });
        let hostile = Approvals {
            agents: vec![report(HOSTILE, Ok(Voucher::Pass), None)],
            issued: issued(Voucher::Pass, HOSTILE),
            ..page(self.inside(), None)
        };
        show!(self, "approvals-hostile", hostile);
    }

    pub(super) fn second_channel(&mut self) {
        let (sms, mail) = (SecondFactor::Sms, SecondFactor::Mail);
        let by_sms = |is_sent| FactorWay::SecondChannel {
            factor: sms,
            kind: ChannelKind::Mobile,
            masked: "+33 … 78".into(),
            is_sent,
        };
        let by_mail = FactorWay::SecondChannel {
            factor: mail,
            kind: ChannelKind::WorkEmail,
            masked: "c…t@ville.example".into(),
            is_sent: false,
        };
        let manager = FactorWay::ManagerPass { manager: "Nadia Berthier".into() };
        let others = vec![
            OtherWay { way: by_mail, href: "/login/factor?way=work_email".into() },
            OtherWay { way: manager.clone(), href: "/login/factor?way=manager_pass".into() },
        ];
        let page = |frame, way, problem| Factor {
            frame,
            interaction: Some("interaction-id".into()),
            to: None,
            application: Some("Webmail".into()),
            way,
            others: others.clone(),
            is_wish: false,
            problem,
        };
        show!(self, "factor-channel", page(self.outside(), by_sms(false), None));
        show!(self, "factor-channel-sent", page(self.outside(), by_sms(true), None));
        for (name, problem) in [
            ("factor-channel-shape", FactorProblem::Shape),
            ("factor-channel-wrong", FactorProblem::Wrong),
            ("factor-channel-too-many", FactorProblem::TooManySent { wait: WAIT }),
        ] {
            show!(self, name, page(self.inside(), by_sms(true), Some(problem)));
        }
        for (name, problem) in
            [("factor-channel-gone", FactorProblem::Gone), ("factor-channel-no-more", FactorProblem::NoMore)]
        {
            show!(self, name, page(self.inside(), by_sms(false), Some(problem)));
        }
        show!(self, "factor-manager", page(self.outside(), manager.clone(), None));
        show!(self, "factor-manager-shape", page(self.outside(), manager, Some(FactorProblem::Shape)));
    }

    pub(super) fn enrolment_confirmed(&mut self) {
        let work = || (ChannelKind::WorkEmail, "c…t@ville.example".to_owned());
        let mobile = || (ChannelKind::Mobile, "+33 … 78".to_owned());
        let page = |frame, addresses, manager: Option<&str>, sent, problem| Enrol {
            frame,
            interaction: Some("interaction-id".into()),
            to: None,
            application: Some("Webmail".into()),
            step: EnrolStep::Confirm { addresses, manager: manager.map(str::to_owned), sent },
            may_postpone: None,
            is_asked_for: true,
            problem,
        };
        let manager = Some("Nadia Berthier");
        show!(self, "enrol-confirm", page(self.inside(), vec![work(), mobile()], manager, None, None));
        show!(self, "enrol-confirm-sent", page(self.inside(), vec![work()], manager, Some(work()), None));
        show!(self, "enrol-confirm-manager", page(self.inside(), Vec::new(), manager, None, None));
        show!(self, "enrol-confirm-nothing", page(self.inside(), Vec::new(), None, None, None));
        for (name, problem) in [
            ("enrol-confirm-wrong", EnrolProblem::Wrong),
            ("enrol-confirm-shape", EnrolProblem::Shape),
            ("enrol-confirm-gone", EnrolProblem::CodeGone),
            ("enrol-confirm-manager-shape", EnrolProblem::ManagerShape),
            ("enrol-confirm-too-many", EnrolProblem::TooManySent { wait: WAIT }),
            ("enrol-confirm-no-more", EnrolProblem::NoMore),
            ("enrol-confirm-throttled", EnrolProblem::Throttled { wait: WAIT }),
        ] {
            show!(self, name, page(self.inside(), vec![work()], manager, Some(work()), Some(problem)));
        }
    }
}
