//! `/account/activity`: what happened to the account and who did it, page by page. The sentences are made in
//! [`activity`](crate::ui::activity).

use askama::Template;

use super::account::{NavigationEntry, Section, navigation};
use crate::ui::Frame;
use crate::ui::activity::ActivityEntry;

/// One page of events.
#[derive(Debug, Template)]
#[template(path = "pages/account_activity.html")]
pub struct AccountActivity {
    pub frame: Frame,
    /// Newest first.
    pub entries: Vec<ActivityEntry>,
    /// The next page holds events before this one.
    pub older: Option<i64>,
    /// These are the newest.
    pub is_first: bool,
}

impl AccountActivity {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("account_activity-title")
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Activity)
    }
}
