//! Tests of the configuration, by theme. [`Folder`] is a configuration directory with sound keys; [`MINIMAL`] is the
//! smallest sound file, to which a test adds what it is about.

mod environment;
mod examples;
mod init;
mod listeners;
mod messages;
mod passwords;
mod reporting;
mod secrets;
mod values;

use std::path::{Path, PathBuf};

use super::{Config, Problem, Report, Severity};

/// Line 1 is `[server]`, line 2 the issuer… and [`ADDED_LINE`] the first line that a test adds.
const MINIMAL: &str = "\
[server]
issuer = \"https://login.ville.example\"
[[listener]]
name = \"office\"
bind = \"127.0.0.1:8080\"
[keys]
sealing_key = { file = \"sealing.key\" }
";

/// [`MINIMAL`] without its `[password]` section, which stands last so that tests can go on in it.
const PASSWORD: &str = "[password]\npepper = { file = \"pepper.key\" }\n";

/// Where text added by [`Folder::load_with`] begins.
const ADDED_LINE: usize = 10;

/// Two different keys of 32 bytes.
const SEALING_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const PEPPER: &str = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA=\n";

/// A directory with `sealing.key` and `pepper.key`, removed at the end of the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write_secret("sealing.key", SEALING_KEY);
        folder.write_secret("pepper.key", PEPPER);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn write_secret(&self, name: &str, content: &str) {
        set_mode(&self.write(name, content), 0o600);
    }

    /// Writes `tls.pem` and `tls.key`, a certificate for these names made by `change`.
    fn write_certificate(&self, names: &[&str], change: impl FnOnce(&mut rcgen::CertificateParams)) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = rcgen::KeyPair::generate().unwrap();
        self.write("tls.pem", params.self_signed(&key).unwrap().pem());
        self.write_secret("tls.key", &key.serialize_pem());
    }

    /// Writes `breach.filter` with one password in it.
    fn write_breach_filter(&self) {
        use crate::crypto::breach::{Draft, InputFormat, build};
        let file = self.path("breach.filter");
        build(&b"motdepasse\n"[..], InputFormat::Clear, &file, |_| {}).and_then(Draft::put_in_place).unwrap();
    }

    /// Loads exactly `text`.
    fn load(&self, text: &str, environment: &[(&str, &str)]) -> Result<Config, Report> {
        let path = self.write("octroi.toml", text);
        Config::load(&path, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    /// Loads the minimal file and `added`.
    fn load_with(&self, added: &str) -> Result<Config, Report> {
        self.load(&format!("{MINIMAL}{PASSWORD}{added}"), &[])
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn errors(report: &Report) -> Vec<&Problem> {
    report.problems.iter().filter(|p| p.severity == Severity::Error).collect()
}

/// The one error of the minimal file with `added`.
fn the_error(added: &str) -> Problem {
    let report = Folder::new().load_with(added).expect_err(added);
    let errors = errors(&report);
    assert_eq!(errors.len(), 1, "{added}\n{report}");
    errors[0].clone()
}

/// The keys with a warning in the minimal file with `added`.
fn warned_keys(added: &str) -> Vec<String> {
    let config = Folder::new().load_with(added).unwrap_or_else(|report| panic!("{added}\n{report}"));
    config.warnings().iter().map(|warning| warning.key.clone()).collect()
}

fn assert_sound(added: &str) -> Config {
    Folder::new().load_with(added).unwrap_or_else(|report| panic!("{added}\n{report}"))
}
