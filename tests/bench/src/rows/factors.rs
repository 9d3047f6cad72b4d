//! Second factors: logins with a code of an authenticator application beside those without, and ten thousand codes through the
//! outbox to a foreign mail server beside logins.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::locale::Locale;
use octroi_idp::domain::notice::{Notice, Recipient, ShownCode};
use octroi_idp::storage::{StoreError, Tx};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::net::TcpStream;
use tokio::time::{Instant, interval};

use super::{Run, furnished, furnished_with};
use crate::process::Server;
use crate::provider::{Provider, ProviderOptions};
use crate::report::{Figures, progress};
use crate::scenario::{self, Extent};
use crate::servers::free_port;
use crate::servers::octroi::Installation;

/// Codes that are queued at once.
const CODES: usize = 10_000;

/// Agents with an authenticator application. A code is used once: nobody's turn comes again within its step.
const CODED_AGENTS: u32 = 1_600;

/// How long they may take before the measurement gives up.
const PATIENCE: Duration = Duration::from_secs(300);

/// Two installations that differ in the second factor alone, in turn.
pub async fn totp(run: &mut Run) -> anyhow::Result<()> {
    let agents = CODED_AGENTS;
    let plain = furnished_with(run, "password", agents).await?;
    let coded = furnished_with(run, "totp", agents).await?;
    let key = coded.hand_out_keys().await?;
    let (plain_server, _) = plain.start(&run.workshop, "password").await?;
    let (coded_server, _) = coded.start(&run.workshop, "totp").await?;
    let without = plain.provider().await?;
    let options = ProviderOptions { totp_key_file: Some(key), ..coded.provider().await?.options.clone() };
    let with = Provider::discover(options).await?;
    let (mut rates, mut yardstick) = (Vec::new(), Vec::new());
    for round in 1..=run.options.rounds {
        progress(&format!("round {round} of {}: logins with and without a code", run.options.rounds));
        yardstick.push(scenario::logins(&without, extent(run, &plain_server)).await?);
        rates.push(scenario::logins(&with, extent(run, &coded_server)).await?);
    }
    plain_server.stop().await?;
    coded_server.stop().await?;
    for measured in rates.iter().chain(&yardstick) {
        let why = measured.first_error.clone().unwrap_or_default();
        ensure!(measured.errors == 0, "{} logins failed: {why}", measured.errors);
    }
    let per_second = |measured: &[crate::measure::Measured]| measured.iter().map(|m| m.rate).collect::<Vec<_>>();
    let name = format!("logins with a code of an authenticator application, {} at a time", run.options.logins);
    run.table.rate(&name, &per_second(&rates), &per_second(&yardstick), &[], "with the password alone");
    Ok(())
}

fn extent(run: &Run, server: &Server) -> Extent {
    let duration = Duration::from_secs(run.options.seconds().min(4));
    Extent { duration, concurrency: run.options.logins, pid: Some(server.pid) }
}

/// Logins with a passkey alone: no password is hashed.
pub async fn passkey(run: &mut Run) -> anyhow::Result<()> {
    progress(&format!("preparing Octroi with {} agents", run.options.agents()));
    let mut installation = Installation::at(&run.workshop, "passkey", "localhost").await?;
    installation.furnish(&run.workshop, run.options.agents()).await?;
    let keys = installation.make_passkeys().await?;
    let (server, _) = installation.start(&run.workshop, "passkey").await?;
    let provider = installation.provider().await?;
    *provider.passkeys.borrow_mut() = keys;
    let mut rounds = Vec::new();
    for round in 1..=run.options.rounds {
        progress(&format!("round {round} of {}: logins with a passkey", run.options.rounds));
        let extent = Extent { concurrency: run.options.connections, ..extent(run, &server) };
        rounds.push(scenario::logins(&provider, extent).await?);
    }
    server.stop().await?;
    for measured in &rounds {
        let why = measured.first_error.clone().unwrap_or_default();
        ensure!(measured.errors == 0, "{} logins failed: {why}", measured.errors);
    }
    let name = format!("logins with a passkey, {} at a time", run.options.connections);
    let rates: Vec<f64> = rounds.iter().map(|m| m.rate).collect();
    run.table.rate(&name, &rates, &[], &[], "");
    let cpu: Vec<f64> = rounds.iter().filter_map(|m| Some(m.cpu? / 1000.0)).collect();
    run.table.plain("processor time of a login with a passkey", &Figures::milliseconds(&cpu), &Figures::text(""));
    for measured in &rounds {
        run.detail.add(&name, measured);
    }
    Ok(())
}

/// Codes on their way beside logins.
pub async fn codes(run: &mut Run) -> anyhow::Result<()> {
    let installation = furnished(run, "codes").await?;
    let port = free_port()?;
    installation.mail_to(port)?;
    let mail = mail_server(run, port).await?;
    let (server, _) = installation.start(&run.workshop, "codes").await?;
    let provider = installation.provider().await?;
    let quiet = scenario::logins(&provider, extent(run, &server)).await?;
    progress(&format!("{CODES} codes"));
    let started = Instant::now();
    queue(&installation).await?;
    let queued = started.elapsed();
    let beside = beside(run, &installation, &provider, &server, started).await?;
    let again = scenario::logins(&provider, extent(run, &server)).await?;
    server.stop().await?;
    mail.stop().await?;
    let Beside { took, rates } = beside;
    let text = |duration: Duration| Figures::text(&format!("{:.1} s", duration.as_secs_f64()));
    run.table.plain(&format!("{CODES} codes, queued"), &text(queued), &Figures::text(""));
    run.table.plain(&format!("{CODES} codes, with a foreign mail server"), &text(took), &Figures::text(""));
    run.table.rate("logins meanwhile", &rates, &[quiet.rate, again.rate], &[], "before and after");
    Ok(())
}

struct Beside {
    took: Duration,
    rates: Vec<f64>,
}

/// Logs agents in until every code has left.
async fn beside(
    run: &Run,
    installation: &Installation,
    provider: &Rc<Provider>,
    server: &Server,
    started: Instant,
) -> anyhow::Result<Beside> {
    let options = SqliteConnectOptions::new().filename(installation.database()).read_only(true);
    let mut connection = options.connect().await?;
    let mut rates = Vec::new();
    loop {
        let sql = "SELECT count(*) FROM outbox WHERE sent_at IS NULL";
        let (waiting,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
        if waiting == 0 {
            let sql = "SELECT max(sent_at) - min(created_at) FROM outbox";
            let (millis,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
            return Ok(Beside { took: Duration::from_millis(u64::try_from(millis)?), rates });
        }
        ensure!(started.elapsed() < PATIENCE, "{waiting} codes have not left after {PATIENCE:?}");
        let extent = Extent { duration: Duration::from_secs(2), ..extent(run, server) };
        rates.push(scenario::logins(provider, extent).await?.rate);
    }
}

/// Puts the codes into the outbox, as logins do, from another process.
async fn queue(installation: &Installation) -> anyhow::Result<()> {
    let app = installation.open().await?;
    let login = &app.web.login;
    let to = Recipient {
        soi: None,
        name: "Camille Essai".to_owned(),
        address: Address::Email("agent@ville.example".to_owned()),
        locale: Locale::default(),
    };
    let valid_for = Duration::from_mins(10);
    for _ in 0..CODES / 100 {
        let now = login.clock.now();
        let put = async |tx: &mut Tx| -> Result<(), StoreError> {
            for _ in 0..100 {
                let notice = Notice::FactorCode { code: ShownCode::new("4821-9037"), valid_for };
                login.outbox.queue(tx, to.clone(), notice, now).await?;
            }
            Ok(())
        };
        login.store.write(put).await?;
    }
    login.store.close().await;
    Ok(())
}

/// aiosmtpd, on the client's core: it takes every mail and keeps none.
async fn mail_server(run: &Run, port: u16) -> anyhow::Result<Server> {
    let mut command = tokio::process::Command::new("/usr/bin/python3");
    let listen = format!("127.0.0.1:{port}");
    command.args(["-m", "aiosmtpd", "-n", "-l", &listen, "-c", "aiosmtpd.handlers.Sink"]);
    let server = Server::start(&mut command, &run.workshop.log("mail"))?;
    let mut look = interval(Duration::from_millis(50));
    for _ in 0..200 {
        look.tick().await;
        if TcpStream::connect(&listen).await.is_ok() {
            return Ok(server);
        }
    }
    Err(anyhow::anyhow!("aiosmtpd does not listen")).context("package python3-aiosmtpd is needed")
}
