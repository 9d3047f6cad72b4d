//! Secrets: by file or variable only, private, long enough, never printed.

use super::*;

const CLEAR: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// The one error about the pepper that is `pepper` in the file; never shows the secret.
fn pepper_error(folder: &Folder, pepper: &str, environment: &[(&str, &str)]) -> Problem {
    let report = folder.load(&format!("{MINIMAL}[password]\npepper = {pepper}\n"), environment).unwrap_err();
    assert!(!format!("{report} {report:?}").contains("hunter2"), "{report}");
    let errors = errors(&report);
    assert_eq!((errors.len(), errors[0].key.as_str(), errors[0].line()), (1, "password.pepper", Some(9)), "{report}");
    errors[0].clone()
}

#[test]
fn a_secret_in_clear_is_refused_and_not_repeated() {
    let error = pepper_error(&Folder::new(), &format!("\"{CLEAR}\""), &[]);
    assert!(error.what.contains("never stands in the configuration"), "{error}");
    assert!(error.fix.contains("{ file = "), "{error}");
    let report =
        Folder::new().load(&format!("{MINIMAL}{PASSWORD}"), &[("OCTROI__KEYS__SEALING_KEY", CLEAR)]).unwrap_err();
    assert!(!report.to_string().contains("hunter2"), "{report}");
}

#[test]
fn a_secret_has_exactly_one_source() {
    let folder = Folder::new();
    assert!(pepper_error(&folder, "{}", &[]).what.contains("missing"));
    assert!(pepper_error(&folder, "{ file = \"pepper.key\", env = \"X\" }", &[]).what.contains("not both"));
    assert!(pepper_error(&folder, "{ vault = \"x\" }", &[]).what.contains("vault"));
    assert!(pepper_error(&folder, "{ file = 1 }", &[]).what.contains("a text is expected"));
}

#[test]
fn an_absent_empty_or_short_secret_is_refused() {
    let folder = Folder::new();
    assert!(pepper_error(&folder, "{ file = \"nowhere.key\" }", &[]).what.contains("cannot be read"));
    assert!(pepper_error(&folder, "{ file = \".\" }", &[]).what.contains("not a file"));
    assert!(pepper_error(&folder, "{ env = \"PEPPER\" }", &[]).what.contains("not set"));
    assert!(pepper_error(&folder, "{ env = \"PEPPER\" }", &[("PEPPER", " \n")]).what.contains("empty"));
    // 31 bytes.
    let short = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==";
    let error = pepper_error(&folder, "{ env = \"PEPPER\" }", &[("PEPPER", short)]);
    assert!(error.what.contains("31 bytes"), "{error}");
    let error = pepper_error(&folder, "{ env = \"PEPPER\" }", &[("PEPPER", "hunter2 hunter2!")]);
    assert!(error.what.contains("base64"), "{error}");
    folder.write_secret("huge.key", &"A".repeat(65 * 1024));
    assert!(pepper_error(&folder, "{ file = \"huge.key\" }", &[]).what.contains("64 KiB"));
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_may_read_is_refused_with_the_chmod_that_mends_it() {
    let folder = Folder::new();
    for mode in [0o640, 0o604, 0o644, 0o660] {
        set_mode(&folder.path("pepper.key"), mode);
        let error = pepper_error(&folder, "{ file = \"pepper.key\" }", &[]);
        assert!(error.what.contains(&format!("{mode:04o}")), "{error}");
        assert_eq!(error.fix, format!("chmod 600 {}", folder.path("pepper.key").display()));
    }
    set_mode(&folder.path("pepper.key"), 0o400);
    assert!(folder.load_with("").is_ok());
}

#[test]
fn keys_are_read_in_both_base64_alphabets_with_or_without_padding_and_do_not_print() {
    let folder = Folder::new();
    let bytes: Vec<u8> = (0..=31).map(|n| 255 - n).collect();
    for text in [
        "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA",
        "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA=",
        "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=",
        "  //79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA\r\n",
    ] {
        folder.write_secret("pepper.key", text);
        let config = folder.load_with("").unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(config.password.pepper.reveal(), bytes, "{text}");
        let printed = format!("{config:?}");
        assert!(printed.contains("KeyBytes(32 bytes)") && !printed.contains(text.trim()), "{printed}");
    }
}

#[test]
fn one_key_for_two_purposes_is_refused() {
    let folder = Folder::new();
    folder.write_secret("pepper.key", SEALING_KEY);
    let report = folder.load_with("").unwrap_err();
    assert_eq!(errors(&report)[0].key, "password.pepper", "{report}");
    assert!(errors(&report)[0].what.contains("same key"), "{report}");
}

#[test]
fn the_database_password_comes_from_its_own_secret_and_never_from_the_url() {
    let folder = Folder::new();
    folder.write_secret("postgres.password", "hunter2 with a space\n");
    let config = folder
        .load_with(
            "[database]\nurl = \"postgres://octroi@db:5432/octroi\"\npassword = { file = \"postgres.password\" }\n",
        )
        .unwrap();
    let crate::config::DatabaseTarget::Postgres { url, password: Some(password) } = &config.database.target else {
        panic!("{config:?}")
    };
    assert_eq!((url.as_str(), password.reveal()), ("postgres://octroi@db:5432/octroi", "hunter2 with a space"));
    assert!(!format!("{config:?}{}", config.effective()).contains("hunter2"));
    for url in ["postgres://octroi:hunter2@db/octroi", "postgres://octroi@db/octroi?password=hunter2"] {
        let error = the_error(&format!("[database]\nurl = \"{url}\"\n"));
        assert!(error.what.contains("password stands in the URL") && !error.to_string().contains("hunter2"), "{error}");
    }
}
