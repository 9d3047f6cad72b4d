//! After a restart: what the clients know against what is stored. What was in doubt is found out here, once.

use octroi_idp::crypto::hash::hash_token;
use octroi_idp::crypto::keyed::LookupKey;
use octroi_idp::domain::secret::PlainToken;

use crate::client::{Client, Once};
use crate::ledger::act;
use crate::operator::Operator;
use crate::records::Records;

/// The key under which a machine secret is stored.
pub fn stored_as(secret: &str) -> Vec<u8> {
    hash_token(&PlainToken::new(secret)).as_bytes().to_vec()
}

/// Takes what is stored for the truth about what was in doubt; tells where it contradicts what was known.
fn settle_once(known: &mut Once, stored: bool, what: impl FnOnce() -> String, findings: &mut Vec<String>) {
    match (*known, stored) {
        (Once::NotYet, true) => findings.push(format!("TOO MUCH: {}, which nobody did", what())),
        (Once::Done, false) => findings.push(format!("LOST: {}, which was acknowledged", what())),
        _ => {}
    }
    *known = if stored { Once::Done } else { Once::NotYet };
}

/// One client's memory.
pub fn client(client: &mut Client, records: &Records, lookup: &LookupKey, findings: &mut Vec<String>) {
    let number = client.number;
    for (place, session) in client.sessions.iter_mut().enumerate() {
        let of = || format!("session {place} of {} (client {number})", session.soi);
        match records.sessions.get(&stored_as(session.cookie.trim_start_matches("octroi-session="))) {
            None => findings.push(format!("LOST: the acknowledged {}", of())),
            Some(stored) if stored.soi != session.soi => findings.push(format!("{} belongs to {}", of(), stored.soi)),
            Some(stored) => {
                let what = format!("the end of {}", of());
                settle_once(&mut session.ended, stored.ended, || what, findings);
            }
        }
    }
    for (place, code) in client.codes.iter_mut().enumerate() {
        let soi = &client.sessions[code.session].soi;
        match records.codes.get(&stored_as(&code.value)) {
            None => findings.push(format!("LOST: the acknowledged code {place} of {soi} (client {number})")),
            Some(stored) => settle_once(
                &mut code.spent,
                stored.consumed,
                || format!("the spending of code {place} of {soi} (client {number})"),
                findings,
            ),
        }
    }
    for token in &client.tokens {
        let decision = records.codes.get(&stored_as(&client.codes[token.code].value)).map(|code| &code.decision);
        if records.issued.get(&token.jti) != decision {
            findings.push(format!("LOST: no row token.issued for the tokens of code {}", token.code));
        }
    }
    for activation in &mut client.activations {
        let soi = &activation.letter.soi;
        let stored = records.passwords.contains_key(soi);
        settle_once(&mut activation.done, stored, || format!("the activation of {soi}"), findings);
    }
    for mistyped in &mut client.mistyped {
        let attempts = records.attempts.get(lookup.digest("login", &mistyped.soi).as_slice()).copied().unwrap_or(0);
        let key = (act::LOGIN_REFUSED.to_owned(), mistyped.soi.clone());
        let refused = records.counts.get(&key).copied().unwrap_or(0);
        let least = mistyped.answered.max(i64::try_from(refused).unwrap_or(i64::MAX));
        if attempts < least || attempts > mistyped.sent {
            findings.push(format!(
                "THROTTLE: {} attempts of {} answered, {refused} refused in the audit, {attempts} counted, {} sent",
                mistyped.answered, mistyped.soi, mistyped.sent
            ));
        }
        (mistyped.answered, mistyped.sent) = (attempts, attempts);
    }
}

/// The operator's memory.
pub fn operator(operator: &mut Operator, records: &Records, findings: &mut Vec<String>) {
    for import in &mut operator.imports {
        let missing = import.agents.iter().filter(|soi| !records.agents.contains_key(*soi)).count();
        if import.done == Once::Done && missing > 0 {
            findings.push(format!("LOST: {missing} agents of an acknowledged import"));
        }
        for (reason, rows) in &mut import.attempts {
            let stored = records.imports.get(reason).copied().unwrap_or(0);
            let fits = rows.map_or(stored <= 1, |rows| rows == stored);
            if !fits {
                findings.push(format!("IMPORT: {reason}: {stored} rows agents.imported, known are {rows:?}"));
            }
            *rows = Some(stored);
        }
    }
    for suspension in &mut operator.suspensions {
        let soi = suspension.soi().to_owned();
        let stored = records.agents.get(&soi).is_some_and(|employment| employment == "suspended");
        settle_once(&mut suspension.done, stored, || format!("the suspension of {soi}"), findings);
    }
}
