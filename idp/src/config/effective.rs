//! The effective configuration, for `octroi config show`: TOML again, with a note beside each value that the file does
//! not give. Secrets appear as the reference that was configured, never as a value.

use super::problem::Place;

/// The values in the order in which they were read.
#[derive(Debug, Default)]
pub(super) struct Effective {
    lines: Vec<String>,
    heading: Option<(String, usize)>,
}

impl Effective {
    /// Adds one key below `heading`; no `place` means that the default is in force.
    pub fn add(&mut self, heading: (&str, usize), key: &str, value: &str, place: Option<&Place>) {
        if self.heading.as_ref().is_none_or(|(line, index)| (line.as_str(), *index) != heading) {
            if !self.lines.is_empty() {
                self.lines.push(String::new());
            }
            self.lines.push(heading.0.to_owned());
            self.heading = Some((heading.0.to_owned(), heading.1));
        }
        let note = match place {
            Some(Place::Variable(name)) => format!("  # from ${name}"),
            Some(Place::Line(_) | Place::File) => String::new(),
            None => "  # default".into(),
        };
        self.lines.push(format!("{key} = {value}{note}"));
    }

    pub fn into_text(self) -> String {
        self.lines.join("\n") + "\n"
    }
}
