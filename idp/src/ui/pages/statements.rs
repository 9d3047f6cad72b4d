//! `/accessibilite` and `/confidentialite`: two statements that the law asks for (STANDARDS A11Y-02, GDPR-08, CNILL-06).
//! They say what is the case: no audit has been made, so the state is "non conforme".

use askama::Template;

use crate::ui::Frame;

/// The accessibility statement.
#[derive(Debug, Template)]
#[template(path = "pages/accessibilite.html")]
pub struct Accessibility {
    pub frame: Frame,
}

impl Accessibility {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("accessibility-title")
    }
}

/// The notice about personal data.
#[derive(Debug, Template)]
#[template(path = "pages/confidentialite.html")]
pub struct Privacy {
    pub frame: Frame,
}

impl Privacy {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("privacy-title")
    }

    fn retention(&self) -> String {
        self.frame.t_count("privacy-retention-text", "months", self.frame.branding.log_retention_months)
    }

    fn contact(&self) -> &str {
        let help = &self.frame.branding.help;
        self.frame.branding.privacy_contact.as_deref().or(help.email.as_deref()).unwrap_or(&help.name)
    }
}
