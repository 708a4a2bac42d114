//! HTML: a table for a page, without style. Numbers have the class `n`.

use std::io::{self, Write};

use catchment_model::Table;
use catchment_model::table::Kind;

use super::text::{cell, header};

/// Writes a `<table>` with its units in the header. Of more than `rows_max` rows the first are
/// written, and a paragraph says how many are left.
///
/// # Errors
/// What the writer returns.
pub fn write_html<W: Write>(table: &Table, rows_max: Option<usize>, mut out: W) -> io::Result<()> {
    let shown = table.row_count().min(rows_max.unwrap_or(usize::MAX));
    let class = |kind: Kind| if kind == Kind::Text { "" } else { " class=\"n\"" };
    let mut text = String::from("<table>\n<thead><tr>");
    for column in &table.columns {
        let class = class(column.values.kind());
        text.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escaped(&header(column))));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    out.write_all(text.as_bytes())?;
    for row in 0..shown {
        let mut text = String::from("<tr>");
        for (place, column) in table.columns.iter().enumerate() {
            let cell = escaped(&cell(&column.values, row));
            let class = class(column.values.kind());
            // The first column names the row, for whoever has the table read aloud.
            match place == 0 && class.is_empty() {
                true => text.push_str(&format!("<th scope=\"row\">{cell}</th>")),
                false => text.push_str(&format!("<td{class}>{cell}</td>")),
            }
        }
        text.push_str("</tr>\n");
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"</tbody>\n</table>\n")?;
    let left = table.row_count() - shown;
    if left > 0 {
        let rows = if left == 1 { "row" } else { "rows" };
        writeln!(out, "<p class=\"more\">and {left} more {rows}</p>")?;
    }
    out.flush()
}

/// Text as it stands in HTML, between tags or in an attribute.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use catchment_model::table::Values;
    use expect_test::expect;

    use super::*;

    #[test]
    fn names_of_users_are_text_and_nothing_else() {
        let mut table = Table::default();
        let names = [Some("<script>"), Some("a & \"b\""), None];
        table.push("site", "", Values::from_texts(names));
        let values = vec![Some(1.5), None, Some(2.0)];
        table.push("load", "kq/s", Values::Decimal { decimals: 1, values });
        let mut bytes = Vec::new();
        write_html(&table, Some(2), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap().replace("</th><", "</th>\n<");
        expect![[r#"
            <table>
            <thead><tr><th scope="col">site</th>
            <th scope="col" class="n">load (kq/s)</th>
            </tr></thead>
            <tbody>
            <tr><th scope="row">&lt;script&gt;</th>
            <td class="n">1.5</td></tr>
            <tr><th scope="row">a &amp; &quot;b&quot;</th>
            <td class="n"></td></tr>
            </tbody>
            </table>
            <p class="more">and 1 more row</p>
        "#]]
        .assert_eq(&text);
    }
}
