//! Every path that code mentions: `use` trees, branch by branch, and paths written in full (`sqlx::query(…)`).
//!
//! Works on code without comments and literals. Knows no rule.

/// What one file mentions.
#[derive(Default)]
pub struct Paths {
    pub used: Vec<UsedPath>,
    /// The modules that the file declares: their names are not crates here.
    pub declared: Vec<String>,
}

/// One path as written, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedPath {
    pub line: usize,
    /// The modules written out around it in the same file: `mod tests { … }`.
    pub inside: Vec<String>,
    pub segments: Vec<String>,
    /// `path!(…)`
    pub is_macro: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `::`
    Sep,
    Other(char),
}

pub fn paths(code: &str) -> Paths {
    let mut reader = Reader { tokens: tokens(code), at: 0, inside: Vec::new(), paths: Paths::default() };
    reader.read();
    reader.paths
}

fn tokens(code: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (token, length) = match c {
                _ if end > 0 => (Some(Token::Word(&rest[..end])), end),
                _ if rest.starts_with("::") => (Some(Token::Sep), 2),
                c if c.is_whitespace() => (None, c.len_utf8()),
                c => (Some(Token::Other(c)), c.len_utf8()),
            };
            found.extend(token.map(|token| (line, token)));
            rest = &rest[length..];
        }
    }
    found
}

/// Words behind which a `::` begins a path: `impl ::sqlx::Row for …`.
fn before_a_root(word: &str) -> bool {
    matches!(
        word,
        "as" | "dyn" | "else" | "for" | "if" | "impl" | "in" | "match" | "mut" | "return" | "where" | "while"
    )
}

struct Reader<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
    /// Modules around this place, each with the number of braces open before its own.
    inside: Vec<(String, usize)>,
    paths: Paths,
}

impl<'a> Reader<'a> {
    /// The token so many places after this one.
    fn ahead(&self, places: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + places).map(|(_, token)| *token)
    }

    fn behind(&self, places: usize) -> Option<Token<'a>> {
        self.at.checked_sub(places).map(|at| self.tokens[at].1)
    }

    fn read(&mut self) {
        use Token::{Other, Sep, Word};
        let mut depth = 0_usize;
        while let Some(token) = self.ahead(0) {
            match (token, self.ahead(1), self.ahead(2)) {
                (Other('{'), ..) => depth += 1,
                (Other('}'), ..) => {
                    depth = depth.saturating_sub(1);
                    self.inside.pop_if(|(_, before)| *before == depth);
                }
                (Word("mod"), Some(Word(name)), next) => {
                    self.paths.declared.push(name.to_owned());
                    if next == Some(Other('{')) {
                        self.inside.push((name.to_owned(), depth));
                    }
                    self.at += 1;
                }
                (Word("extern"), Some(Word("crate")), Some(Word(name))) => self.found(vec![name.to_owned()]),
                // Not the `use<'a>` of a precise capture.
                (Word("use"), Some(next), _) if next != Other('<') => {
                    self.at += 1;
                    self.use_tree(Vec::new());
                    continue;
                }
                (Word(word), Some(Sep), _) if !before_a_root(word) && self.starts_a_path() => {
                    self.full_path();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether the word here is a path's first: not behind `::`, unless that `::` itself begins the path.
    fn starts_a_path(&self) -> bool {
        use Token::{Other, Sep, Word};
        match (self.behind(1), self.behind(2), self.behind(3)) {
            (Some(Sep), Some(Word(word)), _) => before_a_root(word),
            (Some(Sep), Some(Other('>')), before) => matches!(before, Some(Other('-' | '='))),
            _ => true,
        }
    }

    fn full_path(&mut self) {
        let mut segments = Vec::new();
        while let Some(Token::Word(word)) = self.ahead(0) {
            segments.push(word.to_owned());
            if self.ahead(1) != Some(Token::Sep) {
                break;
            }
            self.at += 2;
        }
        // Stopped at the last word, or behind a `::` that leads to `<T>`: leave that to the caller.
        self.found(segments);
        if matches!(self.ahead(0), Some(Token::Word(_))) {
            self.at += 1;
        }
    }

    /// One branch of a `use` tree, up to the `,` or `}` or `;` behind it.
    fn use_tree(&mut self, mut prefix: Vec<String>) {
        use Token::{Other, Sep, Word};
        while let Some(token) = self.ahead(0) {
            match token {
                Sep => self.at += 1,
                Word("as") => self.at += 2,
                Word(word) => {
                    prefix.push(word.to_owned());
                    if self.ahead(1) != Some(Sep) {
                        self.found(prefix.clone());
                    }
                    self.at += 1;
                }
                Other('*') => {
                    prefix.push("*".to_owned());
                    self.found(prefix.clone());
                    self.at += 1;
                }
                Other('{') => {
                    self.at += 1;
                    while !matches!(self.ahead(0), None | Some(Other('}'))) {
                        self.use_tree(prefix.clone());
                        if self.ahead(0) == Some(Other(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                // A raw identifier, or `$crate`.
                Other('#' | '$') => self.at += 1,
                Other(_) => return,
            }
        }
    }

    fn found(&mut self, segments: Vec<String>) {
        let Some((line, _)) = self.tokens.get(self.at).or(self.tokens.last()) else { return };
        let inside = self.inside.iter().map(|(name, _)| name.clone()).collect();
        let is_macro = self.ahead(1) == Some(Token::Other('!'));
        self.paths.used.push(UsedPath { line: *line, inside, segments, is_macro });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(code: &str) -> Vec<String> {
        paths(code).used.iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn a_use_tree_is_read_branch_by_branch() {
        let code = "pub(crate) use crate::{domain::{self, time::Clock as C}, storage::*,\n};\nuse ::axum;\nuse {sqlx::query, serde};";
        assert_eq!(
            written(code),
            ["crate::domain::self", "crate::domain::time::Clock", "crate::storage::*", "axum", "sqlx::query", "serde"]
        );
        assert_eq!(paths(code).used[4].line, 4);
    }

    #[test]
    fn paths_in_full_are_seen_wherever_they_stand() {
        for code in [
            "fn f() -> sqlx::Row {}",
            "fn f() -> ::sqlx::Row {}",
            "#[derive(Debug, sqlx::Row)] struct X;",
            "let x: Vec<sqlx::Row> = y;",
            "impl From<u8> for sqlx::Row {}",
            "impl ::sqlx::Row for X {}",
            "let x = Some::<sqlx::Row>(y);",
            "extern crate sqlx; fn f() { sqlx::Row }",
        ] {
            assert!(written(code).contains(&"sqlx::Row".to_owned()), "{code}: {:?}", written(code));
        }
        assert_eq!(
            written("a::sqlx::b(); <T as X>::sqlx::c(); x.sqlx(); fn f() -> impl X + use<'a> {}"),
            ["a::sqlx::b"]
        );
    }

    #[test]
    fn a_path_knows_the_modules_around_it_and_a_file_those_it_declares() {
        let found = paths(
            "mod redis; fn f() { if x {} }\nmod tests { mod deep { use super::super::x; } use super::y; }\nz::z();",
        );
        assert_eq!(found.declared, ["redis", "tests", "deep"]);
        let inside: Vec<_> = found.used.iter().map(|path| (path.segments.join("::"), path.inside.join("::"))).collect();
        let expected = [("super::super::x", "tests::deep"), ("super::y", "tests"), ("z::z", "")];
        assert_eq!(inside, expected.map(|(path, inside)| (path.to_owned(), inside.to_owned())));
    }

    #[test]
    fn a_macro_is_told_from_a_module() {
        let flags: Vec<_> = paths("crate::on!(x); crate::domain::f(); metrics::counter!()").used;
        assert_eq!(flags.iter().map(|path| path.is_macro).collect::<Vec<_>>(), [true, false, true]);
    }
}
