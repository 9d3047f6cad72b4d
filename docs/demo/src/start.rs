//! The order of a start: bind everything, run and seed the provider, serve the rest, say so. And the order of the end.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use octroi_idp::domain::time::Clock;
use octroi_idp::login::totp::TotpKey;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::listen::{Bound, bind, serve};
use crate::mailbox::Mailbox;
use crate::portal::place::Origins;
use crate::ports::{Ports, origin, origin_url};
use crate::samples::{self, PASSWORD, SamplePassword, TOTP_KEY, WITH_TOTP};
use crate::{gateway, mailbox, portal, provider, smtp};

/// How long a stop may wait for requests under way (CONTRACT: `server.drain`).
const DRAIN: Duration = Duration::from_secs(10);

/// All sockets of the demo, taken before anything runs.
pub struct Sockets {
    office: Bound,
    nomades: Bound,
    gateway: Bound,
    mailbox: Bound,
    smtp: Bound,
    portal: Bound,
}

impl Sockets {
    /// Takes the four ports, and free ones between gateway and provider and for the mail server.
    pub fn bind(ports: Ports) -> anyhow::Result<Self> {
        Ok(Self {
            office: bind("provider", ports.provider)?,
            gateway: bind("Nomades gateway", ports.gateway)?,
            mailbox: bind("mailbox", ports.mailbox)?,
            portal: bind("portal", ports.portal)?,
            nomades: bind("provider behind the gateway", 0)?,
            smtp: bind("mail server", 0)?,
        })
    }
}

/// A running demo.
pub struct Demo {
    servers: JoinSet<anyhow::Result<()>>,
    stop: watch::Sender<bool>,
    activation_codes: Vec<(String, String)>,
}

impl Demo {
    /// Starts everything on `sockets`, with the provider's files in `data`; `database`: a PostgreSQL instead of a file there.
    pub async fn start(ports: Ports, sockets: Sockets, data: &Path, database: Option<String>) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let time_zone = TimeZone::get("Europe/Paris").context("the time zone Europe/Paris is unknown")?;
        let (stop, stopping) = watch::channel(false);
        let letters = Mailbox::new(clock.clone(), time_zone.clone());
        let upstream = *sockets.nomades.addresses().first().context("no address for the gateway's upstream")?;
        let mail_server = *sockets.smtp.addresses().first().context("no address for the mail server")?;
        let provider = provider::start(
            provider::Settings {
                data: data.to_owned(),
                database,
                ports,
                office: sockets.office,
                nomades: sockets.nomades,
                mailbox: letters.clone(),
                smtp: mail_server.port(),
            },
            stopping.clone(),
        )
        .await
        .context("the provider did not start")?;

        let portal_settings = portal::Settings {
            issuer: origin(ports.provider),
            origins: Origins { office: origin_url(ports.provider)?, home: origin_url(ports.gateway)? },
            own_origin: origin(ports.portal),
            mailbox_origin: origin(ports.mailbox),
            client_secrets: provider.client_secrets,
            time_zone,
        };
        let gateway_settings = gateway::Settings { upstream, home_address: gateway::HOME_ADDRESS };
        let sites = [
            ("portal", sockets.portal, portal::router(portal_settings, clock)?),
            ("gateway", sockets.gateway, gateway::router(&gateway_settings)?),
            ("mailbox", sockets.mailbox, mailbox::router(letters.clone(), &origin(ports.portal))),
        ];
        let mut servers = JoinSet::new();
        let (incoming, smtp_stops) = (letters.clone(), stopping.clone());
        servers.spawn(async move { smtp::serve(sockets.smtp, incoming, smtp_stops).await.context("mail server") });
        servers.spawn(async move { provider.server.await.context("the provider broke off")? });
        for (what, bound, app) in sites {
            let stopping = stopping.clone();
            servers.spawn(async move { serve(bound, app, stopping).await.context(what) });
        }
        let activation_codes =
            provider.activation_codes.iter().map(|(soi, code)| (soi.to_string(), code.reveal().to_owned())).collect();
        Ok(Self { servers, stop, activation_codes })
    }

    /// Says where everything is and who is who, and ends with the line `ready`.
    pub fn announce(&self, out: &mut impl Write, ports: Ports, data: &Path, kept: bool) -> io::Result<()> {
        let places = [
            ("Portal", ports.portal, "start here: log in, open applications, switch between office and home"),
            ("Provider", ports.provider, "the issuer, as seen at the office"),
            ("Nomades gateway", ports.gateway, "the same provider, as seen from home"),
            ("Mailbox", ports.mailbox, "letters, mails and text messages, to whomever they are addressed"),
        ];
        writeln!(out, "Octroi demo\n")?;
        for (what, port, note) in places {
            writeln!(out, "  {what:<16} {:<23} {note}", origin(port))?;
        }
        let fate = if kept { "kept" } else { "removed at the end; --data DIR keeps it" };
        writeln!(out, "  {:<16} {} ({fate})", "Data", data.display())?;
        writeln!(out, "  {:<16} octroictl --config {} …\n", "Administration", data.join("octroi.toml").display())?;
        let agents = samples::agents();
        let width = agents.iter().map(|agent| agent.record.full_name().chars().count()).max().unwrap_or_default();
        writeln!(out, "  {:<6}  {:<width$}  {:<21}  Note", "SOI", "Name", "Password")?;
        let mut agents: Vec<_> = agents.iter().collect();
        agents.sort_by(|a, b| a.record.soi.cmp(&b.record.soi));
        for agent in agents {
            let soi = agent.record.soi.as_str();
            let code = self.activation_codes.iter().find(|(own, _)| own == soi).map(|(_, code)| code.as_str());
            let (password, code) = match (agent.password, code) {
                (SamplePassword::NotActivated, Some(code)) => ("none yet", format!(" ({code})")),
                (SamplePassword::NotActivated, None) => ("none yet", String::new()),
                (SamplePassword::Chosen | SamplePassword::Expired, _) => (PASSWORD, String::new()),
            };
            writeln!(out, "  {soi:<6}  {:<width$}  {password:<21}  {}{code}", agent.record.full_name(), agent.note)?;
        }
        let key = TotpKey::from_bytes(TOTP_KEY.to_vec().into()).for_typing().map_err(io::Error::other)?;
        writeln!(out, "\n  Key of {WITH_TOTP} for an authenticator application: {}", *key)?;
        writeln!(out, "\nready")?;
        out.flush()
    }

    /// Runs until a part ends by itself, which is always a fault.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.servers.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow::Error::new(error),
            Some(Ok(Ok(()))) | None => anyhow::anyhow!("a part of the demo ended by itself"),
        }
    }

    /// Tells every part to stop and waits for the requests under way.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        // Nobody listens any more only when every part has already ended.
        let _ = self.stop.send(true);
        let all_ended = async {
            while let Some(ended) = self.servers.join_next().await {
                ended??;
            }
            Ok(())
        };
        tokio::time::timeout(DRAIN, all_ended).await.unwrap_or(Ok(()))
    }
}
