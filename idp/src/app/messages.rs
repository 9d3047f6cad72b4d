//! The ways of mails and text messages, and their words, from the configuration.

use std::sync::Arc;

use super::{StartError, Surroundings};
use crate::config::{Config, MailConfig, MailSecurity, SmsBody, SmsConfig};
use crate::crypto::seal::Sealer;
use crate::notify::smtp::{Relay, RelaySettings, Security};
use crate::notify::{Names, Support, Words};
use crate::outbound::sms::{Body, Gateway, GatewaySettings};
use crate::outbox::delivery::{Delivery, Ways};
use crate::storage::Store;

/// Who sends what was queued.
pub fn delivery(
    config: &Config,
    store: Store,
    around: &Surroundings,
    sealer: Arc<Sealer>,
) -> Result<Delivery, StartError> {
    let mail = config.mail.as_ref().map(|mail| Relay::new(relay_settings(config, mail))).transpose()?;
    let sms = config.sms.as_ref().map(|sms| Gateway::new(gateway_settings(sms))).transpose()?;
    Ok(Delivery {
        store,
        clock: around.clock.clone(),
        random: around.random.clone(),
        sealer,
        words: Words::new(names(config)),
        ways: Arc::new(Ways { mail, sms }),
        shut: Arc::default(),
    })
}

fn names(config: &Config) -> Names {
    let help = &config.help;
    Names {
        product: config.brand.product.clone(),
        organisation: config.brand.organisation.clone(),
        issuer: config.server.issuer.clone(),
        support: Support { name: help.name.clone(), phone: help.phone.clone(), hours: help.hours.clone() },
        time_zone: config.identity.time_zone.clone(),
    }
}

fn relay_settings(config: &Config, mail: &MailConfig) -> RelaySettings {
    let issuer = config.server.issuer.split_once("://").map_or("", |(_, authority)| authority);
    RelaySettings {
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security {
            MailSecurity::StartTls => Security::StartTls,
            MailSecurity::Tls => Security::Tls,
            MailSecurity::Clear => Security::Clear,
        },
        login: mail.login.clone(),
        from: mail.from.clone(),
        from_name: mail.from_name.clone().unwrap_or_else(|| config.brand.product.clone()),
        reply_to: mail.reply_to.clone(),
        hello: issuer.split(':').next().filter(|host| !host.starts_with('[')).unwrap_or("localhost").to_owned(),
        timeout: mail.timeout,
        authorities: mail.authorities.clone(),
    }
}

fn gateway_settings(sms: &SmsConfig) -> GatewaySettings {
    GatewaySettings {
        url: sms.url.clone(),
        body: match sms.body.clone() {
            SmsBody::Json(value) => Body::Json(value),
            SmsBody::Form(fields) => Body::Form(fields),
        },
        header: sms.header.clone(),
        idempotency_header: sms.idempotency_header.clone(),
        timeout: sms.timeout,
        allow: sms.allow.clone(),
        authorities: sms.authorities.clone(),
    }
}
