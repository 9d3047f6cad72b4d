//! A foreign mail server, aiosmtpd: STARTTLS, a login, and whom the certificate must name. Without it these tests fail, and say
//! what to install; only `OCTROI_TEST_QUICK=1` lets them pass with a notice.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use harness::mail::{FROM, ReceivedMail};
use octroi_idp::directory::{MessageQuery, MessageState};
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::locale::Locale;
use octroi_idp::domain::notice::{Notice, Recipient, ShownCode};
use octroi_idp::storage::{StoreError, Tx};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::*;

/// Debian's interpreter, for which its packages are.
const PYTHON: &str = "/usr/bin/python3";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/edge/mail_server.py");
const PASSWORD: &str = "Rouge-gorge-42";

/// The server, its folder with `tls.pem`, and what it prints.
struct Foreign {
    port: u16,
    folder: TempDir,
    printed: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Foreign {
    /// `None` only in quick mode on a machine without it. The certificate names `name`.
    async fn start(name: &str) -> Option<Self> {
        let probe = Command::new(PYTHON).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().await;
        if !probe.is_ok_and(|status| status.success()) {
            let quick = harness::engine::variable(harness::engine::QUICK).as_deref() == Some("1");
            assert!(
                quick,
                "python3-aiosmtpd is not installed, so there is no foreign mail server to test with. Run `tests/run`, which \
                 installs it; or set {}=1 to leave it out.",
                harness::engine::QUICK
            );
            println!("NOT TESTED with a foreign mail server: python3-aiosmtpd is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary directory");
        tls::write_certificate(&folder, name);
        let port = free_port();
        let mut process = Command::new(PYTHON)
            .arg(SCRIPT)
            .arg(port.to_string())
            .args(["tls.pem", "tls.key", "octroi", PASSWORD])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the mail server starts");
        let printed = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut foreign = Self { port, folder, printed, _process: process };
        assert_eq!(foreign.line().await, "ready");
        Some(foreign)
    }

    async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.printed.next_line()).await.expect("a line in time");
        line.expect("its output").expect("the mail server runs")
    }

    /// A provider that sends its mails here, with these keys.
    async fn idp(&self, database: &Database, keys: &str) -> TestIdp {
        let secret = self.folder.path().join("smtp.password");
        std::fs::write(&secret, PASSWORD).expect("the secret");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("mode 0600");
        let mail =
            format!("[mail]\nhost = \"localhost\"\nport = {}\nfrom = \"{FROM}\"\ntimeout = \"10s\"\n{keys}", self.port);
        let mail = mail.replace("FOLDER", self.folder.path().to_str().expect("a readable path"));
        TestIdp::start_with(database, &mail).await
    }
}

const LOGIN: &str = "username = \"octroi\"\npassword = { file = \"FOLDER/smtp.password\" }\n";
const TRUST: &str = "ca = \"FOLDER/tls.pem\"\n";

async fn queue(idp: &TestIdp) {
    let address = Address::Email("ines.marchand@ville.example".into());
    let to = Recipient { soi: None, name: "Inès \"Zoé\" Marchand".into(), address, locale: Locale::Fr };
    let notice = Notice::ResetCode { code: ShownCode::new("4821-9037"), valid_for: Duration::from_hours(2) };
    let (outbox, now) = (idp.directory.outbox(), idp.clock.now());
    let queue =
        async |tx: &mut Tx| -> Result<String, StoreError> { outbox.queue(tx, to.clone(), notice.clone(), now).await };
    idp.login().store.write(queue).await.expect("a queued message");
}

/// Why the message could not be sent, after one attempt.
async fn setback(idp: &TestIdp) -> String {
    let mut ticks = tokio::time::interval(Duration::from_millis(25));
    let failed = async {
        loop {
            let query = MessageQuery { state: Some(MessageState::Waiting), limit: 1, ..MessageQuery::default() };
            let mut messages = idp.directory.list_messages(&query).await.expect("the list");
            if let Some(why) = messages.pop().and_then(|message| message.last_error) {
                return why;
            }
            ticks.tick().await;
        }
    };
    timeout(PATIENCE, failed).await.expect("an attempt in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_server_takes_our_mails_over_starttls_after_a_login() {
    let Some(mut foreign) = Foreign::start("localhost").await else { return };
    let (database, _remains) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
    let idp = foreign.idp(&database, &format!("{LOGIN}{TRUST}")).await;
    for _ in 0..2 {
        queue(&idp).await;
        let mail: Value = serde_json::from_str(&foreign.line().await).expect("JSON");
        assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &true.into()));
        assert_eq!((&mail["from"], &mail["to"][0]), (&FROM.into(), &"ines.marchand@ville.example".into()));
        let raw = mail["raw"].as_str().expect("a mail");
        let read = ReceivedMail::parse(FROM, "", raw.as_bytes());
        assert_eq!(read.code().as_deref(), Some("4821-9037"), "{raw}");
        assert!(read.text.starts_with("Bonjour Inès \"Zoé\" Marchand,"), "{}", read.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_and_no_password_goes_to_a_server_that_is_not_the_one_it_says() {
    for (name, keys) in [("localhost", LOGIN.to_owned()), ("other.ville.example", format!("{LOGIN}{TRUST}"))] {
        let Some(foreign) = Foreign::start(name).await else { return };
        let (database, _remains) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
        let idp = foreign.idp(&database, &keys).await;
        queue(&idp).await;
        let why = setback(&idp).await;
        assert!(why.starts_with("STARTTLS: ") && why.to_lowercase().contains("certificate"), "{name}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_no_login_keep_the_mails_waiting() {
    let Some(foreign) = Foreign::start("localhost").await else { return };
    let wrong = "username = \"octroi\"\npassword = { file = \"FOLDER/wrong.password\" }\n";
    let file = foreign.folder.path().join("wrong.password");
    std::fs::write(&file, "Hirondelle").expect("the secret");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("mode 0600");
    for (keys, step) in [(wrong, "logging in to the mail server: 535"), ("", "MAIL FROM: 530")] {
        let (database, _remains) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
        let idp = foreign.idp(&database, &format!("{keys}{TRUST}")).await;
        queue(&idp).await;
        let why = setback(&idp).await;
        assert!(why.starts_with(step) && !why.contains("Hirondelle"), "{why}");
    }
}
