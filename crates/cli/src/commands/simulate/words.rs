//! Numbers and times as the reports print them.

/// Seconds from µs: milliseconds as far as they tell something, no zeros at the end.
pub fn seconds(us: i64) -> String {
    let decimals = if us.abs() < 1_000_000_000 { 3 } else { 1 };
    format!("{} s", grouped(&trimmed(format!("{:.decimals$}", us as f64 / 1e6))))
}

/// Without zeros behind the point that say nothing.
fn trimmed(mut text: String) -> String {
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// The same of a mean.
pub fn mean_seconds(us: f64) -> String {
    seconds(us.round() as i64)
}

/// The same, or that it never comes.
pub fn seconds_or_never(us: Option<i64>) -> String {
    us.map_or_else(|| "never".to_owned(), seconds)
}

/// A number: four digits that tell something, no zeros at the end, thousands apart.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 1.0 => 4,
        size if size < 100.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    grouped(&trimmed(format!("{value:.decimals$}")))
}

/// Digits in groups of three.
fn grouped(text: &str) -> String {
    let (whole, rest) = match text.find('.') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = whole.trim_start_matches('-').len();
    let mut grouped = whole[..whole.len() - digits].to_owned();
    for (index, digit) in whole[whole.len() - digits..].chars().enumerate() {
        if index > 0 && (digits - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// A part of a whole.
pub fn percent(part: f64, whole: f64) -> String {
    if whole == 0.0 { "0 %".to_owned() } else { format!("{:.1} %", 100.0 * part / whole) }
}

/// Names, the first few of them.
pub fn names(mut names: Vec<String>, shown: usize) -> String {
    let left = names.len().saturating_sub(shown);
    names.truncate(shown);
    if left > 0 {
        names.push(format!("{left} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_show_what_tells_something() {
        let shown = [0, 86_123, 1_500_000, 169_331_000, -5_000, 60_382_500_000].map(seconds);
        let expected = ["0 s", "0.086 s", "1.5 s", "169.331 s", "-0.005 s", "60 382.5 s"];
        assert_eq!(shown, expected);
        assert_eq!(seconds_or_never(None), "never");
    }

    #[test]
    fn numbers_show_what_tells_something() {
        let shown = [0.0, 0.25, 12.5, 240.0, 40_640.25, -1_234_567.0].map(number);
        assert_eq!(shown, ["0", "0.25", "12.5", "240", "40 640", "-1 234 567"]);
        assert_eq!(percent(1.0, 3.0), "33.3 %");
        let list = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(names(list, 2), "a, b, 1 more");
    }
}
