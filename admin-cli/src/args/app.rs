//! `octroictl app …`

use clap::{Args, Subcommand};
use octroi_idp::domain::application::{ClientAuthMethod, SigningAlg};
use octroi_idp::domain::zone::NetworkZone;

/// What is done with applications.
#[derive(Debug, Subcommand)]
pub enum AppVerb {
    /// Register an application; its secret is printed once
    #[command(after_help = "Example:\n  octroictl app add mesdemandes --name MesDemandes \\\n      \
        --redirect-uri https://mesdemandes.ville.example/callback --zones internal,nomades")]
    Add {
        /// The client_id: letters, digits, dots, dashes and underscores
        id: String,
        #[command(flatten)]
        registration: Registration,
    },
    /// Show one application
    Show {
        /// The client_id
        id: String,
    },
    /// List all applications
    List,
    /// Change an application; what is not given stays, a list replaces the list, '' clears
    #[command(after_help = "Examples:\n  octroictl app set gis --departments 40,41\n  \
        octroictl app set portal --disabled --reason 'maintenance'\n  octroictl app set portal --disabled=false")]
    Set {
        /// The client_id
        id: String,
        #[command(flatten)]
        registration: Registration,
    },
    /// Draw a new secret, printed once; the old one stops working now
    RotateSecret {
        /// The client_id
        id: String,
    },
    /// Remove an application with its grants and codes
    Remove {
        /// The client_id
        id: String,
    },
}

/// What an administrator registers.
#[derive(Debug, Args)]
pub struct Registration {
    /// The name that agents read
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Where codes are sent, compared character by character (repeatable)
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Option<Vec<String>>,
    /// Where agents may be sent after logout (repeatable)
    #[arg(long = "post-logout-uri", value_name = "URI")]
    pub post_logout_uris: Option<Vec<String>>,
    /// The application's front page, for "back to the application"
    #[arg(long, value_name = "URI")]
    pub home_uri: Option<String>,
    /// A public client (a program on the agent's machine): no secret, PKCE required
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub public: Option<bool>,
    /// How it authenticates: client_secret_basic (default) or client_secret_post
    #[arg(long, value_name = "METHOD")]
    pub auth_method: Option<ClientAuthMethod>,
    /// Grant (repeatable) [default: authorization_code]
    #[arg(long = "grant", value_name = "GRANT")]
    pub grants: Option<Vec<String>>,
    /// Zones from which it opens: internal, or internal,nomades. A new application opens from internal only
    #[arg(long, value_name = "ZONES", value_delimiter = ',')]
    pub zones: Option<Vec<NetworkZone>>,
    /// Departments for which it opens, such as 40,41 [default: all]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub departments: Option<Vec<String>>,
    /// Scopes that it may ask for [default: openid,profile,email,agent]
    #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
    pub scopes: Option<Vec<String>>,
    /// A waiver can open it from nomades although it is internal only
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub waiver_possible: Option<bool>,
    /// The lowest acr it accepts: eidas1, eidas1-mfa, eidas2, eidas3; '' for none
    #[arg(long, value_name = "ACR")]
    pub min_acr: Option<String>,
    /// Signature of its ID tokens: ES256 (default) or RS256
    #[arg(long, value_name = "ALG")]
    pub id_token_alg: Option<SigningAlg>,
    /// Whether the zone claims stand in the ID token too [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub zone_in_id_token: Option<bool>,
    /// Whether PKCE is required [default: true]; without it a confidential client must send a nonce
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub require_pkce: Option<bool>,
    /// Closed for everybody, for a time
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub disabled: Option<bool>,
}
