//! The page of a report: HTML with its style and pictures inside, in light and dark and on paper.

use catchment_formats::table::{escaped, write_html};
use catchment_planner::answer::{Answer, Section, Verdict};

use crate::plot;

/// Rows of a table on the page.
const ROWS_SHOWN: usize = 200;
/// Tables with more rows are folded.
const ROWS_OPEN: usize = 24;

/// A page.
pub struct Page<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// The question of the scenario; may be empty.
    pub question: &'a str,
    /// What it is about.
    pub facts: &'a [Fact],
    /// The plans.
    pub parts: &'a [Part],
}

/// Something that the reader should know of the page.
pub struct Fact {
    name: &'static str,
    text: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: &'static str, text: &str) -> Fact {
        Fact { name, text: text.to_owned() }
    }
}

/// A plan with its answer, or why there is none.
pub struct Part {
    /// As it was asked for.
    pub name: String,
    /// The answer; or the constraints that cannot be met.
    pub answer: Result<Answer, Vec<String>>,
}

/// Nothing may be loaded from anywhere, and nothing run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Colors of pictures are those of paper; in the dark, the neutral ones give way.
const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2126;--faint:#5b6570;--line:#d9dde2;\
--soft:#f4f6f8;--good:#00694d;--bad:#a83f00}
@media (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e4e8ec;--faint:#9aa5b0;\
--line:#343c44;--soft:#1c2228;--good:#4fc79f;--bad:#ff9a5c}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:76rem;background:var(--paper);\
color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.35rem;margin:3rem 0 .4rem;padding-top:1rem;border-top:2px solid var(--line)}
h3{font-size:1.02rem;margin:1.8rem 0 .5rem}
p,ul{max-width:60rem}
.question{color:var(--faint);font-size:1.1rem;margin:.2rem 0 1.4rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:1.2rem 0;\
padding:.9rem 1.1rem;background:var(--soft);font-size:.9rem}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
nav ol{list-style:none;margin:1.4rem 0 0;padding:0}
nav li{margin:.25rem 0}
a{color:inherit;text-underline-offset:.18em}
.verdict{display:inline-block;min-width:9.4rem;font-weight:600}
.holds{color:var(--good)}.fails{color:var(--bad)}
.headline{font-size:1.1rem;margin:.2rem 0 .8rem}
summary{font-weight:600;font-size:1.02rem;margin:1.8rem 0 .5rem;cursor:pointer}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .75rem;text-align:left;vertical-align:top;white-space:nowrap;\
border-bottom:1px solid var(--line)}
thead th{color:var(--faint);font-weight:500;border-bottom:2px solid var(--line)}
tbody th{font-weight:600}
.n{text-align:right}
.more{color:var(--faint);font-size:.86rem}
figure{margin:1.6rem 0 1.6rem -1.4rem}
figure svg{display:block;width:100%;height:auto;max-width:1160px}
svg [fill=\"#ffffff\"]{fill:var(--paper)}
svg [fill=\"#1c2126\"]{fill:var(--ink)}
svg [stroke=\"#1c2126\"]{stroke:var(--ink)}
svg [fill=\"#5b6570\"]{fill:var(--faint)}
svg [stroke=\"#d9dde2\"]{stroke:var(--line)}
svg [fill=\"#eceef1\"]{fill:var(--soft)}
svg [stroke=\"#000000\"]{stroke:var(--ink)}
svg [stroke=\"#ffffff\"]{stroke:var(--paper)}
svg [fill=\"#d55e00\"]{fill:var(--bad)}
@media print{:root{--paper:#fff;--ink:#000;--faint:#444;--line:#bbb;--soft:#f4f4f4;\
--good:#00694d;--bad:#a83f00}
body{max-width:none;padding:0;font-size:10pt}nav{display:none}
h2{break-before:page;border-top:0}h2:first-of-type{break-before:auto}
details::details-content{content-visibility:visible;block-size:auto}
h2,h3,summary{break-after:avoid}figure,tr{break-inside:avoid}.wide{overflow:visible}
table{font-size:7.5pt}th,td{padding:.1rem .4rem}}
";

impl Page<'_> {
    /// The page as a file.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        let title = escaped(self.title);
        let mut put = |line: &str| {
            out.push_str(line);
            out.push('\n');
        };
        put("<!doctype html>");
        put("<html lang=\"en\">");
        put("<head>");
        put("<meta charset=\"utf-8\">");
        put(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">"));
        put("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
        put(&format!("<title>{title}: plans</title>"));
        put(&format!("<style>\n{STYLE}</style>"));
        put("</head>");
        put("<body>");
        put("<header>");
        put(&format!("<h1>{title}</h1>"));
        if !self.question.is_empty() {
            put(&format!("<p class=\"question\">{}</p>", escaped(self.question)));
        }
        put("<dl>");
        for Fact { name, text } in self.facts {
            put(&format!("<dt>{name}</dt><dd>{}</dd>", escaped(text)));
        }
        put("</dl>");
        put("</header>");
        put("<nav aria-label=\"plans\"><ol>");
        for (index, part) in self.parts.iter().enumerate() {
            let (badge, headline) = (badge(part), headline(part));
            put(&format!("<li>{badge} <a href=\"#plan-{index}\">{headline}</a></li>"));
        }
        put("</ol></nav>");
        put("<main>");
        for (index, part) in self.parts.iter().enumerate() {
            part.put(&mut put, index);
        }
        put("</main>");
        put("</body>");
        put("</html>");
        out
    }
}

/// Whether it holds, in words.
fn badge(part: &Part) -> String {
    let (class, text) = match &part.answer {
        Ok(answer) if answer.verdict == Verdict::Holds => ("holds", "✓ holds"),
        Ok(_) => ("fails", "▲ does not hold"),
        Err(_) => ("fails", "▲ cannot be"),
    };
    format!("<span class=\"verdict {class}\">{text}</span>")
}

fn headline(part: &Part) -> String {
    let text = match &part.answer {
        Ok(answer) => &answer.headline,
        Err(texts) => texts.first().map_or("", |text| text),
    };
    format!("{}: {}", escaped(&part.name), escaped(text))
}

impl Part {
    fn put(&self, put: &mut impl FnMut(&str), index: usize) {
        put(&format!("<section id=\"plan-{index}\">"));
        put(&format!("<h2>{}</h2>", escaped(&capitalized(&self.name))));
        match &self.answer {
            Ok(answer) => {
                let (badge, headline) = (badge(self), escaped(&answer.headline));
                put(&format!("<p class=\"headline\">{badge} {headline}</p>"));
                put_answer(put, answer);
            }
            Err(texts) => {
                for text in texts {
                    put(&format!("<p class=\"headline\">{} {}</p>", badge(self), escaped(text)));
                }
            }
        }
        put("</section>");
    }
}

fn put_answer(put: &mut impl FnMut(&str), answer: &Answer) {
    if !answer.findings.is_empty() {
        put("<ul>");
        for finding in &answer.findings {
            put(&format!("<li>{}</li>", escaped(finding)));
        }
        put("</ul>");
    }
    for chart in &answer.charts {
        let svg = plot::chart(chart).to_svg();
        put(&format!("<figure>\n{svg}</figure>"));
    }
    for (index, Section { title, table, .. }) in answer.sections.iter().enumerate() {
        let mut bytes = Vec::new();
        write_html(table, Some(ROWS_SHOWN), &mut bytes).expect("a vector takes everything");
        let table_html = String::from_utf8_lossy(&bytes);
        let (title, rows) = (escaped(title), table.row_count());
        let table_html = format!("<div class=\"wide\">\n{table_html}</div>");
        // The first table is the answer; of the others a long one is opened by who wants it.
        put(&match index > 0 && rows > ROWS_OPEN {
            true => format!(
                "<details>\n<summary>{title} ({rows} rows)</summary>\n{table_html}\n</details>"
            ),
            false => format!("<h3>{title}</h3>\n{table_html}"),
        });
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
