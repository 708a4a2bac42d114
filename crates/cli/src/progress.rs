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
    /// Bytes done, and in all; 0 if that is not known.
    bytes: Arc<AtomicU64>,
    total: u64,
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

    /// Goes to the next phase.
    pub fn phase(&self, name: &'static str) {
        self.send(Phase { name, bytes: Arc::default(), total: 0 });
    }

    /// Goes to a phase that reads `total` bytes through the reader that it returns.
    pub fn reading<R: Read>(&self, reader: R, total: u64) -> Counted<R> {
        let bytes = Arc::new(AtomicU64::new(0));
        self.send(Phase { name: "reading", bytes: Arc::clone(&bytes), total });
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
            let known = phase.total > 0;
            let template = if known {
                "{spinner} {msg} {wide_bar} {bytes} of {total_bytes}"
            } else {
                "{spinner} {msg} {elapsed}"
            };
            bar.set_style(ProgressStyle::with_template(template).expect("the template is right"));
            bar.set_message(phase.name);
            if known {
                bar.set_length(phase.total);
                bar.set_position(phase.bytes.load(Relaxed));
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
