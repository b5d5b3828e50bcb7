//! Keys that an endpoint needs after a restart as well, all from one secret of the node's.
//!
//! With them, a node that was restarted with its identity tells peers of its former life at once that their connections
//! are lost (stateless reset, RFC 9000 section 10.3), and knows the address tokens that it gave out (section 8.1.3).

use std::sync::Arc;

use quinn_proto::{EndpointConfig, HashedConnectionIdGenerator, ServerConfig};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;

/// Bytes of an [`EndpointSecret`].
pub const SECRET_BYTES: usize = 32;

/// Derived from the host key: whoever knows it can end this node's connections and forge its address tokens.
#[derive(Clone)]
pub struct EndpointSecret([u8; SECRET_BYTES]);

struct KeyBytes(usize);

impl KeyType for KeyBytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl EndpointSecret {
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Connection ids are recognised by the same key after a restart: a reset is only sent for one of our own.
    pub(crate) fn endpoint_config(&self) -> EndpointConfig {
        let reset = self.derive::<32>(b"stateless reset");
        let ids = u64::from_be_bytes(self.derive(b"connection ids"));
        let mut config = EndpointConfig::new(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &reset)));
        config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(ids)));
        config
    }

    pub(crate) fn protect_tokens(&self, config: &mut ServerConfig) {
        let key = self.derive::<32>(b"address tokens");
        config.token_key(Arc::new(Salt::new(HKDF_SHA256, &[]).extract(&key)));
    }

    /// HKDF-Expand (RFC 5869) of the secret, which is uniform already.
    fn derive<const N: usize>(&self, purpose: &[u8]) -> [u8; N] {
        let mut key = [0; N];
        // Fails only beyond 255 hashes of output.
        let _ = Prk::new_less_safe(HKDF_SHA256, &self.0)
            .expand(&[purpose], KeyBytes(N))
            .and_then(|output| output.fill(&mut key));
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_and_each_secret_has_its_own_key() {
        let [one, two] = [[1; SECRET_BYTES], [2; SECRET_BYTES]].map(EndpointSecret::new);
        let reset = one.derive::<32>(b"stateless reset");
        assert_ne!(reset, [0; 32]);
        assert_ne!(reset, one.derive::<32>(b"address tokens"));
        assert_ne!(reset, two.derive::<32>(b"stateless reset"));
        assert_eq!(
            reset,
            EndpointSecret::new([1; SECRET_BYTES]).derive::<32>(b"stateless reset")
        );
    }
}
