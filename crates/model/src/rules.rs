//! How routers decide and behave: every parameter of models section 12A, declared once.
//!
//! One table below makes the fields, the defaults, the names that `[rules]` and `--set rules.…`
//! accept, and the reference text. `solve` reads the parameters of sections 1, 3, 7 and 10; the
//! others are checked here and read by the event engine and the planner.

use std::fmt;
use std::str::FromStr;

use crate::Duration;
use crate::mistake::nearest_help;

/// A setting as a file or a command line gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(String),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Integer(value) => value.fmt(f),
            Setting::Float(value) => value.fmt(f),
            Setting::Bool(value) => value.fmt(f),
            Setting::Text(value) => value.fmt(f),
        }
    }
}

/// A type that a parameter can have.
trait Parameter: Sized {
    /// What a user may write, as an end of "it must be …".
    fn form() -> String;
    fn read(setting: &Setting) -> Option<Self>;
    /// As a user would write it; empty for what follows from elsewhere.
    fn text(&self) -> String;
}

/// A name of a list of names, as it stands in files.
macro_rules! names {
    (
        $(#[$doc:meta])*
        $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant,)+];

            /// The name in files.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.name()) }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<$type, String> {
                match text {
                    $($name => Ok($type::$variant),)+
                    _ => Err(format!("it must be {}", <$type as Parameter>::form())),
                }
            }
        }

        impl Parameter for $type {
            fn form() -> String {
                let names: Vec<String> = $type::ALL.iter().map(|n| format!("`{n}`")).collect();
                names.join(" or ")
            }
            fn read(setting: &Setting) -> Option<$type> {
                match setting { Setting::Text(text) => text.parse().ok(), _ => None }
            }
            fn text(&self) -> String {
                self.to_string()
            }
        }
    };
}

names! {
    /// Which rule set decides between routes (design section 5).
    Decision {
        /// Business class, then RFC 4271.
        Policy = "policy",
        /// Path length, then round-trip time, then router id: what introductions teach.
        Textbook = "textbook",
    }
}
names! {
    /// The oldest-route rule between two eBGP routes that tie through IGP cost (models 1.5).
    OldestRule {
        /// Lowest router id wins; no history.
        None = "none",
        /// The route received earlier wins.
        Timestamp = "timestamp",
        /// The peer selected now keeps winning while it ties (RFC 5004).
        SelectedPeer = "selected_peer",
    }
}
names! {
    /// Between which routes MEDs are compared (models 1.2).
    MedScope {
        /// Routes of one neighboring AS (RFC 4271).
        SameNeighborAs = "same_neighbor_as",
        /// All routes.
        Always = "always",
        /// None.
        Never = "never",
    }
}
names! {
    /// What a route without MED counts as (models 1.2).
    MedMissing {
        /// 0, the best (RFC 4271).
        Zero = "zero",
        /// 4294967295, the worst.
        Worst = "worst",
    }
}
names! {
    /// What settles ties in a world with one router per AS, in place of steps f and g (models 1.9).
    TieBreak {
        /// The lowest ASN of the neighbor.
        AsnLowest = "asn_lowest",
        /// The lowest FNV-1a hash of (own ASN, neighbor ASN): spreads the bias.
        Hash = "hash",
        /// The nearest neighbor by great circle.
        IgpGeo = "igp_geo",
        /// The lowest round-trip time along the path. Illustrative: RTT is not a BGP attribute.
        Rtt = "rtt",
        /// The oldest route. A steady state has no past: `solve` refuses it.
        Oldest = "oldest",
    }
}
names! {
    /// Whose defaults a router has (models 1.4).
    VendorProfile {
        /// RFC 4271 to the letter.
        Rfc = "rfc",
        /// Cisco IOS.
        Cisco = "cisco",
        /// Junos.
        Junos = "junos",
        /// FRR.
        Frr = "frr",
        /// BIRD 2.
        Bird = "bird",
        /// GoBGP.
        Gobgp = "gobgp",
    }
}
names! {
    /// How the routers of an AS tell each other (models 1.6).
    Ibgp {
        /// Every router tells every other.
        FullMesh = "full_mesh",
    }
}
names! {
    /// How packets spread over equal routes (models 5.4).
    Ecmp {
        /// They do not.
        None = "none",
        /// By flow.
        PerFlow = "per_flow",
        /// By destination.
        PerDest = "per_dest",
        /// Packet by packet.
        PerPacket = "per_packet",
    }
}
names! {
    /// What a site does that has more load than it can carry (models 6.4).
    Overload {
        /// It stays, and loses what is too much.
        Absorb = "absorb",
        /// It withdraws itself after `fall` checks above `shed_threshold`.
        Withdraw = "withdraw",
    }
}
names! {
    /// A bundle of non-ideal settings (models 12A).
    Preset {
        /// Nothing beyond the defaults.
        Ideal = "ideal",
        /// Damping, stuck routes and policy noise at measured rates.
        Realistic = "realistic",
    }
}

macro_rules! number_parameter {
    ($type:ty, $form:literal, $setting:ident => $read:expr) => {
        impl Parameter for $type {
            fn form() -> String {
                $form.to_owned()
            }
            fn read($setting: &Setting) -> Option<$type> {
                $read
            }
            fn text(&self) -> String {
                self.to_string()
            }
        }
    };
}
number_parameter!(bool, "`true` or `false`", setting => match setting {
    Setting::Bool(value) => Some(*value),
    _ => None,
});
number_parameter!(u32, "a whole number", setting => match setting {
    Setting::Integer(value) => u32::try_from(*value).ok(),
    _ => None,
});
number_parameter!(f64, "a number", setting => match setting {
    Setting::Integer(value) => Some(*value as f64),
    Setting::Float(value) => Some(*value),
    _ => None,
});
number_parameter!(Duration, "a time such as `30s`", setting => match setting {
    Setting::Text(text) => text.parse().ok(),
    _ => None,
});
impl<T: Parameter> Parameter for Option<T> {
    fn form() -> String {
        T::form()
    }
    fn read(setting: &Setting) -> Option<Option<T>> {
        T::read(setting).map(Some)
    }
    fn text(&self) -> String {
        self.as_ref().map_or(String::new(), T::text)
    }
}

/// Bounds that a value of a parameter must lie in; written as numbers or times in the table.
trait Bounded {
    fn within(&self, low: f64, high: f64) -> bool;
}
macro_rules! bounded {
    ($($type:ty: $value:ident => $number:expr;)+) => {
        $(impl Bounded for $type {
            fn within(&self, low: f64, high: f64) -> bool {
                let $value = self;
                (low..=high).contains(&$number)
            }
        })+
    };
}
bounded! {
    u32: value => f64::from(*value);
    f64: value => *value;
    Duration: value => value.us as f64 / 1e6;
}
impl<T: Bounded> Bounded for Option<T> {
    fn within(&self, low: f64, high: f64) -> bool {
        self.as_ref().is_none_or(|value| value.within(low, high))
    }
}

/// One line of the reference of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterInfo {
    /// Name in `[rules]`.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Lowest and highest value, in seconds for times; empty if the type says it all.
    pub range: &'static str,
}

impl ParameterInfo {
    /// What it does, for people: without sections of the model reference, which stand in the source
    /// for whoever has it.
    pub fn text(&self) -> String {
        let mut text = self.doc.trim().to_owned();
        while let Some(start) = text.find(" (models ") {
            let end = text[start..].find(')').map_or(text.len(), |length| start + length + 1);
            text.replace_range(start..end, "");
        }
        text
    }
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterValue {
    /// Name in `[rules]`.
    pub name: &'static str,
    /// What a user may write, as an end of "it must be …".
    pub form: String,
    /// The value as a user would write it; empty if it follows from the vendor profile or world.
    pub text: String,
}

macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty = $default:expr $(, $low:literal..=$high:literal)?;
    )+) => {
        /// How routers decide and behave. One field for each parameter; see the field's text.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Rules { $($(#[doc = $doc])+ pub $name: $type,)+ }

        impl Default for Rules {
            fn default() -> Rules { Rules { $($name: $default,)+ } }
        }

        impl Rules {
            /// The reference: name, meaning and range of each parameter.
            pub const PARAMETERS: &[ParameterInfo] = &[$(ParameterInfo {
                name: stringify!($name),
                doc: concat!($($doc,)+),
                range: concat!("", $(stringify!($low), " to ", stringify!($high),)?),
            },)+];

            /// All parameters with their values, in the order of [`Rules::PARAMETERS`].
            pub fn values(&self) -> Vec<ParameterValue> {
                vec![$(ParameterValue {
                    name: stringify!($name),
                    form: <$type as Parameter>::form(),
                    text: self.$name.text(),
                },)+]
            }

            /// Sets one parameter by name.
            ///
            /// # Errors
            /// Unknown name, wrong type or out of range.
            pub fn set(&mut self, name: &str, setting: &Setting) -> Result<(), BadSetting> {
                match name {
                    $(stringify!($name) => {
                        let value = <$type as Parameter>::read(setting).ok_or_else(|| BadSetting {
                            message: format!("`{setting}` is not a value of `{name}`"),
                            help: format!("it must be {}", <$type as Parameter>::form()),
                        })?;
                        $(if !value.within($low as f64, $high as f64) {
                            return Err(BadSetting {
                                message: format!("`{setting}` is out of range for `{name}`"),
                                help: format!("it must lie between {} and {}", $low, $high),
                            });
                        })?
                        self.$name = value;
                        Ok(())
                    })+
                    _ => Err(BadSetting {
                        message: format!("there is no parameter `{name}`"),
                        help: nearest_help(name, Rules::PARAMETERS.iter().map(|p| p.name)),
                    }),
                }
            }
        }
    };
}

/// A setting that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

parameters! {
    /// Which rule set decides.
    decision: Decision = Decision::Policy;
    /// LOCAL_PREF of routes from customers (models 1.3).
    lp_customer: u32 = 300;
    /// LOCAL_PREF of routes from peers.
    lp_peer: u32 = 200;
    /// LOCAL_PREF of routes from providers.
    lp_provider: u32 = 100;
    /// Whose defaults all routers have; unset: `bird` at sites, `cisco` elsewhere (models 1.4).
    vendor_profile: Option<VendorProfile> = None;
    /// Oldest-route rule of all routers; unset: as the vendor profile says (models 1.5).
    oldest_rule: Option<OldestRule> = None;
    /// Between which routes MEDs are compared (models 1.2).
    med_scope: MedScope = MedScope::SameNeighborAs;
    /// What a route without MED counts as (models 1.2).
    med_missing: MedMissing = MedMissing::Zero;
    /// Whether MEDs are compared group by group; unset: as the vendor profile says (models 1.2).
    med_deterministic: Option<bool> = None;
    /// What settles ties in a world with one router per AS (models 1.9).
    tie_break: TieBreak = TieBreak::AsnLowest;
    /// Share of ASes with a random LOCAL_PREF for each neighbor (models 1.8).
    policy_noise: f64 = 0.0, 0.0..=0.35;
    /// Share of ASes that prefer peer routes to customer routes (models 1.8).
    peer_over_customer_share: f64 = 0.0, 0.0..=1.0;
    /// Share of customer links whose provider sells partial transit: the customer hears the
    /// provider's customer routes only (models 1.8).
    hybrid_link_share: f64 = 0.0, 0.0..=0.05;
    /// How the routers of an AS tell each other (models 1.6).
    ibgp: Ibgp = Ibgp::FullMesh;
    /// How often the own number may stand in a received path (models 1.6).
    allow_own_as: u32 = 0, 0..=10;
    /// Minimum time between two announcements over an eBGP session (models 2.4).
    mrai_ebgp: Option<Duration> = None, 0..=600;
    /// Minimum time between two announcements over an iBGP session (models 2.4).
    mrai_ibgp: Option<Duration> = None, 0..=600;
    /// Probability that other prefixes keep a session's MRAI timer running from t = 0 on; unset:
    /// 0.1 in worlds from data and synthetic ones, else 0 (models 2.7).
    mrai_busy: Option<f64> = None, 0..=1;
    /// Lower end of the factor U(x, 1) on each MRAI interval (models 2.4).
    mrai_jitter: f64 = 0.75, 0.5..=1.0;
    /// Whether MRAI delays withdrawals too (models 2.1).
    wrate: bool = false;
    /// Whether a sender leaves out neighbors already in the path; unset: yes, but not in small
    /// built-in worlds (models 2.1).
    ssld: Option<bool> = None;
    /// Whether a route is never sent back to the router it came from (models 2.1).
    split_horizon: bool = true;
    /// Share of AS hops with a running MRAI timer, in the quick model (models 2.7).
    q_mrai: f64 = 0.1, 0..=1;
    /// AS hops between a failed site's upstream and a client, in the quick model (models 2.7).
    hops: u32 = 3, 1..=8;
    /// Time from the arrival of a message to its decision (models 2.1).
    proc_delay: Duration = Duration::from_ms(10), 0..=5;
    /// Delay of every link; unset: by distance (design section 6).
    link_delay: Option<Duration> = None, 0..=5;
    /// Time to re-establish a session, times U(0, 1); unset: by vendor (models 2.4).
    connect_retry: Option<Duration> = None, 0..=300;
    /// Time from decision to FIB; unset: 20 ms, 0 in small built-in worlds (models 2.6).
    fib_delay: Option<Duration> = None, 0..=600;
    /// FIB writes a second when a full table changes (models 2.6).
    fib_rate: u32 = 15000, 1000..=200000;
    /// Whether the FIB switches whole groups of prefixes at once (models 2.6).
    pic: bool = true;
    /// BGP keepalive interval; unset: by vendor (models 2.4).
    keepalive: Option<Duration> = None, 0..=21845;
    /// BGP hold time, 0 for off, else at least 3 s: less counts as 3 s (RFC 4271 §4.2); unset: by
    /// vendor (models 2.3).
    hold: Option<Duration> = None, 0..=65535;
    /// BFD interval (models 2.4).
    bfd_interval: Duration = Duration::from_ms(300), 0.01..=1.0;
    /// BFD multiplier (models 2.4).
    bfd_multiplier: u32 = 3, 2..=50;
    /// Whether neighbors keep the routes of a restarting router (models 2.3).
    gr_helper: bool = false;
    /// Whether they do so after a hold timer has expired too (RFC 8538; models 2.3).
    gr_notification: bool = true;
    /// How long they keep them (models 2.3).
    restart_time: Duration = Duration::from_s(120), 0..=4095;
    /// Time between GRACEFUL_SHUTDOWN and withdrawal (models 2.3).
    gshut_wait: Duration = Duration::from_s(60), 0..=3600;
    /// Share of transit ASes that damp flapping routes (models 2.5).
    rfd_share: f64 = 0.0, 0..=1;
    /// Half-life of the damping penalty (models 2.5).
    rfd_half: Duration = Duration::from_s(900), 60..=2700;
    /// Penalty below which a route is used again (models 2.5).
    rfd_reuse: u32 = 750, 100..=20000;
    /// Penalty above which a route is suppressed (models 2.5).
    rfd_suppress: u32 = 2000, 2000..=12000;
    /// Longest suppression (models 2.5).
    rfd_max: Duration = Duration::from_s(3600), 60..=15300;
    /// Probability per (AS, withdrawal) that the route sticks (models 2.7).
    zombie_p: f64 = 0.0, 0..=0.02;
    /// Interval of a site's own health check (models 2.2).
    hc_interval: Duration = Duration::from_s(1), 0.1..=60.0;
    /// Failed checks until it withdraws (models 2.2).
    fall: u32 = 3, 1..=100;
    /// Good checks until it announces again (models 2.2).
    rise: u32 = 2, 1..=100;
    /// Wait after those (models 2.2).
    hold_up: Duration = Duration::from_s(30), 0..=3600;
    /// Cable length over great circle where only the end points are known (models 3.1).
    stretch_e2e: f64 = 2.1, 1.0..=3.5;
    /// Cable length over great circle for each link of a path (models 3.1).
    stretch_link: f64 = 1.4, 1.0..=3.5;
    /// Round-trip time that each link adds, in ms (models 3.1).
    t_hop: f64 = 0.2, 0.0..=1.0;
    /// Round-trip time that the server adds, in ms (models 3.1).
    t_server: f64 = 0.1, 0.0..=10.0;
    /// Share of clients whose path flaps (models 5.1).
    unstable_share: f64 = 0.01, 0..=1;
    /// Catchment changes per second of a stable client (models 5.1).
    lambda_s: f64 = 1.0 / 172_800.0, 0..=1;
    /// Catchment changes per second of an unstable client (models 5.1).
    lambda_u: f64 = 1.0 / 60.0, 0..=1;
    /// Whether sites forward QUIC packets to the site that their connection id names (models 5.3).
    quic_lb: bool = false;
    /// How packets spread over equal routes (models 5.4).
    ecmp: Ecmp = Ecmp::None;
    /// Whether equal routes of different neighbor ASes are used together (models 5.4).
    multipath_relax: bool = true;
    /// Share of attack traffic that a filter removes (models 6.2).
    filter_e: f64 = 0.95, 0..=1;
    /// Share of good traffic that it removes too (models 6.2).
    filter_f: f64 = 0.01, 0..=1;
    /// Whether sites filter while an attack reaches them (models 6.2).
    filtering: bool = false;
    /// What a site does that has more load than it can carry (models 6.4).
    overload: Overload = Overload::Absorb;
    /// Load over capacity above which it withdraws, if it does (models 6.4).
    shed_threshold: f64 = 1.2, 1.0..=10.0;
    /// Retries of a client (models 6.4).
    retries: u32 = 2, 0..=5;
    /// Longest IPv4 prefix that networks accept (models 7.3).
    max_length_v4: u32 = 24, 24..=32;
    /// Longest IPv6 prefix that networks accept (models 7.3).
    max_length_v6: u32 = 48, 48..=128;
    /// Share of networks that accept longer ones all the same (models 7.3).
    longer_share: f64 = 0.0, 0..=1;
    /// Load over capacity that a plan aims at (models 8.1).
    u_target: f64 = 0.8, 0.5..=0.95;
    /// Amplitude of demand over the day (models 8.2).
    diurnal_a: f64 = 0.5, 0.0..=0.7;
    /// Local hour of the daily peak (models 8.2).
    h_peak: f64 = 20.0, 0..=24;
    /// Cache hit share in the steady state (models 8.5).
    cache_h: f64 = 0.95, 0.5..=0.999;
    /// Time in which a cold cache fills (models 8.5).
    cache_tau: Duration = Duration::from_s(600), 60..=7200;
    /// Share of networks, weighted by their transit, that drop RPKI-invalid routes (models 10).
    rov_share: f64 = 0.4, 0..=1;
}

/// Part of a router in the world, which picks its default vendor profile (models 12A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The router of a site.
    Site,
    /// Any other.
    Network,
}

impl Rules {
    /// Settings of a preset (models 12A), applied before a file's own.
    pub fn apply_preset(&mut self, preset: Preset) {
        if preset == Preset::Realistic {
            self.policy_noise = 0.2;
            self.rfd_share = 0.02;
            self.zombie_p = 0.001;
        }
    }

    /// The vendor profile of a router.
    pub fn profile(&self, role: Role) -> VendorProfile {
        self.vendor_profile.unwrap_or(match role {
            Role::Site => VendorProfile::Bird,
            Role::Network => VendorProfile::Cisco,
        })
    }

    /// The oldest-route rule of a router (models 1.5, last sentences).
    pub fn oldest_rule_of(&self, role: Role) -> OldestRule {
        self.oldest_rule.unwrap_or(match self.profile(role) {
            VendorProfile::Cisco | VendorProfile::Gobgp => OldestRule::Timestamp,
            VendorProfile::Junos | VendorProfile::Frr => OldestRule::SelectedPeer,
            VendorProfile::Rfc | VendorProfile::Bird => OldestRule::None,
        })
    }

    /// Whether a router compares MEDs group by group (models 1.2 and 12A).
    pub fn med_deterministic_of(&self, role: Role) -> bool {
        self.med_deterministic
            .unwrap_or(matches!(self.profile(role), VendorProfile::Rfc | VendorProfile::Junos))
    }

    /// Contradictions between settings, as (name, message).
    pub fn contradictions(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if !(self.lp_customer > self.lp_peer && self.lp_peer > self.lp_provider) {
            found.push((
                "lp_customer",
                format!(
                    "LOCAL_PREF must fall from customer to peer to provider, not {} / {} / {}",
                    self.lp_customer, self.lp_peer, self.lp_provider
                ),
            ));
        }
        if self.tie_break == TieBreak::Oldest {
            found.push((
                "tie_break",
                "`oldest` needs a past, which a steady state does not have".to_owned(),
            ));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_typed_bounded_and_named() {
        let mut rules = Rules::default();
        rules.set("lp_peer", &Setting::Integer(250)).unwrap();
        assert_eq!(rules.lp_peer, 250);
        rules.set("oldest_rule", &Setting::Text("none".into())).unwrap();
        assert_eq!(rules.oldest_rule_of(Role::Network), OldestRule::None);
        rules.set("hold", &Setting::Text("9s".into())).unwrap();
        let error = rules.set("oldest_rul", &Setting::Bool(true)).unwrap_err();
        assert!(error.help.contains("`oldest_rule`"), "{error:?}");
        assert!(rules.set("mrai_busy", &Setting::Float(1.5)).is_err());
        assert!(rules.set("mrai_busy", &Setting::Float(f64::NAN)).is_err());
        assert!(rules.set("wrate", &Setting::Integer(1)).is_err());
        assert!(rules.set("decision", &Setting::Text("rtt".into())).is_err());
    }

    #[test]
    fn every_value_reads_back_from_its_text() {
        let values = Rules::default().values();
        assert_eq!(values.len(), Rules::PARAMETERS.len());
        for ParameterValue { name, text, .. } in values.iter().filter(|it| !it.text.is_empty()) {
            let setting = match (text.parse::<i64>(), text.parse::<f64>(), text.parse::<bool>()) {
                (Ok(value), ..) => Setting::Integer(value),
                (_, Ok(value), _) => Setting::Float(value),
                (.., Ok(value)) => Setting::Bool(value),
                _ => Setting::Text(text.clone()),
            };
            let mut rules = Rules::default();
            rules.set(name, &setting).unwrap_or_else(|bad| panic!("{name}: {bad:?}"));
            assert_eq!(rules, Rules::default(), "{name}");
        }
    }

    #[test]
    fn profiles_set_history() {
        let rules = Rules::default();
        assert_eq!(rules.oldest_rule_of(Role::Network), OldestRule::Timestamp);
        assert_eq!(rules.oldest_rule_of(Role::Site), OldestRule::None);
        assert!(!rules.med_deterministic_of(Role::Network));
    }
}
