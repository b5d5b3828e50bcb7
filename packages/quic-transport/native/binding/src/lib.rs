//! The napi shim: handles instead of objects, numbers instead of events, and nothing else.
//!
//! Every export forwards to `quicmesh-quic-core`, which has no napi types and its own tests. A stale handle is never an
//! error: commands on it do nothing. State is per thread, that is per Node environment (worker threads).
//! `src/native.ts` documents each function for its callers.

mod batch;
mod handles;
mod settings;

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{Buffer, Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use quicmesh_quic_core::{Connection, Endpoint, EventQueue, OpenStream, Stream, Traffic};
use quicmesh_tls::{Identity, PeerId, TlsKey};
use quinn_proto::VarInt;

use batch::Records;
use handles::Handles;
use settings::{EndpointSettings, Failure, Result, failure};

/// go-libp2p's connection error code for a node that shuts down.
const CONNECTION_SHUTDOWN: u32 = 0x1006;

/// go-libp2p's connection error code for a limit that is reached.
const CONNECTION_RESOURCE_LIMIT: u32 = 0x1001;

thread_local! {
    static OBJECTS: RefCell<Objects> = RefCell::default();
}

/// All that one Node environment holds.
#[derive(Default)]
struct Objects {
    keys: Handles<TlsKey>,
    identities: Handles<Identity>,
    endpoints: Handles<Arc<Endpoint>>,
    connections: Handles<Arc<Connection>>,
    streams: Handles<Arc<Stream>>,
    has_exit_hook: bool,
}

/// The version that the TypeScript must have too.
#[napi(catch_unwind)]
pub fn binding_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[napi(object)]
pub struct TlsKeyInfo {
    pub key: u32,
    pub to_be_signed: Buffer,
}

#[napi(object)]
pub struct AddressInfo {
    pub address: String,
    pub port: u16,
}

#[napi(object)]
pub struct ConnectionInfo {
    pub address: String,
    pub port: u16,
    pub local_address: Option<String>,
    pub public_key: Buffer,
}

#[napi(object)]
pub struct ConnectionStats {
    pub rtt_ms: f64,
    pub min_rtt_ms: f64,
    pub congestion_window_bytes: f64,
    pub mtu_bytes: u16,
    pub traffic: TrafficCounts,
}

#[napi(object)]
pub struct TrafficCounts {
    pub sent_bytes: f64,
    pub received_bytes: f64,
    pub sent_datagrams: f64,
    pub received_datagrams: f64,
    pub lost_packets: f64,
    pub lost_bytes: f64,
    pub congestion_events: f64,
    pub black_holes: f64,
}

#[napi(object)]
pub struct EndpointCounts {
    pub connections: u32,
    pub pending_handshakes: u32,
    pub pending_upgrades: u32,
    pub handshakes_failed: f64,
    pub handshakes_refused: f64,
    pub handshakes_retried: f64,
    pub handshakes_gated: f64,
    pub migrations_refused: f64,
    pub receive_window_bytes: f64,
    pub socket_send_buffer_bytes: f64,
    pub socket_receive_buffer_bytes: f64,
    pub ended_traffic: TrafficCounts,
}

#[napi(catch_unwind)]
pub fn tls_key_generate() -> Result<TlsKeyInfo> {
    let key = TlsKey::generate().map_err(failure)?;
    let to_be_signed = key.to_be_signed().into();
    let key = with_objects(|objects| objects.keys.insert(key)).ok_or_else(Failure::no_handle)?;
    Ok(TlsKeyInfo { key, to_be_signed })
}

#[napi(catch_unwind)]
pub fn identity_create(key: u32, public_key: &[u8], signature: &[u8]) -> Result<u32> {
    with_objects(|objects| {
        let key = objects.keys.remove(key).ok_or_else(Failure::no_handle)?;
        let identity = key.certify(public_key, signature).map_err(failure)?;
        objects.identities.insert(identity).ok_or_else(Failure::no_handle)
    })
}

#[napi(catch_unwind)]
pub fn identity_release(identity: u32) {
    with_objects(|objects| objects.identities.remove(identity));
}

#[napi(catch_unwind)]
pub fn endpoint_create(env: Env, settings: EndpointSettings, wake: Function<'_, (), ()>) -> Result<u32> {
    let identity = with_objects(|objects| objects.identities.get(settings.identity).cloned());
    let config = settings.into_config(identity.ok_or_else(Failure::no_handle)?)?;
    let wake = wake
        .build_threadsafe_function()
        .weak::<true>()
        .callee_handled::<false>()
        .max_queue_size::<1>()
        .build()
        .map_err(|error| Failure::thrown("ERR_WAKE", error.reason.clone()))?;
    let events = EventQueue::new(move || {
        // A full queue means that the reader is being woken already.
        wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    });
    let endpoint = Endpoint::new(config, events).map_err(failure)?;
    with_objects(|objects| {
        if !objects.has_exit_hook {
            env.add_env_cleanup_hook((), |()| close_everything())
                .map_err(|error| Failure::thrown("ERR_EXIT_HOOK", error.reason.clone()))?;
            objects.has_exit_hook = true;
        }
        objects
            .endpoints
            .insert(Arc::new(endpoint))
            .ok_or_else(Failure::no_handle)
    })
}

#[napi(catch_unwind)]
pub fn endpoint_address(endpoint: u32) -> Option<AddressInfo> {
    let address = with_endpoint(endpoint, Endpoint::address)?;
    Some(AddressInfo {
        address: address.ip().to_string(),
        port: address.port(),
    })
}

#[napi(catch_unwind)]
pub fn endpoint_stats(endpoint: u32) -> Option<EndpointCounts> {
    let stats = with_endpoint(endpoint, Endpoint::stats)?;
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Some(EndpointCounts {
        connections: count(stats.connections),
        pending_handshakes: count(stats.pending_handshakes),
        pending_upgrades: count(stats.pending_upgrades),
        handshakes_failed: stats.handshakes_failed as f64,
        handshakes_refused: stats.handshakes_refused as f64,
        handshakes_retried: stats.handshakes_retried as f64,
        handshakes_gated: stats.handshakes_gated as f64,
        migrations_refused: stats.migrations_refused as f64,
        receive_window_bytes: stats.receive_windows as f64,
        socket_send_buffer_bytes: stats.socket_send_buffer as f64,
        socket_receive_buffer_bytes: stats.socket_receive_buffer as f64,
        ended_traffic: stats.ended_traffic.into(),
    })
}

#[napi(catch_unwind)]
pub fn endpoint_listen(endpoint: u32, is_listening: bool) {
    with_endpoint(endpoint, |endpoint| endpoint.listen(is_listening));
}

#[napi(catch_unwind)]
pub fn endpoint_flush(endpoint: u32) {
    with_endpoint(endpoint, Endpoint::flush);
}

#[napi(catch_unwind)]
pub fn endpoint_decide(endpoint: u32, gate: u32, is_allowed: bool) {
    with_endpoint(endpoint, |endpoint| endpoint.decide(gate, is_allowed));
}

#[napi(catch_unwind)]
pub fn endpoint_close(endpoint: u32, code: u32) {
    with_endpoint(endpoint, |endpoint| endpoint.close(code.into()));
}

#[napi(catch_unwind)]
pub fn dial(
    endpoint: u32,
    request: u32,
    address: String,
    port: u16,
    expected_peer: Option<&[u8]>,
    timeout_ms: u32,
) -> Result<()> {
    let ip: IpAddr = address.parse().map_err(failure)?;
    let expected = match expected_peer {
        Some(bytes) => Some(
            PeerId::from_bytes(bytes).ok_or_else(|| Failure::invalid("expectedPeer is not a peer id's multihash"))?,
        ),
        None => None,
    };
    with_endpoint(endpoint, |endpoint| {
        let timeout = Duration::from_millis(timeout_ms.into());
        endpoint.dial(request, SocketAddr::new(ip, port), expected, timeout);
    });
    Ok(())
}

#[napi(catch_unwind)]
pub fn cancel(endpoint: u32, request: u32) {
    with_endpoint(endpoint, |endpoint| endpoint.cancel(request));
}

#[napi(catch_unwind)]
pub fn connection_info(connection: u32) -> Option<ConnectionInfo> {
    with_connection(connection, |connection| {
        let remote = connection.remote_address();
        Some(ConnectionInfo {
            address: remote.ip().to_string(),
            port: remote.port(),
            local_address: connection.local_ip().map(|ip| ip.to_string()),
            public_key: connection.remote()?.public_key.clone().into(),
        })
    })?
}

#[napi(catch_unwind)]
pub fn connection_stats(connection: u32) -> Option<ConnectionStats> {
    let stats = with_connection(connection, |connection| connection.statistics())??;
    Some(ConnectionStats {
        rtt_ms: stats.rtt.as_secs_f64() * 1000.0,
        min_rtt_ms: stats.min_rtt.as_secs_f64() * 1000.0,
        congestion_window_bytes: stats.congestion_window as f64,
        mtu_bytes: stats.mtu,
        traffic: stats.traffic.into(),
    })
}

#[napi(catch_unwind)]
pub fn connection_accept(connection: u32) {
    with_connection(connection, Connection::accept_streams);
}

#[napi(catch_unwind)]
pub fn connection_open_stream(connection: u32, request: u32) -> i32 {
    match with_connection(connection, |connection| connection.open_stream(request)) {
        Some(OpenStream::Ready(stream)) => {
            let handle = with_objects(|objects| objects.add_stream(stream));
            i32::try_from(handle).ok().filter(|&handle| handle > 0).unwrap_or(-1)
        }
        Some(OpenStream::Pending) => 0,
        Some(OpenStream::Gone) | None => -1,
    }
}

#[napi(catch_unwind)]
pub fn connection_flush(connection: u32, request: u32) {
    with_connection(connection, |connection| connection.flush(request));
}

#[napi(catch_unwind)]
pub fn connection_close(connection: u32, code: u32, reason: String) {
    with_connection(connection, |connection| connection.close(code.into(), &reason));
}

#[napi(catch_unwind)]
pub fn stream_id(stream: u32) -> f64 {
    with_stream(stream, |stream| stream.id() as f64).unwrap_or(-1.0)
}

#[napi(catch_unwind)]
pub fn stream_write(stream: u32, data: &[u8]) -> f64 {
    match with_stream(stream, |stream| stream.write(data)) {
        Some(Ok(accepted)) => accepted as f64,
        Some(Err(_)) | None => -1.0,
    }
}

#[napi(catch_unwind)]
pub fn stream_finish(stream: u32) {
    with_stream(stream, Stream::finish);
}

#[napi(catch_unwind)]
pub fn stream_reset(stream: u32, code: u32) {
    with_stream(stream, |stream| stream.reset(code.into()));
}

#[napi(catch_unwind)]
pub fn stream_stop(stream: u32, code: u32) {
    with_stream(stream, |stream| stream.stop(code.into()));
}

#[napi(catch_unwind)]
pub fn stream_credit(stream: u32, bytes: u32) {
    with_stream(stream, |stream| stream.consumed(bytes as usize));
}

#[napi(catch_unwind)]
pub fn drain(endpoint: u32, mut records: Float64ArraySlice<'_>, mut slab: Uint8ArraySlice<'_>, offset: u32) -> u32 {
    let Some(owner) = with_objects(|objects| objects.endpoints.get(endpoint).cloned()) else {
        return 0;
    };
    // SAFETY: the caller's arrays are on this thread, which runs no JavaScript until we return.
    let (records, slab) = unsafe { (records.as_mut(), slab.as_mut()) };
    let Some(slab) = slab.get_mut(offset as usize..) else {
        return 0;
    };
    let told = with_objects(|objects| {
        let mut batch = Records::new(endpoint, objects, records, slab);
        let has_more = owner.events().drain(&mut batch);
        u32::try_from(batch.count()).unwrap_or(0) * 2 + u32::from(has_more)
    });
    // What was read may have made room that the peer should know of.
    owner.flush();
    told
}

impl From<Traffic> for TrafficCounts {
    fn from(traffic: Traffic) -> Self {
        let Traffic {
            sent_bytes,
            received_bytes,
            sent_datagrams,
            received_datagrams,
            lost_packets,
            lost_bytes,
            congestion_events,
            black_holes,
        } = traffic;
        Self {
            sent_bytes: sent_bytes as f64,
            received_bytes: received_bytes as f64,
            sent_datagrams: sent_datagrams as f64,
            received_datagrams: received_datagrams as f64,
            lost_packets: lost_packets as f64,
            lost_bytes: lost_bytes as f64,
            congestion_events: congestion_events as f64,
            black_holes: black_holes as f64,
        }
    }
}

impl Objects {
    /// 0 when there is no handle left: the connection is closed then.
    fn add_connection(&mut self, connection: Arc<Connection>) -> u32 {
        let handle = self.connections.insert(connection.clone()).unwrap_or_default();
        connection.set_token(handle);
        if handle == 0 {
            connection.close(VarInt::from_u32(CONNECTION_RESOURCE_LIMIT), "no handle left");
        }
        handle
    }

    /// 0 when there is no handle left: the stream is reset then.
    fn add_stream(&mut self, stream: Arc<Stream>) -> u32 {
        let handle = self.streams.insert(stream.clone()).unwrap_or_default();
        stream.set_token(handle);
        if handle == 0 {
            stream.reset(VarInt::from_u32(CONNECTION_RESOURCE_LIMIT));
            stream.stop(VarInt::from_u32(CONNECTION_RESOURCE_LIMIT));
        }
        handle
    }
}

/// The environment ends, by `process.exit()` or because its worker is terminated.
#[napi(catch_unwind)]
pub fn close_everything() {
    let mut objects = OBJECTS.take();
    Endpoint::close_at_exit(objects.endpoints.drain(), VarInt::from_u32(CONNECTION_SHUTDOWN));
}

fn with_objects<R>(run: impl FnOnce(&mut Objects) -> R) -> R {
    OBJECTS.with_borrow_mut(run)
}

fn with_endpoint<R>(endpoint: u32, run: impl FnOnce(&Endpoint) -> R) -> Option<R> {
    with_objects(|objects| objects.endpoints.get(endpoint).map(|endpoint| run(endpoint)))
}

fn with_connection<R>(connection: u32, run: impl FnOnce(&Arc<Connection>) -> R) -> Option<R> {
    with_objects(|objects| objects.connections.get(connection).map(run))
}

fn with_stream<R>(stream: u32, run: impl FnOnce(&Stream) -> R) -> Option<R> {
    with_objects(|objects| objects.streams.get(stream).map(|stream| run(stream)))
}
