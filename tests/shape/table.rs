//! The tables: the shape of the house. Read them top to bottom; nobody imports upwards.
//!
//! main → app → web, jobs → login, oauth, directory → outbox → storage, ephemeral, crypto, notify, outbound, network → domain
//!               web → ui → i18n → domain

/// Who may import whom, inside `idp` and from the members that use it. A layer may always import itself.
pub const LAYERS: &[(&str, &str)] = &[
    // Other programs: the command line and the demo meet the library at its composition root.
    ("admin-cli", "app config directory network domain"),
    ("demo", "app config directory login storage domain"),
    // The binary reads arguments and hands over.
    ("main", "app config directory telemetry domain"),
    // The crate map imports nothing.
    ("lib", ""),
    // The composition root knows everybody.
    (
        "app",
        "web jobs login oauth directory outbox storage ephemeral crypto notify outbound network ui config telemetry domain",
    ),
    // The edges: HTTP, and what runs by the clock.
    ("web", "login oauth directory outbox storage ephemeral crypto notify outbound network ui i18n telemetry domain"),
    ("jobs", "login oauth directory outbox storage ephemeral crypto notify outbound network telemetry domain"),
    // What Octroi does. These three meet only in `domain`.
    ("login", "outbox storage ephemeral crypto notify outbound network domain"),
    ("oauth", "storage ephemeral crypto notify outbound network domain"),
    ("directory", "outbox storage ephemeral crypto notify outbound network domain"),
    // What is told is queued with the act that it tells of, and sent later.
    ("outbox", "storage crypto notify outbound domain"),
    // Becomes small settings structs in `app`, and asks `crypto` whether a certificate and a key belong together.
    ("config", "crypto domain"),
    // What it does it with. These do not know each other.
    ("storage", "domain"),
    ("ephemeral", "domain"),
    ("crypto", "domain"),
    ("notify", "i18n domain"),
    ("outbound", "domain"),
    ("network", "domain"),
    // Pages decide nothing; `telemetry` sets up logs and metrics.
    ("ui", "i18n domain"),
    // The words of both languages
    ("i18n", "domain"),
    ("telemetry", "domain"),
    // Plain data and pure rules.
    ("domain", ""),
];

/// Layers without I/O: they use nothing of [`THE_WORLD`].
pub const PURE: &[&str] = &["domain", "network"];

/// Where the world begins.
pub const THE_WORLD: &[&str] = &["tokio", "std::fs", "std::process", "std::thread", "std::env"];

/// The home of each third-party crate: a folder or a module (`crypto/jwt` is `jwt.rs` or `jwt/`). Tests may use any.
pub const HOMES: &[(&str, &str)] = &[
    // HTTP
    ("axum", "idp/src/web docs/demo/src"),
    ("axum_server", "idp/src/web"),
    ("pin_project_lite", "idp/src/web/listen"),
    ("tower", "idp/src/web"),
    ("reqwest", "idp/src/outbound docs/demo/src"),
    // A foreign client judges us, so the server does not use it to write what it reads.
    ("openidconnect", "docs/demo/src"),
    // State
    ("sqlx", "idp/src/storage"),
    ("redis", "idp/src/ephemeral"),
    ("hashlink", "idp/src/oauth/userinfo"),
    // Cryptography
    ("argon2", "idp/src/crypto/password"),
    ("rustix", "idp/src/crypto/password"),
    ("aws_lc_rs", "idp/src/crypto"),
    ("xorf", "idp/src/crypto/breach"),
    ("zxcvbn", "idp/src/domain/password_policy"),
    ("jsonwebtoken", "idp/src/crypto/jwt"),
    ("rustls", "idp/src/crypto/tls"),
    ("tokio_util", "idp/src/web/listen"),
    ("tokio_rustls", "idp/src/web/listen/tls idp/src/web/listen/accept"),
    ("qrcode", "idp/src/ui/qr"),
    ("totp_rs", "idp/src/login/totp"),
    ("webauthn_rs", "idp/src/login/passkey"),
    ("webauthn_rs_proto", "idp/src/login/passkey"),
    // Pages, mail
    ("askama", "idp/src/ui idp/src/notify docs/demo/src"),
    ("fluent_bundle", "idp/src/i18n idp/src/ui idp/src/notify"),
    ("unic_langid", "idp/src/i18n"),
    ("lettre", "idp/src/notify"),
    // A foreign reader judges our mails.
    ("mail_parser", "docs/demo/src"),
    // Configuration
    ("toml", "idp/src/config"),
    ("regex", "idp/src/config idp/src/domain/soi"),
    // Telemetry
    ("metrics_exporter_prometheus", "idp/src/telemetry"),
    ("tracing_subscriber", "idp/src/telemetry docs/demo/src"),
    // Command lines
    ("anyhow", "idp/src/main admin-cli/src docs/demo/src"),
    ("clap", "idp/src/main admin-cli/src docs/demo/src"),
    ("csv", "admin-cli/src"),
    ("indicatif", "admin-cli/src"),
    ("rpassword", "admin-cli/src"),
    ("uzers", "idp/src/app/operator"),
];

/// Crates that any module may use (what is pure stays pure, see [`PURE`]).
pub const ANYWHERE: &[&str] = &[
    "arc_swap",
    "base64",
    "form_urlencoded",
    "ipnet",
    "jiff",
    "metrics",
    "serde",
    "serde_json",
    "subtle",
    "tempfile",
    "thiserror",
    "tokio",
    "tracing",
    "unicode_normalization",
    "url",
    "uuid",
    "zeroize",
];

/// Crates of the tests, also of those inside `idp`.
pub const TESTS_ONLY: &[&str] = &["http", "httparse", "insta", "proptest", "rcgen", "tempfile"];

/// The members of the workspace themselves.
pub const OURS: &[&str] = &["octroi_idp", "octroi_admin_cli", "octroi_tests"];
