//! The agents' authenticator applications, and the page that asks for their codes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::{Clock, Timestamp};
use octroi_idp::login::totp::{PURPOSE, TotpKey};
use octroi_idp::storage::totp_devices::{self, TotpDevice};
use octroi_idp::storage::{StoreError, Tx};

use crate::browser::{Browser, Page};
use crate::idp::TestIdp;

const STEP: i64 = 30;

/// An agent's telephone with an authenticator application. Clones are the same telephone.
#[derive(Debug, Clone)]
pub struct Authenticator {
    pub key: TotpKey,
    /// The step whose code was read last.
    last: Arc<AtomicI64>,
}

impl Authenticator {
    /// A code that was not read before. Two steps are good at any time; who needs a third one waits for it, so that the
    /// clock moves.
    pub fn next_code(&self, clock: &Clock) -> String {
        let now = clock.now().seconds();
        let step = (self.last.load(Ordering::Relaxed) + 1).max(now / STEP - 1);
        if step > now / STEP {
            let wait = u64::try_from(step * STEP - now).expect("a step ahead");
            clock.advance(Duration::from_secs(wait));
        }
        self.last.store(step, Ordering::Relaxed);
        self.key.code_at(Timestamp::from_seconds(step * STEP)).expect("a code")
    }
}

impl TestIdp {
    /// Gives an agent an authenticator application, as if it had been enrolled at the office some time ago.
    pub async fn enrol_totp(&self, soi: &str) -> Authenticator {
        let login = self.login();
        let (soi, id) = (Soi::from_stored(soi.to_owned()), login.random.uuid());
        let key = TotpKey::generate(&login.random);
        let sealed = login.sealer.seal(PURPOSE, &id, key.reveal(), &login.random);
        let name = "Téléphone".to_owned();
        let device = TotpDevice { id, name, sealed, last_step: 0, created_at: self.clock.now(), last_used_at: None };
        let insert = async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::insert(tx, &soi, &device).await };
        assert!(login.store.write(insert).await.expect("the device is stored"), "as many as one may have");
        Authenticator { key, last: Arc::default() }
    }

    /// Types a code into `/login/factor`, where `page` stands, and follows to the answer or to a page.
    pub async fn give_totp(&self, browser: &Browser, page: &Page, phone: &Authenticator) -> Page {
        assert_eq!(page.url.path(), "/login/factor", "{} {}", page.status, page.body);
        let form = page.form("/login/factor").fill("code", &phone.next_code(&self.clock));
        browser.follow(browser.submit(&form).await).await
    }

    /// Logs in as [`log_in`](Self::log_in) does and gives the second factor that is asked for.
    pub async fn log_in_with_totp(
        &self,
        browser: &Browser,
        url: impl AsRef<str>,
        soi: &str,
        password: &str,
        phone: &Authenticator,
    ) -> Page {
        let page = self.log_in(browser, url, soi, password).await;
        self.give_totp(browser, &page, phone).await
    }
}

/// The key that a page shows for typing: base32 (RFC 4648 §6), in groups.
pub fn typed_key(shown: &str) -> TotpKey {
    const SYMBOLS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for symbol in shown.chars().filter(|symbol| !symbol.is_whitespace()) {
        let value = SYMBOLS.find(symbol).and_then(|place| u32::try_from(place).ok()).expect("a symbol of base32");
        (held, bits) = ((held << 5) | value, bits + 5);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).expect("a byte"));
        }
    }
    TotpKey::from_bytes(bytes.into())
}
