//! Numbers, money and times as people of a language write them.

use super::{Lang, Plural, Text};
use protocol::Money;

/// Fills `{0}` to `{9}` of a template.
pub(crate) fn fill(template: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let at = usize::from(after.as_bytes().first().map_or(0, |b| b.wrapping_sub(b'0')));
        filled.push_str(values.get(at).copied().unwrap_or_default());
        rest = after.get(2..).unwrap_or_default();
    }
    filled.push_str(rest);
    filled
}

/// `1 person`, `2,000 people`.
pub(crate) fn plural(lang: Lang, (one, many): Plural, number: u64) -> String {
    fill(
        if number == 1 { one } else { many },
        &[&count(lang, number)],
    )
}

/// A whole number with its thousands set apart.
pub(crate) fn count(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(match lang {
                Lang::En => ',',
                Lang::De => '.',
            });
        }
        text.push(digit);
    }
    text
}

/// `€1,290.00` or `1.290,00 €`.
pub(crate) fn money(lang: Lang, money: Money) -> String {
    let exponent = money.currency.exponent();
    let scale = 10u64.pow(exponent);
    let (whole, rest) = (
        money.minor.unsigned_abs() / scale,
        money.minor.unsigned_abs() % scale,
    );
    let code = money.currency.as_str();
    let symbol = match code {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        other => other,
    };
    let mut amount = String::new();
    if money.minor < 0 {
        amount.push('-');
    }
    if lang == Lang::En {
        amount.push_str(symbol);
        if symbol == code {
            amount.push('\u{a0}');
        }
    }
    amount.push_str(&count(lang, whole));
    if exponent > 0 {
        amount.push(if lang == Lang::En { '.' } else { ',' });
        let cents = rest.to_string();
        amount.extend(std::iter::repeat_n('0', exponent as usize - cents.len()));
        amount.push_str(&cents);
    }
    if lang == Lang::De {
        amount.push('\u{a0}');
        amount.push_str(symbol);
    }
    amount
}

/// `Visa •••• 4242`; the words for "your card" when the provider did not say.
pub(crate) fn card(text: &Text, brand: Option<&str>, last4: Option<&str>) -> String {
    let Some(last4) = last4 else {
        return text.your_card.to_owned();
    };
    let brand = match brand.unwrap_or_default() {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        "discover" => "Discover",
        _ => "",
    };
    let gap = if brand.is_empty() { "" } else { " " };
    [brand, gap, "•••• ", last4].concat()
}

/// A wait between `soonest` and `latest` seconds, no more exact than it is known.
pub(crate) fn wait(lang: Lang, (soonest, latest): (u64, u64)) -> String {
    let text = lang.text();
    let (low, high) = (count(lang, soonest), count(lang, latest));
    if latest < 90 {
        if soonest == latest {
            return fill(text.about_seconds, &[&low]);
        }
        return fill(text.seconds, &[&low, &high]);
    }
    let (low, high) = ((soonest / 60).max(1), latest.div_ceil(60));
    if low == high {
        return plural(lang, text.about_minutes, low);
    }
    fill(text.minutes, &[&count(lang, low), &count(lang, high)])
}

/// A countdown: `3 days 04:05:06`, `04:05:06` or `05:06`.
pub(crate) fn countdown(lang: Lang, seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let mut text = String::new();
    if days > 0 {
        text.push_str(&plural(lang, lang.text().days, days));
        text.push(' ');
    }
    if seconds >= 3600 {
        two_digits(&mut text, hours);
        text.push(':');
    }
    two_digits(&mut text, seconds / 60 % 60);
    text.push(':');
    two_digits(&mut text, seconds % 60);
    text
}

/// `2026-11-23T18:00:00Z`, for machines.
pub(crate) fn iso(ms: u64) -> String {
    let (year, month, day) = date(ms);
    let mut text = year.to_string();
    for (mark, value) in [('-', month), ('-', day)] {
        text.push(mark);
        two_digits(&mut text, value);
    }
    text.push('T');
    clock(&mut text, ms, true);
    text.push('Z');
    text
}

/// `23 Nov 2026, 18:00 UTC`, until the browser knows better.
pub(crate) fn utc(lang: Lang, ms: u64) -> String {
    let (year, month, day) = date(ms);
    let name = lang.text().months[(month.max(1) as usize - 1) % 12];
    let dot = if lang == Lang::De { ". " } else { " " };
    let mut text = [&day.to_string(), dot, name, " ", &year.to_string(), ", "].concat();
    clock(&mut text, ms, false);
    text.push_str(" UTC");
    text
}

fn clock(text: &mut String, ms: u64, seconds: bool) {
    let s = ms / 1000;
    two_digits(text, s / 3600 % 24);
    text.push(':');
    two_digits(text, s / 60 % 60);
    if seconds {
        text.push(':');
        two_digits(text, s % 60);
    }
}

fn two_digits(text: &mut String, value: u64) {
    for digit in [value / 10 % 10, value % 10] {
        text.push(char::from(b'0' + digit as u8));
    }
}

/// Year, month and day in UTC, by Howard Hinnant's `civil_from_days`.
fn date(ms: u64) -> (u64, u64, u64) {
    let days = ms / 86_400_000 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Currency;

    #[test]
    fn templates_take_values_in_any_order() {
        assert_eq!(fill("{1} of {0}, {1}", &["a", "b"]), "b of a, b");
        assert_eq!(fill("none {3", &[]), "none ");
        assert_eq!(fill("plain", &["a"]), "plain");
    }

    #[test]
    fn money_is_written_as_the_language_does() {
        let show = |lang, minor, code: &str| {
            money(
                lang,
                Money {
                    minor,
                    currency: Currency::parse(code).unwrap(),
                },
            )
        };
        assert_eq!(show(Lang::En, 12_900, "EUR"), "€129.00");
        assert_eq!(show(Lang::De, 129_005, "EUR"), "1.290,05\u{a0}€");
        assert_eq!(show(Lang::En, 12_900, "JPY"), "¥12,900");
        assert_eq!(show(Lang::En, -7, "CHF"), "-CHF\u{a0}0.07");
        assert_eq!(show(Lang::De, 1_005, "KWD"), "1,005\u{a0}KWD");
    }

    #[test]
    fn a_wait_is_no_more_exact_than_it_is_known() {
        assert_eq!(wait(Lang::En, (1, 1)), "about 1 s");
        assert_eq!(wait(Lang::En, (20, 30)), "20–30 s");
        assert_eq!(wait(Lang::En, (70, 105)), "1–2 minutes");
        assert_eq!(wait(Lang::De, (120, 120)), "etwa 2 Minuten");
    }

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_709_251_199_000), "2024-02-29T23:59:59Z");
        assert_eq!(iso(4_107_542_400_000), "2100-03-01T00:00:00Z");
        assert_eq!(utc(Lang::En, 1_795_457_100_000), "23 Nov 2026, 18:05 UTC");
        assert_eq!(utc(Lang::De, 1_795_457_100_000), "23. Nov. 2026, 18:05 UTC");
    }

    #[test]
    fn a_countdown_shows_what_matters() {
        assert_eq!(countdown(Lang::En, 65), "01:05");
        assert_eq!(countdown(Lang::En, 3_600), "01:00:00");
        assert_eq!(countdown(Lang::En, 90_000), "1 day 01:00:00");
    }

    #[test]
    fn a_card_is_named_as_far_as_it_is_known() {
        assert_eq!(
            card(Lang::En.text(), Some("visa"), Some("4242")),
            "Visa •••• 4242"
        );
        assert_eq!(card(Lang::En.text(), None, Some("4242")), "•••• 4242");
        assert_eq!(card(Lang::En.text(), Some("visa"), None), "your card");
    }
}
