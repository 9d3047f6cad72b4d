//! How problems are told: all at once, with file, line and fix.

use super::*;
use crate::config::Place;

/// (line, key) of every error.
fn places(report: &Report) -> Vec<(Option<usize>, &str)> {
    errors(report).into_iter().map(|p| (p.line(), p.key.as_str())).collect()
}

#[test]
fn every_problem_is_reported_with_its_line_and_not_only_the_first() {
    let text = "\
[server]
isuer = \"https://login.ville.example\"
drain = 10

[[listener]]
name = \"office\"
bind = \"localhost\"

[[listener]]
bind = \"127.0.0.1:8081\"
zone_ceiling = \"intern\"

[session]
internal = { absolute = \"10h\", idle = \"11h\" }

[password]
pepper = \"correct horse battery staple\"
min_length = 8

[network]
internal = [
  \"10.0.0.0/8\",
  \"10.0.0.300\",
]

[passwords]
";
    let report = Folder::new().load(text, &[]).unwrap_err();
    assert_eq!(
        places(&report),
        [
            (None, "keys.sealing_key"),
            (Some(1), "server.issuer"),
            (Some(2), "server.isuer"),
            (Some(3), "server.drain"),
            (Some(7), "listener[0].bind"),
            (Some(9), "listener[1].name"),
            (Some(11), "listener[1].zone_ceiling"),
            (Some(14), "session.internal.idle"),
            (Some(17), "password.pepper"),
            (Some(18), "password.min_length"),
            (Some(23), "network.internal[1]"),
            (Some(26), "passwords"),
        ],
        "{report}"
    );
    assert!(report.to_string().ends_with(&format!("\n{} problems", report.problems.len())), "{report}");
}

#[test]
fn a_problem_reads_as_file_line_key_what_and_fix() {
    let folder = Folder::new();
    let report = folder.load_with("min_lenght = 20\n").unwrap_err();
    let line = errors(&report)[0].to_string();
    let file = folder.path("octroi.toml");
    assert_eq!(
        line,
        format!(
            "{}:{ADDED_LINE}: error: password.min_lenght: there is no such key\n    fix: did you mean `min_length`? \
             Otherwise remove it",
            file.display()
        )
    );
}

#[test]
fn an_unknown_section_and_an_unknown_key_of_a_listener_are_errors() {
    let unknown = the_error("[netwrok]\ninternal = []\n");
    assert_eq!((unknown.key.as_str(), unknown.line()), ("netwrok", Some(ADDED_LINE)));
    assert!(unknown.fix.contains("`network`"), "{unknown}");
    let unknown = the_error("[[listener]]\nname = \"b\"\nbind = \"127.0.0.1:1\"\nceiling = \"internal\"\n");
    assert_eq!((unknown.key.as_str(), unknown.line()), ("listener[1].ceiling", Some(ADDED_LINE + 3)));
    let unknown = the_error("[session.internal]\nidel = \"1h\"\n");
    assert_eq!(unknown.key, "session.internal.idel");
    assert!(unknown.fix.contains("`idle`"), "{unknown}");
}

#[test]
fn a_file_that_is_no_toml_is_told_by_line_and_nothing_else_is() {
    let report = Folder::new().load("[server]\nissuer = \n[[listener\nname = 'x'\n", &[]).unwrap_err();
    assert_eq!(errors(&report).iter().find_map(|p| p.line()), Some(2), "{report}");
    assert!(report.problems.iter().all(|p| p.what.contains("not TOML")), "{report}");
    let twice = Folder::new().load("[server]\ndrain = \"1s\"\ndrain = \"2s\"\n", &[]).unwrap_err();
    assert_eq!(twice.problems[0].line(), Some(3), "{twice}");
}

#[test]
fn a_syntax_error_does_not_show_the_line_which_may_hold_a_secret() {
    let report = Folder::new().load("[keys]\nsealing_key = hunter2hunter2\n", &[]).unwrap_err();
    assert!(!report.to_string().contains("hunter2"), "{report}");
}

#[test]
fn a_file_that_is_absent_a_directory_huge_or_not_utf_8_is_told_as_such() {
    let folder = Folder::new();
    let absent = Config::load(&folder.path("nowhere.toml"), []).unwrap_err();
    assert!(absent.problems[0].fix.contains("octroi init"), "{absent}");
    assert_eq!(absent.problems[0].place, Place::File);
    assert!(Config::load(folder.0.path(), []).is_err());
    let huge = Config::load(&folder.write("huge.toml", "#".repeat(1024 * 1024 + 1)), []).unwrap_err();
    assert!(huge.problems[0].what.contains("1 MiB"), "{huge}");
    let latin = Config::load(&folder.write("latin.toml", b"# fine\n# caf\xe9\n"), []).unwrap_err();
    assert_eq!(latin.problems[0].line(), Some(2), "{latin}");
}

#[test]
fn an_empty_file_lacks_exactly_what_has_no_default() {
    let report = Folder::new().load("", &[]).unwrap_err();
    let mut keys: Vec<&str> = errors(&report).iter().map(|p| p.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["keys.sealing_key", "listener", "password.pepper", "server.issuer"], "{report}");
}

#[test]
fn wrong_types_are_told_without_the_value() {
    for (added, key) in [
        ("[server.x]\n", "server.x"),
        ("min_length = \"hunter2\"\n", "password.min_length"),
        ("forbidden_words = \"hunter2\"\n", "password.forbidden_words"),
        ("forbidden_words = [1]\n", "password.forbidden_words[0]"),
        ("[oauth]\ncode_lifetime = 60\n", "oauth.code_lifetime"),
        ("[access]\npreview_nomades = \"yes\"\n", "access.preview_nomades"),
        ("[brand]\nproduct = 2026-11-22\n", "brand.product"),
        ("[brand]\nproduct = \"\"\n", "brand.product"),
        ("[brand]\nproduct = \"a\\u0000b\"\n", "brand.product"),
        ("memory_kib = 99999999999999999999\n", "password.memory_kib"),
    ] {
        let error = the_error(added);
        assert_eq!(error.key, key, "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let report = Folder::new().load(&format!("server = 1\nlistener = 2\n{PASSWORD}"), &[]).unwrap_err();
    assert!(errors(&report).iter().any(|p| p.key == "server"), "{report}");
    assert!(errors(&report).iter().any(|p| p.key == "listener" && p.fix.contains("[[listener]]")), "{report}");
}

#[test]
fn the_effective_configuration_is_toml_that_means_the_same_and_tells_origins() {
    let folder = Folder::new();
    let text = format!("{MINIMAL}{PASSWORD}max_age = \"180d\"\n[network]\ninternal = [\"10.0.0.0/8\"]\n");
    let environment = [("OCTROI__SERVER__DRAIN", "20s"), ("OCTROI__HELP__PHONE", "3975")];
    let config = folder.load(&text, &environment).unwrap();
    let shown = config.effective();
    for line in [
        "issuer = \"https://login.ville.example\"\n",
        "drain = \"20s\"  # from $OCTROI__SERVER__DRAIN\n",
        "phone = \"3975\"  # from $OCTROI__HELP__PHONE\n",
        "pepper = { file = \"pepper.key\" }\n",
        "max_age = \"180d\"\n",
        "internal = [\"10.0.0.0/8\"]\n",
        "internal.idle = \"2h\"  # default\n",
        "[[listener]]\n",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    assert!(!shown.contains(SEALING_KEY));
    let again = folder.load(shown, &[]).unwrap();
    let strip = |text: &str| text.lines().map(|l| l.split("  #").next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(strip(again.effective()), strip(shown));
}
