//! Ctrl-C and `kill`: ends at once, and leaves nothing behind.

use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use crate::output::discard_pending;

/// Watches for signals until the program ends.
///
/// Not SIGHUP: what was started with `nohup` should survive it.
pub fn watch() {
    // Without the watch the program still ends at a signal; only a half-written file may stay.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            discard_pending();
            // As shells count: 130 for Ctrl-C.
            low_level::exit(128 + signal);
        }
    });
}
