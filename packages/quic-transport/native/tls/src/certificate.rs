//! The certificate: how it is made and, above all, how that of a stranger is judged.
//!
//! Everything in [`verify_certificate`] runs on bytes of a peer that nobody knows yet. Cheap checks
//! come before signatures, and what a peer can grow is bounded here.

use rustls::pki_types::{CertificateDer, UnixTime};

use crate::{
    CertificateError, PeerId,
    der::{self, NotDer, Reader},
    host_key::{HostKey, spki_fields},
    signature::{self, SignatureError},
};

/// Longest certificate in bytes, one per handshake. An RSA key of 8,192 bits as host key and
/// another as certificate key take about 4,700.
pub const MAX_CERTIFICATE_BYTES: usize = 8_192;
/// Most extensions in one certificate: all are searched for duplicates.
pub const MAX_EXTENSIONS: usize = 16;
/// How long before now the certificates that we make become valid, in seconds: peers' clocks lag.
pub const CLOCK_SKEW_SECONDS: u64 = 3_600;
/// How long the certificates that we make are valid, in seconds: 100 years, as in go-libp2p. They
/// live as long as the process, and the key is what expires.
pub const VALIDITY_SECONDS: u64 = 100 * 31_557_600;

/// The prefix of what the host key signs (spec "libp2p Public Key Extension").
const SIGNATURE_PREFIX: &[u8] = b"libp2p-tls-handshake:";
/// 1.3.6.1.4.1.53594.1.1, the libp2p Public Key Extension.
const LIBP2P_EXTENSION: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xa2, 0x5a, 1, 1];
/// 2.5.4.3, commonName.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const UTF8_STRING: u8 = 0x0c;
const SET: u8 = 0x31;

const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// `v3`, the only version that has extensions.
const V3: &[u8] = &[2];

/// Who a peer has proven to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteIdentity {
    /// The protobuf-encoded libp2p `PublicKey`, as received.
    pub public_key: Vec<u8>,
    /// The id of that key.
    pub peer_id: PeerId,
}

/// Parses one DER certificate and verifies it at the time `now` as spec "Peer Authentication"
/// demands: dates, extensions, the signature by the host key, and the self-signature.
///
/// Stricter than the spec has to be: unique identifiers, any duplicate extension, and every
/// critical extension but that of libp2p are refused. Names and the serial number are not looked at.
///
/// # Errors
///
/// [`CertificateError`], the first check that failed; never `Missing`, `MoreThanOne` or `UnexpectedPeer`.
pub fn verify_certificate(der: &[u8], now: UnixTime) -> Result<RemoteIdentity, CertificateError> {
    let certificate = Certificate::parse(der)?;
    certificate.check_dates(now)?;
    let signed_key = certificate.signed_key()?;
    let host_key = HostKey::parse(signed_key.public_key)?;
    host_key.verify(&to_be_signed(certificate.spki), signed_key.signature)?;
    certificate.check_self_signature()?;
    Ok(RemoteIdentity {
        public_key: signed_key.public_key.to_vec(),
        peer_id: PeerId::from_public_key(signed_key.public_key),
    })
}

/// Verifies a whole chain, which must be one certificate, at the present time: what quinn's
/// `Connection::peer_identity` gives after downcasting to `Vec<CertificateDer>`.
///
/// # Errors
///
/// `Missing`, `MoreThanOne`, and those of [`verify_certificate`].
pub fn remote_identity(chain: &[CertificateDer<'_>]) -> Result<RemoteIdentity, CertificateError> {
    match chain {
        [] => Err(CertificateError::Missing),
        [certificate] => verify_certificate(certificate, UnixTime::now()),
        _ => Err(CertificateError::MoreThanOne),
    }
}

/// The `SubjectPublicKeyInfo` of a certificate, DER, without verifying anything.
pub(crate) fn subject_public_key_info(der: &[u8]) -> Result<&[u8], CertificateError> {
    Certificate::parse(der).map(|certificate| certificate.spki)
}

/// What the host key signs to vouch for the certificate key.
pub(crate) fn to_be_signed(spki: &[u8]) -> Vec<u8> {
    [SIGNATURE_PREFIX, spki].concat()
}

/// Makes a certificate for the key `spki`, which is on P-256 and signs through `sign` with SHA-256.
pub(crate) fn issue<E>(
    spki: &[u8],
    serial: [u8; 16],
    now: UnixTime,
    (host_public_key, host_signature): (&[u8], &[u8]),
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<CertificateDer<'static>, E> {
    // Positive and minimal, whatever was drawn (RFC 5280 section 4.1.2.2).
    let [first, rest @ ..] = serial;
    let serial = [&[first & 0x7f | 0x40], rest.as_slice()].concat();
    let not_before = now.as_secs().saturating_sub(CLOCK_SKEW_SECONDS);
    let not_after = now.as_secs().saturating_add(VALIDITY_SECONDS);

    let algorithm = der::element(der::SEQUENCE, &[&rustls::pki_types::alg_id::ECDSA_SHA256]);
    let name = name(b"libp2p");
    let validity = der::element(
        der::SEQUENCE,
        &[&der::time(not_before as i64), &der::time(not_after as i64)],
    );
    let signed_key = der::element(
        der::SEQUENCE,
        &[
            &der::element(der::OCTET_STRING, &[host_public_key]),
            &der::element(der::OCTET_STRING, &[host_signature]),
        ],
    );
    let extension = der::element(
        der::SEQUENCE,
        &[
            &der::element(der::OBJECT_IDENTIFIER, &[LIBP2P_EXTENSION]),
            &der::element(der::OCTET_STRING, &[&signed_key]),
        ],
    );
    let extensions = der::element(EXTENSIONS, &[&der::element(der::SEQUENCE, &[&extension])]);
    let tbs = der::element(
        der::SEQUENCE,
        &[
            &der::element(VERSION, &[&der::element(der::INTEGER, &[V3])]),
            &der::element(der::INTEGER, &[&serial]),
            &algorithm,
            &name,
            &validity,
            &name,
            spki,
            &extensions,
        ],
    );
    let signature = der::element(der::BIT_STRING, &[&[0], &sign(&tbs)?]);
    Ok(der::element(der::SEQUENCE, &[&tbs, &algorithm, &signature]).into())
}

/// A `Name` of one common name: verifiers of X.509 dislike empty issuers (RFC 5280 section 4.1.2.4).
fn name(common_name: &[u8]) -> Vec<u8> {
    let attribute = der::element(
        der::SEQUENCE,
        &[
            &der::element(der::OBJECT_IDENTIFIER, &[COMMON_NAME]),
            &der::element(UTF8_STRING, &[common_name]),
        ],
    );
    der::element(der::SEQUENCE, &[&der::element(SET, &[&attribute])])
}

/// The parts of a certificate that count.
struct Certificate<'a> {
    /// The signed part, tag and length included.
    tbs: &'a [u8],
    not_before: i64,
    not_after: i64,
    /// The `SubjectPublicKeyInfo`, tag and length included.
    spki: &'a [u8],
    extensions: Vec<Extension<'a>>,
    /// The contents of the `AlgorithmIdentifier` of the self-signature.
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

struct Extension<'a> {
    id: &'a [u8],
    is_critical: bool,
    value: &'a [u8],
}

struct SignedKey<'a> {
    public_key: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// RFC 5280 section 4.1.
    fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLarge);
        }
        let certificate = Self::read(der).map_err(|NotDer| CertificateError::Malformed)?;
        if certificate.extensions.len() > MAX_EXTENSIONS {
            return Err(CertificateError::TooManyExtensions);
        }
        Ok(certificate)
    }

    fn read(der: &'a [u8]) -> Result<Self, NotDer> {
        let mut outer = Reader::new(der);
        let mut certificate = outer.sequence()?;
        outer.end()?;
        let tbs = certificate.whole(der::SEQUENCE)?;
        let signature_algorithm = certificate.value(der::SEQUENCE)?;
        let signature = certificate.bit_string()?;
        certificate.end()?;

        let mut fields = Reader::new(tbs).sequence()?;
        let mut version = Reader::new(fields.value(VERSION)?);
        let is_v3 = version.value(der::INTEGER)? == V3;
        version.end()?;
        // Some libraries draw serial numbers that are negative or not minimal; nothing depends on them.
        fields.value(der::INTEGER)?;
        let is_same_algorithm = fields.value(der::SEQUENCE)? == signature_algorithm;
        fields.value(der::SEQUENCE)?;
        let mut validity = fields.sequence()?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.end()?;
        fields.value(der::SEQUENCE)?;
        let spki = fields.whole(der::SEQUENCE)?;
        // Unique identifiers would stand here; they must be omitted (spec "Peer Authentication").
        let extensions = match fields.optional(EXTENSIONS)? {
            Some(extensions) => read_extensions(extensions)?,
            None => Vec::new(),
        };
        fields.end()?;
        if !is_v3 || !is_same_algorithm {
            return Err(NotDer);
        }
        Ok(Self {
            tbs,
            not_before,
            not_after,
            spki,
            extensions,
            signature_algorithm,
            signature,
        })
    }

    fn check_dates(&self, now: UnixTime) -> Result<(), CertificateError> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < self.not_before {
            return Err(CertificateError::NotYetValid);
        }
        if now > self.not_after {
            return Err(CertificateError::Expired);
        }
        Ok(())
    }

    /// The contents of the libp2p extension, if no other extension forbids the certificate.
    fn signed_key(&self) -> Result<SignedKey<'a>, CertificateError> {
        let mut found = None;
        let mut others = self.extensions.iter();
        while let Some(extension) = others.next() {
            if others.clone().any(|other| other.id == extension.id) {
                return Err(CertificateError::DuplicateExtension);
            }
            if extension.id == LIBP2P_EXTENSION {
                found = Some(extension.value);
            } else if extension.is_critical {
                return Err(CertificateError::UnknownCriticalExtension);
            }
        }
        let value = found.ok_or(CertificateError::ExtensionMissing)?;
        read_signed_key(value).map_err(|NotDer| CertificateError::ExtensionMalformed)
    }

    fn check_self_signature(&self) -> Result<(), CertificateError> {
        let (key_algorithm, key) = Reader::new(self.spki)
            .sequence()
            .and_then(spki_fields)
            .map_err(|NotDer| CertificateError::Malformed)?;
        let algorithm = self.signature_algorithm;
        signature::verify(key_algorithm, algorithm, key, self.tbs, self.signature).map_err(|error| match error {
            SignatureError::Unsupported => CertificateError::UnsupportedSignatureAlgorithm,
            SignatureError::Invalid => CertificateError::SelfSignatureInvalid,
        })
    }
}

/// Reads one more than [`MAX_EXTENSIONS`] at most, which is enough to refuse the certificate.
fn read_extensions(der: &[u8]) -> Result<Vec<Extension<'_>>, NotDer> {
    let mut outer = Reader::new(der);
    let mut list = outer.sequence()?;
    outer.end()?;
    let mut extensions = Vec::new();
    while list.peek().is_some() && extensions.len() <= MAX_EXTENSIONS {
        let mut fields = list.sequence()?;
        let id = fields.value(der::OBJECT_IDENTIFIER)?;
        let is_critical = match fields.optional(der::BOOLEAN)? {
            // DER omits the default, but some writers spell it out; it changes nothing.
            None | Some([0x00]) => false,
            Some([0xff]) => true,
            Some(_) => return Err(NotDer),
        };
        let value = fields.value(der::OCTET_STRING)?;
        fields.end()?;
        extensions.push(Extension { id, is_critical, value });
    }
    Ok(extensions)
}

fn read_signed_key(der: &[u8]) -> Result<SignedKey<'_>, NotDer> {
    let mut outer = Reader::new(der);
    let mut fields = outer.sequence()?;
    outer.end()?;
    let public_key = fields.value(der::OCTET_STRING)?;
    let signature = fields.value(der::OCTET_STRING)?;
    fields.end()?;
    Ok(SignedKey { public_key, signature })
}
