//! The write side of one stream: what was written and quinn-proto has not taken yet. No locks, no waking.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use quinn_proto::{SendStream, VarInt};

use crate::Closed;

/// Writes are joined up to this size, so that many small ones cost quinn-proto, which looks through all that is not
/// acknowledged, one piece.
const JOIN_BYTES: usize = 16 * 1024;

pub(crate) struct Outbox {
    phase: Phase,
    /// Small writes, joined.
    joined: BytesMut,
    /// What comes before `joined`.
    staged: VecDeque<Bytes>,
    /// Of both.
    bytes: usize,
    limit_bytes: usize,
    /// A write was not taken whole: its writer waits for `writable`.
    is_writer_waiting: bool,
    is_writable: bool,
    stopped: Option<VarInt>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// To be finished when all is taken.
    Finishing,
    /// FIN is on its way and not acknowledged.
    Finished,
    /// Acknowledged to the end, reset, or lost.
    Done,
}

impl Outbox {
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            phase: Phase::Open,
            joined: BytesMut::new(),
            staged: VecDeque::new(),
            bytes: 0,
            limit_bytes,
            is_writer_waiting: false,
            is_writable: false,
            stopped: None,
        }
    }

    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// FIN was asked for, and the peer may not have all.
    pub fn is_finishing(&self) -> bool {
        matches!(self.phase, Phase::Finishing | Phase::Finished)
    }

    /// Takes what there is room for. Large writes go on to quinn-proto at once.
    pub fn write(&mut self, mut quinn: SendStream<'_>, data: &[u8]) -> Result<usize, Closed> {
        if self.phase != Phase::Open || self.stopped.is_some() {
            return Err(Closed);
        }
        let mut rest = data;
        while !rest.is_empty() {
            let room = self.limit_bytes.saturating_sub(self.bytes).min(rest.len());
            let Some((taken, left)) = rest.split_at_checked(room).filter(|_| room > 0) else {
                break;
            };
            self.stage(taken);
            rest = left;
            if self.joined.len() >= JOIN_BYTES || !self.staged.is_empty() {
                self.flush(&mut quinn, usize::MAX);
            }
        }
        self.is_writer_waiting |= !rest.is_empty();
        Ok(data.len() - rest.len())
    }

    fn stage(&mut self, data: &[u8]) {
        self.bytes += data.len();
        if self.joined.len() + data.len() <= JOIN_BYTES {
            self.joined.extend_from_slice(data);
        } else {
            self.stage_joined();
            self.staged.push_back(Bytes::copy_from_slice(data));
        }
    }

    fn stage_joined(&mut self) {
        if !self.joined.is_empty() {
            self.staged.push_back(self.joined.split().freeze());
        }
    }

    /// Hands over what windows allow, at most so many bytes, and the FIN after all. True: it was the limit that ended it.
    /// Otherwise there is nothing left, or quinn-proto tells when there is room again.
    pub fn flush(&mut self, quinn: &mut SendStream<'_>, most: usize) -> bool {
        self.stage_joined();
        let mut left = most;
        while let Some(front) = self.staged.front_mut().filter(|_| left > 0) {
            let mut part = front.slice(..front.len().min(left));
            // An error: no room, or nothing will be sent any more, which an event tells.
            let Ok(written) = quinn.write_chunks(std::slice::from_mut(&mut part)) else {
                break;
            };
            front.advance(written.bytes);
            if front.is_empty() {
                self.staged.pop_front();
            }
            self.bytes -= written.bytes;
            left -= written.bytes;
        }
        if self.phase == Phase::Finishing && self.staged.is_empty() {
            self.phase = Phase::Finished;
            // An error means that the peer has stopped the stream.
            let _ = quinn.finish();
        }
        if self.is_writer_waiting && self.bytes <= self.limit_bytes / 2 {
            self.is_writer_waiting = false;
            self.is_writable = true;
        }
        left == 0 && !self.staged.is_empty()
    }

    /// False: it was ended already.
    pub fn finish(&mut self) -> bool {
        let is_open = self.phase == Phase::Open;
        if is_open {
            self.phase = Phase::Finishing;
        }
        is_open
    }

    /// Drops what was not sent. False: there was nothing left to reset.
    pub fn reset(&mut self, mut quinn: SendStream<'_>, code: VarInt) -> bool {
        let is_open = !self.is_done();
        if is_open {
            let _ = quinn.reset(code);
            self.end();
        }
        is_open
    }

    /// Nothing will be sent any more.
    pub fn end(&mut self) {
        self.phase = Phase::Done;
        self.joined = BytesMut::new();
        self.staged = VecDeque::new();
        self.bytes = 0;
    }

    /// The peer sent STOP_SENDING.
    pub fn stop(&mut self, code: VarInt) {
        if !self.is_done() {
            self.stopped = Some(code);
        }
    }

    /// Once, when a waiting writer may go on.
    pub fn take_writable(&mut self) -> bool {
        std::mem::take(&mut self.is_writable)
    }

    pub fn take_stopped(&mut self) -> Option<VarInt> {
        self.stopped.take()
    }

    pub fn has_news(&self) -> bool {
        self.is_writable || self.stopped.is_some()
    }
}
