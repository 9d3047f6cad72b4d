//! A browser-like client: keeps cookies like one, reads forms, refuses to post without the CSRF value it saw, and follows
//! redirects only when told to, so that a test sees each step.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;

/// One page as the browser got it.
#[derive(Debug, Clone)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        self.url.join(self.header("location")?).ok()
    }

    /// `data-reason` of `<main>`.
    pub fn reason(&self) -> Option<String> {
        attribute(&self.body[self.body.find("<main")?..], "data-reason")
    }

    /// The value of an attribute that stands once on the page.
    pub fn attribute(&self, name: &str) -> Option<String> {
        attribute(&self.body, name)
    }

    /// The text of `#reference`.
    pub fn reference(&self) -> Option<String> {
        self.text("reference")
    }

    /// The text of the element with this id.
    pub fn text(&self, id: &str) -> Option<String> {
        let after = &self.body[self.body.find(&format!("id=\"{id}\""))?..];
        let text = &after[after.find('>')? + 1..];
        Some(unescape(text[..text.find('<')?].trim()))
    }

    /// The whole `Set-Cookie` line of this cookie.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        lines.into_iter().find(|line| line.split('=').next() == Some(name))
    }

    /// `name=value` of a cookie that this page sets, as a thief would send it.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.set_cookie(name)?.split(';').next().map(str::to_owned)
    }

    /// The text of `<h1>`.
    pub fn heading(&self) -> Option<String> {
        let after = &self.body[self.body.find("<h1")?..];
        let text = &after[after.find('>')? + 1..];
        Some(unescape(text[..text.find("</h1>")?].trim()))
    }

    /// Whether the page says this, whatever the markup.
    pub fn says(&self, words: &str) -> bool {
        unescape(&self.body).contains(words)
    }

    /// The JSON of the body.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {} {}", self.status, self.body))
    }

    /// The `href` of the link whose tag contains `mark` (an id, a class).
    pub fn link(&self, mark: &str) -> Option<String> {
        self.body
            .split("<a ")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .find(|tag| tag.contains(mark))
            .and_then(|tag| attribute(tag, "href"))
    }

    /// The form whose action begins with `path`.
    pub fn form(&self, path: &str) -> Form {
        self.find_form(path)
            .unwrap_or_else(|| panic!("no form for {path} on {}: {} {}", self.url, self.status, self.body))
    }

    /// The same, if there is one.
    pub fn find_form(&self, path: &str) -> Option<Form> {
        self.body.split("<form").skip(1).find_map(|rest| {
            let tag = rest.split('>').next()?;
            let action = attribute(tag, "action").unwrap_or_else(|| self.url.path().to_owned());
            if !action.starts_with(path) {
                return None;
            }
            let inside = rest.split("</form>").next()?;
            let fields = inside
                .split("<input")
                .skip(1)
                .filter_map(|input| {
                    let tag = input.split('>').next()?;
                    Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
                })
                .collect();
            Some(Form { action: self.url.join(&action).ok()?, fields })
        })
    }
}

/// A form, with the values that the page put in.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: Url,
    pub fields: BTreeMap<String, String>,
}

impl Form {
    /// Types into a field, which must be on the page.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        assert!(self.fields.contains_key(name), "the form has no field {name}: {:?}", self.fields.keys());
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds a field that a forger would add.
    pub fn forge(mut self, name: &str, value: &str) -> Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// The browser.
#[derive(Debug, Clone)]
pub struct Browser {
    client: reqwest::Client,
    jar: Arc<Jar>,
    headers: HeaderMap,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A fresh profile that speaks French.
    pub fn new() -> Self {
        Self::with_client(|builder| builder)
    }

    /// A fresh profile on a machine with this address; all of `127.0.0.0/8` are this machine's.
    pub fn at(address: IpAddr) -> Self {
        Self::with_client(|builder| builder.local_address(address))
    }

    fn with_client(change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        let jar = Arc::new(Jar::default());
        let builder = reqwest::Client::builder().cookie_provider(jar.clone()).redirect(Policy::none()).no_proxy();
        let client = change(builder).build().expect("an HTTP client");
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", HeaderValue::from_static("fr-FR,fr;q=0.9,en;q=0.5"));
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 Gecko/20100101 Firefox/140.0"));
        Self { client, jar, headers }
    }

    /// The same browser with one more header on every request.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// The same browser with one more line of a header that may come twice.
    pub fn and_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// The same browser with a header that is no text.
    pub fn with_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a header value"));
        self
    }

    /// The same browser behind another address.
    pub fn behind(self, forwarded_for: IpAddr) -> Self {
        self.with_header("x-forwarded-for", &forwarded_for.to_string())
    }

    /// The value of a cookie that this machine's servers have set.
    pub fn cookie_value(&self, name: &str) -> Option<String> {
        let hosts = ["http://localhost/", "http://127.0.0.1/"].map(|url| Url::parse(url).expect("an address"));
        let sent = hosts.iter().filter_map(|host| self.jar.cookies(host));
        let lines: Vec<String> = sent.filter_map(|line| Some(line.to_str().ok()?.to_owned())).collect();
        let pairs = lines.iter().flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    /// GET, without following.
    pub async fn get(&self, url: impl AsRef<str>) -> Page {
        self.send(self.client.get(url.as_ref())).await
    }

    /// GET of a server that may be gone before it has answered.
    pub async fn try_get(&self, url: impl AsRef<str>) -> Result<Page, reqwest::Error> {
        self.try_send(self.client.get(url.as_ref())).await
    }

    /// Any method, without a body.
    pub async fn ask(&self, method: &str, url: impl AsRef<str>) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        self.send(self.client.request(method, url.as_ref())).await
    }

    /// POST of a form that is not ours to refuse: raw fields.
    pub async fn post_fields(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        self.try_post_fields(url, fields).await.expect("an answer")
    }

    /// The same to a server that may be gone before it has answered.
    pub async fn try_post_fields(&self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Result<Page, reqwest::Error> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(url.as_ref()).header("content-type", "application/x-www-form-urlencoded");
        self.try_send(request.body(body)).await
    }

    /// POST of anything.
    pub async fn post_raw(&self, url: impl AsRef<str>, media_type: &str, body: Vec<u8>) -> Page {
        self.send(self.client.post(url.as_ref()).header("content-type", media_type).body(body)).await
    }

    /// Sends a form as a browser does; one of ours without a CSRF value is a bug of the page.
    pub async fn submit(&self, form: &Form) -> Page {
        assert!(
            form.fields.get("csrf").is_some_and(|v| !v.is_empty()),
            "the form to {} has no csrf value",
            form.action
        );
        let origin = form.action.origin().ascii_serialization();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let request = self
            .client
            .post(form.action.clone())
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    /// Follows redirects as long as they stay at `origin`; answers the first page that is none, or that leads elsewhere.
    pub async fn follow(&self, mut page: Page) -> Page {
        let origin = page.url.origin();
        for _ in 0..10 {
            match page.location() {
                Some(next) if next.origin() == origin => page = self.get(next).await,
                _ => return page,
            }
        }
        panic!("redirects without end at {}", page.url);
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.try_send(request).await.expect("an answer")
    }

    /// An answer counts when all of it has arrived.
    async fn try_send(&self, request: reqwest::RequestBuilder) -> Result<Page, reqwest::Error> {
        let response = request.headers(self.headers.clone()).send().await?;
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Page { url, status, headers, body })
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let at = tag.find(&mark)?;
    let value = &tag[at + mark.len()..];
    Some(unescape(&value[..value.find('"')?]))
}

/// The entities that templates write.
fn unescape(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}
