//! How long work shows that it goes on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// While agents are written.
pub const AGENTS: &str = "writing  {wide_bar} {pos}/{len} agents";

/// A progress bar on standard error, hidden where nobody looks at a terminal.
pub fn bar(is_shown: bool, length: u64, template: &str) -> ProgressBar {
    if !is_shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
