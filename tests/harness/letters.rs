//! What Octroi has queued for people, read as its delivery reads it: with the sealing key of the tests.

use octroi_idp::crypto::seal::Sealer;
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::notice::Notice;
use octroi_idp::domain::secret::KeyBytes;
use octroi_idp::outbox::Letter;

use crate::engine::{Database, Engine};
use crate::idp::{TestIdp, sealing_key};

impl TestIdp {
    /// Every letter that is still kept, oldest first.
    pub async fn letters(&self, database: &Database) -> Vec<Letter> {
        let hex = match database.engine {
            Engine::Sqlite => "lower(hex(sealed))",
            Engine::Postgres => "encode(sealed, 'hex')",
        };
        let rows = database
            .texts(&format!("SELECT id || ' ' || {hex} FROM outbox WHERE sealed IS NOT NULL ORDER BY created_at, id"))
            .await;
        let sealer = Sealer::new(&KeyBytes::new(sealing_key().to_vec())).expect("the sealing key");
        let open = |row: &String| {
            let (id, sealed) = row.split_once(' ').expect("two columns");
            let letter = sealer.open("outbox", id, &bytes(sealed)).expect("a letter of this key");
            serde_json::from_slice(&letter).expect("a letter")
        };
        rows.iter().map(open).collect()
    }

    /// The letters to one address.
    pub async fn letters_to(&self, database: &Database, address: &str) -> Vec<Notice> {
        let letters = self.letters(database).await;
        let is_to = |letter: &Letter| {
            let (Address::Email(to) | Address::Mobile(to)) = &letter.to.address;
            to == address
        };
        letters.into_iter().filter(is_to).map(|letter| letter.notice).collect()
    }

    /// The newest code that was sent to prove this address.
    pub async fn channel_code(&self, database: &Database, address: &str) -> String {
        let letters = self.letters_to(database, address).await;
        let code = letters.into_iter().rev().find_map(|notice| match notice {
            Notice::ChannelCode { code, .. } => Some(code.reveal().to_owned()),
            _ => None,
        });
        code.unwrap_or_else(|| panic!("no code was sent to {address}"))
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}
