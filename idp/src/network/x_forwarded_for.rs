//! The `X-Forwarded-For` header: one `Node` per element, in the order written.
//!
//! It has no standard; read are an address, `v4:port`, `[v6]` and `[v6]:port`. Elements are independent of each other, so
//! nonsense that a client wrote on the left does no harm. Which node is the client is decided in `decision.rs`.

use super::address::{Node, is_port, parse_bare, parse_with_port};

/// `line` holds printable ASCII, space and tab only.
pub(super) fn parse(line: &str) -> Vec<Node> {
    line.split(',').map(|element| node(element.trim_matches([' ', '\t']))).collect()
}

fn node(element: &str) -> Node {
    parse_bare(element)
        .or_else(|| parse_with_port(element, is_port))
        .map_or_else(|| Node::unreadable(element), Node::Address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_read_for_itself() {
        let address = |text: &str| Node::Address(text.parse().unwrap());
        assert_eq!(
            parse("10.20.3.4,\tgarbage , [2001:db8::1]:443,,192.0.2.1:8080 "),
            [
                address("10.20.3.4"),
                Node::unreadable("garbage"),
                address("2001:db8::1"),
                Node::unreadable(""),
                address("192.0.2.1"),
            ]
        );
        for element in ["unknown", "\"192.0.2.1\"", "for=192.0.2.1", "192.0.2.1 192.0.2.2", "fe80::1%eth0"] {
            assert_eq!(parse(element), [Node::unreadable(element)]);
        }
    }
}
