//! Address tokens (RFC 9000 section 8.1.3): a peer that was here lately proves its address in its first datagram.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use parking_lot::Mutex;
use quinn_proto::{TokenLog, TokenReuseError, TokenStore, ValidationTokenConfig};

/// How long a token of ours is good for.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Tokens given to a connection: one for its peer's next one.
const TOKENS_PER_CONNECTION: u32 = 1;

/// Used tokens remembered per endpoint, so that each is good once. When there are more, all older ones are refused.
const MAX_USED: usize = 16_384;

/// Addresses whose token is kept, per endpoint; the oldest is forgotten.
const MAX_KEPT: usize = 1_024;

/// Longest token that is kept; a peer chooses it.
const MAX_TOKEN_BYTES: usize = 512;

pub(crate) fn validation_tokens() -> ValidationTokenConfig {
    let mut config = ValidationTokenConfig::default();
    config
        .lifetime(LIFETIME)
        .sent(TOKENS_PER_CONNECTION)
        .log(Arc::new(UsedTokens::default()));
    config
}

/// Tokens of ours that were used.
#[derive(Default)]
struct UsedTokens(Mutex<Used>);

struct Used {
    nonces: HashSet<u128>,
    /// Tokens issued before may have been used and forgotten.
    since: SystemTime,
}

impl Default for Used {
    fn default() -> Self {
        Self {
            nonces: HashSet::new(),
            // What was issued before a restart may have been used before it.
            since: SystemTime::now(),
        }
    }
}

impl TokenLog for UsedTokens {
    fn check_and_insert(&self, nonce: u128, issued: SystemTime, _: Duration) -> Result<(), TokenReuseError> {
        let mut used = self.0.lock();
        // The token has whole seconds.
        if issued + Duration::from_secs(1) <= used.since {
            return Err(TokenReuseError);
        }
        if used.nonces.len() >= MAX_USED {
            used.nonces.clear();
            used.since = SystemTime::now() + Duration::from_secs(1);
            return Err(TokenReuseError);
        }
        if used.nonces.insert(nonce) {
            Ok(())
        } else {
            Err(TokenReuseError)
        }
    }
}

/// Tokens of others, by the address that gave them.
#[derive(Clone, Default)]
pub(crate) struct KeptTokens(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    tokens: HashMap<SocketAddr, Bytes>,
    /// Addresses of `tokens`, the oldest first.
    order: VecDeque<SocketAddr>,
}

impl KeptTokens {
    /// The view of one dial, since quinn-proto asks by a server name and all of ours have the same.
    pub fn of(&self, address: SocketAddr) -> Arc<dyn TokenStore> {
        Arc::new(TokensOf {
            kept: self.clone(),
            address,
        })
    }
}

struct TokensOf {
    kept: KeptTokens,
    address: SocketAddr,
}

impl TokenStore for TokensOf {
    fn insert(&self, _: &str, token: Bytes) {
        if token.len() > MAX_TOKEN_BYTES {
            return;
        }
        let mut kept = self.kept.0.lock();
        // A copy: the token is a slice of a whole datagram.
        if kept
            .tokens
            .insert(self.address, Bytes::copy_from_slice(&token))
            .is_none()
        {
            kept.order.push_back(self.address);
        }
        if kept.order.len() > MAX_KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.tokens.remove(&oldest);
        }
    }

    fn take(&self, _: &str) -> Option<Bytes> {
        let mut kept = self.kept.0.lock();
        let token = kept.tokens.remove(&self.address)?;
        kept.order.retain(|address| *address != self.address);
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(index: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, (index >> 8) as u8, index as u8], 1))
    }

    #[test]
    fn a_token_is_taken_once_and_only_for_its_address() {
        let kept = KeptTokens::default();
        kept.of(address(1)).insert("", Bytes::from_static(b"token"));
        assert_eq!(kept.of(address(2)).take(""), None);
        assert_eq!(kept.of(address(1)).take("").as_deref(), Some(&b"token"[..]));
        assert_eq!(kept.of(address(1)).take(""), None);
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten_and_a_token_that_is_too_long_is_not_kept() {
        let kept = KeptTokens::default();
        kept.of(address(MAX_KEPT + 1))
            .insert("", vec![0; MAX_TOKEN_BYTES + 1].into());
        for index in 0..=MAX_KEPT {
            kept.of(address(index)).insert("", Bytes::from_static(b"token"));
        }
        assert_eq!(kept.0.lock().tokens.len(), MAX_KEPT);
        assert_eq!(kept.of(address(0)).take(""), None);
        assert!(kept.of(address(1)).take("").is_some());
        let kept = kept.0.lock();
        assert_eq!(kept.order.len(), kept.tokens.len());
    }

    #[test]
    fn a_token_of_ours_is_good_once_and_not_if_it_is_older_than_the_memory_of_it() {
        let used = UsedTokens::default();
        let now = SystemTime::now();
        assert!(used.check_and_insert(1, now, LIFETIME).is_ok());
        assert!(used.check_and_insert(1, now, LIFETIME).is_err());
        assert!(
            used.check_and_insert(2, now - Duration::from_secs(10), LIFETIME)
                .is_err()
        );
        for nonce in 2..MAX_USED as u128 + 2 {
            let _ = used.check_and_insert(nonce, now, LIFETIME);
        }
        assert!(used.0.lock().nonces.len() <= MAX_USED);
        assert!(used.check_and_insert(1, now, LIFETIME).is_err());
    }
}
