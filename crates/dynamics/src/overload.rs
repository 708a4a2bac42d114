//! Too much: what a site serves of what it is offered (models 6, 8.3, 8.5), in closed form.
//!
//! Capacity and demand are in one unit, whichever that is; [`crate::load`] applies this to both
//! units over time.

/// Gigabits a second at each of `sites` sites, of an attack spread evenly over them (T6.1).
pub fn uniform_share(total: f64, sites: u32) -> f64 {
    total / f64::from(sites)
}

/// Shares of sites in an attack that Zipf's law spreads over them, largest first (models 6.1):
/// that of rank r goes by r^(−`exponent`). They sum to 1.
pub fn zipf_shares(sites: u32, exponent: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=sites).map(|rank| libm::pow(f64::from(rank), -exponent)).collect();
    // Small ones first, so that their sum keeps its last digits.
    let sum: f64 = weights.iter().rev().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Share of offered packets that survive a fair drop at `capacity` (models 6.2).
pub fn absorb(capacity: f64, legit: f64, attack: f64) -> f64 {
    let offered = legit + attack;
    if offered <= capacity { 1.0 } else { capacity / offered }
}

/// A filter between the link of a site and its servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filter {
    /// Share of the attack that it removes, 0 to 1.
    pub efficiency: f64,
    /// Share of good traffic that it takes for an attack, 0 to 1.
    pub false_positive: f64,
}

/// Share of good traffic that is served behind a filter (models 6.2): what the link loses is lost
/// before the filter sees it. `link` and `server` are capacities.
pub fn scrub(link: f64, server: f64, legit: f64, attack: f64, filter: Filter) -> f64 {
    let passed = absorb(link, legit, attack);
    let good = legit * (1.0 - filter.false_positive);
    let bad = attack * (1.0 - filter.efficiency);
    passed * (1.0 - filter.false_positive) * absorb(server, passed * good, passed * bad)
}

/// What `retries` retries make of one request, each attempt lost with probability `loss`:
/// 1 + p + … + p^r, the (1 − p^(r+1)) / (1 − p) of models 6.4.
pub fn retry_factor(loss: f64, retries: u32) -> f64 {
    (0..retries).fold(1.0, |sum, _| 1.0 + loss * sum)
}

/// P(an attempt is lost) at the fixed point where retries of lost requests are themselves offered
/// (models 6.4). `fresh` requests are tried again up to `retries` times, what is `steady` is not;
/// all of them share `capacity`. 0 if there is room.
pub fn retry_loss(capacity: f64, fresh: f64, steady: f64, retries: u32) -> f64 {
    if fresh + steady <= capacity {
        return 0.0;
    }
    // What gets through, F (1 − p^(r+1)) + A (1 − p), falls from too much at p = 0 to nothing at
    // p = 1: it meets the capacity once. Sixty halvings leave less than a bit of the answer.
    let through = |p: f64| (fresh * retry_factor(p, retries) + steady) * (1.0 - p);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if through(middle) > capacity {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Share of requests that succeed at some attempt.
pub fn success(loss: f64, retries: u32) -> f64 {
    (1.0 - loss) * retry_factor(loss, retries)
}

/// What is really sent at a saturated link, told from the known good traffic that still arrives
/// (models 6.5, after Rizvi et al. 2022). `seen` is above 0.
pub fn attack_estimate(capacity: f64, expected: f64, seen: f64) -> f64 {
    capacity * expected / seen
}

/// A site under load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteLoad {
    /// What it can serve.
    pub capacity: f64,
    /// Legitimate demand of its catchment.
    pub legit: f64,
    /// Attack from its catchment.
    pub attack: f64,
}

impl SiteLoad {
    /// All that arrives.
    pub fn offered(&self) -> f64 {
        self.legit + self.attack
    }

    /// Share that it serves.
    pub fn served(&self) -> f64 {
        absorb(self.capacity, self.legit, self.attack)
    }
}

/// Share of all legitimate demand that is served, the measure of a defence (models 6.4); 1 where
/// there is no demand. Demand that reaches no site does not stand in `sites`, and so not here.
pub fn served_total(sites: &[SiteLoad]) -> f64 {
    let legit: f64 = sites.iter().map(|site| site.legit).sum();
    let served: f64 = sites.iter().map(|site| site.legit * site.served()).sum();
    if legit > 0.0 { served / legit } else { 1.0 }
}

/// One stage of a cascade.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Sites that have withdrawn, by index, in the order in which they did.
    pub gone: Vec<usize>,
    /// The sites now; those that are gone have no load.
    pub sites: Vec<SiteLoad>,
    /// Share of legitimate demand that is served.
    pub served: f64,
}

/// Absorb or withdraw (models 6.4): all stages from the first, in which every site absorbs, until
/// no site that could withdraw is offered more than `threshold` times its capacity. In each stage
/// the one that is highest above its capacity withdraws, the first of equals.
///
/// `heirs` says where the catchment of a site goes if it withdraws too, as shares that sum to 1,
/// given all that are gone with it. Where they are none, the site stays and absorbs: a site that
/// leaves nobody behind helps nobody (T6.3).
pub fn cascade(
    sites: &[SiteLoad],
    threshold: f64,
    heirs: impl Fn(usize, &[usize]) -> Vec<(usize, f64)>,
) -> Vec<Stage> {
    let first = Stage { gone: Vec::new(), sites: sites.to_vec(), served: served_total(sites) };
    let mut stages = vec![first];
    while let Some(next) = next_stage(stages.last().expect("there is a first"), threshold, &heirs) {
        stages.push(next);
    }
    stages
}

fn next_stage(
    stage: &Stage,
    threshold: f64,
    heirs: impl Fn(usize, &[usize]) -> Vec<(usize, f64)>,
) -> Option<Stage> {
    let excess = |site: usize| stage.sites[site].offered() / stage.sites[site].capacity;
    let mut overloaded: Vec<usize> = (0..stage.sites.len())
        .filter(|site| !stage.gone.contains(site) && excess(*site) > threshold)
        .collect();
    overloaded.sort_by(|a, b| excess(*b).total_cmp(&excess(*a)));
    overloaded.into_iter().find_map(|site| {
        let mut gone = stage.gone.clone();
        gone.push(site);
        let to = heirs(site, &gone);
        (!to.is_empty()).then(|| {
            let sites = moved(&stage.sites, site, &to);
            Stage { gone, served: served_total(&sites), sites }
        })
    })
}

/// The sites after the catchment of one has gone to others, in shares that sum to 1.
pub fn moved(sites: &[SiteLoad], from: usize, to: &[(usize, f64)]) -> Vec<SiteLoad> {
    let mut after = sites.to_vec();
    let left = SiteLoad { legit: 0.0, attack: 0.0, ..sites[from] };
    after[from] = left;
    for (heir, share) in to {
        after[*heir].legit += sites[from].legit * share;
        after[*heir].attack += sites[from].attack * share;
    }
    after
}

/// Mean time in an M/M/1 queue and its server, as a multiple of the service time: 1 / (1 − ρ)
/// (models 8.3). Infinite from ρ = 1 on.
pub fn sojourn_factor(utilization: f64) -> f64 {
    if utilization < 1.0 { 1.0 / (1.0 - utilization) } else { f64::INFINITY }
}

/// Loss of an M/M/1/K queue with room for `places`, the one in service included (models 8.3).
pub fn queue_loss(utilization: f64, places: u32) -> f64 {
    // (1 − ρ) ρ^K / (1 − ρ^(K+1)) is 1 over a sum of powers of 1/ρ, which has no hole at 1.
    if utilization <= 0.0 {
        return if places == 0 { 1.0 } else { 0.0 };
    }
    1.0 / retry_factor(1.0 / utilization, places)
}

/// Loss of a fluid above its capacity: 1 − 1/ρ, and none below.
pub fn fluid_loss(utilization: f64) -> f64 {
    if utilization > 1.0 { 1.0 - 1.0 / utilization } else { 0.0 }
}

/// A cache at a site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cache {
    /// Share of requests that it answers once warm, 0 to below 1.
    pub hit_share: f64,
    /// Time in which it fills, in s; above 0.
    pub fill_s: f64,
}

impl Cache {
    /// Share of moved clients' requests that it answers, `age_s` after they came (models 8.5).
    pub fn hit_share_at(&self, age_s: f64) -> f64 {
        self.hit_share * (1.0 - libm::exp(-age_s / self.fill_s))
    }

    /// What moved clients cost the origin then, as a multiple of what they cost it before.
    pub fn origin_factor(&self, age_s: f64) -> f64 {
        (1.0 - self.hit_share_at(age_s)) / (1.0 - self.hit_share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t6_1_uniform() {
        let gbps = |sites| format!("{:.2}", uniform_share(1000.0, sites));
        assert_eq!([200, 300, 330].map(gbps), ["5.00", "3.33", "3.03"]);
        assert_eq!(uniform_share(1_000_000.0, 100_000), 10.0);
    }

    #[test]
    fn t6_2_zipf() {
        let shares = zipf_shares(300, 1.0);
        assert_eq!(format!("{:.5}", 1.0 / shares[0]), "6.28266");
        assert_eq!(format!("{:.1}", 1000.0 * shares[0]), "159.2");
        assert_eq!(format!("{:.2}", 1000.0 * shares[149]), "1.06");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(zipf_shares(4, 0.0), [0.25; 4]);
    }

    const A: usize = 0;
    const B: usize = 1;
    const C: usize = 2;

    fn sites(capacity_of_c: f64) -> Vec<SiteLoad> {
        let site = |capacity, legit, attack| SiteLoad { capacity, legit, attack };
        vec![site(10.0, 2.0, 30.0), site(10.0, 2.0, 0.0), site(capacity_of_c, 6.0, 0.0)]
    }

    fn percent(share: f64) -> String {
        format!("{:.2}", 100.0 * share)
    }

    #[test]
    fn t6_3_absorb_or_withdraw() {
        let absorbing = sites(100.0);
        assert_eq!(absorbing[A].served(), 0.3125);
        assert_eq!(percent(served_total(&absorbing)), "86.25");

        let to_c = moved(&absorbing, A, &[(C, 1.0)]);
        assert_eq!((to_c[C].offered(), served_total(&to_c)), (38.0, 1.0));

        let to_b = moved(&absorbing, A, &[(B, 1.0)]);
        assert_eq!(to_b[B].offered(), 34.0);
        assert_eq!(format!("{:.4}", to_b[B].served()), "0.2941");
        assert_eq!(percent(served_total(&to_b)), "71.76");
    }

    #[test]
    fn t6_3_cascade() {
        // A's catchment goes to B, B's to C, C's to nobody.
        let heirs = |site: usize, _: &[usize]| match site {
            A => vec![(B, 1.0)],
            B => vec![(C, 1.0)],
            _ => Vec::new(),
        };
        let served = |stages: &[Stage]| -> Vec<String> {
            stages.iter().map(|it| percent(it.served)).collect()
        };
        let stages = cascade(&sites(100.0), 1.2, heirs);
        assert_eq!(served(&stages), ["86.25", "71.76", "100.00"]);
        assert_eq!(stages[2].gone, [A, B]);

        let stages = cascade(&sites(30.0), 1.2, heirs);
        assert_eq!(stages[2].sites[C].offered(), 40.0);
        assert_eq!(served(&stages), ["86.25", "71.76", "75.00"]);
    }

    #[test]
    fn t6_4_filter() {
        let filter = Filter { efficiency: 0.95, false_positive: 0.01 };
        let none = Filter { efficiency: 0.0, false_positive: 0.0 };
        assert_eq!(scrub(40.0, 10.0, 2.0, 38.0, none), 0.25);
        assert_eq!(scrub(40.0, 10.0, 2.0, 38.0, filter), 0.99);
        assert_eq!(absorb(10.0, 2.0, 198.0), 0.05);
        assert!((scrub(10.0, 10.0, 2.0, 198.0, filter) - 0.05 * 0.99).abs() < 1e-15);
    }

    #[test]
    fn t6_5_retries() {
        assert_eq!(retry_factor(0.5, 2), 1.75);
        assert_eq!(retry_factor(0.75, 2), 2.3125);
        let loss = retry_loss(10.0, 12.0, 0.0, 2);
        assert_eq!(format!("{loss:.4}"), "0.5503");
        let offered = 12.0 * retry_factor(loss, 2);
        assert_eq!(format!("{offered:.2}"), "22.24");
        assert!((offered * (1.0 - loss) - 10.0).abs() < 1e-12);
        assert!((12.0 * success(loss, 2) - 10.0).abs() < 1e-12);
        // Without retries the fair drop; with room nothing.
        assert!((1.0 - retry_loss(10.0, 2.0, 30.0, 0) - 0.3125).abs() < 1e-12);
        assert_eq!(retry_loss(10.0, 8.0, 2.0, 5), 0.0);
        assert_eq!(retry_factor(1.0, 3), 4.0);
    }

    #[test]
    fn t6_6_attack_estimate() {
        assert_eq!(attack_estimate(10.0, 2.0, 0.5), 40.0);
    }

    #[test]
    fn t8_4_cold_caches() {
        let cache = Cache { hit_share: 0.95, fill_s: 600.0 };
        let factor = |age_s| format!("{:.2}", cache.origin_factor(age_s));
        assert_eq!([0.0, 300.0, 600.0, 1800.0].map(factor), ["20.00", "12.52", "7.99", "1.95"]);
    }

    #[test]
    fn t8_6_queueing() {
        let loss = |utilization| format!("{:.6}", queue_loss(utilization, 10));
        let expected = ["0.000489", "0.023493", "0.050814", "0.090909", "0.192586"];
        assert_eq!([0.5, 0.8, 0.9, 1.0, 1.2].map(loss), expected);
        assert_eq!(format!("{:.4}", fluid_loss(1.2)), "0.1667");
        assert_eq!((fluid_loss(0.9), queue_loss(0.0, 10)), (0.0, 0.0));
        assert_eq!(sojourn_factor(0.5), 2.0);
        assert!((sojourn_factor(0.8) - 5.0).abs() < 1e-12);
        assert_eq!(sojourn_factor(1.0), f64::INFINITY);
    }
}
