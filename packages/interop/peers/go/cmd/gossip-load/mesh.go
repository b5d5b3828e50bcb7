package main

import (
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// mesh knows who is in the mesh of a node that has one topic: go-libp2p-pubsub tells nobody else.
type mesh struct {
	mutex sync.Mutex
	peers map[peer.ID]struct{}
}

var _ pubsub.RawTracer = (*mesh)(nil)

func newMesh() *mesh {
	return &mesh{peers: map[peer.ID]struct{}{}}
}

func (m *mesh) size() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()

	return len(m.peers)
}

// Graft implements pubsub.RawTracer.
func (m *mesh) Graft(p peer.ID, _ string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()

	m.peers[p] = struct{}{}
}

// Prune implements pubsub.RawTracer.
func (m *mesh) Prune(p peer.ID, _ string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()

	delete(m.peers, p)
}

// OnClosedOutboundStream implements pubsub.RawTracer: the peer has gone.
func (m *mesh) OnClosedOutboundStream(p peer.ID) {
	m.Prune(p, "")
}

// Nothing else changes it.

func (*mesh) OnNewOutboundStream(peer.ID, protocol.ID)             {}
func (*mesh) Join(string)                                          {}
func (*mesh) Leave(string)                                         {}
func (*mesh) ValidateMessage(*pubsub.Message)                      {}
func (*mesh) DeliverMessage(*pubsub.Message)                       {}
func (*mesh) RejectMessage(*pubsub.Message, string)                {}
func (*mesh) DuplicateMessage(*pubsub.Message)                     {}
func (*mesh) ThrottlePeer(peer.ID)                                 {}
func (*mesh) RecvRPC(*pubsub.RPC)                                  {}
func (*mesh) SendRPC(*pubsub.RPC, peer.ID)                         {}
func (*mesh) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
func (*mesh) DropRPC(*pubsub.RPC, peer.ID)                         {}
func (*mesh) UndeliverableMessage(*pubsub.Message)                 {}
