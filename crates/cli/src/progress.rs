//! What a person sees while it takes longer: the phase, and how far reading has come.
//!
//! Only if stderr is a terminal, and only after a second, so that quick work stays silent and
//! costs nothing.

use std::io::{self, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const SILENT_FOR: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// The phases of a command, one after the other. Dropping it clears the line.
#[derive(Debug)]
pub struct Progress {
    drawer: Option<(Sender<Phase>, JoinHandle<()>)>,
}

#[derive(Debug)]
struct Phase {
    name: &'static str,
    /// Done, and in all; 0 if that is not known.
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
    unit: Unit,
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Bytes,
    Steps,
}

impl Progress {
    /// Starts with a first phase.
    pub fn start(name: &'static str) -> Progress {
        let drawer = || {
            let (sender, receiver) = mpsc::channel();
            let drawer = thread::Builder::new().name("progress".to_owned());
            Some((sender, drawer.spawn(move || draw(&receiver)).ok()?))
        };
        let drawer = if io::stderr().is_terminal() { drawer() } else { None };
        let progress = Progress { drawer };
        progress.phase(name);
        progress
    }

    /// For work that somebody else watches.
    pub fn silent() -> Progress {
        Progress { drawer: None }
    }

    /// Goes to the next phase.
    pub fn phase(&self, name: &'static str) {
        let (done, total) = Default::default();
        self.send(Phase { name, done, total, unit: Unit::Steps });
    }

    /// Goes to a phase that counts its steps.
    pub fn counting(&self, name: &'static str) -> Steps {
        let steps = Steps::default();
        let (done, total) = (Arc::clone(&steps.done), Arc::clone(&steps.total));
        self.send(Phase { name, done, total, unit: Unit::Steps });
        steps
    }

    /// Goes to a phase that reads `total` bytes through the reader that it returns.
    pub fn reading<R: Read>(&self, reader: R, total: u64) -> Counted<R> {
        let bytes = Arc::new(AtomicU64::new(0));
        let (done, total) = (Arc::clone(&bytes), Arc::new(AtomicU64::new(total)));
        self.send(Phase { name: "reading", done, total, unit: Unit::Bytes });
        Counted { reader, bytes }
    }

    fn send(&self, phase: Phase) {
        if let Some((sender, _)) = &self.drawer {
            // The drawer may have died with the terminal; the work goes on.
            let _ = sender.send(phase);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, drawer)) = self.drawer.take() {
            drop(sender);
            let _ = drawer.join();
        }
    }
}

/// How far a phase is that counts its steps.
#[derive(Debug, Default)]
pub struct Steps {
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
}

impl Steps {
    /// So many are done, of so many that are known of.
    pub fn tell(&self, done: u64, total: u64) {
        self.done.store(done, Relaxed);
        self.total.store(total, Relaxed);
    }
}

/// A reader that says how far it is.
#[derive(Debug)]
pub struct Counted<R> {
    reader: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(into)?;
        self.bytes.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}

fn draw(phases: &mpsc::Receiver<Phase>) {
    let started = Instant::now();
    let mut phase: Option<Phase> = None;
    loop {
        let left = SILENT_FOR.saturating_sub(started.elapsed());
        if left.is_zero() {
            break;
        }
        match phases.recv_timeout(left) {
            Ok(next) => phase = Some(next),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_elapsed(started.elapsed());
    loop {
        if let Some(phase) = &phase {
            let total = phase.total.load(Relaxed);
            let template = match phase.unit {
                _ if total == 0 => "{spinner} {msg} {elapsed}",
                Unit::Bytes => "{spinner} {msg} {wide_bar} {bytes} of {total_bytes}",
                Unit::Steps => "{spinner} {msg} {wide_bar} {pos} of {len} {elapsed}, {eta} left",
            };
            bar.set_style(ProgressStyle::with_template(template).expect("the template is right"));
            bar.set_message(phase.name);
            if total > 0 {
                bar.set_length(total);
                bar.set_position(phase.done.load(Relaxed));
            }
            bar.tick();
        }
        match phases.recv_timeout(TICK) {
            Ok(next) => phase = Some(next),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    bar.finish_and_clear();
}
