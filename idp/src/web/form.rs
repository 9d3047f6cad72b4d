//! Forms: read with limits, accepted only from our own pages, answered with a page or a redirect.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::Failure;
use super::headers::content_security_policy;
use super::{Visitor, Web};
use crate::crypto::known_browser::KNOWN_FOR_DAYS;
use crate::domain::secret::PlainToken;
use crate::domain::soi::Soi;
use crate::oauth::{Params, ParamsError};
use crate::ui::pages::notice::NoticeKind;
use crate::ui::{Locale, Page};

/// The largest form: pages and protocol alike.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive. Whoever sends a byte now and then holds a connection no longer than this.
const MAX_BODY_TIME: Duration = Duration::from_secs(10);

/// A form as sent, before anybody trusts it.
pub struct Form(pub Params);

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// As a whole, or one field.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// Not `application/x-www-form-urlencoded`.
    MediaType,
    /// Not UTF-8, a null byte, too many fields.
    Unreadable,
}

impl FormError {
    /// The HTTP status of each.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
        }
    }
}

impl FormError {
    /// What a client may read.
    pub const fn public(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::TooSlow => "the body took too long to arrive",
            Self::MediaType => "the body must be application/x-www-form-urlencoded",
            Self::Unreadable => "the body cannot be read as a form",
        }
    }
}

impl From<FormError> for Failure {
    fn from(error: FormError) -> Self {
        let kind = if error == FormError::TooLarge { NoticeKind::TooLarge } else { NoticeKind::Unreadable };
        Self::Notice(error.status(), kind)
    }
}

impl FromRequest<Web> for Form {
    type Rejection = FormError;

    async fn from_request(request: Request<Body>, _: &Web) -> Result<Self, FormError> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(FormError::MediaType);
        }
        let bytes = in_time(MAX_BODY_TIME, to_bytes(request.into_body(), MAX_FORM_BYTES)).await?;
        Params::parse(&bytes).map(Form).map_err(|error| match error {
            ParamsError::TooLong => FormError::TooLarge,
            _ => FormError::Unreadable,
        })
    }
}

async fn in_time(limit: Duration, body: impl Future<Output = Result<Bytes, axum::Error>>) -> Result<Bytes, FormError> {
    let arrived = tokio::time::timeout(limit, body).await.map_err(|_| FormError::TooSlow)?;
    arrived.map_err(|_| FormError::TooLarge)
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

/// A form that one of our own pages sent from this browser.
pub struct OwnForm<'a>(pub &'a Params);

impl OwnForm<'_> {
    /// A field's value, empty where it is absent or repeated.
    pub fn field(&self, name: &str) -> &str {
        self.0.one(name).ok().flatten().unwrap_or_default()
    }

    /// A field's value, unless it is empty.
    pub fn non_empty(&self, name: &str) -> Option<String> {
        Some(self.field(name)).filter(|v| !v.is_empty()).map(str::to_owned)
    }
}

/// What may have been done just before the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Activated,
    PasswordChanged,
}

impl Done {
    /// The query parameter that says so.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Activated => "activated",
            Self::PasswordChanged => "changed",
        }
    }
}

impl Visitor {
    /// Accepts a form only with the CSRF value of this browser, and from an origin of ours where one is told (NIST-23).
    pub fn own<'a>(&self, params: &'a Params) -> Option<OwnForm<'a>> {
        let origin_is_ours =
            self.origin.as_ref().is_none_or(|o| self.web.settings.origins.iter().any(|ours| ours == o));
        let form = OwnForm(params);
        (origin_is_ours && !self.browser_is_new && self.web.csrf.verify(self.browser.reveal(), form.field("csrf")))
            .then_some(form)
    }

    /// The same for a page that has nothing to say beside its form.
    pub fn own_form<'a>(&self, params: &'a Params) -> Result<OwnForm<'a>, Failure> {
        self.own(params).ok_or(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::FormExpired))
    }

    /// The address of a page that says once that `what` was done: no link of a stranger can say so.
    pub fn done(&self, path: &str, what: &str) -> String {
        let mark = self.web.csrf.token_for(&format!("{}:done:{what}", self.browser.reveal()));
        format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).append_pair("done", &mark).finish())
    }

    /// Whether this request says that `what` was done in this browser.
    pub fn is_done(&self, what: &str) -> bool {
        let mark = self.query("done").unwrap_or_default();
        self.web.csrf.verify(&format!("{}:done:{what}", self.browser.reveal()), &mark)
    }

    /// What tells the login page that this browser has just done something: no link of a stranger can say so.
    pub fn mark(&self, done: Done) -> String {
        self.web.csrf.token_for(&format!("{}:{}", self.browser.reveal(), done.parameter()))
    }

    /// Whether this was just done in this browser.
    pub fn has_done(&self, done: Done) -> bool {
        let marked = format!("{}:{}", self.browser.reveal(), done.parameter());
        self.query(done.parameter()).is_some_and(|mark| self.web.csrf.verify(&marked, &mark))
    }

    /// A page with its headers: policy, language, the pre-session cookie where the browser has none yet.
    pub fn page(&self, status: StatusCode, page: &dyn Page, form_action: Option<&str>) -> Result<Response, Failure> {
        let html = page.to_html()?;
        let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
        if let Ok(policy) = HeaderValue::from_str(&content_security_policy(form_action)) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        self.keep_browser(&mut response);
        Ok(response)
    }

    /// The same for a page that must not fail: a plain sentence stands in when it cannot be rendered.
    pub fn page_or_plain(&self, status: StatusCode, page: &dyn Page) -> Response {
        self.page(status, page, None).unwrap_or_else(|failure| {
            failure.log(self.context.request_id.as_str());
            (StatusCode::INTERNAL_SERVER_ERROR, "Octroi").into_response()
        })
    }

    /// A page, with `Retry-After` where there is something to wait for.
    pub fn page_after(&self, status: StatusCode, page: &dyn Page, wait: Option<Duration>) -> Result<Response, Failure> {
        let mut response = self.page(status, page, None)?;
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        Ok(response)
    }

    /// 303 See Other: never 307, which would send a form on (OA-09).
    pub fn see_other(&self, location: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(value) = HeaderValue::from_str(location) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        // No pre-session cookie here: a cross-site POST arrives without the one that the browser has, and a new one would
        // make its open forms worthless. The page at the end of the redirect sets it where it is missing.
        response
    }

    fn keep_browser(&self, response: &mut Response) {
        let names = self.web.cookie_names();
        if self.browser_is_new {
            self.set_cookie(response, names.browser, self.browser.reveal(), None);
        }
        if self.locale_chosen {
            self.keep_language(response, self.locale);
        }
    }

    /// Lets the browser remember a language for a year.
    pub fn keep_language(&self, response: &mut Response, locale: Locale) {
        self.set_cookie(response, self.web.cookie_names().locale, locale.tag(), Some(365 * 24 * 3600));
    }

    /// Gives the browser its session; it ends with the browser, and earlier by the server's limits.
    pub fn set_session(&self, response: &mut Response, cookie: &PlainToken) {
        self.set_cookie(response, self.web.cookie_names().session, cookie.reveal(), None);
    }

    /// Makes this browser known to the agent who has just logged in; it opens nothing by itself.
    pub fn set_known(&self, response: &mut Response, soi: &Soi) {
        let cookie = self.web.login.remember_browser(self.known.as_ref(), soi);
        let age = u32::from(KNOWN_FOR_DAYS) * 24 * 3600;
        self.set_cookie(response, self.web.cookie_names().known, &cookie.to_value(), Some(age));
    }

    /// Takes the session from the browser.
    pub fn clear_session(&self, response: &mut Response) {
        self.set_cookie(response, self.web.cookie_names().session, "", Some(0));
    }

    fn set_cookie(&self, response: &mut Response, name: &str, value: &str, max_age: Option<u32>) {
        let secure = if self.web.settings.secure { "; Secure" } else { "" };
        let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        if let Ok(cookie) =
            HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_answered_with_408() {
        let error = in_time(Duration::from_millis(20), std::future::pending()).await.unwrap_err();
        assert_eq!((error, error.status().as_u16()), (FormError::TooSlow, 408));
        assert!(matches!(Failure::from(error), Failure::Notice(status, NoticeKind::Unreadable) if status == 408));
    }

    #[tokio::test]
    async fn a_body_in_time_is_read_and_one_beyond_the_limit_is_too_large() {
        let form = to_bytes(Body::from("a=1"), MAX_FORM_BYTES);
        assert_eq!(in_time(MAX_BODY_TIME, form).await.unwrap(), "a=1");
        let flood = to_bytes(Body::from(vec![b'a'; MAX_FORM_BYTES + 1]), MAX_FORM_BYTES);
        assert_eq!(in_time(MAX_BODY_TIME, flood).await, Err(FormError::TooLarge));
    }
}
