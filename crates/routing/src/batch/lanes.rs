//! The loops: a word for each node and lane, and one pass over the graph for all lanes.
//!
//! A word is a path length and, below it, a site; all ones is "no route". The class is not in it,
//! as each of the three steps of a solve only compares routes of one class: who has none after
//! listening to its customers listens to its peers, who has none then to its providers. Rows are in
//! the order of identifiers, so that the first of the shortest is the one to take, and
//! `word < best & !site_mask` is "strictly shorter".
//!
//! Everything is written for arrays of fixed length without branches on lanes, so that compilers
//! turn it into vector instructions; [`super::dispatch`] compiles it for several sets of them.

use super::block::Block;
use super::graph::{Edge, Graph, NOBODY, Special};
use super::totals::{self, Totals};

/// Lanes of a block: configurations solved in one pass. Sets of lanes are the bits of a `u64`.
pub(super) const LANES: usize = 64;

/// Rows that wait to be counted: 16 KiB of narrow ones.
const UNCOUNTED_MAX: usize = 84;

/// What a lane holds. Signed, as every vector unit compares signed words, and few the other ones.
pub(super) trait Word: Copy + Ord + Default + Send + Sync + 'static {
    /// No route: greater than every route.
    const NONE: Self;
    /// Bits without the sign.
    const BITS: u32;
    fn of(word: u32) -> Self;
    fn bits(self) -> u32;
    fn and(self, mask: Self) -> Self;
    /// Adds to the length; no route stays no route.
    fn longer(self, step: Self) -> Self;
    /// All ones if the two are equal, else 0.
    fn same(self, other: Self) -> Self;
    /// The other where the mask is all ones. By bits: out of `if` with two conditions compilers
    /// make branches.
    fn blend(self, other: Self, mask: Self) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// Scales a coin to one of `self` outcomes: below it, and each as likely as 65 536 allow.
    fn outcome(self, coin: u16) -> Self;
}

/// Both widths do the same. `$wide` has room for a word times a coin.
macro_rules! word {
    ($signed:ty, $unsigned:ty, $wide:ty) => {
        impl Word for $signed {
            const NONE: $signed = <$signed>::MAX;
            const BITS: u32 = <$signed>::BITS - 1;

            #[inline(always)]
            fn of(word: u32) -> $signed {
                word as $signed
            }

            #[inline(always)]
            fn bits(self) -> u32 {
                u32::from(self as $unsigned)
            }

            #[inline(always)]
            fn and(self, mask: $signed) -> $signed {
                self & mask
            }

            #[inline(always)]
            fn longer(self, step: $signed) -> $signed {
                self.saturating_add(step)
            }

            #[inline(always)]
            fn same(self, other: $signed) -> $signed {
                -<$signed>::from(self == other)
            }

            #[inline(always)]
            fn blend(self, other: $signed, mask: $signed) -> $signed {
                self & !mask | other & mask
            }

            #[inline(always)]
            fn plus(self, other: $signed) -> $signed {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn minus(self, other: $signed) -> $signed {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn outcome(self, coin: u16) -> $signed {
                ((<$wide>::from(self as $unsigned) * <$wide>::from(coin)) >> 16) as $signed
            }
        }
    };
}

word!(i16, u16, u32);
word!(i32, u32, u64);

/// The words of all lanes. Aligned, so that no vector straddles two cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row<W>(pub [W; LANES]);

impl<W: Word> Row<W> {
    pub const NONE: Row<W> = Row([W::NONE; LANES]);

    /// Applies a function to each lane of two rows. By index and by value, here and below: what is
    /// lent to an iterator ends up in memory, what is not in registers.
    #[inline(always)]
    fn zip(self, other: &Row<W>, both: impl Fn(W, W) -> W) -> Row<W> {
        let mut words = self;
        for lane in 0..LANES {
            words.0[lane] = both(self.0[lane], other.0[lane]);
        }
        words
    }

    #[inline(always)]
    fn longer(self, step: W) -> Row<W> {
        let mut words = self;
        for lane in 0..LANES {
            words.0[lane] = self.0[lane].longer(step);
        }
        words
    }

    /// Where this has no route, the other.
    #[inline(always)]
    fn or(self, other: &Row<W>) -> Row<W> {
        self.zip(other, |word, other| if word == W::NONE { other } else { word })
    }

    #[inline(always)]
    pub(super) fn differs(&self, word: W) -> bool {
        let mut differs = false;
        for lane in 0..LANES {
            differs |= self.0[lane] != word;
        }
        differs
    }

    #[inline(always)]
    fn has_none(&self) -> bool {
        let mut has = false;
        for lane in 0..LANES {
            has |= self.0[lane] == W::NONE;
        }
        has
    }
}

/// Where the site ends and the length begins in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub site_bits: u32,
}

impl Layout {
    /// Room for this many sites and for "none", which is all ones.
    pub(super) fn new(site_count: usize) -> Layout {
        let needed = usize::BITS - site_count.leading_zeros();
        Layout { site_bits: needed.max(totals::SLOTS_MIN.ilog2()) }
    }

    /// The longest path that words can hold; one more would look like "no route".
    pub(super) fn longest<W: Word>(self) -> u32 {
        (1_u32 << W::BITS.saturating_sub(self.site_bits)) - 2
    }

    pub(super) fn length_mask<W: Word>(self) -> W {
        W::of(W::NONE.bits() & !((1 << self.site_bits) - 1))
    }

    pub(super) fn length<W: Word>(self, length: u32) -> W {
        W::of(length << self.site_bits)
    }

    /// An own route as it is told: `prepends` longer than the others know.
    pub(super) fn own<W: Word>(self, site: u32, prepends: u32) -> W {
        W::of(prepends << self.site_bits | site)
    }

    /// The site of a word, or all ones.
    pub(super) fn site<W: Word>(self, word: W) -> u32 {
        word.bits() & ((1 << self.site_bits) - 1)
    }

    pub(super) fn path_length<W: Word>(self, word: W) -> u32 {
        word.bits() >> self.site_bits
    }

    /// Rows of totals: sites, unused ones, and "none" last.
    pub(super) fn slots(self) -> usize {
        1 << self.site_bits
    }
}

/// What a pass writes. Reused from block to block: fresh pages cost as much as the work.
#[derive(Debug, Clone, Default)]
pub(super) struct Lanes<W: Word> {
    /// Own routes by site; what the block says.
    pub own: Vec<Row<W>>,
    /// Own and customer routes by cone place.
    pub up: Vec<Row<W>>,
    /// The route of each node that others listen to, or of all of them.
    pub last: Vec<Row<W>>,
    /// Words of ASes that are folded and yet differ, after those of nodes.
    pub row_of: Vec<u32>,
    /// What comes over the special edges of a row.
    heard: Vec<Row<W>>,
    /// Rows whose demand is not in the totals yet.
    uncounted: Vec<(Row<W>, u64)>,
    /// The longest route that others were told of, by lane.
    pub deepest: Deepest<W>,
    /// Demand by site and lane.
    pub totals: Totals,
}

/// Notes the longest words among those that others listen to. If they could be told on without
/// reaching the end of a word, none was lost.
#[derive(Debug, Clone)]
pub(super) struct Deepest<W>(Row<W>);

impl<W: Word> Default for Deepest<W> {
    fn default() -> Deepest<W> {
        Deepest(Row([W::default(); LANES]))
    }
}

impl<W: Word> Deepest<W> {
    #[inline(always)]
    fn note(&mut self, words: &Row<W>) {
        let deeper = |deepest: W, word| if word == W::NONE { deepest } else { deepest.max(word) };
        self.0 = self.0.zip(words, deeper);
    }

    /// The longest path, in ASNs.
    pub(super) fn length(&self, layout: Layout) -> u32 {
        layout.path_length(self.0.0.iter().copied().max().unwrap_or_default())
    }
}

/// What a pass reads.
pub(super) struct Pass<'a> {
    pub graph: &'a Graph,
    pub block: &'a Block<'a>,
    pub layout: Layout,
    /// Demand of nodes and of who follows them, but nothing for those who follow.
    pub nodes: &'a [u64],
    /// The same for those who follow.
    pub led: &'a [u64],
    pub routers: &'a [u64],
    /// Low halves of the hashes of (seed, AS), for draws.
    pub as_keys: &'a [u32],
    /// Whether the words of all ASes are wanted, not the totals alone.
    pub keeps_words: bool,
    /// Whether a row of words takes few enough vector registers for a second one beside it.
    pub has_many_registers: bool,
}

/// Solves a block from nothing.
#[inline(always)]
pub(super) fn run<W: Word, const DRAWS: bool>(pass: &Pass<'_>, lanes: &mut Lanes<W>) {
    let graph = pass.graph;
    let kept = if pass.keeps_words { graph.node_count() } else { graph.transit_count as usize };
    lanes.up.resize(graph.cone.len(), Row::NONE);
    // Words of single ASes that went on the end, from an earlier block.
    lanes.last.truncate(kept);
    lanes.last.resize(kept, Row::NONE);
    lanes.totals.clear(pass.layout);
    lanes.deepest = Deepest::default();
    if pass.keeps_words {
        lanes.row_of.clear();
        lanes.row_of.extend_from_slice(&graph.node_of);
    }
    let mut specials = &pass.block.specials[..];
    for place in 0..graph.cone.len() as u32 {
        let special = take(&mut specials, |edge| (edge.down, edge.unit) == (false, place));
        climb::<W, DRAWS>(pass, lanes, place, special);
    }
    for node in 0..graph.node_count() as u32 {
        let special = take(&mut specials, |edge| (edge.down, edge.unit) == (true, node));
        descend::<W, DRAWS>(pass, lanes, node, special);
    }
    count_up(pass, lanes);
    debug_assert!(specials.is_empty(), "a special edge was passed by");
}

/// The edges of one unit, off the front of what is left.
#[inline(always)]
pub(super) fn take<'a>(
    specials: &mut &'a [(Edge, Special)],
    is_here: impl Fn(&Edge) -> bool,
) -> &'a [(Edge, Special)] {
    if !specials.first().is_some_and(|(edge, _)| is_here(edge)) {
        return &[];
    }
    let count = specials.iter().take_while(|(edge, _)| is_here(edge)).count();
    let (here, rest) = specials.split_at(count);
    *specials = rest;
    here
}

/// Own and customer routes of one AS.
#[inline(always)]
pub(super) fn climb<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
    place: u32,
    special: &[(Edge, Special)],
) {
    let graph = pass.graph;
    let coin = || as_key(pass, graph.cone[place as usize]);
    let Lanes { up, heard, own, deepest, .. } = lanes;
    let row = graph.customers.row(place);
    let mut words = listen::<W, DRAWS>(pass, up, row, special, own, heard, coin);
    let site = graph.site_of[place as usize];
    if site != NOBODY {
        words = own[site as usize].or(&words);
    }
    deepest.note(&words);
    up[place as usize] = words;
}

/// Key of the coin of a node that is one AS.
#[inline(always)]
fn as_key(pass: &Pass<'_>, node: u32) -> u32 {
    pass.as_keys[pass.graph.members.row(node)[0] as usize]
}

/// The route of one node, or of each AS of a class where they can differ.
#[inline(always)]
fn descend<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
    node: u32,
    special: &[(Edge, Special)],
) {
    let graph = pass.graph;
    let members = graph.members.row(node);
    if node < graph.single_count {
        let words = decide::<W, DRAWS>(pass, lanes, node, special, members[0]);
        keep(lanes, node, &words);
        count(pass, lanes, &words, pass.nodes[node as usize]);
        if !special.is_empty() {
            lead_off(pass, lanes, node, &words, pass.led[node as usize]);
        }
        return;
    }
    let leads = graph.leader_of[node as usize] == NOBODY;
    if !leads && special.is_empty() && !pass.keeps_words {
        return;
    }
    let tosses = DRAWS && graph.peers.row(node).len().max(graph.providers.row(node).len()) > 1;
    if special.is_empty() && !tosses {
        let words = decide::<W, false>(pass, lanes, node, &[], members[0]);
        keep(lanes, node, &words);
        count(pass, lanes, &words, pass.nodes[node as usize]);
        return;
    }
    descend_singly::<W, DRAWS>(pass, lanes, node, special, tosses);
}

/// The ASes of a class that can differ.
#[inline(always)]
fn descend_singly<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
    node: u32,
    special: &[(Edge, Special)],
    tosses: bool,
) {
    if DRAWS && special.is_empty() {
        return toss_members(pass, lanes, node);
    }
    let mut rest = special;
    // The others, if they are alike.
    let mut common: Option<Row<W>> = None;
    for member in pass.graph.members.row(node) {
        let own = take(&mut rest, |edge| edge.member == *member);
        let words = match common {
            Some(words) if own.is_empty() && !tosses => words,
            _ => decide::<W, DRAWS>(pass, lanes, node, own, *member),
        };
        if own.is_empty() && !tosses {
            common = Some(words);
        }
        if pass.graph.leader_of[node as usize] == NOBODY {
            count(pass, lanes, &words, pass.routers[*member as usize]);
        } else {
            lead_off(pass, lanes, node, &words, pass.routers[*member as usize]);
        }
        if pass.keeps_words {
            lanes.row_of[*member as usize] = lanes.last.len() as u32;
            lanes.last.push(words);
        }
    }
}

/// The ASes of a class, each with its own coin for the same ties.
#[inline(always)]
fn toss_members<W: Word>(pass: &Pass<'_>, lanes: &mut Lanes<W>, node: u32) {
    let graph = pass.graph;
    let (peers, providers) = (graph.peers.row(node), graph.providers.row(node));
    let mask = pass.layout.length_mask::<W>();
    let step = pass.layout.length::<W>(1);
    let keys = &pass.block.draw_keys;
    let beside = Tied::new(&lanes.up, peers, mask);
    let asks = beside.least.has_none();
    let above = Tied::new(&lanes.last, if asks { providers } else { &[] }, mask);
    for member in graph.members.row(node) {
        let key = pass.as_keys[*member as usize];
        let mut words = Row::NONE;
        if !peers.is_empty() {
            words = beside.toss(&lanes.up, peers, mask, keys, key);
        }
        if asks {
            words = words.or(&above.toss(&lanes.last, providers, mask, keys, key));
        }
        let words = words.longer(step);
        count(pass, lanes, &words, pass.routers[*member as usize]);
        if pass.keeps_words {
            lanes.row_of[*member as usize] = lanes.last.len() as u32;
            lanes.last.push(words);
        }
    }
}

/// The class steps of one AS.
#[inline(always)]
pub(super) fn decide<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
    node: u32,
    special: &[(Edge, Special)],
    member: u32,
) -> Row<W> {
    let graph = pass.graph;
    let Lanes { up, last, heard, own, .. } = lanes;
    let coin = || pass.as_keys[member as usize];
    let cut = special.iter().take_while(|(edge, _)| !edge.of_provider).count();
    let (of_peers, of_providers) = special.split_at(cut);
    let mut words = match graph.cone_of[node as usize] {
        NOBODY => Row::NONE,
        place => up[place as usize],
    };
    let peers = graph.peers.row(node);
    if !peers.is_empty() && words.has_none() {
        let beside = listen::<W, DRAWS>(pass, up, peers, of_peers, own, heard, coin);
        words = words.or(&beside);
    }
    let providers = graph.providers.row(node);
    if !providers.is_empty() && words.has_none() {
        let above = listen::<W, DRAWS>(pass, last, providers, of_providers, own, heard, coin);
        words = words.or(&above);
    }
    words
}

#[inline(always)]
pub(super) fn keep<W: Word>(lanes: &mut Lanes<W>, node: u32, words: &Row<W>) {
    if let Some(slot) = lanes.last.get_mut(node as usize) {
        lanes.deepest.note(words);
        *slot = *words;
    }
}

/// Adds a node's demand to the sites that it reaches.
#[inline(always)]
fn count<W: Word>(pass: &Pass<'_>, lanes: &mut Lanes<W>, words: &Row<W>, demand: u64) {
    if demand == 0 {
        return;
    }
    lanes.uncounted.push((*words, demand));
    if lanes.uncounted.len() == UNCOUNTED_MAX {
        count_up(pass, lanes);
    }
}

/// Counts what is waiting for it: some lanes of all rows, then others, so that the totals that are
/// written stay in the first-level cache.
#[inline(always)]
fn count_up<W: Word>(pass: &Pass<'_>, lanes: &mut Lanes<W>) {
    let Lanes { uncounted, totals, .. } = lanes;
    totals.add(uncounted, pass.layout);
    uncounted.clear();
}

/// Moves demand that was counted where the leader of a node lands to where the node lands.
#[inline(never)]
pub(super) fn lead_off<W: Word>(
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
    node: u32,
    words: &Row<W>,
    demand: u64,
) {
    let leader = pass.graph.leader_of[node as usize];
    if leader == NOBODY {
        return;
    }
    let theirs = lanes.last[leader as usize];
    for lane in 0..LANES {
        let slot = |words: &Row<W>| pass.layout.site(words.0[lane]) as usize;
        lanes.totals.shift(lane, slot(&theirs), slot(words), demand);
    }
}

/// The best of what the neighbors in a row tell, one hop longer.
#[inline(always)]
fn listen<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    words: &[Row<W>],
    row: &[u32],
    special: &[(Edge, Special)],
    own: &[Row<W>],
    heard: &mut Vec<Row<W>>,
    coin: impl Fn() -> u32,
) -> Row<W> {
    let step = pass.layout.length::<W>(1);
    if !special.is_empty() {
        let coin = if DRAWS { coin() } else { 0 };
        return listen_specially::<W, DRAWS>(pass, words, row, special, own, heard, coin);
    }
    let mask = pass.layout.length_mask::<W>();
    if DRAWS && row.len() > 1 {
        return toss(words, row, mask, &pass.block.draw_keys, coin()).longer(step);
    }
    first(pass, words, row).longer(step)
}

/// The first of the shortest.
#[inline(always)]
pub(super) fn first<W: Word>(pass: &Pass<'_>, words: &[Row<W>], row: &[u32]) -> Row<W> {
    let mask = pass.layout.length_mask::<W>();
    let mut best = Row::NONE;
    if !pass.has_many_registers {
        for index in row {
            let theirs = &words[*index as usize];
            best = best.zip(theirs, |best, word| if word < best.and(mask) { word } else { best });
        }
        return best;
    }
    // The length of the best beside it, so that a neighbor waits for one minimum of the neighbor
    // before, not for a comparison and a choice.
    let mut limit = Row([W::NONE.and(mask); LANES]);
    for index in row {
        let theirs = &words[*index as usize];
        for lane in 0..LANES {
            let word = theirs.0[lane];
            best.0[lane] = if word < limit.0[lane] { word } else { best.0[lane] };
            limit.0[lane] = limit.0[lane].min(word.and(mask));
        }
    }
    best
}

/// Any of the shortest, each as likely: one coin for each lane says which of them.
#[inline(always)]
fn toss<W: Word>(
    words: &[Row<W>],
    row: &[u32],
    mask: W,
    draw_keys: &[u32; LANES],
    as_key: u32,
) -> Row<W> {
    let tied = Tied::new(words, row, mask);
    tied.toss(words, row, mask, draw_keys, as_key)
}

/// How long the shortest of a row are, and how many.
struct Tied<W> {
    least: Row<W>,
    count: Row<W>,
}

impl<W: Word> Tied<W> {
    #[inline(always)]
    fn new(words: &[Row<W>], row: &[u32], mask: W) -> Tied<W> {
        let mut least = Row::<W>::NONE;
        for index in row {
            least = least.zip(&words[*index as usize], Ord::min);
        }
        let mut count = Row([W::default(); LANES]);
        for index in row {
            let theirs = &words[*index as usize];
            for lane in 0..LANES {
                let ties = theirs.0[lane].and(mask).same(least.0[lane].and(mask));
                count.0[lane] = count.0[lane].minus(ties);
            }
        }
        Tied { least, count }
    }

    #[expect(clippy::needless_range_loop, reason = "by index, as all of this file")]
    #[inline(always)]
    fn toss(
        &self,
        words: &[Row<W>],
        row: &[u32],
        mask: W,
        draw_keys: &[u32; LANES],
        as_key: u32,
    ) -> Row<W> {
        // How many of the tied are still to be passed over.
        let mut skips = self.count;
        for lane in 0..LANES {
            skips.0[lane] = self.count.0[lane].outcome(coin(as_key, draw_keys[lane]));
        }
        let mut best = self.least;
        for index in row {
            let theirs = &words[*index as usize];
            for lane in 0..LANES {
                let ties = theirs.0[lane].and(mask).same(self.least.0[lane].and(mask));
                let chosen = ties.and(skips.0[lane].same(W::default()));
                best.0[lane] = best.0[lane].blend(theirs.0[lane], chosen);
                skips.0[lane] = skips.0[lane].plus(ties);
            }
        }
        best
    }
}

/// The coin of an AS in a draw: 16 bits of a hash of both (the finalizer "lowbias32" of Chris
/// Wellons, 2018).
#[inline(always)]
pub(super) fn coin(as_key: u32, draw_key: u32) -> u16 {
    let mut word = as_key ^ draw_key;
    word = (word ^ (word >> 16)).wrapping_mul(0x7feb_352d);
    word = (word ^ (word >> 15)).wrapping_mul(0x846c_a68b);
    (word >> 16) as u16
}

/// [`listen`] over a row with special edges.
#[inline(never)]
fn listen_specially<W: Word, const DRAWS: bool>(
    pass: &Pass<'_>,
    words: &[Row<W>],
    row: &[u32],
    special: &[(Edge, Special)],
    own: &[Row<W>],
    heard: &mut Vec<Row<W>>,
    coin: u32,
) -> Row<W> {
    heard.clear();
    heard.extend(row.iter().map(|index| words[*index as usize]));
    for (edge, special) in special {
        let words = &mut heard[edge.position as usize];
        for (lane, word) in words.0.iter_mut().enumerate() {
            *word = over(special, *word, lane, own, pass.layout);
        }
    }
    let all: Vec<u32> = (0..row.len() as u32).collect();
    let mask = pass.layout.length_mask::<W>();
    let best = match DRAWS && row.len() > 1 {
        true => toss(heard, &all, mask, &pass.block.draw_keys, coin),
        false => first(pass, heard, &all),
    };
    best.longer(pass.layout.length(1))
}

/// What comes over a special edge in a lane.
pub(super) fn over<W: Word>(
    special: &Special,
    word: W,
    lane: usize,
    own: &[Row<W>],
    layout: Layout,
) -> W {
    if special.closed >> lane & 1 == 1 {
        return W::NONE;
    }
    let word = word.longer(layout.length(special.added));
    if special.site == NOBODY || own[special.site as usize].0[lane] == W::NONE {
        return word;
    }
    if special.own_closed >> lane & 1 == 1 {
        return W::NONE;
    }
    let more = special.own_added_by_lane.get(lane).copied().unwrap_or(0);
    word.longer(layout.length(special.own_added + more))
}
