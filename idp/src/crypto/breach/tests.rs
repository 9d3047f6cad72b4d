//! The filter knows every password of its list, hardly any other, and refuses what is no filter.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("breach.filter")
    }

    fn build(&self, list: &[u8], format: InputFormat) -> Result<Built, BuildError> {
        build(list, format, &self.file(), |_| {}).and_then(Draft::put_in_place)
    }

    fn filter(&self, list: &[u8], format: InputFormat) -> BreachFilter {
        self.build(list, format).unwrap();
        BreachFilter::open(&self.file()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn knows(filter: &BreachFilter, password: &str) -> bool {
    filter.contains(&PlainPassword::new(password)).unwrap()
}

/// Distinct and spread over all keys, as hashes are.
fn spread(number: u64) -> Key {
    Key(mix(number, 7))
}

fn sha1_lines(numbers: std::ops::Range<u64>) -> Vec<u8> {
    let mut lines = Vec::new();
    for number in numbers {
        writeln!(lines, "{:016X}{number:024X}:{number}", spread(number).0).unwrap();
    }
    lines
}

#[test]
fn every_password_of_a_clear_list_is_known_as_it_is_typed() {
    let place = Place::new();
    let list = "\u{feff}soleil de paris\r\nmot de passe é\n\n  deux espaces  \nsoleil de paris\nfin sans retour";
    let built = place.build(list.as_bytes(), InputFormat::Clear).unwrap();
    assert_eq!((built.lines, built.entries, built.left_out), (6, 4, 1));
    let filter = BreachFilter::open(&place.file()).unwrap();
    assert_eq!((filter.entries(), filter.bytes()), (4, built.bytes));
    // The accent typed in two parts is the same password.
    for known in ["soleil de paris", "mot de passe é", "mot de passe e\u{301}", "  deux espaces  ", "fin sans retour"]
    {
        assert!(knows(&filter, known), "{known}");
    }
    for unknown in ["soleil de Paris", "deux espaces", "", "une autre phrase"] {
        assert!(!knows(&filter, unknown), "{unknown}");
    }
}

#[test]
fn an_old_list_in_latin_1_and_lines_that_nobody_could_type_are_no_error() {
    let place = Place::new();
    let mut list = b"caf\xe9 cr\xe8me\n".to_vec();
    list.extend("漢".repeat(257).into_bytes());
    list.extend(b"\n");
    list.extend(vec![b'x'; 10_000]);
    list.extend(b"\nlast one\n");
    let built = place.build(&list, InputFormat::Clear).unwrap();
    assert_eq!((built.lines, built.entries, built.left_out), (4, 2, 2));
    let filter = BreachFilter::open(&place.file()).unwrap();
    assert!(knows(&filter, "café crème") && knows(&filter, "last one"));
}

#[test]
fn sha1_lines_are_read_in_either_case_with_or_without_a_count() {
    let place = Place::new();
    // SHA-1 of "password" and of "abc" (FIPS 180-4).
    let list = b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\r\na9993e364706816aba3e25717850c26c9cd0d89d\n";
    let filter = place.filter(list, InputFormat::Sha1);
    assert!(knows(&filter, "password") && knows(&filter, "abc") && !knows(&filter, "abcd"));
}

#[test]
fn what_is_no_sha1_is_named_by_its_line_and_nothing_is_made() {
    let good = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n";
    for bad in ["5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8x:1", "password"] {
        let place = Place::new();
        let error = place.build(format!("{good}{bad}\n").as_bytes(), InputFormat::Sha1).unwrap_err();
        assert!(matches!(error, BuildError::NotSha1 { line: 2 }), "{bad}: {error}");
        assert_eq!(place.names(), Vec::<String>::new());
    }
    assert!(matches!(Place::new().build(b"\n\n", InputFormat::Clear), Err(BuildError::Empty)));
}

#[test]
fn the_list_is_never_taken_for_its_filter() {
    let place = Place::new();
    fs::write(place.file(), b"a list of years\n").unwrap();
    assert!(matches!(place.build(b"one\n", InputFormat::Clear), Err(BuildError::NotAFilter(_))));
    assert_eq!(fs::read(place.file()).unwrap(), b"a list of years\n");
}

#[test]
fn a_draft_that_is_not_wanted_is_gone() {
    let place = Place::new();
    let draft = build(&b"one\n"[..], InputFormat::Clear, &place.file(), |_| {}).unwrap();
    assert_eq!((draft.built().entries, place.names().len()), (1, 1));
    drop(draft);
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn the_first_line_tells_what_a_list_is() {
    let sha1 = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    for (beginning, format) in [
        (format!("{sha1}:3\n"), InputFormat::Sha1),
        (format!("\u{feff}\r\n{sha1}"), InputFormat::Sha1),
        (format!("{sha1}0\n"), InputFormat::Clear),
        ("123456\n".to_owned(), InputFormat::Clear),
        (String::new(), InputFormat::Clear),
    ] {
        assert_eq!(InputFormat::guess(beginning.as_bytes()), format, "{beginning:?}");
    }
}

#[test]
fn a_list_that_breaks_off_leaves_the_old_filter_as_it_was() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk was pulled out"))
        }
    }
    let place = Place::new();
    let filter = place.filter(b"old one\n", InputFormat::Clear);
    let list = io::BufReader::new(io::Read::chain(&b"new one\n"[..], Broken));
    let error = build(list, InputFormat::Clear, &place.file(), |_| {}).unwrap_err();
    assert!(matches!(error, BuildError::Read { line: 1, .. }), "{error}");
    assert_eq!(place.names(), ["breach.filter"]);
    assert!(!filter.is_replaced(&place.file()));
    assert!(knows(&BreachFilter::open(&place.file()).unwrap(), "old one"));
}

/// Large enough for several ranges; the figures of the format are measured here.
#[test]
fn no_entry_is_missed_and_one_other_in_60_000_is_taken_for_one() {
    const ENTRIES: u64 = 2_500_000;
    let place = Place::new();
    let mut heard = Vec::new();
    let list = sha1_lines(0..ENTRIES);
    let draft = build(list.as_slice(), InputFormat::Sha1, &place.file(), |bytes| heard.push(bytes)).unwrap();
    let built = draft.put_in_place().unwrap();
    assert_eq!((built.lines, built.entries, built.left_out), (ENTRIES, ENTRIES, 0));
    assert!(heard.is_sorted() && heard.last() == Some(&u64::try_from(list.len()).unwrap()), "progress to the end");
    assert!(built.bytes * 10 < ENTRIES * 23, "{} bytes for {ENTRIES} entries", built.bytes);
    let filter = BreachFilter::open(&place.file()).unwrap();
    assert!((0..ENTRIES).all(|n| filter.has(spread(n)).unwrap()), "no false negative");
    let others = 600_000_u64;
    let wrong = (ENTRIES..ENTRIES + others).filter(|n| filter.has(spread(*n)).unwrap()).count();
    // Expected are 9.2; three times as many would be another kind of filter.
    assert!(wrong < 28, "{wrong} of {others}");
}

/// The format is ours, so the arithmetic is written here; the crate that made the fingerprints agrees with it.
#[test]
fn a_question_is_asked_as_the_crate_asks_it() {
    use xorf::Filter as _;
    for size in [1_u64, 2, 3, 10, 1000, 50_000] {
        let keys: Vec<u64> = (0..size).map(|n| spread(n).0).collect();
        let theirs = xorf::BinaryFuse16::try_from(keys.as_slice()).unwrap();
        let place = Place::new();
        let ours = place.filter(&sha1_lines(0..size), InputFormat::Sha1);
        for number in 0..2 * size + 1000 {
            let key = spread(number);
            assert_eq!(ours.has(key).unwrap(), theirs.contains(&key.0), "{number} of {size}");
        }
    }
}

#[test]
fn a_filter_that_is_replaced_while_it_is_open_goes_on_and_says_so() {
    let place = Place::new();
    let old = place.filter(b"old one\n", InputFormat::Clear);
    let new = place.filter(b"new one\nanother\n", InputFormat::Clear);
    assert!(old.is_replaced(&place.file()) && !new.is_replaced(&place.file()));
    assert!(knows(&old, "old one") && !knows(&old, "new one") && knows(&new, "new one"));
}

#[tokio::test]
async fn a_server_takes_over_a_new_file_and_keeps_the_old_one_when_the_new_one_is_none() {
    let place = Place::new();
    place
        .build(
            b"old one
",
            InputFormat::Clear,
        )
        .unwrap();
    let in_use = BreachedPasswords::open(Some(&place.file())).unwrap();
    let knows = async |password: &str| in_use.contains(&PlainPassword::new(password)).await;
    assert!(!in_use.refresh().unwrap(), "nothing is new");
    assert!(knows("old one").await && !knows("new one").await);

    place
        .build(
            b"new one
",
            InputFormat::Clear,
        )
        .unwrap();
    assert!(in_use.refresh().unwrap() && !in_use.refresh().unwrap());
    assert!(!knows("old one").await && knows("new one").await);

    fs::rename(place.file(), place.0.path().join("aside")).unwrap();
    fs::write(place.file(), b"half a file").unwrap();
    assert!(matches!(in_use.refresh(), Err(FilterError::Foreign(_))));
    fs::remove_file(place.file()).unwrap();
    assert!(!in_use.refresh().unwrap(), "the open one goes on");
    assert!(knows("new one").await);

    let none = BreachedPasswords::open(None).unwrap();
    assert!(!none.contains(&PlainPassword::new("old one")).await && !none.refresh().unwrap());
}

#[test]
fn what_is_no_whole_filter_is_refused_with_what_is_wrong() {
    let place = Place::new();
    place.build(&sha1_lines(0..5000), InputFormat::Sha1).unwrap();
    let whole = fs::read(place.file()).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(place.file(), bytes).unwrap();
        BreachFilter::open(&place.file()).map(drop).map_err(|error| error.to_string())
    };
    open(&whole).unwrap();
    let table = HEAD + MOST_RANGES * LINE;
    for length in [0, 10, HEAD - 1] {
        assert!(open(&whole[..length]).unwrap_err().contains("build it again"), "{length}");
    }
    for length in [HEAD, HEAD + LINE - 1, table, whole.len() - 1] {
        assert!(open(&whole[..length]).unwrap_err().contains("cut off"), "{length}");
    }
    assert!(open(&[whole.as_slice(), b"x"].concat()).unwrap_err().contains("cut off"));
    for (at, words) in
        [(0, "build it again"), (15, "build it again"), (16, "damaged"), (24, "damaged"), (HEAD, "damaged")]
    {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(open(&changed).unwrap_err().contains(words), "{at}");
    }
    let pipe = place.0.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for no_file in [pipe.as_path(), place.0.path()] {
        assert!(matches!(BreachFilter::open(no_file), Err(FilterError::Foreign(_))), "{}", no_file.display());
    }
    assert!(matches!(BreachFilter::open(Path::new("/nowhere/at-all")), Err(FilterError::Read { .. })));
}

/// Whoever can write the file could make questions lead outside of it; then it is refused, checksum or not.
#[test]
fn a_table_that_leads_outside_of_its_fingerprints_is_refused() {
    let place = Place::new();
    place.build(&sha1_lines(0..5000), InputFormat::Sha1).unwrap();
    let whole = fs::read(place.file()).unwrap();
    let range = Range::read(&whole[HEAD..HEAD + LINE]).unwrap();
    for forged in [
        Range { segment_length: range.segment_length * 2, ..range },
        Range { segment_length: 3, ..range },
        Range { segment_length: 0, ..range },
        Range { segment_count_length: range.segment_count_length * 2, ..range },
        Range { place: range.place + 2, ..range },
    ] {
        let mut table = Vec::new();
        forged.write(&mut table);
        let mut bytes = whole.clone();
        bytes[HEAD..HEAD + LINE].copy_from_slice(&table);
        let sum = checksum(&whole[..HEAD - 4], &table);
        bytes[HEAD - 4..HEAD].copy_from_slice(&sum);
        fs::write(place.file(), &bytes).unwrap();
        assert!(matches!(BreachFilter::open(&place.file()), Err(FilterError::Damaged(_))), "{forged:?}");
    }
}
