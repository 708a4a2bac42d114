//! How routers behave: what the rules of a scenario come to for the engine.

use catchment_model::rules::{Decision, Ecmp, OldestRule, Role, TieBreak};
use catchment_model::{Rules, World};
use catchment_routing::decision::weighs_rtt;

use crate::timing::Timers;

/// From the decision to the forwarding table, for one prefix (models 2.6).
const FIB_US: i64 = 20_000;

/// [`Rules`], with what a world, a vendor or nobody says filled in.
#[derive(Debug, Clone)]
pub(super) struct Conduct {
    pub(super) proc_us: i64,
    /// MRAI in µs, by role, then eBGP and iBGP.
    pub(super) mrai_us: [[i64; 2]; 2],
    pub(super) any_mrai: bool,
    pub(super) jitter: f64,
    pub(super) wrate: bool,
    pub(super) ssld: bool,
    pub(super) split_horizon: bool,
    pub(super) fib_us: i64,
    pub(super) pic: bool,
    pub(super) fib_rate: f64,
    pub(super) oldest: [OldestRule; 2],
    pub(super) scans_meds: [bool; 2],
    pub(super) needs_age: bool,
    pub(super) textbook: bool,
    pub(super) weighs_rtt: bool,
    pub(super) tie_break: TieBreak,
    pub(super) zombie_p: f64,
    pub(super) allow_own_as: u32,
    /// Several equal routes are used at once; if not relaxed, those of one neighbor AS.
    pub(super) multipath: Option<bool>,
}

impl Conduct {
    pub(super) fn new(world: &World, rules: &Rules) -> Conduct {
        let roles = [Role::Site, Role::Network];
        let mrai_us = roles.map(|role| {
            let timers = Timers::of(rules, role);
            [timers.mrai_ebgp_us, timers.mrai_ibgp_us]
        });
        let busy = rules.mrai_busy.unwrap_or(0.0) > 0.0;
        let oldest = roles.map(|role| rules.oldest_rule_of(role));
        let scans_meds = roles.map(|role| !rules.med_deterministic_of(role));
        Conduct {
            proc_us: rules.proc_delay.us,
            mrai_us,
            any_mrai: busy || mrai_us.iter().flatten().any(|us| *us > 0),
            jitter: rules.mrai_jitter,
            wrate: rules.wrate,
            ssld: rules.ssld.unwrap_or(true),
            split_horizon: rules.split_horizon,
            fib_us: rules.fib_delay.map_or(FIB_US, |delay| delay.us),
            pic: rules.pic,
            fib_rate: f64::from(rules.fib_rate),
            oldest,
            scans_meds,
            needs_age: oldest.contains(&OldestRule::Timestamp) || scans_meds.contains(&true),
            textbook: rules.decision == Decision::Textbook,
            weighs_rtt: weighs_rtt(world, rules),
            tie_break: if world.has_one_router_per_as() && rules.decision == Decision::Policy {
                rules.tie_break
            } else {
                TieBreak::AsnLowest
            },
            zombie_p: rules.zombie_p,
            allow_own_as: rules.allow_own_as,
            multipath: (rules.ecmp != Ecmp::None).then_some(rules.multipath_relax),
        }
    }
}
