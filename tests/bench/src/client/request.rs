//! Requests as bytes, made once and sent often.

use url::Url;

/// What a browser of the city says about itself.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// `host:port` of a URL, as it stands in `Host` and as one connects to it.
pub fn authority(url: &Url) -> anyhow::Result<String> {
    anyhow::ensure!(url.scheme() == "http", "{url}: only plain http on a trusted network is measured, no TLS");
    let host = url.host_str().ok_or_else(|| anyhow::anyhow!("{url} has no host"))?;
    Ok(format!("{host}:{}", url.port_or_known_default().unwrap_or(80)))
}

/// GET with further header lines.
pub fn get(url: &Url, headers: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let mut request = head("GET", url, headers)?;
    request.extend_from_slice(b"\r\n");
    Ok(request)
}

/// POST of a form with further header lines.
pub fn post(url: &Url, headers: &[(&str, &str)], fields: &[(String, String)]) -> anyhow::Result<Vec<u8>> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = head("POST", url, headers)?;
    let length = body.len();
    request.extend_from_slice(
        format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
    );
    Ok(request)
}

fn head(method: &str, url: &Url, headers: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let host = authority(url)?;
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {AGENT}\r\naccept: */*\r\naccept-language: fr\r\n"
    );
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        anyhow::ensure!(!value.contains(['\r', '\n']), "a header value with a line break");
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    Ok(head.into_bytes())
}
