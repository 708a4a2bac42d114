//! Text ready to send to a neighbor: what is asked of it, why, how to see that it was done, and
//! how to take it back. One letter for each neighbor AS whose help a plan needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use catchment_model::service::Announcement;
use catchment_model::{Asn, Community, Service};

use crate::brief::Brief;
use crate::steer::{neighbor_text, said, sessions_of};

/// A letter to a neighbor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The neighbor.
    pub neighbor: Asn,
    /// What it says: plain text, lines of at most 78 columns.
    pub text: String,
}

/// What is asked on one session.
struct Request {
    session: u32,
    site: u32,
    is_new: bool,
    before: Announcement,
    after: Announcement,
}

/// The letters that a change of the service needs, by neighbor. `why` is a clause such as `to bring
/// fra to 30 % of our traffic`.
pub fn letters(brief: &Brief<'_>, after: &Service, why: &str) -> Vec<Letter> {
    let world = brief.situation().world;
    let mut asked: BTreeMap<Asn, Vec<Request>> = BTreeMap::new();
    for (site, (old, new)) in (0..).zip(brief.service().sites.iter().zip(&after.sites)) {
        for session in sessions_of(world, old) {
            let Some(says) = said(new, session) else { continue };
            let was = said(old, session);
            let is_new = was.is_none();
            let before = was.unwrap_or_default();
            // Prepends and silence are the site's own business.
            if is_new || before.communities != says.communities || before.med != says.med {
                let asn = world.asn_of(world.neighbors[session as usize]);
                let request = Request { session, site, is_new, before, after: says };
                asked.entry(asn).or_default().push(request);
            }
        }
    }
    let letter = |(neighbor, requests): (Asn, Vec<Request>)| {
        let text = write(brief, neighbor, &requests, why);
        Letter { neighbor, text }
    };
    asked.into_iter().map(letter).collect()
}

fn write(brief: &Brief<'_>, neighbor: Asn, requests: &[Request], why: &str) -> String {
    let service = brief.service();
    let world = brief.situation().world;
    let mut text = format!("To: the network operations of AS{neighbor}\n");
    let prefixes: Vec<String> = service.prefixes.iter().map(ToString::to_string).collect();
    let prefixes = prefixes.join(", ");
    let _ = writeln!(text, "Subject: announcements of {prefixes} to AS{neighbor}\n");
    paragraph(
        &mut text,
        &format!(
            "We are about to change how we announce {prefixes} to you, {why}. We ask you for:"
        ),
    );
    for (number, request) in (1..).zip(requests) {
        let Request { session, site, is_new, before, after } = request;
        let spec = &service.sites[*site as usize];
        let of_site: Vec<String> = spec
            .prefixes
            .iter()
            .map(|prefix| service.prefixes[usize::from(*prefix)].to_string())
            .collect();
        let on = format!(
            "our AS{} at site {} with your {}",
            spec.asn,
            spec.name,
            neighbor_text(world, *session)
        );
        text.push('\n');
        paragraph(&mut text, &format!("{number}. Session: {on}. Prefix: {}.", of_site.join(", ")));
        if *is_new {
            paragraph(
                &mut text,
                &format!(
                    "   Please accept the prefix there, with origin AS{}; we do not announce it to \
                     you on this session today.",
                    spec.asn
                ),
            );
        }
        for community in after.communities.iter().filter(|it| !before.communities.contains(it)) {
            paragraph(&mut text, &format!("   {}", ask(*community, neighbor)));
        }
        if let (true, Some(med)) = (before.med != after.med, after.med) {
            paragraph(
                &mut text,
                &format!(
                    "   Please accept and compare our MED, which is {med} there: it says which of \
                     our sites you should enter last."
                ),
            );
        }
        let how = match (is_new, after.communities != before.communities) {
            (true, _) => "your router there has the prefix from us, and selects it".to_owned(),
            (_, true) => "your router there shows the route without passing it on to the networks \
                          above"
                .to_owned(),
            _ => "your router there shows the route with that MED".to_owned(),
        };
        paragraph(&mut text, &format!("   To verify: {how}."));
        let undo = match is_new {
            true => "we withdraw the prefix on this session; your filter may stay".to_owned(),
            false => "we announce as before on this session; nothing of yours needs to change \
                      back"
                .to_owned(),
        };
        paragraph(&mut text, &format!("   To undo: {undo}."));
    }
    text.push('\n');
    paragraph(
        &mut text,
        "Please tell us whether you support this, and when; we announce nothing new before you do.",
    );
    text
}

/// What a community asks of the neighbor, in words.
fn ask(community: Community, neighbor: Asn) -> String {
    match community {
        Community::NoExport => {
            "The route will carry NO_EXPORT (65535:65281, RFC 1997). Please use \
                                it and tell it to no other AS."
                .to_owned()
        }
        Community::NoAdvertise => "The route will carry NO_ADVERTISE (65535:65282, RFC 1997). \
                                   Please use it on that router only."
            .to_owned(),
        Community::NoPeer => "The route will carry NOPEER (65535:65284, RFC 3765). Please do not \
                              tell it to your peers."
            .to_owned(),
        Community::GracefulShutdown => "The route will carry GRACEFUL_SHUTDOWN (65535:0, RFC \
                                        8326). Please give it LOCAL_PREF 0."
            .to_owned(),
        Community::Blackhole => {
            "The route will carry BLACKHOLE (65535:666, RFC 7999). Please drop \
                                 its traffic."
                .to_owned()
        }
        Community::NoAnnounce(asn) => format!(
            "Please do not tell this route to AS{asn}. If AS{neighbor} has a community for that, \
             tell us its number and we send it; if not, please filter towards AS{asn}."
        ),
        Community::Other(high, low) => {
            format!("The route will carry {high}:{low}. Please act on it as you document it.")
        }
    }
}

/// Adds text in lines of at most 78 columns; what it begins with, or room for its number, indents
/// all of it.
fn paragraph(out: &mut String, text: &str) {
    let indent = &text[..text.len() - text.trim_start().len()];
    let is_numbered = text.starts_with(|first: char| first.is_ascii_digit());
    let hanging = if is_numbered { "   " } else { indent };
    let (mut column, mut is_first) = (0, true);
    for word in text.split_whitespace() {
        if column > 0 && column + 1 + word.len() > 78 {
            out.push('\n');
            column = 0;
        }
        match column {
            0 => {
                let indent = if is_first { indent } else { hanging };
                is_first = false;
                out.push_str(indent);
                column = indent.len();
            }
            _ => {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
}
