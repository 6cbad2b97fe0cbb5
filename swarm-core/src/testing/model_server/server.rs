//! Listens, and lets a thread talk with each client.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::connection::serve;
use super::reply::{Scripts, Turn};
use super::request::Request;
use super::script::Script;

/// A model service on a free port of the loopback interface. Stops, and cuts
/// what connections there are, when it is dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// What the connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) scripts: Scripts,
    started: Instant,
    numbers: AtomicUsize,
    state: Mutex<State>,
    noted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Request>,
    asked: BTreeMap<Turn, usize>,
    /// Connections by number, so that they can be cut.
    open: BTreeMap<usize, TcpStream>,
    stopping: bool,
}

impl ModelServer {
    /// Starts a server that knows these scripts. Of two with one name the later
    /// counts.
    ///
    /// # Errors
    /// If there is no free port or no thread to be had.
    pub fn start(scripts: impl IntoIterator<Item = Script>) -> io::Result<Self> {
        let scripts = scripts.into_iter();
        let shared = Arc::new(Shared {
            scripts: scripts
                .map(|script| (script.name.clone(), script))
                .collect(),
            started: Instant::now(),
            numbers: AtomicUsize::new(0),
            state: Mutex::default(),
            noted: Condvar::new(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let theirs = Arc::clone(&shared);
        let listening = thread::Builder::new()
            .name("model-server".to_owned())
            .spawn(move || listen(&listener, &theirs))?;
        Ok(Self {
            address,
            shared,
            listener: Some(listening),
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Time since the server was started, on one clock with [`Request::at`]: so
    /// a test can say that there was no request in between.
    pub fn elapsed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// Waits until the requests so far are enough, at most so long; whether
    /// they are. Blocks its thread.
    pub fn wait_for(&self, within: Duration, enough: impl Fn(&[Request]) -> bool) -> bool {
        let state = self.shared.state();
        let (_state, waited) = self
            .shared
            .noted
            .wait_timeout_while(state, within, |state| !enough(&state.requests))
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.stopping = true;
        for stream in state.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // Whoever waits for a client gets one, and looks up.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(listener) = self.listener.take().filter(|_| woken) {
            let _ = listener.join();
        }
    }
}

impl Shared {
    /// A number that no other request or connection has.
    pub(super) fn number(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn note(&self, mut request: Request) {
        let mut state = self.state();
        // Under the lock, so that the log is in the order of time.
        request.at = self.started.elapsed();
        state.requests.push(request);
        drop(state);
        self.noted.notify_all();
    }

    /// How often this was called for the turn before.
    pub(super) fn count(&self, turn: Turn) -> usize {
        let mut state = self.state();
        let asked = state.asked.entry(turn).or_default();
        *asked += 1;
        *asked - 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a connection known; `None` if there is nothing to talk about.
    fn welcome(&self, stream: &TcpStream) -> Option<usize> {
        let number = self.number();
        let ours = stream.try_clone().ok()?;
        let mut state = self.state();
        let open = !state.stopping;
        if open {
            state.open.insert(number, ours);
        }
        open.then_some(number)
    }
}

/// Returns when the server is stopping and every connection has ended.
fn listen(listener: &TcpListener, shared: &Shared) {
    thread::scope(|threads| {
        while !shared.state().stopping {
            let Ok((stream, _)) = listener.accept() else {
                continue;
            };
            threads.spawn(move || {
                if let Some(number) = shared.welcome(&stream) {
                    // Clients go as they like.
                    let _ = serve(&stream, shared);
                    shared.state().open.remove(&number);
                }
            });
        }
    });
}
