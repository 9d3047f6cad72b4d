//! `/account/contact/…`: one kind of address, in two steps: where the code goes, and the code.

use std::time::Duration;

use askama::Template;
use fluent_bundle::FluentArgs;

use super::Alert;
use super::account::{NavigationEntry, Section, navigation};
use super::account_contact::{name_of, path_of};
use crate::domain::address::AddressProblem;
use crate::domain::channel::ChannelKind;
use crate::i18n::text_with;
use crate::ui::{Frame, words};

/// The page of one kind of address.
#[derive(Debug, Template)]
#[template(path = "pages/account_channel.html")]
pub struct AccountChannel {
    pub frame: Frame,
    pub kind: ChannelKind,
    /// The address that is in force.
    pub address: Option<String>,
    pub step: ChannelStep,
    /// Here an address may be changed; elsewhere the page says where.
    pub may_change: bool,
    pub problem: Option<ChannelProblem>,
}

/// Which of the two steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelStep {
    /// Where the code goes; with what was typed before.
    Address { typed: String },
    /// The code was sent to this address.
    Code { to: String },
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelProblem {
    Address(AddressProblem),
    TooMany {
        wait: Duration,
    },
    /// What was typed is no code of ours.
    Shape,
    Wrong {
        tries_left: u32,
    },
    /// The code cannot be typed any more.
    Gone,
}

impl AccountChannel {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = format!("{} – {}", self.heading(), self.frame.t(self.name()));
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Contact)
    }

    fn heading(&self) -> String {
        match self.step {
            ChannelStep::Address { .. } => self.frame.t(self.name()),
            ChannelStep::Code { .. } => self.frame.t("account_channel-code-title"),
        }
    }

    fn is_mobile(&self) -> bool {
        self.kind == ChannelKind::Mobile
    }

    fn is_code(&self) -> bool {
        matches!(self.step, ChannelStep::Code { .. })
    }

    /// HR's address is only proved here.
    fn is_given(&self) -> bool {
        self.kind == ChannelKind::WorkEmail
    }

    /// A code may be sent to the address in force, wherever the agent is.
    fn may_send(&self) -> bool {
        self.may_change || self.address.is_some()
    }

    fn action(&self) -> &'static str {
        path_of(self.kind)
    }

    fn name(&self) -> &'static str {
        name_of(self.kind)
    }

    /// What the code is for. Outside there is something to say only of an address that can be proved there.
    fn lead(&self) -> Option<&'static str> {
        Some(match (self.kind, &self.address) {
            (_, None) if !self.may_change => return None,
            (ChannelKind::WorkEmail, _) => "account_channel-lead-prove",
            (_, Some(_)) if !self.may_change => "account_channel-lead-prove",
            (ChannelKind::RecoveryEmail, Some(_)) => "account_channel-lead-address",
            (ChannelKind::RecoveryEmail, None) => "account_channel-lead-new-address",
            (ChannelKind::Mobile, Some(_)) => "account_channel-lead-number",
            (ChannelKind::Mobile, None) => "account_channel-lead-new-number",
        })
    }

    fn alert(&self) -> Option<Alert> {
        let say = |title, text| Some(Alert { title: self.frame.t(title), text: self.frame.t(text) });
        match self.problem? {
            ChannelProblem::Address(AddressProblem::Empty) => {
                say("account_channel-empty-title", "account_channel-empty-text")
            }
            ChannelProblem::Address(AddressProblem::Email(_)) => {
                say("account_channel-address-wrong-title", "account_channel-address-wrong-text")
            }
            ChannelProblem::Address(AddressProblem::Mobile) => {
                say("account_channel-number-wrong-title", "account_channel-number-wrong-text")
            }
            ChannelProblem::Address(AddressProblem::SameAsWorkMail) => {
                say("account_channel-same-title", "account_channel-same-text")
            }
            ChannelProblem::Address(AddressProblem::Known) => {
                say("account_channel-known-title", "account_channel-known-text")
            }
            ChannelProblem::TooMany { wait } => {
                let wait = words::wait(self.frame.locale, wait);
                let text = self.frame.t_with("account_channel-too_many-text", "wait", &wait);
                Some(Alert { title: self.frame.t("account_channel-too_many-title"), text })
            }
            ChannelProblem::Shape => say("account_channel-shape-title", "account_channel-shape-text"),
            ChannelProblem::Wrong { tries_left } => {
                let mut args = FluentArgs::new();
                args.set("left", tries_left);
                let text = text_with(self.frame.locale, "account_channel-wrong-text", &args);
                Some(Alert { title: self.frame.t("account_channel-wrong-title"), text })
            }
            ChannelProblem::Gone => say("account_channel-gone-title", "account_channel-gone-text"),
        }
    }

    fn field_is_wrong(&self) -> bool {
        matches!(self.problem, Some(ChannelProblem::Address(_) | ChannelProblem::Shape | ChannelProblem::Wrong { .. }))
    }

    /// The field to be corrected, where the step has one.
    fn field_at_fault(&self) -> Option<&'static str> {
        match self.step {
            _ if !self.field_is_wrong() => None,
            ChannelStep::Address { .. } => (self.may_change && !self.is_given()).then_some("address"),
            ChannelStep::Code { .. } => Some("code"),
        }
    }
}
