//! The thread that writes the log, so that no request waits for it. Lines of completed requests are batched for a
//! moment, because one write per line costs more than the rest of the line. All others are written immediately.

use std::{
    io::{self, ErrorKind, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::request_frame::ANSWERED;

/// Maximum time that the line of a completed request is buffered.
const BUFFERED_FOR: Duration = Duration::from_millis(20);
/// Size in bytes at which the buffer is written earlier.
const BATCH: usize = 64 * 1024;
/// Maximum size of queued lines in bytes. Further lines are dropped, so that no request waits for the log.
const MAX_WAITING: usize = 8 * 1024 * 1024;
/// Additional bytes reserved for other lines, so that a flood of requests does not displace warnings.
const RESERVED: usize = 1024 * 1024;
/// Timeout for writing the last lines at shutdown, because the reader of the log may have stopped.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Log lines that wait for the writer thread.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Whether a line is written without batching.
    is_urgent: bool,
    /// Whether the thread is waiting to be woken.
    is_asleep: bool,
    has_ended: bool,
    dropped: u64,
}

/// Source of writers for the lines of the log.
#[derive(Clone, Debug)]
pub(super) struct LogWriter(Arc<Queue>);

/// Handle of the thread. Dropping it writes the queued lines.
#[derive(Debug)]
pub(super) struct WriterThread {
    queue: Arc<Queue>,
    ended: Receiver<()>,
}

/// Writer for one line.
#[derive(Debug)]
pub(super) struct LineWriter<'a> {
    queue: &'a Queue,
    is_urgent: bool,
}

/// Starts the thread.
pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(LogWriter, WriterThread)> {
    let queue = Arc::<Queue>::default();
    let (ending, ended) = channel();
    let of_thread = Arc::clone(&queue);
    thread::Builder::new().name("log".to_owned()).spawn(move || work(&of_thread, out, &ending))?;
    Ok((LogWriter(Arc::clone(&queue)), WriterThread { queue, ended }))
}

impl WriterThread {
    /// Returns the number of lines dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.queue.waiting().dropped
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue.waiting().has_ended = true;
        self.queue.changed.notify_one();
        // If the thread does not respond, it is abandoned, because its output is blocked.
        let _answered = self.ended.recv_timeout(FLUSH_TIMEOUT);
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = self.waiting();
        let most = if is_urgent { MAX_WAITING + RESERVED } else { MAX_WAITING };
        if waiting.lines.len() + line.len() > most {
            waiting.dropped += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        waiting.is_urgent |= is_urgent;
        // The first line starts the batch interval. Waking the thread costs as much as the whole line.
        if waiting.is_asleep && (is_first || waiting.is_due()) {
            waiting.is_asleep = false;
            drop(waiting);
            self.changed.notify_one();
        }
    }

    /// Waits for the next batch and swaps it with an empty one. Returns `false` after the last.
    fn take(&self, batch: &mut Vec<u8>) -> bool {
        let mut waiting = self.waiting();
        while waiting.lines.is_empty() && !waiting.has_ended {
            waiting.is_asleep = true;
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_asleep = true;
        let gathered = self.changed.wait_timeout_while(waiting, BUFFERED_FOR, |waiting| !waiting.is_due());
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        (waiting.is_asleep, waiting.is_urgent) = (false, false);
        std::mem::swap(&mut waiting.lines, batch);
        !batch.is_empty()
    }
}

impl Waiting {
    fn is_due(&self) -> bool {
        self.is_urgent || self.has_ended || self.lines.len() >= BATCH
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter { queue: &self.0, is_urgent: true }
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> LineWriter<'a> {
        LineWriter { queue: &self.0, is_urgent: line.target() != ANSWERED }
    }
}

impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queue.add(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a batch. Returns the number of lost lines. Waits if the output is temporarily blocked.
fn write(out: &mut impl Write, mut rest: &[u8]) -> u64 {
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => break,
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BUFFERED_FOR),
            // If the log cannot be written, there is no place to report it.
            Err(_) => break,
        }
    }
    let _flushed = out.flush();
    rest.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum()
}

fn work(queue: &Queue, mut out: impl Write, ending: &Sender<()>) {
    let mut batch = Vec::new();
    while queue.take(&mut batch) {
        let lost = write(&mut out, &batch);
        queue.waiting().dropped += lost;
        batch.clear();
        // Frees the memory of a backlog.
        batch.shrink_to(2 * BATCH);
    }
    // The receiver may have stopped waiting.
    let _heard = ending.send(());
}
