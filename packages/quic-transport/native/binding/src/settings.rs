//! An endpoint's settings as JavaScript gives them, and failures as JavaScript gets them: errors with a `code`.

use std::fmt::Display;
use std::io;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use quicmesh_quic_core::{
    Config, ConfigError, CongestionControl, EndpointSecret, KeyLogFile, QlogDirectory, SECRET_BYTES,
};
use quicmesh_tls::{Identity, TlsError};

pub type Result<T> = napi::Result<T, String>;

/// Field for field [`Config`]; `options.ts` documents and checks them.
#[napi(object)]
pub struct EndpointSettings {
    pub identity: u32,
    pub secret: Buffer,
    pub key_log_file: Option<String>,
    pub qlog_directory: Option<String>,
    pub address: String,
    pub port: u16,
    pub is_listening: bool,
    pub is_ipv6_only: bool,
    pub max_idle_timeout_ms: u32,
    pub keep_alive_interval_ms: u32,
    pub handshake_timeout_ms: u32,
    pub max_concurrent_bidi_streams: u32,
    pub stream_receive_window_bytes: u32,
    pub connection_receive_window_bytes: u32,
    pub receive_budget_bytes: f64,
    pub send_window_bytes: u32,
    pub stream_credit_bytes: u32,
    pub connection_credit_bytes: u32,
    pub stream_write_buffer_bytes: u32,
    pub congestion_control: String,
    pub initial_congestion_window_bytes: u32,
    pub uses_segmentation_offload: bool,
    pub initial_mtu: u16,
    pub max_mtu: u16,
    pub socket_send_buffer_bytes: u32,
    pub socket_receive_buffer_bytes: u32,
    pub max_pending_handshakes: u32,
    pub max_pending_handshakes_per_ip: u32,
    pub retry_handshake_rate: u32,
    pub max_connections: u32,
    pub max_pending_upgrades: u32,
    pub gates_handshakes: bool,
    pub allows_ip_migration: bool,
}

impl EndpointSettings {
    pub fn into_config(self, identity: Identity) -> Result<Config> {
        let ip: IpAddr = self.address.parse().map_err(failure)?;
        let secret = <[u8; SECRET_BYTES]>::try_from(self.secret.as_ref())
            .map_err(|_| Failure::invalid("secret has another length than 32 bytes"))?;
        let key_log = self.key_log_file.as_deref().map(Path::new).map(KeyLogFile::open);
        let key_log = key_log.transpose().map_err(Failure::key_log)?;
        let qlog = self.qlog_directory.as_deref().map(Path::new).map(QlogDirectory::open);
        let qlog = qlog.transpose().map_err(Failure::qlog)?;
        let millis = |value: u32| Duration::from_millis(value.into());
        Ok(Config {
            identity,
            secret: EndpointSecret::new(secret),
            key_log: key_log.map(Arc::new),
            qlog,
            address: SocketAddr::new(ip, self.port),
            is_listening: self.is_listening,
            is_ipv6_only: self.is_ipv6_only,
            max_idle_timeout: millis(self.max_idle_timeout_ms),
            keep_alive_interval: millis(self.keep_alive_interval_ms),
            handshake_timeout: millis(self.handshake_timeout_ms),
            max_concurrent_bidi_streams: self.max_concurrent_bidi_streams,
            stream_receive_window: self.stream_receive_window_bytes,
            connection_receive_window: self.connection_receive_window_bytes,
            receive_budget: self.receive_budget_bytes as u64,
            send_window: self.send_window_bytes,
            stream_credit: self.stream_credit_bytes as usize,
            connection_credit: self.connection_credit_bytes as usize,
            stream_write_buffer: self.stream_write_buffer_bytes as usize,
            congestion_control: congestion_control(&self.congestion_control)?,
            initial_congestion_window: self.initial_congestion_window_bytes.into(),
            uses_segmentation_offload: self.uses_segmentation_offload,
            initial_mtu: self.initial_mtu,
            max_mtu: self.max_mtu,
            socket_send_buffer: self.socket_send_buffer_bytes as usize,
            socket_receive_buffer: self.socket_receive_buffer_bytes as usize,
            max_pending_handshakes: self.max_pending_handshakes as usize,
            max_pending_handshakes_per_ip: self.max_pending_handshakes_per_ip as usize,
            retry_handshake_rate: self.retry_handshake_rate as usize,
            max_connections: self.max_connections as usize,
            max_pending_upgrades: self.max_pending_upgrades as usize,
            gates_handshakes: self.gates_handshakes,
            allows_ip_migration: self.allows_ip_migration,
        })
    }
}

fn congestion_control(name: &str) -> Result<CongestionControl> {
    match name {
        "cubic" => Ok(CongestionControl::Cubic),
        "bbr" => Ok(CongestionControl::Bbr),
        "newreno" => Ok(CongestionControl::NewReno),
        _ => Err(Failure::invalid("congestionControl is none of cubic, bbr, newreno")),
    }
}

/// An error for JavaScript: `code` is stable, the message is for people.
pub struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    pub fn thrown(code: &'static str, message: impl Display) -> napi::Error<String> {
        failure(Self {
            code,
            message: message.to_string(),
        })
    }

    pub fn invalid(message: &str) -> napi::Error<String> {
        Self::thrown("ERR_INVALID_CONFIG", message)
    }

    pub fn key_log(error: io::Error) -> napi::Error<String> {
        Self::thrown("ERR_KEY_LOG", error)
    }

    pub fn qlog(error: io::Error) -> napi::Error<String> {
        Self::thrown("ERR_QLOG", error)
    }

    /// The handle is stale, or no more can be given.
    pub fn no_handle() -> napi::Error<String> {
        Self::thrown("ERR_NO_HANDLE", "the handle is not in use, or all handles are")
    }
}

pub fn failure(cause: impl Into<Failure>) -> napi::Error<String> {
    let Failure { code, message } = cause.into();
    napi::Error::new(code.to_owned(), message)
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::AddrInUse => "EADDRINUSE",
            io::ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
            io::ErrorKind::PermissionDenied => "EACCES",
            _ => "ERR_SOCKET",
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::OutOfRange(rule) => Self {
                code: "ERR_INVALID_CONFIG",
                message: rule.to_owned(),
            },
            ConfigError::Tls(error) => error.into(),
            ConfigError::Socket(error) => error.into(),
        }
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self {
            code: "ERR_TLS",
            message: error.to_string(),
        }
    }
}

impl From<AddrParseError> for Failure {
    fn from(error: AddrParseError) -> Self {
        Self {
            code: "ERR_INVALID_CONFIG",
            message: error.to_string(),
        }
    }
}
