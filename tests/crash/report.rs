//! What a campaign has done, in one paragraph: without it nobody would know that the rounds held anything.

use std::collections::BTreeMap;
use std::fmt;

use octroi_idp::domain::time::Stopwatch;

use crate::ledger::Outcome;
use crate::round::Strike;

/// The figures of one engine.
pub struct Report {
    watch: Stopwatch,
    strikes: BTreeMap<Strike, u32>,
    acts: Outcome,
}

impl Report {
    pub fn begin() -> Self {
        Self { watch: Stopwatch::start(), strikes: BTreeMap::new(), acts: Outcome::default() }
    }

    pub fn struck(&mut self, strike: Strike) {
        *self.strikes.entry(strike).or_default() += 1;
    }

    pub fn compared(&mut self, outcome: Outcome) {
        self.acts.acknowledged += outcome.acknowledged;
        self.acts.happened += outcome.happened;
        self.acts.vanished += outcome.vanished;
    }

    /// Whether the rounds held what they are for: acts in numbers, and some of them cut off on either side of the commit.
    pub fn is_worth_something(&self) -> bool {
        let rounds = u64::from(self.strikes.values().sum::<u32>());
        self.acts.acknowledged > 10 * rounds && self.acts.vanished > rounds
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strikes: Vec<String> = self.strikes.iter().map(|(strike, times)| format!("{strike:?} {times}")).collect();
        write!(
            f,
            "killed: {}; acts in the audit: {} acknowledged, {} without an answer of which {} had happened; {:.0} s",
            strikes.join(", "),
            self.acts.acknowledged,
            self.acts.happened + self.acts.vanished,
            self.acts.happened,
            self.watch.seconds()
        )
    }
}
