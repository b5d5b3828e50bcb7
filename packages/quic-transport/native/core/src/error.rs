//! Why a connection ended, as a closed set: the numbers are the seam's, `errors.ts` reads them.

use quicmesh_tls::{CertificateError, Refusal};
use quinn_proto::ConnectionError;

/// How a connection, or the attempt to make one, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseKind {
    /// Nothing was heard for the idle time-out, or the handshake took too long.
    TimedOut = 1,
    /// The peer closed with an application error code (RFC 9000 section 10.2, CONNECTION_CLOSE 0x1d).
    ClosedByPeer = 2,
    /// The peer closed with a transport error code (CONNECTION_CLOSE 0x1c).
    TransportErrorByPeer = 3,
    /// The peer has lost the connection's state (RFC 9000 section 10.3).
    StatelessReset = 4,
    /// We closed it.
    ClosedLocally = 5,
    /// The peer speaks no version of QUIC that we do.
    VersionMismatch = 6,
    /// The peer broke the transport protocol.
    TransportErrorLocally = 7,
    /// The peer proved another peer id than the one that was dialled.
    UnexpectedPeer = 8,
    /// The peer's certificate or TLS parameters were refused.
    TlsRefusedLocally = 9,
    /// The peer refused our certificate or TLS parameters.
    TlsRefusedByPeer = 10,
    /// The address can't be dialled from this endpoint, or the endpoint is closing.
    CannotDial = 11,
    /// No connection ids or slots are left.
    ResourceLimit = 12,
}

/// The end of a connection: its kind, the peer's or our error code, and a text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseReason {
    pub kind: CloseKind,
    pub code: u64,
    pub reason: String,
}

/// Transport error codes 0x0100 to 0x01ff carry a TLS alert (RFC 9001 section 4.8).
const CRYPTO_ERRORS: std::ops::RangeInclusive<u64> = 0x100..=0x1ff;

impl CloseReason {
    pub(crate) fn new(kind: CloseKind, code: u64, reason: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            reason: reason.into(),
        }
    }

    /// Puts in what the certificate was refused for, which TLS has only as a text.
    pub(crate) fn explained_by(self, refusal: &Refusal) -> Self {
        match refusal.error() {
            Some(error @ CertificateError::UnexpectedPeer { .. }) => {
                Self::new(CloseKind::UnexpectedPeer, self.code, error.to_string())
            }
            Some(error) => Self::new(CloseKind::TlsRefusedLocally, self.code, error.to_string()),
            None => self,
        }
    }
}

impl From<ConnectionError> for CloseReason {
    fn from(error: ConnectionError) -> Self {
        use CloseKind::*;
        match error {
            ConnectionError::TimedOut => Self::new(TimedOut, 0, "no packet arrived within the idle time-out"),
            ConnectionError::ApplicationClosed(close) => Self::new(
                ClosedByPeer,
                close.error_code.into_inner(),
                String::from_utf8_lossy(&close.reason),
            ),
            ConnectionError::ConnectionClosed(close) => {
                let code = u64::from(close.error_code);
                let kind = if CRYPTO_ERRORS.contains(&code) {
                    TlsRefusedByPeer
                } else {
                    TransportErrorByPeer
                };
                Self::new(kind, code, close.to_string())
            }
            ConnectionError::TransportError(error) => {
                let code = u64::from(error.code);
                let kind = if CRYPTO_ERRORS.contains(&code) {
                    TlsRefusedLocally
                } else {
                    TransportErrorLocally
                };
                Self::new(kind, code, error.to_string())
            }
            ConnectionError::Reset => Self::new(StatelessReset, 0, "stateless reset by the peer"),
            ConnectionError::VersionMismatch => Self::new(VersionMismatch, 0, error.to_string()),
            ConnectionError::LocallyClosed => Self::new(ClosedLocally, 0, "closed locally"),
            ConnectionError::CidsExhausted => Self::new(ResourceLimit, 0, error.to_string()),
        }
    }
}
