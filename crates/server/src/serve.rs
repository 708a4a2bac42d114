//! The server itself: accepts connections, bounds them, and ends in order.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::runtime;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

use crate::app::{App, LibraryScenario, Limits};
use crate::assets::MayCompress;
use crate::engine::Engine;
use crate::guard::{Guard, Peer, Token, guard, panicked};
use crate::routes;
use crate::stall::Impatient;

/// How long answers that are on their way may take at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// When the system has no more connections for us, some will end soon.
const NO_MORE: Duration = Duration::from_millis(100);

/// What to serve, and to whom.
pub struct Settings {
    /// Plays scenarios.
    pub engine: Engine,
    /// The scenarios that are offered.
    pub library: Vec<LibraryScenario>,
    /// Name of the one to open first.
    pub first: String,
    /// Whether somebody chose it.
    pub first_is_chosen: bool,
    /// Whoever asks must know it. Always given where others than this machine can ask.
    pub token: Option<Token>,
    /// Bounds on what may be asked.
    pub limits: Limits,
}

/// A server that has its address and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    guard: Arc<Guard>,
    stop: Stop,
}

/// Ends a server from elsewhere.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Ends it, in order.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// If it cannot be had, or if others could ask and there is no token.
    pub fn bind(address: SocketAddr, settings: Settings) -> io::Result<Server> {
        if !address.ip().is_loopback() && settings.token.is_none() {
            let message = "whoever can reach this address could ask: a token is needed";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (sender, stopping) = watch::channel(false);
        let mut salt = [0; 4];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let Settings { engine, library, first, first_is_chosen, token, limits } = settings;
        let first = (first, first_is_chosen);
        let salt = u32::from_le_bytes(salt);
        let app = Arc::new(App::new(engine, library, first, limits, salt, stopping));
        let guard = Arc::new(Guard { app, token, address });
        Ok(Server { listener, address, guard, stop: Stop(Arc::new(sender)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ends it.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    /// If the system gives no threads, or no sockets.
    pub fn run(self) -> io::Result<()> {
        let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
        let done = runtime.block_on(self.accept());
        // A run that does not look at its brake shall not hold up the end.
        runtime.shutdown_background();
        done
    }

    async fn accept(self) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let app = Arc::clone(&self.guard.app);
        let routes = clothed(&self.guard);
        let connections = Arc::new(Semaphore::new(app.limits.connections.max(1)));
        let mut stopping = app.stopping.clone();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(app.limits.head_time)
            .max_buf_size(HEAD_BYTES_MAX);
        let graceful = GracefulShutdown::new();
        tracing::info!(address = %self.address, "listening");
        loop {
            let accept = async {
                let permit = Arc::clone(&connections).acquire_owned().await;
                (listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                accepted = accept => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(NO_MORE).await;
                    continue;
                }
            };
            // Small answers go out at once. Without it they only come a little later.
            let _ = stream.set_nodelay(true);
            let routes = routes.clone();
            let answer = service_fn(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer));
                let routes = routes.clone();
                async move { routes.oneshot(request).await.map_err(|never: Infallible| never) }
            });
            let connection = http.serve_connection(
                TokioIo::new(Impatient::new(stream, app.limits.stall_time)),
                answer,
            );
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                let _permit = permit;
                // Whatever broke it, there is nobody left to tell.
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection broke");
                }
            });
        }
        drop(listener);
        tracing::info!("stopping");
        app.runs.cancel_all();
        if timeout(LAST_ANSWERS, graceful.shutdown()).await.is_err() {
            tracing::warn!("some answers were cut off");
        }
        Ok(())
    }
}

/// The paths with everything that stands around them.
fn clothed(guarded: &Arc<Guard>) -> Router {
    routes::router(Arc::clone(&guarded.app))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(guarded), guard))
        .layer(from_fn(mark_near))
        .layer(CompressionLayer::new().gzip(true).compress_when(Worthwhile))
}

/// Which answers are compressed: those that say so.
#[derive(Debug, Clone, Copy)]
struct Worthwhile;

impl Predicate for Worthwhile {
    fn should_compress<B: hyper::body::Body>(&self, response: &axum::http::Response<B>) -> bool {
        response.extensions().get::<MayCompress>() == Some(&MayCompress::Always)
    }
}

/// What is worth its while only over a network is decided by where the request came from.
async fn mark_near(request: Request, next: axum::middleware::Next) -> Response {
    let is_near = request.extensions().get::<Peer>().is_some_and(|peer| peer.0.ip().is_loopback());
    let mut response = next.run(request).await;
    if let Some(mark) = response.extensions_mut().get_mut::<MayCompress>()
        && !is_near
    {
        *mark = MayCompress::Always;
    }
    response
}
