//! Secrets: only as `{ file = "…" }` or `{ env = "…" }`, read here and nowhere else.
//!
//! A key file holds base64 (standard or URL alphabet, padding optional) of at least 32 bytes, white space around it
//! ignored; a password file holds the password. A file that others than its owner may touch is refused. No value of a
//! secret, however wrong, may appear in a fault.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::problem::Fault;
use super::reader::Reader;
use super::section::{Section, text_of};
use super::tree::{Node, Value, quoted};
use crate::domain::secret::{KeyBytes, PlainToken};

/// 256 bits: what AES-256, HMAC-SHA256 and HKDF-SHA256 are keyed with.
const MIN_KEY_BYTES: usize = 32;

/// More is no secret.
const MAX_FILE_BYTES: u64 = 64 * 1024;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A key that must be there. `file_name` is what `octroi init` calls its file.
pub(super) fn required_key(section: &Section<'_>, key: &'static str, file_name: &str) -> Option<KeyBytes> {
    if section.find(key).is_none() {
        section.report_missing(key, &format!("{key} = {{ file = {} }}", quoted(file_name)));
        return None;
    }
    let (content, source) = read(section, key)?;
    section.judge(key, decode_key(&content, &source))
}

/// A password for somebody else's door, which may be absent.
pub(super) fn optional_password(section: &Section<'_>, key: &'static str) -> Option<PlainToken> {
    read(section, key).map(|(content, _)| PlainToken::new(content.as_str()))
}

/// Where a secret is kept.
enum Source {
    File(PathBuf),
    Variable(String),
}

impl Source {
    fn spell(&self) -> String {
        match self {
            Self::File(path) => format!("the file {}", path.display()),
            Self::Variable(name) => format!("the variable {name}"),
        }
    }
}

fn read(section: &Section<'_>, key: &'static str) -> Option<(Zeroizing<String>, Source)> {
    let node = section.find(key)?;
    let (source, shown) = section.judge(key, source_of(section.reader, node))?;
    section.show(key, shown, Some(&node.place));
    let content = section.judge(key, fetch(section.reader, &source))?;
    Some((content, source))
}

/// The source, and how it is shown.
fn source_of(reader: &Reader, node: &Node) -> Result<(Source, String), Fault> {
    const FIX: &str = "write { file = \"…\" } or { env = \"…\" }";
    let Value::Table(table) = &node.value else {
        return Err(Fault::new("a secret never stands in the configuration itself", FIX));
    };
    if let Some(other) = table.keys().find(|key| !["file", "env"].contains(&key.as_str())) {
        let other: String = other.chars().filter(|c| !c.is_control()).take(60).collect();
        return Err(Fault::new(format!("a secret has no key {other:?}"), FIX));
    }
    let shown = |key: &str, text: &str| format!("{{ {key} = {} }}", quoted(text));
    match (table.get("file"), table.get("env")) {
        (Some(file), None) => {
            let text = text_of(file)?;
            Ok((Source::File(reader.resolve(&text)), shown("file", &text)))
        }
        (None, Some(variable)) => {
            let text = text_of(variable)?;
            Ok((Source::Variable(text.clone()), shown("env", &text)))
        }
        (Some(_), Some(_)) => Err(Fault::new("a secret has one source, a file or a variable, not both", FIX)),
        (None, None) => Err(Fault::new("the secret's source is missing", FIX)),
    }
}

/// The trimmed content of the source; never empty.
fn fetch(reader: &Reader, source: &Source) -> Result<Zeroizing<String>, Fault> {
    let content = match source {
        Source::File(path) => read_file(path)?,
        Source::Variable(name) => match reader.variable(name) {
            Some(value) => Zeroizing::new(value.to_owned()),
            None => return Err(Fault::new(format!("the variable {name} is not set"), format!("set {name}"))),
        },
    };
    let trimmed = Zeroizing::new(content.trim().to_owned());
    if trimmed.is_empty() {
        return Err(Fault::new(format!("{} is empty", source.spell()), "put the secret there"));
    }
    Ok(trimmed)
}

fn read_file(path: &PathBuf) -> Result<Zeroizing<String>, Fault> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        let fix = "create the file (`octroi init DIR` makes new keys), or let Octroi's user read it";
        Fault::new(format!("the secret file {shown} cannot be read: {error}"), fix)
    };
    // Asked before opening: opening a named pipe would wait for ever.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Fault::new(format!("{shown} is not a file"), "name a plain file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let what = format!("others than its owner may touch the secret file {shown} (mode {mode:04o})");
            return Err(Fault::new(what, format!("chmod 600 {shown}")));
        }
    }
    let mut content = Zeroizing::new(String::new());
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut content));
    read.map_err(unreadable)?;
    if content.len() as u64 > MAX_FILE_BYTES {
        return Err(Fault::new(format!("the secret file {shown} is larger than 64 KiB"), "name the right file"));
    }
    Ok(content)
}

fn decode_key(content: &str, source: &Source) -> Result<KeyBytes, Fault> {
    const FIX: &str = "make a key with `openssl rand -base64 32`";
    let engine = if content.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let Ok(bytes) = engine.decode(content) else {
        return Err(Fault::new(format!("{} does not hold base64", source.spell()), FIX));
    };
    let (key, length) = (KeyBytes::new(bytes), MIN_KEY_BYTES);
    if key.reveal().len() < length {
        let what = format!("{} holds a key of {} bytes, too short", source.spell(), key.reveal().len());
        return Err(Fault::new(what, format!("at least {length} bytes are needed: {FIX}")));
    }
    Ok(key)
}
