//! The commands that an administrator of PostgreSQL runs where the embedded engine has `octroi backup` and `octroi restore`:
//! spelled out with this installation's address, to be copied from the terminal.

use std::path::Path;

/// `pg_dump` of this database to `file`.
pub(super) fn dump_command(url: &str, file: &Path) -> String {
    format!("pg_dump --format=custom --no-owner --no-privileges --file={} --dbname={}", path(file), quoted(url))
}

/// `pg_restore` of `file`, and what belongs after it. The database exists and is empty.
pub(super) fn restore_commands(url: &str, file: &Path) -> String {
    let (file, url) = (path(file), quoted(url));
    format!(
        "pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname={url} {file}\n  \
         octroi restore --already-restored"
    )
}

fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// As a shell reads one word.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_the_shell() {
        let command = dump_command("postgres://octroi@db:5432/octroi?sslmode=verify-full", Path::new("L'été 1.dump"));
        assert!(command.contains("--file='L'\\''été 1.dump'"), "{command}");
        assert!(command.ends_with("--dbname='postgres://octroi@db:5432/octroi?sslmode=verify-full'"), "{command}");
    }
}
