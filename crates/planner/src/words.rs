//! Numbers in sentences, and values in columns.

use catchment_model::table::Values;

/// A number with three digits that mean something: `0.123`, `12.3`, `1234`.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A share in percent: `47.5 %`. What is not all or nothing never reads as that.
pub(crate) fn percent(share: f64) -> String {
    if share == f64::INFINITY {
        return "∞ %".to_owned();
    }
    let text = format!("{:.1}", 100.0 * share);
    match &*text {
        "0.0" if share > 0.0 => "below 0.1 %".to_owned(),
        "100.0" if share < 1.0 => "above 99.9 %".to_owned(),
        _ => format!("{} %", text.trim_end_matches(".0")),
    }
}

/// `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// `1 site`, `2 sites`.
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

pub(crate) fn texts(values: impl IntoIterator<Item = Option<String>>) -> Values {
    let values: Vec<Option<String>> = values.into_iter().collect();
    Values::from_texts(values.iter().map(Option::as_deref))
}

pub(crate) fn decimals(decimals: u8, values: impl IntoIterator<Item = Option<f64>>) -> Values {
    Values::Decimal { decimals, values: values.into_iter().collect() }
}

pub(crate) fn percents(values: impl IntoIterator<Item = Option<f64>>) -> Values {
    decimals(1, values.into_iter().map(|share| Some(100.0 * share?)))
}

pub(crate) fn integers(values: impl IntoIterator<Item = Option<i64>>) -> Values {
    Values::Integer(values.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.1234, 12.34, 475.2, 9.5, 40.0, 1234.5, 0.0].map(number),
            ["0.123", "12.3", "475", "9.5", "40", "1234", "0"]
        );
        assert_eq!(
            [0.475, 1.0, 0.0, 0.0001, 0.9999, 4.75, 1.0 / 0.0].map(percent),
            ["47.5 %", "100 %", "0 %", "below 0.1 %", "above 99.9 %", "475 %", "∞ %"]
        );
    }
}
