//! Who survives which attack, and what to do about it (models 6).
//!
//! A [`Family`] says where the packets come from, a [`Size`] how many there are. Where they land is
//! asked of the routing, once for each set of [`Action`]s, whatever the sizes: [`field`]. What the
//! sites make of it is the site model of runs. [`playbook`] lists actions and finds the best
//! response, [`estimate`] tells an attack's size from what still arrives, [`answer`] says it.
//!
//! What is left out: an attack that changes while it is answered, and what an action costs in
//! time (asked of `dynamics`).

pub mod answer;
pub mod estimate;
pub mod field;
pub mod playbook;

use std::ops::ControlFlow;

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::schedule::Bots;
use catchment_model::service::Capacity;

use crate::brief::Brief;
use crate::load::cascade::{Round, Stand, cascade, is_over};
use crate::oracle::{Method, Unplanned};
use estimate::{Estimate, estimates};
use field::{Action, Field};
use playbook::{Playbook, playbook};

/// Where packets come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Name for people: `by_users`, `region asia`, the name of a file.
    pub name: String,
    /// Who sends how much of it.
    pub bots: Bots,
}

/// How much is sent in all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Thousand queries a second; 0 for none.
    pub kqps: f64,
    /// Gigabits a second; 0 for none.
    pub gbps: f64,
}

impl Size {
    /// That of an attack as scenarios and options say it: million queries and gigabits a second.
    pub fn new(mqps: Option<f64>, gbps: Option<f64>) -> Size {
        Size { kqps: 1000.0 * mqps.unwrap_or(0.0), gbps: gbps.unwrap_or(0.0) }
    }

    fn times(self, factor: f64) -> Size {
        Size { kqps: self.kqps * factor, gbps: self.gbps * factor }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct AttackQuestion {
    /// The botnets to compare; at least one.
    pub families: Vec<Family>,
    /// The sizes; none for those that fit the sites. Playbooks are written for the first.
    pub sizes: Vec<Size>,
    /// What sites still see of the legitimate traffic that they expect: (site, share above 0 to 1).
    pub seen: Vec<(u32, f64)>,
}

/// What attacks do.
#[derive(Debug, Clone, PartialEq)]
pub struct AttackPlan {
    /// Who said where packets land.
    pub method: Method,
    /// Names of the families.
    pub families: Vec<String>,
    /// The sizes, ascending.
    pub sizes: Vec<Size>,
    /// The size that playbooks are written for, by place in `sizes`.
    pub main: usize,
    /// Sites that announce.
    pub sites: Vec<u32>,
    /// Survival, by family, then size.
    pub map: Vec<Vec<Cell>>,
    /// What each family alone can do.
    pub claims: Vec<Claim>,
    /// Families that overload a site at the main size and come from networks, with what to do.
    pub playbooks: Vec<Playbook>,
    /// What the sites still see, read as sizes.
    pub estimates: Vec<Estimate>,
}

/// One family at one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// How the sites stand if all absorb.
    pub stand: Stand,
    /// Sites above capacity then.
    pub over: Vec<u32>,
    /// Share of legitimate demand that is served then, 0 to 1.
    pub served: f64,
    /// Who withdraws, if overloaded sites do, in turn.
    pub rounds: Vec<Round>,
    /// Share that is served when that has ended; `None` where a site would withdraw, and nobody
    /// knows where the bots would go that it had.
    pub served_withdrawn: Option<f64>,
}

/// What "divided by the number of sites" predicts, and what the routing makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Share of the attack that each site would get if it spread evenly.
    pub even: f64,
    /// The site that gets most.
    pub site: u32,
    /// Its share.
    pub share: f64,
    /// Share of the attack that reaches no site.
    pub lost: f64,
    /// The largest multiple of the main size at which no site is over its capacity; `None` if
    /// there is none, since a site is over its capacity without an attack, or no limit.
    pub absorbed: Option<f64>,
    /// The site that is over first.
    pub first: Option<u32>,
}

/// Sizes beside the one that playbooks are for, as multiples of it.
const STEPS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// Attacks a service.
///
/// # Errors
/// If the routing does not settle, or the watch says so; if nobody attacks, or no site has a
/// capacity.
pub fn attack(
    brief: &Brief<'_>,
    question: &AttackQuestion,
    watch: Watch<'_>,
) -> Result<AttackPlan, Unplanned> {
    let sites = brief.active_sites();
    let capacity = |site: &u32| brief.service().sites[*site as usize].capacity;
    if !sites.iter().any(|site| capacity(site).kqps.or(capacity(site).gbps).is_some()) {
        return Err(Unplanned::question(
            "no site has a capacity, so that no attack is too large",
            "give sites one, such as `--set site.fra.capacity.kqps=480`",
        ));
    }
    if question.families.is_empty() {
        return Err(Unplanned::question("an attack from nowhere is none", "name a botnet"));
    }
    let combined = field::with_bots(brief, &question.families);
    let mut field = Field::new(brief, &combined, &question.families)?;
    let (sizes, main) = sizes(brief, &question.sizes, &field)?;
    let has_limit =
        |of: fn(&Capacity) -> Option<f64>| sites.iter().any(|it| of(&capacity(it)).is_some());
    let (kqps, gbps) = (has_limit(|it| it.kqps), has_limit(|it| it.gbps));
    if sizes.iter().all(|size| !(kqps && size.kqps > 0.0 || gbps && size.gbps > 0.0)) {
        let (unit, key) = if kqps { ("Gb/s", "gbps=100") } else { ("kq/s", "kqps=480") };
        return Err(Unplanned::question(
            format!("no site has a capacity in {unit}, so that no attack in {unit} is too large"),
            format!(
                "give sites one, such as `--set site.{}.capacity.{key}`",
                brief.site_name(sites[0])
            ),
        ));
    }
    let total = (question.families.len() * (sizes.len() + 1)) as u64;
    let mut pace = Pace { watch, done: 0, total };

    let mut map = Vec::with_capacity(question.families.len());
    for family in 0..question.families.len() {
        let mut row = Vec::with_capacity(sizes.len());
        for size in &sizes {
            pace.step()?;
            row.push(cell(&mut field, family, *size)?);
        }
        map.push(row);
    }
    let claims = (0..question.families.len())
        .map(|family| claim(&mut field, family, sizes[main]))
        .collect::<Result<_, Unplanned>>()?;
    let mut playbooks = Vec::new();
    for (index, row) in map.iter().enumerate() {
        pace.step()?;
        if field.follows_routing(index) && !row[main].over.is_empty() {
            playbooks.push(playbook(&mut field, index, sizes[main], &mut pace)?);
        }
    }
    let estimates = estimates(brief, &mut field, &question.seen)?;
    Ok(AttackPlan {
        method: field.method(),
        families: question.families.iter().map(|family| family.name.clone()).collect(),
        sizes,
        main,
        sites,
        map,
        claims,
        playbooks,
        estimates,
    })
}

/// How far the work is, and whether it should go on.
struct Pace<'a> {
    watch: Watch<'a>,
    done: u64,
    total: u64,
}

impl Pace<'_> {
    fn step(&mut self) -> Result<(), Unplanned> {
        self.look()?;
        self.done += 1;
        Ok(())
    }

    fn look(&mut self) -> Result<(), Unplanned> {
        match (self.watch)(self.done, self.total) {
            ControlFlow::Break(()) => Err(Unfinished::Cancelled.into()),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}

/// The sizes in ascending order, and which one playbooks are for.
///
/// By default `u_target` of what the sites have to spare: spread as that is, no site would be full.
fn sizes(
    brief: &Brief<'_>,
    given: &[Size],
    field: &Field<'_>,
) -> Result<(Vec<Size>, usize), Unplanned> {
    let main = match given {
        [] => {
            let (kqps, gbps) = field.spare();
            if kqps <= 0.0 && gbps <= 0.0 {
                return Err(Unplanned::question(
                    "the sites have nothing to spare, so that any attack is too large",
                    "say how large it is: `--mqps 0.1`",
                ));
            }
            let target = brief.situation().rules.u_target;
            Size { kqps: target * kqps, gbps: target * gbps }
        }
        [first, ..] => *first,
    };
    if given.iter().any(|size| size.kqps <= 0.0 && size.gbps <= 0.0) {
        return Err(Unplanned::question(
            format!("an attack of nothing on {}", brief.active_sites().len()),
            "give a size above 0",
        ));
    }
    let mut sizes: Vec<Size> = match given {
        [] | [_] => STEPS.iter().map(|step| main.times(*step)).collect(),
        several => several.to_vec(),
    };
    sizes.sort_by(|a, b| a.kqps.total_cmp(&b.kqps).then(a.gbps.total_cmp(&b.gbps)));
    sizes.dedup();
    let at = sizes.iter().position(|size| *size == main).expect("it is one of them");
    Ok((sizes, at))
}

fn cell(field: &mut Field<'_>, family: usize, size: Size) -> Result<Cell, Unplanned> {
    let stand = field.stand(&[], family, size)?;
    let threshold = field.rules().shed_threshold;
    let (over, served) = (stand.over(), stand.served());
    if !field.follows_routing(family) {
        let stays = stand.sites.iter().all(|site| site.utilization <= threshold);
        let served_withdrawn = stays.then_some(served);
        return Ok(Cell { stand, over, served, rounds: Vec::new(), served_withdrawn });
    }
    let (rounds, end) = cascade(stand.clone(), threshold, |gone| {
        let gone: Vec<Action> = gone.iter().map(|site| Action::Withdraw(*site)).collect();
        field.stand(&gone, family, size)
    })?;
    Ok(Cell { stand, over, served, rounds, served_withdrawn: Some(end.served()) })
}

/// Halvings of the range in which the largest bearable attack lies: below a thousandth of it.
const HALVINGS: u32 = 40;

/// Sizes beyond this multiple are no attack any more.
const MULTIPLE_MAX: f64 = 1e6;

fn claim(field: &mut Field<'_>, family: usize, size: Size) -> Result<Claim, Unplanned> {
    let shares = field.shares(family)?;
    let announcing = field.sites().len().max(1);
    let most = (0..).zip(&shares).map(|(site, share)| (site, *share));
    let (site, share) =
        most.reduce(|best, it| if it.1 > best.1 { it } else { best }).unwrap_or((0, 0.0));
    let fullest = |field: &mut Field<'_>, factor: f64| -> Result<Option<u32>, Unplanned> {
        let stand = field.stand(&[], family, size.times(factor))?;
        let over = stand.sites.iter().filter(|site| is_over(site.utilization));
        // Sites that fill at once differ in their last digits.
        let is_fuller = |full: f64, than: f64| full > than * (1.0 + 1e-6);
        let first = over.reduce(|a, b| if is_fuller(b.utilization, a.utilization) { b } else { a });
        Ok(first.map(|site| site.site))
    };
    let (mut low, mut high) = (0.0, MULTIPLE_MAX);
    let mut first = fullest(field, high)?;
    let absorbed = match (fullest(field, low)?, first) {
        (Some(_), _) | (_, None) => None,
        _ => {
            for _ in 0..HALVINGS {
                // Sizes span many powers of ten, and so does the search.
                let middle = match low > 0.0 {
                    true => libm::sqrt(low * high),
                    false => high / 16.0,
                };
                match fullest(field, middle)? {
                    Some(site) => (high, first) = (middle, Some(site)),
                    None => low = middle,
                }
            }
            Some(low)
        }
    };
    let lost = (1.0 - shares.iter().sum::<f64>()).max(0.0);
    Ok(Claim { even: 1.0 / announcing as f64, site, share, lost, absorbed, first })
}

#[cfg(test)]
mod tests;
