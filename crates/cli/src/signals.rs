//! Ctrl-C and `kill`: ends at once, and leaves nothing behind; a server ends in order.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use crate::output::discard_pending;

/// What happens at the first signal instead, if somebody knows better.
static INSTEAD: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// One Ctrl-C can arrive twice: from the terminal, and from a program that passes it on.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// Does this at the first signal. One that comes later ends the program as ever.
pub fn instead(act: impl Fn() + Send + Sync + 'static) {
    // Only one command runs.
    let _ = INSTEAD.set(Box::new(act));
}

/// Ends the program as Ctrl-C does, once whoever asked for it with [`instead`] is ready.
pub fn end() -> ! {
    discard_pending();
    low_level::exit(128 + SIGINT)
}

/// Watches for signals until the program ends.
///
/// Not SIGHUP: what was started with `nohup` should survive it.
pub fn watch() {
    // A file over the limit of its size shall be an error of the write, not the end of us.
    let _ = flag::register(SIGXFSZ, Arc::default());
    // Without the watch the program still ends at a signal; only a half-written file may stay.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    let watch = move || {
        let mut first = None;
        for signal in signals.forever() {
            if let Some(act) = INSTEAD.get() {
                let first = *first.get_or_insert_with(|| {
                    act();
                    Instant::now()
                });
                if first.elapsed() < SAME_SIGNAL {
                    continue;
                }
            }
            discard_pending();
            // As shells count: 130 for Ctrl-C.
            low_level::exit(128 + signal);
        }
    };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(watch);
}
