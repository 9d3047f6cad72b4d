//! `/diagnostic`: what Octroi sees of this workstation. A stranger reads only their own address and zone.

use axum::http::StatusCode;
use axum::response::Response;

use crate::network::{self, Why};
use crate::ui::pages::diagnostic::{Diagnostic, DiagnosticDetails, Hop, HopRole, ZoneWhy};
use crate::web::Visitor;
use crate::web::error::Failure;

/// Shows the page.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let decision = &visitor.context.decision;
    let details = visitor.session().await?.map(|_| DiagnosticDetails {
        listener: visitor.context.listener.clone(),
        hops: decision.hops.iter().map(hop).collect(),
        secure: visitor.web.settings.secure,
        browser: visitor.user_agent.clone(),
        cookies_received: !visitor.browser_is_new,
        server_time: visitor.web.login.clock.now().to_local(&visitor.web.settings.time_zone),
        request_id: visitor.context.request_id.to_string(),
    });
    let page = Diagnostic {
        frame: visitor.frame(),
        why: why(decision.why),
        client_address: decision.client_address.map(|a| a.to_string()),
        details,
    };
    visitor.page(StatusCode::OK, &page, None)
}

fn hop(hop: &network::Hop) -> Hop {
    Hop {
        address: hop.address.map_or_else(|| "–".to_owned(), |a| a.to_string()),
        role: match hop.role {
            network::HopRole::TrustedProxy => HopRole::TrustedProxy,
            network::HopRole::Client => HopRole::Client,
            network::HopRole::Unreadable => HopRole::Ignored,
        },
        // The address's own explanation is for administrators (`octroictl zone explain`); agents read where it stood.
        note: match hop.seen_in {
            network::Contact::Peer => String::new(),
            network::Contact::Forwarded => "Forwarded".to_owned(),
            network::Contact::XForwardedFor => "X-Forwarded-For".to_owned(),
            network::Contact::ProxyV2 => "PROXY v2".to_owned(),
        },
    }
}

const fn why(why: Why) -> ZoneWhy {
    match why {
        Why::InternalAddress => ZoneWhy::Inside,
        Why::OutsideInternal => ZoneWhy::Outside,
        Why::NeverInternal => ZoneWhy::Excluded,
        Why::ListenerCeiling => ZoneWhy::Ceiling,
        _ => ZoneWhy::Unknown,
    }
}
