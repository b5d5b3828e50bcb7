//! Events as numbers: one record each in an array of doubles, their bytes one after the other in a slab.

use bytes::Bytes;
use quicmesh_quic_core::{Batch, CloseReason, Event, MAX_REASON_BYTES, RECORDS_PER_STREAM, Stream, StreamSignal};

use crate::Objects;

/// Numbers of a record: kind, handle, a, b, length in bytes.
pub const RECORD_STRIDE: usize = 5;

/// The first number of a record; `native.ts` has the same table.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Dialed = 1,
    DialFailed = 2,
    Incoming = 3,
    StreamOpened = 4,
    StreamFailed = 5,
    StreamIncoming = 6,
    Data = 7,
    Finished = 8,
    Reset = 9,
    Stopped = 10,
    Writable = 11,
    StreamClosed = 12,
    ConnectionClosed = 13,
    Flushed = 14,
    EndpointClosed = 15,
    Gate = 16,
}

/// One call of `drain`: registers new objects, forgets ended ones.
pub struct Records<'a> {
    endpoint: u32,
    objects: &'a mut Objects,
    records: &'a mut [f64],
    slab: &'a mut [u8],
    count: usize,
}

impl<'a> Records<'a> {
    pub fn new(endpoint: u32, objects: &'a mut Objects, records: &'a mut [f64], slab: &'a mut [u8]) -> Self {
        Self {
            endpoint,
            objects,
            records,
            slab,
            count: 0,
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    fn push(&mut self, kind: Kind, handle: u32, a: f64, b: f64, length: usize) {
        let records = std::mem::take(&mut self.records);
        if let Some((record, rest)) = records.split_first_chunk_mut::<RECORD_STRIDE>() {
            *record = [f64::from(kind as u8), f64::from(handle), a, b, length as f64];
            self.records = rest;
            self.count += 1;
        }
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        let slab = std::mem::take(&mut self.slab);
        if let Some((target, rest)) = slab.split_at_mut_checked(bytes.len()) {
            target.copy_from_slice(bytes);
            self.slab = rest;
        }
    }

    fn push_end(&mut self, kind: Kind, handle: u32, reason: &CloseReason) {
        let text = reason.reason.as_bytes();
        let text = text.get(..MAX_REASON_BYTES).unwrap_or(text);
        self.push(
            kind,
            handle,
            f64::from(reason.kind as u8),
            reason.code as f64,
            text.len(),
        );
        self.put_bytes(text);
    }
}

impl Batch for Records<'_> {
    fn is_full(&self) -> bool {
        self.records.len() < RECORDS_PER_STREAM * RECORD_STRIDE || self.slab.len() < MAX_REASON_BYTES
    }

    fn room(&self) -> usize {
        self.slab.len()
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Dialed { request, connection } => {
                let handle = self.objects.add_connection(connection);
                self.push(Kind::Dialed, request, handle.into(), 0.0, 0);
            }
            Event::DialFailed { request, reason } => self.push_end(Kind::DialFailed, request, &reason),
            Event::Gate { gate, remote } => {
                let address = remote.ip().to_string();
                self.push(Kind::Gate, gate, remote.port().into(), 0.0, address.len());
                self.put_bytes(address.as_bytes());
            }
            Event::Incoming(connection) => {
                let handle = self.objects.add_connection(connection);
                self.push(Kind::Incoming, handle, 0.0, 0.0, 0);
            }
            Event::StreamOpened {
                request,
                stream: Some(stream),
            } => {
                let handle = self.objects.add_stream(stream);
                self.push(Kind::StreamOpened, request, handle.into(), 0.0, 0);
            }
            Event::StreamOpened { request, stream: None } => self.push(Kind::StreamFailed, request, 0.0, 0.0, 0),
            Event::StreamIncoming { connection, stream } => {
                let id = stream.id();
                let handle = self.objects.add_stream(stream);
                if handle == 0 {
                    return;
                }
                self.push(Kind::StreamIncoming, connection.token(), handle.into(), id as f64, 0);
            }
            // `drain` turns these into signals.
            Event::Stream(_) => {}
            Event::Flushed { request } => self.push(Kind::Flushed, request, 0.0, 0.0, 0),
            Event::ConnectionClosed { connection, reason } => {
                self.push_end(Kind::ConnectionClosed, connection.token(), &reason);
                self.objects.connections.remove(connection.token());
            }
            Event::EndpointClosed => {
                self.push(Kind::EndpointClosed, self.endpoint, 0.0, 0.0, 0);
                if let Some(endpoint) = self.objects.endpoints.remove(self.endpoint) {
                    endpoint.events().shut();
                }
            }
        }
    }

    fn data(&mut self, stream: &Stream, chunks: &[Bytes]) {
        let length = chunks.iter().map(Bytes::len).sum();
        self.push(Kind::Data, stream.token(), 0.0, 0.0, length);
        for chunk in chunks {
            self.put_bytes(chunk);
        }
    }

    fn signal(&mut self, stream: &Stream, signal: StreamSignal) {
        let (kind, code) = match signal {
            StreamSignal::Finished => (Kind::Finished, 0),
            StreamSignal::Reset(code) => (Kind::Reset, code),
            StreamSignal::Stopped(code) => (Kind::Stopped, code),
            StreamSignal::Writable => (Kind::Writable, 0),
            StreamSignal::Closed => (Kind::StreamClosed, 0),
        };
        self.push(kind, stream.token(), code as f64, 0.0, 0);
        if matches!(kind, Kind::StreamClosed) {
            self.objects.streams.remove(stream.token());
        }
    }
}
