//! What a connection's lock protects: quinn-proto's connection, and whose turn it is.

use std::time::Instant;

use quinn_proto::StreamId;

use super::{Phase, State};

/// What a stream may hand to quinn-proto before it is another's turn, when several have more than is taken.
const FAIR_BYTES: usize = 16 * 1024;

impl State {
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Without telling anybody.
    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.window = None;
    }

    pub(super) fn handshake_deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Dialing { deadline, .. } | Phase::Accepting { deadline, .. } => Some(*deadline),
            Phase::Established | Phase::Ended => None,
        }
    }

    pub(super) fn deadline(&mut self) -> Option<Instant> {
        let handshake = self.handshake_deadline();
        self.quinn.poll_timeout().into_iter().chain(handshake).min()
    }

    pub(super) fn on_readable(&mut self, id: StreamId) {
        let State {
            quinn, streams, credit, ..
        } = self;
        let Some(stream) = streams.get_mut(&id) else { return };
        stream.inbox.on_readable();
        if *credit == 0 || !stream.inbox.has_credit() {
            stream.inbox.look_for_reset(id, quinn);
        }
        if stream.inbox.has_news() || (*credit > 0 && stream.inbox.has_credit()) {
            stream.handle.enqueue();
        } else if *credit == 0 && stream.inbox.has_credit() {
            self.starved.insert(id);
        }
    }

    /// Lets streams that were blocked hand over what they have, a little at a time, until each has no more or is blocked
    /// again: quinn-proto would let the one go on that was blocked last.
    pub(super) fn take_turns(&mut self) {
        while let Some(id) = self.turns.pop_front() {
            if self.hand_over(id, FAIR_BYTES) {
                self.turns.push_back(id);
            }
        }
    }

    /// Hands what a stream has to quinn-proto, at most so many bytes. True: it was the limit that ended it.
    pub(super) fn hand_over(&mut self, id: StreamId, most: usize) -> bool {
        let State { quinn, streams, .. } = self;
        let Some(stream) = streams.get_mut(&id).filter(|stream| !stream.outbox.is_done()) else {
            return false;
        };
        let has_more = stream.outbox.flush(&mut quinn.send_stream(id), most);
        if stream.outbox.has_news() {
            stream.handle.enqueue();
        }
        has_more
    }

    /// Hands what was written to quinn-proto. True: somebody may have news.
    pub(super) fn hand_over_writes(&mut self) -> bool {
        let has_any = !self.unsent.is_empty();
        while let Some(id) = self.unsent.pop() {
            self.hand_over(id, usize::MAX);
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.is_unsent = false;
            }
        }
        has_any
    }

    pub(super) fn return_credit(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.credit += bytes;
        for id in self.starved.drain() {
            if let Some(stream) = self.streams.get(&id) {
                stream.handle.enqueue();
            }
        }
    }

    pub(super) fn enqueue_if_done(&self, id: StreamId) {
        if let Some(stream) = self.streams.get(&id)
            && stream.is_done(self.is_ended())
        {
            stream.handle.enqueue();
        }
    }
}
