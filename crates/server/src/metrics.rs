//! What the server counts, in the form of OpenMetrics.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::api::RunPhase;
use crate::app::App;

/// Labels as pairs: few, and each of few values.
type Labels = Vec<(&'static str, String)>;

/// All counters.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Labels, Counter>,
    runs: Family<Labels, Counter>,
    run_seconds: Histogram,
    runs_at_work: Gauge,
    runs_waiting: Gauge,
    results: Gauge,
    results_bytes: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("catchment");
        let metrics = Metrics {
            registry: Mutex::default(),
            requests: Family::default(),
            runs: Family::default(),
            run_seconds: Histogram::new(exponential_buckets(0.01, 2.0, 15)),
            runs_at_work: Gauge::default(),
            runs_waiting: Gauge::default(),
            results: Gauge::default(),
            results_bytes: Gauge::default(),
        };
        let m = &metrics;
        registry.register("requests", "Requests by route and status", m.requests.clone());
        registry.register("runs", "Runs by how they ended", m.runs.clone());
        registry.register_with_unit(
            "run_duration",
            "From the question to the end of a run",
            Unit::Seconds,
            m.run_seconds.clone(),
        );
        registry.register("runs_at_work", "Runs that go on", m.runs_at_work.clone());
        registry.register("runs_waiting", "Runs that wait", m.runs_waiting.clone());
        registry.register("results", "Results that are kept", m.results.clone());
        registry.register_with_unit(
            "results_size",
            "Memory of the results that are kept",
            Unit::Bytes,
            m.results_bytes.clone(),
        );
        *metrics.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry;
        metrics
    }

    /// Counts an answer. The route is a pattern, so that there are few.
    pub(crate) fn answered(&self, route: &str, status: StatusCode) {
        let labels = vec![("route", route.to_owned()), ("status", status.as_u16().to_string())];
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts a run.
    pub(crate) fn run_ended(&self, phase: RunPhase, took: Duration) {
        let end = match phase {
            RunPhase::Done => "done",
            RunPhase::Cancelled => "cancelled",
            _ => "failed",
        };
        self.runs.get_or_create(&vec![("end", end.to_owned())]).inc();
        self.run_seconds.observe(took.as_secs_f64());
    }

    /// All of it as text.
    pub(crate) fn encode(&self, app: &App) -> String {
        let gauge = |gauge: &Gauge, value: usize| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        let (count, bytes) = app.results.size();
        gauge(&self.runs_at_work, app.plays.busy());
        gauge(&self.runs_waiting, app.plays.waiting());
        gauge(&self.results, count);
        gauge(&self.results_bytes, bytes);
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // A string takes all.
        let _ = encode(&mut text, &registry);
        text
    }
}
