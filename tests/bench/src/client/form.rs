//! The forms of a page, as a browser without JavaScript submits them: hidden inputs (CSRF value, interaction, prompt) are
//! taken over as they stand, so that no provider needs code of its own here.

/// A form, with the values that the page put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Absent: the page's own address.
    pub action: Option<String>,
    pub fields: Vec<(String, String)>,
}

impl Form {
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// Types into a field, or adds it.
    pub fn fill(&mut self, name: &str, value: &str) {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Every form of a page that is sent by POST.
pub fn forms(page: &str) -> Vec<Form> {
    let mut found = Vec::new();
    for rest in page.split("<form").skip(1) {
        let Some((tag, rest)) = rest.split_once('>') else { continue };
        if !attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
            continue;
        }
        let inside = rest.split("</form>").next().unwrap_or_default();
        let mut fields = Vec::new();
        for input in inside.split("<input").skip(1) {
            let tag = input.split('>').next().unwrap_or_default();
            let kind = attribute(tag, "type").unwrap_or_default();
            let unchecked = matches!(kind.as_str(), "checkbox" | "radio") && !tag.contains("checked");
            if let Some(name) = attribute(tag, "name").filter(|_| !unchecked && kind != "submit") {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        found.push(Form { action: attribute(tag, "action").filter(|action| !action.is_empty()), fields });
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let begins = |at: usize| tag.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
    let (at, _) = tag.match_indices(&mark).find(|(at, _)| begins(*at))?;
    let value = tag.get(at + mark.len()..)?;
    Some(unescape(value.split('"').next()?))
}

/// The entities that templates write.
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let entities = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#38;", "&"),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_inputs_are_taken_over_and_fields_filled() {
        let page = r#"<form method="get" action="/language"></form>
            <form autocomplete="off" action="/login?a=1&amp;b=2" method="post">
            <input type="hidden" name="csrf" value="x&#38;y"/><input data-name="no" name="soi" required>
            <input type="checkbox" name="remember"><input type="submit" name="go" value="1"></form>"#;
        let mut form = forms(page).remove(0);
        assert_eq!(form.action.as_deref(), Some("/login?a=1&b=2"));
        form.fill("soi", "100001");
        form.fill("password", "p");
        let fields = [("csrf", "x&y"), ("soi", "100001"), ("password", "p")];
        assert_eq!(form.fields, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
