//! Why a message was not delivered, so far or for good. The words are for administrators: they hold no content and no
//! code, and an address only masked.

use std::fmt;

/// The longest explanation that is kept.
const LONGEST: usize = 300;

/// What a failed attempt means for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback {
    /// This message will never be taken: another attempt is of no use.
    Refused,
    /// This message was not taken now; others may be.
    Deferred,
    /// Nothing gets through: the server or the gateway is away, or does not let us in.
    Away,
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    pub setback: Setback,
    /// For administrators, on one line.
    pub why: String,
}

impl Undelivered {
    pub fn new(setback: Setback, why: impl AsRef<str>) -> Self {
        Self { setback, why: one_line(why.as_ref()) }
    }

    /// The same without this address, which a server may have repeated.
    #[must_use]
    pub fn masking(mut self, address: &str, masked: &str) -> Self {
        if !address.is_empty() {
            self.why = self.why.replace(address, masked).replace(&address.to_lowercase(), masked);
        }
        self
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// What a foreign server said, without line breaks and of bounded length.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_said_is_one_bounded_line_without_the_address() {
        let said = format!("550 <Camille@ville.example>:\r\n\u{1b}[31mno such user {}", "x".repeat(1000));
        let told = Undelivered::new(Setback::Refused, said).masking("Camille@ville.example", "C…e@ville.example");
        assert!(told.why.starts_with("550 <C…e@ville.example>: [31mno such user xxx"), "{told}");
        assert!(told.why.chars().count() <= LONGEST && !told.why.contains(char::is_control));
    }
}
