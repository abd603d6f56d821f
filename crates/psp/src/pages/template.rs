//! Filling `{{name}}` in a page. Values are escaped for text and quoted attributes.

/// Fills in every `{{name}}`.
pub(super) fn fill(page: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(page.to_owned(), |page, (name, value)| {
        page.replace(&format!("{{{{{name}}}}}"), &escape(value))
    })
}

/// Braces are escaped too, so that a value can never be taken for a placeholder.
fn escape(value: &str) -> String {
    let mut safe = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '{' => safe.push_str("&#123;"),
            '}' => safe.push_str("&#125;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// An amount as a person reads it: `1999`, `eur` becomes `19.99 EUR`.
pub(super) fn money(minor: u64, currency: &str) -> String {
    let whole_only = matches!(currency, "jpy" | "krw" | "vnd" | "clp" | "isk");
    let code = currency.to_ascii_uppercase();
    if whole_only {
        format!("{minor} {code}")
    } else {
        format!("{}.{:02} {code}", minor / 100, minor % 100)
    }
}
