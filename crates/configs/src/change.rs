//! The lines of a change: what to paste at each site that it touches, and what takes it back.
//!
//! BIRD reads whole files, so a change names the blocks to replace. FRR takes single commands, so
//! a change is the commands that differ; new ones come first and old ones go last, so that nothing
//! that is announced before and after goes away in between.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use catchment_model::{Asn, SiteName};

use crate::bird::{self, Block};
use crate::comment::comment;
use crate::frr::{self, Line, Section, leave};
use crate::router::{Attributes, Export, Kind, RouterConfig, Session};
use crate::{Daemon, files};

/// What changes at one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteChange {
    /// The site.
    pub site: SiteName,
    /// Its AS, afterwards if it changes.
    pub asn: Asn,
    /// The change in words: one line each.
    pub what: Vec<String>,
    /// How to make it.
    pub apply: Steps,
    /// How to take it back.
    pub undo: Steps,
}

/// Lines, and the commands that bring them into effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// For BIRD blocks of `bird.conf`, each below a comment that says where it goes. For FRR lines
    /// of configuration mode. Comments say so where they are a whole file.
    pub lines: String,
    /// What to run, in order. `LINES` stands for a file with the lines, if a command needs one.
    pub commands: Vec<String>,
}

/// What differs between two states of the routers of a service, site by site in the order of
/// `after`, then those that are gone. Sites are matched by name.
pub fn change(daemon: Daemon, before: &[RouterConfig], after: &[RouterConfig]) -> Vec<SiteChange> {
    let mut changes = Vec::new();
    for new in after {
        let old = before.iter().find(|old| old.site == new.site);
        changes.push(site_change(daemon, old, Some(new)));
    }
    let is_gone = |old: &&RouterConfig| after.iter().all(|new| new.site != old.site);
    changes.extend(before.iter().filter(is_gone).map(|old| site_change(daemon, Some(old), None)));
    // What no line shows, such as a prefix of other sites alone, is no change here.
    changes.retain(|change| !change.apply.lines.is_empty() || !change.undo.lines.is_empty());
    changes
}

fn site_change(
    daemon: Daemon,
    before: Option<&RouterConfig>,
    after: Option<&RouterConfig>,
) -> SiteChange {
    let one = after.or(before).expect("a site is in one of the two");
    SiteChange {
        site: one.site.name().clone(),
        asn: one.asn,
        what: in_words(before, after),
        apply: steps(daemon, before, after),
        undo: steps(daemon, after, before),
    }
}

fn steps(daemon: Daemon, from: Option<&RouterConfig>, to: Option<&RouterConfig>) -> Steps {
    match (from, to) {
        // The process of an AS is the root of everything else.
        (Some(from), Some(to)) if from.asn == to.asn => match daemon {
            Daemon::Bird => bird_steps(from, to),
            Daemon::Frr => frr_steps(from, to),
        },
        (_, Some(to)) => whole(daemon, to),
        (_, None) => stop(daemon),
    }
}

/// A site that is new, or of another AS than before.
fn whole(daemon: Daemon, router: &RouterConfig) -> Steps {
    let mut lines = String::new();
    for file in files(daemon, router) {
        let _ = writeln!(lines, "# the whole file {}", file.name);
        lines.push_str(&file.text);
    }
    let commands = match daemon {
        Daemon::Bird => ["bird -p -c bird.conf", "systemctl restart bird"],
        Daemon::Frr => ["vtysh -C -f frr.conf", "systemctl restart frr"],
    };
    Steps { lines, commands: commands.map(str::to_owned).to_vec() }
}

fn stop(daemon: Daemon) -> Steps {
    let command = match daemon {
        Daemon::Bird => "birdc down",
        Daemon::Frr => "systemctl stop frr",
    };
    Steps { lines: String::new(), commands: vec![command.to_owned()] }
}

fn bird_steps(from: &RouterConfig, to: &RouterConfig) -> Steps {
    let (old, new) = (bird::blocks(from), bird::blocks(to));
    let mut lines = String::new();
    for (at, block) in new.iter().enumerate() {
        match old.iter().find(|other| other.name == block.name) {
            Some(other) if other == block => continue,
            Some(_) => {
                let _ = writeln!(lines, "# in place of `{}`:", block.name);
            }
            None => {
                let _ = writeln!(lines, "# new, behind `{}`:", new[at - 1].name);
            }
        }
        lines.push_str(&block.text);
        lines.push('\n');
    }
    let is_gone = |block: &&Block| new.iter().all(|other| other.name != block.name);
    for block in old.iter().filter(is_gone) {
        let _ = writeln!(lines, "# remove `{}`", block.name);
    }
    let commands = [
        "birdc configure check",
        // Whoever cuts himself off is back after this time.
        "birdc configure timeout 300",
        "birdc configure confirm",
    ];
    Steps { lines, commands: commands.map(str::to_owned).to_vec() }
}

/// Sections joined by their path, in order: the top stands in a file several times.
fn joined(router: &RouterConfig) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    for section in frr::sections(router) {
        match all.iter_mut().find(|other| other.path == section.path) {
            Some(other) => other.lines.extend(section.lines),
            None => all.push(section),
        }
    }
    all
}

fn frr_steps(from: &RouterConfig, to: &RouterConfig) -> Steps {
    let (old, new) = (joined(from), joined(to));
    let mut writer = Writer::default();
    for section in &new {
        let other = old.iter().find(|other| other.path == section.path);
        if other.is_none() {
            writer.enter(&section.path);
        }
        let known: BTreeMap<&str, &str> = by_key(other);
        for line in &section.lines {
            if known.get(&*line.key) != Some(&&*line.text) {
                writer.line(&section.path, line);
            }
        }
    }
    let gone = gone_neighbors(&old, &new);
    for section in old.iter().rev() {
        remove(section, &new, &gone, &mut writer);
    }
    writer.enter(&[]);
    let mut commands = Vec::new();
    if to.bfd.is_some() && from.bfd.is_none() {
        commands.push("sed -i s/^bfdd=no/bfdd=yes/ /etc/frr/daemons".to_owned());
        commands.push("systemctl restart frr".to_owned());
    }
    commands.extend(["vtysh -C -f LINES", "vtysh -f LINES"].map(str::to_owned));
    for session in to.sessions.iter().filter(|session| tells_otherwise(session, from)) {
        commands.push(format!(
            "vtysh -c 'clear bgp ipv{} unicast {} soft out'",
            session.family.digit(),
            session.remote
        ));
    }
    commands.push("vtysh -c 'write memory'".to_owned());
    Steps { lines: writer.text, commands }
}

fn by_key(section: Option<&Section>) -> BTreeMap<&str, &str> {
    let lines = section.into_iter().flat_map(|section| &section.lines);
    lines.map(|line| (&*line.key, &*line.text)).collect()
}

/// `neighbor ADDRESS` of neighbors that are there before and not after: one command takes all their
/// lines away.
fn gone_neighbors(old: &[Section], new: &[Section]) -> BTreeSet<String> {
    let heads = |sections: &[Section]| -> BTreeSet<String> {
        let lines = sections.iter().flat_map(|section| &section.lines);
        lines.filter_map(|line| line.key.strip_suffix(" remote-as").map(str::to_owned)).collect()
    };
    let (old, new) = (heads(old), heads(new));
    old.difference(&new).cloned().collect()
}

/// Takes back what a section has and its successor has not.
fn remove(section: &Section, new: &[Section], gone: &BTreeSet<String>, writer: &mut Writer) {
    let other = new.iter().find(|other| other.path == section.path);
    let can_go = section.path.last().is_some_and(|step| !step.starts_with("address-family"));
    if other.is_none() && can_go {
        let (last, parents) = section.path.split_last().expect("the top cannot go");
        writer.command(parents, &format!("no {last}"));
        return;
    }
    let known = by_key(other);
    for line in section.lines.iter().rev().filter(|line| !known.contains_key(&*line.key)) {
        let head = gone.iter().find(|head| line.key.starts_with(&format!("{head} ")));
        match (head, line.key.ends_with(" remote-as")) {
            (Some(head), true) => writer.command(&section.path, &format!("no {head}")),
            (Some(_), false) => {}
            (None, _) => writer.command(&section.path, &taken_back(line)),
        }
    }
}

/// The command that takes a line back. With its value FRR does not know all of them
/// (`no set as-path prepend 64500`), and without it not `no neighbor … bfd profile`.
fn taken_back(line: &Line) -> String {
    if let Some(positive) = line.text.strip_prefix("no ") {
        return positive.to_owned();
    }
    let needs_value = !line.text.starts_with(&line.key) || line.key.ends_with(" bfd profile");
    format!("no {}", if needs_value { &line.text } else { &line.key })
}

/// Writes commands, and enters and leaves the contexts that they need.
#[derive(Default)]
struct Writer {
    text: String,
    path: Vec<String>,
}

impl Writer {
    fn enter(&mut self, path: &[String]) {
        let same = self.path.iter().zip(path).take_while(|(a, b)| a == b).count();
        leave(&mut self.text, &self.path, same);
        for (at, step) in path.iter().enumerate().skip(same) {
            let _ = writeln!(self.text, "{}{step}", " ".repeat(at));
        }
        self.path = path.to_vec();
    }

    fn command(&mut self, path: &[String], text: &str) {
        self.enter(path);
        let _ = writeln!(self.text, "{}{text}", " ".repeat(path.len()));
    }

    fn line(&mut self, path: &[String], line: &Line) {
        self.enter(path);
        self.text.push_str(&comment('!', path.len(), &line.comment));
        self.command(path, &line.text);
    }
}

/// Whether a session was there before and is told something else now.
fn tells_otherwise(session: &Session, before: &RouterConfig) -> bool {
    let old = before.sessions.iter().find(|old| old.full_name() == session.full_name());
    old.is_some_and(|old| old.export != session.export)
}

/// The change for people.
fn in_words(before: Option<&RouterConfig>, after: Option<&RouterConfig>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(after)) => return vec![format!("a new site: {}", after.about())],
        _ => return vec!["the site is gone".to_owned()],
    };
    let mut what = Vec::new();
    if before.asn != after.asn {
        what.push(format!("its AS is AS{}, and was AS{}", after.asn, before.asn));
    }
    for prefix in after.originated.iter().filter(|it| !before.originated.contains(it)) {
        what.push(format!("announces {prefix}"));
    }
    for prefix in before.originated.iter().filter(|it| !after.originated.contains(it)) {
        what.push(format!("announces {prefix} no more"));
    }
    let find = |router: &RouterConfig, name: &str| {
        router.sessions.iter().find(|session| session.full_name() == name).cloned()
    };
    for session in &after.sessions {
        match find(before, &session.full_name()) {
            None => what.push(format!("a new session with {}", session.about())),
            Some(old) => what.extend(session_in_words(&old, session)),
        }
    }
    for session in &before.sessions {
        if find(after, &session.full_name()).is_none() {
            what.push(format!("no session with {} any more", session.about()));
        }
    }
    let others = [
        (before.identifier != after.identifier, "BGP identifier"),
        (before.timers != after.timers, "timers"),
        (before.process != after.process, "decision process"),
        (before.bfd != after.bfd, "BFD"),
        (before.restart_s != after.restart_s, "graceful restart"),
    ];
    for (_, name) in others.iter().filter(|(differs, _)| *differs) {
        what.push(format!("another setting of {name}"));
    }
    // Both address families of a session say the same.
    what.dedup();
    if what.is_empty() {
        what.push("other names or lists".to_owned());
    }
    what
}

fn session_in_words(old: &Session, new: &Session) -> Option<String> {
    let mut parts = Vec::new();
    match (&old.export, &new.export) {
        (Export::Nothing, Export::Originated(said)) => {
            parts.push("announces again".to_owned());
            parts.extend(said_in_words(&Attributes::default(), said));
        }
        (Export::Originated(_), Export::Nothing) => parts.push("announces nothing".to_owned()),
        (Export::Originated(old), Export::Originated(new)) => {
            parts.extend(said_in_words(old, new));
        }
        (old, new) if old != new => parts.push("something else is told".to_owned()),
        _ => {}
    }
    if old.import != new.import {
        parts.push("something else is taken".to_owned());
    }
    if (old.kind, old.neighbor) != (new.kind, new.neighbor) {
        parts.push(format!("it was {}", old.kind));
    }
    let to = match new.kind {
        Kind::External(_) => new.about(),
        Kind::Mesh => format!("iBGP {}", new.neighbor_city),
    };
    (!parts.is_empty()).then(|| format!("towards {to}: {}", parts.join(", ")))
}

fn said_in_words(old: &Attributes, new: &Attributes) -> Vec<String> {
    let mut parts = Vec::new();
    if old.prepend != new.prepend {
        parts.push(format!("prepends {}, before {}", new.prepend, old.prepend));
    }
    if old.med != new.med {
        let text = |med: Option<u32>| med.map_or("none".to_owned(), |med| med.to_string());
        parts.push(format!("MED {}, before {}", text(new.med), text(old.med)));
    }
    if old.communities != new.communities {
        let text = |said: &Attributes| match said.communities.is_empty() {
            true => "none".to_owned(),
            false => {
                let names: Vec<String> = said.communities.iter().map(ToString::to_string).collect();
                names.join(" ")
            }
        };
        parts.push(format!("communities {}, before {}", text(new), text(old)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use catchment_testkit::random::{Case, Draws, Kind as Trouble, case};

    use super::*;
    use crate::address::Addresses;
    use crate::site::{Ground, site_router};

    fn routers(case: &Case, bfd: bool, addresses: &mut Addresses) -> Vec<RouterConfig> {
        let Case { world, overlay, service, rules, .. } = case;
        let ground = Ground { world, overlay, service, rules };
        let sites = 0..service.sites.len() as u32;
        let mut router = |site| site_router(ground, site, bfd, addresses).expect("it can be one");
        sites.map(&mut router).collect()
    }

    /// Pairs of states: the sites of a random service, and the same with something else said.
    fn pairs() -> Vec<(RouterConfig, RouterConfig)> {
        let mut pairs = Vec::new();
        for seed in 0..200 {
            let before = case(seed, Trouble::Irregular);
            let mut after = before.clone();
            let mut draws = Draws::new(seed);
            for site in &mut after.service.sites {
                for said in site.announcements.values_mut() {
                    said.prepend = draws.below(3) as u8;
                    said.med = draws.chance(50).then(|| draws.below(5) as u32);
                    if draws.chance(50) {
                        said.communities.clear();
                    }
                }
                if draws.chance(20) {
                    site.announcements.pop_first();
                }
                if draws.chance(30) {
                    site.prefixes = (0..before.service.prefixes.len() as u16).collect();
                }
                site.active ^= draws.chance(10);
            }
            if draws.chance(30) {
                after.overlay = Default::default();
            }
            if draws.chance(30) {
                after.rules.hold = Some(catchment_model::Duration::from_s(9));
            }
            after.rules.gr_helper = draws.chance(30);
            let addresses = &mut Addresses::beside([&before.service, &after.service]);
            let old = routers(&before, draws.chance(50), addresses);
            let new = routers(&after, draws.chance(50), addresses);
            pairs.extend(old.into_iter().zip(new).filter(|(old, new)| old != new));
        }
        assert!(pairs.len() > 200, "{}", pairs.len());
        pairs
    }

    /// Does with a file what the comments of a change say.
    fn paste(file: &[Block], lines: &str) -> Vec<Block> {
        let mut file = file.to_vec();
        let at = |file: &[Block], name: &str| {
            let found = file.iter().position(|block| block.name == name);
            found.unwrap_or_else(|| panic!("no block `{name}`"))
        };
        let is_order = |line: &&str| {
            ["# in place of `", "# new, behind `", "# remove `"]
                .iter()
                .any(|it| line.starts_with(it))
        };
        let all: Vec<&str> = lines.lines().collect();
        for (number, order) in all.iter().enumerate().filter(|(_, line)| is_order(line)) {
            let name = order.split('`').nth(1).expect("it names a block");
            let body = all[number + 1..].iter().take_while(|line| !is_order(line));
            let mut text = body.map(|line| format!("{line}\n")).collect::<String>();
            // An empty line is behind each block.
            text.truncate(text.trim_end().len());
            text.push('\n');
            let place = at(&file, name);
            if order.starts_with("# remove") {
                file.remove(place);
            } else if order.starts_with("# in place of") {
                file[place].text = text;
            } else {
                let first = text.lines().find(|line| !line.starts_with('#')).expect("a block");
                let name = first.trim_end_matches([' ', '{', '(', ')']).to_owned();
                file.insert(place + 1, Block { name, text });
            }
        }
        file
    }

    #[test]
    fn bird_blocks_pasted_as_told_make_the_new_file() {
        for (old, new) in pairs() {
            for (from, to) in [(&old, &new), (&new, &old)] {
                let steps = steps(Daemon::Bird, Some(from), Some(to));
                let pasted = paste(&bird::blocks(from), &steps.lines);
                let text = |blocks: &[Block]| {
                    let mut texts: Vec<String> =
                        blocks.iter().map(|block| block.text.clone()).collect();
                    texts.sort();
                    texts
                };
                assert_eq!(text(&pasted), text(&bird::blocks(to)), "{}", steps.lines);
                // What refers to something stands behind it.
                for (at, block) in pasted.iter().enumerate() {
                    for later in &pasted[at + 1..] {
                        let Some(("filter" | "function", name)) = later.name.split_once(' ') else {
                            continue;
                        };
                        let uses = [format!("{name};"), format!("{name}()")];
                        let is_used = uses.iter().any(|used| block.text.contains(used));
                        assert!(!is_used, "{} is behind {}", later.name, block.name);
                    }
                }
            }
        }
    }

    /// A configuration as FRR would hold it: lines by context and key.
    type Held = BTreeMap<Vec<String>, BTreeMap<String, String>>;

    fn held(router: &RouterConfig) -> Held {
        let sections = joined(router).into_iter().map(|section| {
            let lines = section.lines.into_iter().map(|line| (line.key, line.text));
            (section.path, lines.collect())
        });
        sections.collect()
    }

    /// Obeys lines as FRR does.
    fn obey(held: &mut Held, lines: &str, keys: &BTreeMap<String, String>) {
        let mut path: Vec<String> = Vec::new();
        for line in lines.lines().filter(|line| !line.trim_start().starts_with('!')) {
            let text = line.trim();
            if matches!(text, "exit" | "exit-address-family") {
                path.pop().expect("it left what it entered");
                continue;
            }
            assert_eq!(line.len() - text.len(), path.len(), "the indent of `{line}`");
            let enters = ["router bgp", "address-family", "route-map ", "bfd", "profile "];
            if enters.iter().any(|it| text.starts_with(it)) {
                path.push(text.to_owned());
                held.entry(path.clone()).or_default();
                continue;
            }
            let here = held.get_mut(&path).unwrap_or_else(|| panic!("{path:?} is not there"));
            let positive = text.strip_prefix("no ");
            if let Some(key) = keys.get(text) {
                here.insert(key.clone(), text.to_owned());
            } else if let Some(head) = positive.filter(|it| is_neighbor(it)) {
                let inside = |key: &String| key.starts_with(&format!("{head} "));
                held.values_mut().for_each(|lines| lines.retain(|key, _| !inside(key)));
            } else if let Some(step) = positive.filter(|it| it.starts_with("route-map ")) {
                held.remove(&vec![step.to_owned()]).expect("it was there");
            } else if let Some(step) = positive.filter(|it| it.starts_with("profile ")) {
                held.remove(&vec!["bfd".to_owned(), step.to_owned()]).expect("it was there");
            } else {
                let gone: Vec<String> = here
                    .iter()
                    .filter(|(key, value)| positive == Some(key) || positive == Some(value))
                    .map(|(key, _)| key.clone())
                    .collect();
                let negated = here.contains_key(&format!("no {text}"));
                assert!(!gone.is_empty() || negated, "`{text}` takes nothing back");
                gone.iter().for_each(|key| _ = here.remove(key));
                here.remove(&format!("no {text}"));
            }
        }
        assert!(path.is_empty(), "{path:?} is still open");
    }

    fn is_neighbor(text: &str) -> bool {
        text.strip_prefix("neighbor ").is_some_and(|address| !address.contains(' '))
    }

    #[test]
    fn frr_lines_obeyed_make_the_new_configuration() {
        for (old, new) in pairs() {
            let keys: BTreeMap<String, String> = [&old, &new]
                .iter()
                .flat_map(|router| joined(router))
                .flat_map(|section| section.lines)
                .map(|line| (line.text, line.key))
                .collect();
            for (from, to) in [(&old, &new), (&new, &old)] {
                let steps = steps(Daemon::Frr, Some(from), Some(to));
                let mut state = held(from);
                obey(&mut state, &steps.lines, &keys);
                // A context without lines is as good as none.
                let whole = |held: Held| -> Held {
                    let has_lines = |(path, lines): &(Vec<String>, BTreeMap<String, String>)| {
                        !lines.is_empty() || path.first().is_some_and(|it| it.contains("NOTHING"))
                    };
                    held.into_iter().filter(has_lines).collect()
                };
                assert_eq!(whole(state), whole(held(to)), "{}", steps.lines);
            }
        }
    }

    #[test]
    fn nothing_changes_where_nothing_differs() {
        for (old, new) in pairs().into_iter().take(20) {
            let (old, new) = (&[old][..], &[new][..]);
            for daemon in [Daemon::Bird, Daemon::Frr] {
                assert_eq!(change(daemon, old, old), []);
                let (there, back) = (change(daemon, old, new), change(daemon, new, old));
                assert_eq!((&there[0].apply, &there[0].undo), (&back[0].undo, &back[0].apply));
            }
        }
    }
}
