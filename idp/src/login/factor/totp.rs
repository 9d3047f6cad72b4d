//! A code of an authenticator application, as the second factor of a session.

use super::given::{Evidence, Given, WrongFactor};
use crate::crypto::short_code::PlainCode;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::confirmation::Held;
use crate::login::totp::{DIGITS, PURPOSE, TotpKey};
use crate::login::{Login, LoginError, Visit};
use crate::storage::Tx;
use crate::storage::totp_devices::{self, TotpDevice};

impl Login {
    /// Tries a code of any of the agent's applications.
    pub async fn give_totp(&self, held: Held<'_>, typed: &str, visit: Visit<'_>) -> Result<Given, LoginError> {
        let Some(code) = PlainCode::typed_digits(typed, DIGITS) else { return Ok(Given::Wrong(WrongFactor::Shape)) };
        self.give(held, &Evidence::Totp(code), visit).await
    }

    /// Uses a code, once; the attempt was taken by the caller.
    pub(in crate::login) async fn use_totp(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        code: &PlainCode,
        now: Timestamp,
    ) -> Result<Result<(), WrongFactor>, LoginError> {
        let devices = totp_devices::of_agent(tx, soi).await?;
        if devices.is_empty() {
            return Ok(Err(WrongFactor::NotThere));
        }
        let mut wrong = WrongFactor::Wrong;
        for device in &devices {
            if let Some(step) = self.totp_key(device)?.step_of(code, now)? {
                if totp_devices::use_step(tx, &device.id, step, now).await? {
                    return Ok(Ok(()));
                }
                wrong = WrongFactor::Used;
            }
        }
        Ok(Err(wrong))
    }

    pub(in crate::login) fn totp_key(&self, device: &TotpDevice) -> Result<TotpKey, LoginError> {
        Ok(TotpKey::from_bytes(self.sealer.open(PURPOSE, &device.id, &device.sealed)?))
    }
}
