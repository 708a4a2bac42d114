//! Which instructions the loops of [`super::lanes`] are compiled to, chosen when they run.
//!
//! The only `unsafe` code of the crate, for one reason: a function that may use instructions of
//! newer processors is unsafe to call from one that may not. Each such call here stands behind a
//! test that the processor has them ([`Instructions::available`]), and that is all that the
//! language asks for. Nothing else happens in this file: no pointers, no layout, no lifetimes. It
//! makes sweeps up to twice as fast (decision 11).

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "calls functions compiled for newer processors; see the head")
)]

use super::changes::{self, Base, Listeners, Marks};
use super::lanes::{self, Lanes, Pass, Word};

/// Sets of instructions that sweeps can use. The answers are the same with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every processor of the architecture has.
    Portable,
    /// 256-bit vectors of x86-64 (AVX2).
    Avx2,
    /// 512-bit vectors of x86-64 (AVX-512 F, BW, DQ and VL).
    Avx512,
}

impl Instructions {
    /// The widest that this processor has.
    pub fn available() -> Instructions {
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            // Who has the wider has the narrower, so that less can be asked for.
            match (has_avx2, has_avx512) {
                (true, true) => return Instructions::Avx512,
                (true, false) => return Instructions::Avx2,
                (false, _) => {}
            }
        }
        Instructions::Portable
    }
}

/// What there is to run.
pub(super) enum Work<'a, W> {
    /// Everything, ties as the rules say.
    All,
    /// Everything, ties by coins.
    Draws,
    /// What differs from a base.
    Changes(&'a Base<W>, &'a Listeners, &'a mut Marks),
}

#[inline(always)]
fn inlined<W: Word>(work: Work<'_, W>, pass: &Pass<'_>, lanes: &mut Lanes<W>) {
    match work {
        Work::All => lanes::run::<W, false>(pass, lanes),
        Work::Draws => lanes::run::<W, true>(pass, lanes),
        Work::Changes(base, listeners, marks) => {
            changes::run(pass, base, listeners, marks, lanes);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Word>(work: Work<'_, W>, pass: &Pass<'_>, lanes: &mut Lanes<W>) {
    inlined(work, pass, lanes);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn with_avx512<W: Word>(work: Work<'_, W>, pass: &Pass<'_>, lanes: &mut Lanes<W>) {
    inlined(work, pass, lanes);
}

/// Runs a pass with at most these instructions, and what the processor has of them.
pub(super) fn run<W: Word>(
    at_most: Instructions,
    work: Work<'_, W>,
    pass: &Pass<'_>,
    lanes: &mut Lanes<W>,
) {
    match at_most.min(Instructions::available()) {
        Instructions::Portable => inlined(work, pass, lanes),
        // SAFETY: `available` has just found AVX2, which it also asks of whoever has AVX-512.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { with_avx2(work, pass, lanes) },
        // SAFETY: `available` has just found all four parts of AVX-512 that are enabled there.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { with_avx512(work, pass, lanes) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => inlined(work, pass, lanes),
    }
}
