//! Mails and text messages on the wire, whatever the other side does.

use std::time::Duration;

use harness::engine::Database;
use harness::idp::TestIdp;
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::locale::Locale;
use octroi_idp::domain::notice::{Notice, Recipient, ShownCode};
use octroi_idp::storage::{StoreError, Tx};

harness::for_each_engine![a_queued_mail_arrives_at_once_and_once];

/// Queues a reset code for this address; answers the message's id.
async fn queue(idp: &TestIdp, address: Address, code: &str) -> String {
    let to = Recipient { soi: None, name: "Inès Marchand".into(), address, locale: Locale::Fr };
    let notice = Notice::ResetCode { code: ShownCode::new(code), valid_for: Duration::from_hours(2) };
    let (outbox, now) = (idp.directory.outbox(), idp.clock.now());
    let queue =
        async |tx: &mut Tx| -> Result<String, StoreError> { outbox.queue(tx, to.clone(), notice.clone(), now).await };
    idp.login().store.write(queue).await.expect("a queued message")
}

fn mail_to(address: &str) -> Address {
    Address::Email(address.to_owned())
}

async fn a_queued_mail_arrives_at_once_and_once(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    let id = queue(&idp, mail_to("ines@ville.example"), "4821-9037").await;
    let mail = idp.mail().next_to("ines@ville.example").await;
    assert_eq!(mail.message_id, format!("{id}@ville.example"));
    assert_eq!(mail.code().as_deref(), Some("4821-9037"), "{}", mail.text);
}
