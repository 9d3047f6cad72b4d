//! What Octroi has queued for people, read as its delivery reads it: with the sealing key of the tests.

use octroi_idp::crypto::seal::Sealer;
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::notice::{Alarm, Notice};
use octroi_idp::domain::secret::KeyBytes;
use octroi_idp::outbox::Letter;

use crate::engine::{Database, Engine};
use crate::idp::{TestIdp, sealing_key};

/// Every letter that is still kept, oldest first.
pub async fn letters(database: &Database) -> Vec<Letter> {
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

impl TestIdp {
    /// Every letter that is still kept, oldest first.
    pub async fn letters(&self, database: &Database) -> Vec<Letter> {
        letters(database).await
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

/// The code of the newest message that carries a reset code, and where it goes.
pub async fn reset_code(database: &Database) -> Option<(String, String)> {
    letters(database).await.into_iter().rev().find_map(|letter| match letter.notice {
        Notice::ResetCode { code, .. } => Some((code.reveal().to_owned(), letter.to.address.as_str().to_owned())),
        _ => None,
    })
}

/// Reference and code of the newest message with which "this was not me" can be said.
pub async fn alarm(database: &Database) -> Option<(String, String)> {
    letters(database).await.into_iter().rev().find_map(|letter| match letter.notice {
        Notice::PasswordChanged { alarm, .. }
        | Notice::PasswordReset { alarm, .. }
        | Notice::ResetCodeIssued { alarm, .. }
        | Notice::ChannelChanged { alarm, .. } => {
            let Alarm { reference, code } = alarm;
            Some((reference, code.reveal().to_owned()))
        }
        _ => None,
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}
