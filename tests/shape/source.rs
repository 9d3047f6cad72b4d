//! The project's files, and Rust code without comments and literals. Interprets nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing we wrote.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "output"];

pub struct Source {
    /// From the project's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The text with comments and literals blanked; lines stay where they are.
    pub fn code(&self) -> String {
        code_only(&self.text)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One file that must be there.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text files under some folders, ordered by path; those with one of these extensions, or all.
pub fn files(under: &[&str], extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in under {
        walk(&root().join(folder), folder.trim_end_matches('/'), extensions, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, path: &str, extensions: &[&str], found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("a readable folder");
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = if path == "." { name.clone() } else { format!("{path}/{name}") };
        if entry.file_type().expect("a known kind of file").is_dir() {
            walk(&entry.path(), &path, extensions, found);
        } else if extensions.is_empty() || name.rsplit_once('.').is_some_and(|(_, kind)| extensions.contains(&kind)) {
            // What is not UTF-8 is a picture.
            found.extend(fs::read_to_string(entry.path()).ok().map(|text| Source { path, text }));
        }
    }
}

/// Blanks comments, strings and characters.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut code = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match at(i) {
            '/' if at(i + 1) == '/' => (i..chars.len()).find(|&j| at(j) == '\n').unwrap_or(chars.len()),
            '/' if at(i + 1) == '*' => end_of_block_comment(&chars, i),
            '"' => end_of_quoted(&chars, i, '"'),
            // A lifetime is not a character.
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => end_of_quoted(&chars, i, '\''),
            c if is_word(c) => {
                let end = (i..chars.len()).find(|&j| !is_word(at(j))).unwrap_or(chars.len());
                let word: String = chars[i..end].iter().collect();
                let hashes = (end..chars.len()).take_while(|&j| at(j) == '#').count();
                if matches!(word.as_str(), "r" | "br" | "cr") && at(end + hashes) == '"' {
                    end_of_raw(&chars, end + hashes + 1, hashes)
                } else {
                    code.push_str(&word);
                    i = end;
                    continue;
                }
            }
            c => {
                code.push(c);
                i += 1;
                continue;
            }
        };
        code.extend(chars[i..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
        i = end;
    }
    code
}

/// Block comments nest.
fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut i) = (0_usize, start);
    while i < chars.len() {
        match chars[i..].get(..2) {
            Some(['/', '*']) => (depth, i) = (depth + 1, i + 2),
            Some(['*', '/']) if depth == 1 => return i + 2,
            Some(['*', '/']) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    chars.len()
}

fn end_of_quoted(chars: &[char], start: usize, quote: char) -> usize {
    let mut i = start + 1;
    while i < chars.len() && chars[i] != quote {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

fn end_of_raw(chars: &[char], start: usize, hashes: usize) -> usize {
    let closes = |&i: &usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (start..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes)
}

#[test]
fn comments_and_literals_are_blanked_and_code_stays_on_its_line() {
    let text = "// sqlx::a\nlet x = \"sqlx::b \\\" sqlx::c\"; /* sqlx::d /* sqlx::e */\nsqlx::f */ real::one();\n\
                let y = r#\"sqlx::g \" sqlx::h\"#; let c = '\"'; let d = '\\''; real::two::<'a>(b\"sqlx::i\"); r#real::three()";
    let code = code_only(text);
    assert!(!code.contains("sqlx"), "{code}");
    let line_of = |word: &str| code.lines().position(|line| line.contains(word));
    assert_eq!((line_of("real::one"), line_of("real::two::<'a>"), line_of("real::three")), (Some(2), Some(3), Some(3)));
}
