//! `/account/contact`: the addresses over which Octroi reaches the agent, and whether each is proved.

use askama::Template;

use super::account::{NavigationEntry, Section, navigation};
use crate::domain::channel::ChannelKind;
use crate::ui::Frame;

/// The list of addresses.
#[derive(Debug, Template)]
#[template(path = "pages/account_contact.html")]
pub struct AccountContact {
    pub frame: Frame,
    /// One of every kind.
    pub channels: Vec<ShownChannel>,
    pub done: Option<ContactDone>,
}

/// One kind of address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownChannel {
    pub kind: ChannelKind,
    pub address: Option<String>,
    /// The local date of its proof.
    pub verified_on: Option<String>,
    /// An address that waits for its code.
    pub waiting: Option<String>,
}

/// What went well before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactDone {
    Proved,
    Removed,
}

/// The page of one kind.
pub const fn path_of(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::WorkEmail => "/account/contact/work-email",
        ChannelKind::RecoveryEmail => "/account/contact/recovery-email",
        ChannelKind::Mobile => "/account/contact/mobile",
    }
}

/// The name of one kind.
pub(super) const fn name_of(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::WorkEmail => "account_contact-work_email",
        ChannelKind::RecoveryEmail => "account_contact-recovery_email",
        ChannelKind::Mobile => "account_contact-mobile",
    }
}

/// What it is for.
const fn hint_of(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::WorkEmail => "account_contact-work_email-hint",
        ChannelKind::RecoveryEmail => "account_contact-recovery_email-hint",
        ChannelKind::Mobile => "account_contact-mobile-hint",
    }
}

impl ShownChannel {
    fn name(&self) -> &'static str {
        name_of(self.kind)
    }

    fn hint(&self) -> &'static str {
        hint_of(self.kind)
    }

    fn path(&self) -> &'static str {
        path_of(self.kind)
    }

    /// What can be done about it: the words of its link.
    fn action(&self) -> Option<&'static str> {
        match (self.kind, &self.address, &self.verified_on, &self.waiting) {
            (_, _, _, Some(_)) => Some("account_contact-type-code"),
            (_, None, _, None) if self.kind != ChannelKind::WorkEmail => Some("account_contact-add"),
            (_, Some(_), None, None) => Some("account_contact-verify"),
            (ChannelKind::RecoveryEmail | ChannelKind::Mobile, ..) => Some("account_contact-change"),
            (ChannelKind::WorkEmail, ..) => None,
        }
    }
}

impl AccountContact {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("account_contact-title")
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Contact)
    }

    fn good_news(&self) -> Option<String> {
        Some(self.frame.t(match self.done? {
            ContactDone::Proved => "account_contact-done-proved",
            ContactDone::Removed => "account_contact-done-removed",
        }))
    }
}
