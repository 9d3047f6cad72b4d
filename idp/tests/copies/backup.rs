//! `octroi backup`: a whole file of its owner alone, or nothing at all.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::{Installation, OCTROI, mode, run};

#[test]
fn a_backup_beside_a_running_server_is_verified_private_and_alone() {
    let installation = Installation::new();
    let server = installation.server();
    let before = installation.files();
    let told = installation.run(&["backup", "copy of today.db"]).done();
    for words in ["verified: copy of today.db", "schema ", " 1 agents", "personal data", "sealing key and the pepper"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(mode(&installation.path("copy of today.db")), 0o600);
    let after: Vec<_> = installation.files().into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(after, ["copy of today.db"]);
    server.stop();
    installation.run(&["backup", "after.db"]).done();
}

#[test]
fn what_exists_is_never_overwritten_whatever_it_is() {
    let installation = Installation::new();
    fs::write(installation.path("there"), "mine").unwrap();
    symlink("nowhere", installation.path("dangling")).unwrap();
    fs::create_dir(installation.path("folder")).unwrap();
    for name in ["there", "dangling", "folder", "octroi.db", "octroi.toml", "."] {
        let told = installation.run(&["backup", name]).failed(4);
        assert!(told.contains("exists") && told.contains("another name"), "{told}");
    }
    assert_eq!(fs::read_to_string(installation.path("there")).unwrap(), "mine");
    installation.run(&["restore", "octroi.db", "--dry-run"]).failed(1);
}

#[test]
fn without_a_place_or_space_there_is_nothing_and_the_advice_fits() {
    let installation = Installation::new();
    let before = installation.files();
    let told = installation.run(&["backup", "no such folder/copy.db"]).failed(5);
    assert!(told.contains("make the directory"), "{told}");
    // A file that may not grow is what a full disk is: the signal of the limit is ignored, and the write fails.
    let limited = "trap '' XFSZ; ulimit -f 20; exec \"$0\" backup copy.db";
    let mut shell = Command::new("sh");
    shell.args(["-c", limited, OCTROI]).current_dir(installation.folder.path());
    let told = run(shell.env("OCTROI_CONFIG", installation.path("octroi.toml"))).failed(5);
    assert!(told.contains("is there space for it?"), "{told}");
    assert_eq!(installation.files(), before, "no half file");
}

/// Permissions do not bind root, who runs the command without the capability to pass over them.
#[test]
fn a_directory_that_may_not_be_written_is_named() {
    let installation = Installation::new();
    let folder = installation.path("sealed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let is_bound = fs::write(folder.join("probe"), "").is_err();
    let mut command = if is_bound {
        installation.command(&["backup", "sealed/copy.db"])
    } else {
        let mut command = Command::new("setpriv");
        command.args(["--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", OCTROI]);
        command.args(["backup", "sealed/copy.db"]).current_dir(installation.folder.path());
        command.env("OCTROI_CONFIG", installation.path("octroi.toml"));
        command
    };
    let told = run(&mut command).failed(5);
    assert!(told.contains("may write to"), "{told}");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn an_absent_and_a_damaged_database_are_no_backup() {
    let installation = Installation::new();
    let database = installation.path("octroi.db");
    let whole = fs::read(&database).unwrap();
    let mut torn = whole.clone();
    let half = torn.len() / 2;
    torn[half..].fill(0xa5);
    fs::write(&database, torn).unwrap();
    installation.run(&["backup", "copy.db"]).failed(5);
    fs::write(&database, "soi;given_name\n".repeat(500)).unwrap();
    installation.run(&["backup", "copy.db"]).failed(5);
    fs::remove_file(&database).unwrap();
    let told = installation.run(&["backup", "copy.db"]).failed(5);
    assert!(told.contains("no such file"), "{told}");
    assert!(!database.exists() && !installation.path("copy.db").exists());
}

#[test]
fn on_postgresql_the_command_to_run_is_spelled_out() {
    let installation = Installation::new();
    installation.configure(&[("sqlite:octroi.db", "postgres://octroi@db.ville.example:5432/octroi")]);
    let told = installation.run(&["backup", "monday.dump"]).failed(1);
    assert!(told.contains("pg_dump --format=custom") && told.contains("--file='monday.dump'"), "{told}");
    assert!(told.contains("--dbname='postgres://octroi@db.ville.example:5432/octroi'"), "{told}");
    let told = installation.run(&["restore", "monday.dump", "--yes"]).failed(1);
    assert!(told.contains("pg_restore") && told.contains("octroi restore --already-restored"), "{told}");
}
