//! The `Forwarded` header (RFC 7239): one `Node` per element, in the order written.
//!
//! The whole line must be well formed: a quote opened by a client could otherwise swallow what the proxy appended behind it.
//! For the same reason a quoted comma or semicolon, legal but needed by no address, host or scheme, is refused. Only the
//! parameter `for` is interpreted. Which node is the client is decided in `decision.rs`.

use std::net::Ipv4Addr;

use super::address::{Node, excerpt, is_port, parse_with_port};

/// Why a line is not a `Forwarded` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a parameter is not written name=value")]
    Pair,
    #[error("a parameter is repeated within one element")]
    Repeated,
    #[error("a quoted value is not closed")]
    Unclosed,
    #[error("a quoted value holds a comma or semicolon")]
    Separator,
    #[error("something other than a comma or semicolon follows a value")]
    Trailing,
}

/// RFC 7239 §4: `Forwarded = 1#forwarded-element`. `line` holds printable ASCII, space and tab only.
pub(super) fn parse(line: &str) -> Result<Vec<Node>, Malformed> {
    let mut cursor = Cursor { rest: line };
    let mut nodes = Vec::new();
    loop {
        nodes.push(element(&mut cursor)?);
        if cursor.rest.is_empty() {
            return Ok(nodes);
        }
        if !cursor.eat(',') {
            return Err(Malformed::Trailing);
        }
    }
}

/// `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )`, with the `for` of its pairs.
fn element(cursor: &mut Cursor<'_>) -> Result<Node, Malformed> {
    let mut names: Vec<String> = Vec::new();
    let mut node = Node::Missing;
    loop {
        cursor.skip_space();
        let name = cursor.token().to_ascii_lowercase();
        if name.is_empty() {
            // An empty pair is fine, a value without a name is not.
            if !(cursor.rest.is_empty() || cursor.rest.starts_with([',', ';'])) {
                return Err(Malformed::Pair);
            }
        } else {
            let value = cursor.value()?;
            // RFC 7239 §4: each parameter at most once per element.
            if names.contains(&name) {
                return Err(Malformed::Repeated);
            }
            if name == "for" {
                node = parse_node(&value);
            }
            names.push(name);
        }
        cursor.skip_space();
        if !cursor.eat(';') {
            return Ok(node);
        }
    }
}

/// RFC 7239 §6: `node = nodename [ ":" node-port ]`; an IPv6 address stands in brackets.
fn parse_node(value: &str) -> Node {
    let name = value.split_once(':').map_or(value, |(name, _)| name);
    let port = value.strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
    if (name.eq_ignore_ascii_case("unknown") || is_obfuscated(name)) && port.is_none_or(is_node_port) {
        return Node::Hidden(excerpt(value));
    }
    let address = match value.parse::<Ipv4Addr>() {
        Ok(v4) => Some(v4.into()),
        Err(_) => parse_with_port(value, is_node_port),
    };
    address.map_or_else(|| Node::unreadable(value), Node::Address)
}

/// RFC 7239 §6: `node-port = port / obfport`.
fn is_node_port(text: &str) -> bool {
    is_port(text) || is_obfuscated(text)
}

/// RFC 7239 §6.3: `"_" 1*( ALPHA / DIGIT / "." / "_" / "-")`.
fn is_obfuscated(text: &str) -> bool {
    text.strip_prefix('_').is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    })
}

/// RFC 9110 §5.6.2.
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The longest token from here; may be empty.
    fn token(&mut self) -> &'a str {
        let end = self.rest.find(|c| !is_token_char(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        token
    }

    /// `"=" ( token / quoted-string )`
    fn value(&mut self) -> Result<String, Malformed> {
        if !self.eat('=') {
            return Err(Malformed::Pair);
        }
        if self.eat('"') {
            return self.quoted();
        }
        let token = self.token();
        if token.is_empty() { Err(Malformed::Pair) } else { Ok(token.to_owned()) }
    }

    /// The rest of a quoted-string (RFC 9110 §5.6.4), its opening quote already eaten.
    fn quoted(&mut self) -> Result<String, Malformed> {
        let mut value = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            let meant = match c {
                '"' => {
                    self.rest = chars.as_str();
                    return Ok(value);
                }
                '\\' => chars.next().ok_or(Malformed::Unclosed)?,
                other => other,
            };
            if matches!(meant, ',' | ';') {
                return Err(Malformed::Separator);
            }
            value.push(meant);
        }
        Err(Malformed::Unclosed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Node {
        Node::Address(text.parse().unwrap())
    }

    #[test]
    fn the_examples_of_rfc_7239_are_read() {
        for (line, nodes) in [
            (r#"for="_gazonk""#, vec![Node::Hidden("_gazonk".into())]),
            (r#"For="[2001:db8:cafe::17]:4711""#, vec![address("2001:db8:cafe::17")]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![address("192.0.2.60")]),
            ("for=192.0.2.43, for=198.51.100.17", vec![address("192.0.2.43"), address("198.51.100.17")]),
            (
                r#"for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown"#,
                vec![address("192.0.2.43"), address("2001:db8:cafe::17"), Node::Hidden("unknown".into())],
            ),
            ("for=_hidden, for=_SEVKISEK", vec![Node::Hidden("_hidden".into()), Node::Hidden("_SEVKISEK".into())]),
        ] {
            assert_eq!(parse(line), Ok(nodes), "{line}");
        }
    }

    #[test]
    fn quotes_escapes_ports_and_empty_elements_are_read() {
        for (line, nodes) in [
            (r#"for="192.0.2.43:8080""#, vec![address("192.0.2.43")]),
            (r#"for="192.0.2.43:_http""#, vec![address("192.0.2.43")]),
            (r#"for="1\92.0.2.43""#, vec![address("192.0.2.43")]),
            (r#"FOR="[::ffff:10.20.3.4]""#, vec![address("10.20.3.4")]),
            (r#"host="a \"quoted\" one";for=192.0.2.43"#, vec![address("192.0.2.43")]),
            ("proto=https ; for=192.0.2.43;", vec![address("192.0.2.43")]),
            (r#"for="unknown:80""#, vec![Node::Hidden("unknown:80".into())]),
            ("for=192.0.2.43, ,\tproto=https", vec![address("192.0.2.43"), Node::Missing, Node::Missing]),
            ("", vec![Node::Missing]),
        ] {
            assert_eq!(parse(line), Ok(nodes), "{line}");
        }
    }

    #[test]
    fn what_is_no_node_is_unreadable() {
        for value in
            ["garbage", "_", "_a b", "2001:db8::1", "[192.0.2.1]", "[fe80::1%eth0]", "192.0.2.1:x", "", "unknown:"]
        {
            let line = format!("for=\"{value}\"");
            assert_eq!(parse(&line), Ok(vec![Node::unreadable(value)]), "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_well_formed_says_nothing_at_all() {
        for (line, why) in [
            ("for", Malformed::Pair),
            ("for=", Malformed::Pair),
            ("=192.0.2.1", Malformed::Pair),
            ("for =192.0.2.1", Malformed::Pair),
            ("for= 192.0.2.1", Malformed::Pair),
            ("192.0.2.1", Malformed::Pair),
            ("for=192.0.2.1;for=192.0.2.2", Malformed::Repeated),
            ("for=192.0.2.1;FOR=192.0.2.1", Malformed::Repeated),
            ("for=192.0.2.1;proto=http;proto=http", Malformed::Repeated),
            (r#"for="192.0.2.1"#, Malformed::Unclosed),
            (r#"for="192.0.2.1\"#, Malformed::Unclosed),
            (r#"for=192.0.2.1;x="a,b""#, Malformed::Separator),
            (r#"for=192.0.2.1;x="a\;b""#, Malformed::Separator),
            ("for=192.0.2.1:80", Malformed::Trailing),
            ("for=[2001:db8::1]", Malformed::Pair),
            ("for=192.0.2.1 for=192.0.2.2", Malformed::Trailing),
            (r#"for="192.0.2.1"x"#, Malformed::Trailing),
        ] {
            assert_eq!(parse(line), Err(why), "{line}");
        }
    }

    /// Well formed by the letter of RFC 7239, with the proxy's element inside the client's quotes.
    #[test]
    fn a_quote_closed_by_the_proxys_own_quotes_is_refused() {
        let forged = r#"for=10.20.3.4;x=""#;
        let appended = r#"for=203.0.113.9;host=";y="z""#;
        assert_eq!(parse(&format!("{forged}, {appended}")), Err(Malformed::Separator));
    }

    /// What a client writes stands on the left; whatever it is, it must not hide what the proxy appends.
    #[test]
    fn an_opened_quote_cannot_swallow_what_the_proxy_appends() {
        for forged in [r#"for=10.20.3.4;x=""#, r#"for=10.20.3.4;x="\"#, r#"for="10.20.3.4"#, r#"for=10.20.3.4;x="\,"#] {
            for appended in ["for=203.0.113.9", r#"for="203.0.113.9";host=";";y="""#, r#"host=",";for=203.0.113.9"#] {
                let line = format!("{forged}, {appended}");
                assert!(parse(&line).is_err(), "{line}");
            }
        }
    }
}
