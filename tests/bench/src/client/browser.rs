//! One virtual user: a connection, and cookies that are forgotten for each login. Follows nothing by itself.

use anyhow::Context as _;
use url::Url;

use super::connection::Connection;
use super::request;

/// A cookie and where it is sent to.
struct Cookie {
    name: String,
    value: String,
    path: String,
}

/// What was answered, as far as a login needs it.
pub struct Page {
    pub url: Url,
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<Url>,
    pub body: String,
}

impl Page {
    /// One line about an answer that was not expected.
    pub fn summary(&self) -> String {
        let text: String = self.body.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason = text.split("data-reason=\"").nth(1).and_then(|rest| rest.split('"').next());
        let said = reason.map_or_else(|| text.chars().take(200).collect(), |code| format!("reason {code}"));
        format!("{} from {}: {said}", self.status, self.url.path())
    }
}

/// The browser.
pub struct Browser {
    pub connection: Connection,
    cookies: Vec<Cookie>,
    /// The address that a proxy would report (`X-Forwarded-For`). Empty: none.
    pub reported_address: String,
}

impl Browser {
    pub fn new(authority: &str) -> Self {
        Self { connection: Connection::new(authority), cookies: Vec::new(), reported_address: String::new() }
    }

    /// A fresh profile on the same connection.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    pub async fn get(&mut self, url: &Url) -> anyhow::Result<Page> {
        let cookies = self.cookies_for(url);
        let request = request::get(url, &[("cookie", &cookies), ("x-forwarded-for", &self.reported_address)])?;
        self.send(url, &request).await
    }

    pub async fn post(&mut self, url: &Url, fields: &[(String, String)]) -> anyhow::Result<Page> {
        let (cookies, origin) = (self.cookies_for(url), url.origin().ascii_serialization());
        let headers = [("cookie", &*cookies), ("origin", &*origin), ("x-forwarded-for", &*self.reported_address)];
        let request = request::post(url, &headers, fields)?;
        self.send(url, &request).await
    }

    async fn send(&mut self, url: &Url, request: &[u8]) -> anyhow::Result<Page> {
        let status = self.connection.ask(request).await?;
        for line in self.connection.headers("set-cookie") {
            self.keep(&line);
        }
        let location = self.connection.headers("location").into_iter().next();
        let location = location.map(|to| url.join(&to)).transpose().context("a redirect to no URL")?;
        Ok(Page { url: url.clone(), status, location, body: self.connection.text() })
    }

    fn cookies_for(&self, url: &Url) -> String {
        let sent = self.cookies.iter().filter(|cookie| url.path().starts_with(&cookie.path));
        sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
    }

    /// RFC 6265 §5.3 as far as one origin needs it: name, value, path, and removal.
    fn keep(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let (mut path, mut removed) = ("/".to_owned(), value.is_empty());
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.clone_into(&mut path),
                "max-age" => removed |= value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                "expires" => removed |= value.contains("1970"),
                _ => {}
            }
        }
        self.cookies.retain(|cookie| cookie.name != name || cookie.path != path);
        if !removed {
            self.cookies.push(Cookie { name: name.to_owned(), value: value.to_owned(), path });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_removed_and_sent_to_their_path() {
        let url = Url::parse("http://localhost:1/login").unwrap();
        let mut browser = Browser::new("localhost:1");
        browser.keep("a=1; Path=/; HttpOnly");
        browser.keep("b=2; path=/interaction");
        browser.keep("a=3; Path=/");
        assert_eq!(browser.cookies_for(&url), "a=3");
        browser.keep("a=; Path=/; Max-Age=0");
        assert_eq!(browser.cookies_for(&url.join("/interaction/x").unwrap()), "b=2");
        browser.forget();
        assert_eq!(browser.cookies_for(&url.join("/interaction/x").unwrap()), "");
    }
}
