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
    let decimals: usize = match currency {
        "bif" | "clp" | "djf" | "gnf" | "isk" | "jpy" | "kmf" | "krw" | "pyg" | "rwf" | "ugx"
        | "vnd" | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "iqd" | "jod" | "kwd" | "lyd" | "omr" | "tnd" => 3,
        _ => 2,
    };
    let code = currency.to_ascii_uppercase();
    let scale = 10_u64.pow(decimals as u32);
    match decimals {
        0 => format!("{minor} {code}"),
        _ => format!("{}.{:0decimals$} {code}", minor / scale, minor % scale),
    }
}

#[cfg(test)]
mod tests {
    use super::money;

    #[test]
    fn every_currency_has_its_own_decimals() {
        assert_eq!(money(1999, "eur"), "19.99 EUR");
        assert_eq!(money(1999, "jpy"), "1999 JPY");
        assert_eq!(money(12_005, "kwd"), "12.005 KWD");
        assert_eq!(money(5, "eur"), "0.05 EUR");
    }
}
