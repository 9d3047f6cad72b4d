//! `octroi init DIR`: a directory with a configuration that starts, and the two keys that must never be in a database or
//! a backup of it. Nothing that exists is ever overwritten: a lost key is a lost database.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::server::parse_issuer;
use super::tree::quoted;

/// The documented example is what a new installation begins with.
const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/octroi.toml"));

/// The issuer of the example.
pub const DEFAULT_ISSUER: &str = "http://localhost:8080";

const CONFIG_FILE: &str = "octroi.toml";
const SEALING_KEY_FILE: &str = "sealing.key";
const PEPPER_FILE: &str = "pepper.key";

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub config: PathBuf,
    pub sealing_key: PathBuf,
    pub pepper: PathBuf,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file of that name is there.
    #[error("{} exists already; nothing was changed", .0.display())]
    Exists(PathBuf),
    /// The issuer is none.
    #[error("the issuer is refused: {what}; {fix}")]
    Issuer { what: String, fix: String },
    /// The file system says no.
    #[error("{} cannot be written: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Makes `dir` with a configuration for `issuer`, a sealing key and a pepper out of `random`. All or nothing.
pub fn prepare(dir: &Path, issuer: &str, random: &mut dyn FnMut(&mut [u8])) -> Result<Prepared, InitError> {
    parse_issuer(issuer).map_err(|fault| InitError::Issuer { what: fault.what, fix: fault.fix })?;
    let prepared = Prepared {
        config: dir.join(CONFIG_FILE),
        sealing_key: dir.join(SEALING_KEY_FILE),
        pepper: dir.join(PEPPER_FILE),
    };
    for path in [&prepared.config, &prepared.sealing_key, &prepared.pepper] {
        // A dangling link counts as existing.
        if path.symlink_metadata().is_ok() {
            return Err(InitError::Exists(path.clone()));
        }
    }
    create_directory(dir).map_err(|source| InitError::Io { path: dir.to_owned(), source })?;

    let line = format!("issuer = {}", quoted(issuer));
    let config = EXAMPLE.replacen(&format!("issuer = {}", quoted(DEFAULT_ISSUER)), &line, 1);
    let (sealing_key, pepper) = (new_key(random), new_key(random));
    let contents =
        [(&prepared.sealing_key, sealing_key.as_str()), (&prepared.pepper, &pepper), (&prepared.config, &config)];
    for (position, (path, content)) in contents.iter().enumerate() {
        if let Err(error) = create_file(path, content) {
            for (made, _) in contents.iter().take(position) {
                // Best effort: the error that is told is the first one.
                let _ = fs::remove_file(made);
            }
            return Err(error);
        }
    }
    Ok(prepared)
}

/// 256 random bits in base64url, on a line.
fn new_key(random: &mut dyn FnMut(&mut [u8])) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    random(bytes.as_mut_slice());
    let mut line = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    line.push('\n');
    line
}

/// A new directory is its owner's alone; one that exists keeps its mode.
fn create_directory(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// A new file (`O_EXCL`, 0600) that is on the disk when this returns; a failed one is removed again.
fn create_file(path: &Path, content: &str) -> Result<(), InitError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists(path.to_owned()),
        _ => InitError::Io { path: path.to_owned(), source },
    };
    let mut file = options.open(path).map_err(refused)?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(|source| {
        let _ = fs::remove_file(path);
        InitError::Io { path: path.to_owned(), source }
    })
}
