package main

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"strconv"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// messageIDBytes are at the start of a message.
const messageIDBytes = 8

// arrivals logs each message as it comes, before anything asks whether it is a copy, and what is spoken with whom.
type arrivals struct{ log *slog.Logger }

var _ pubsub.RawTracer = arrivals{}

// RecvRPC implements pubsub.RawTracer.
func (a arrivals) RecvRPC(rpc *pubsub.RPC) {
	for _, message := range rpc.Publish {
		id, err := messageID(message.Data)

		if err != nil {
			continue
		}

		a.log.Info("Received Message", "from", rpc.From().String(), "topic", message.GetTopic(), "id", strconv.FormatUint(id, 10))
	}
}

// OnNewOutboundStream implements pubsub.RawTracer.
func (a arrivals) OnNewOutboundStream(p peer.ID, id protocol.ID) {
	a.log.Info("Peer Protocol", "id", p.String(), "protocol", string(id))
}

func messageID(data []byte) (uint64, error) {
	if len(data) < messageIDBytes {
		return 0, errors.New("a message that has no id")
	}

	return binary.BigEndian.Uint64(data), nil
}

// Nothing else is logged.

func (arrivals) OnClosedOutboundStream(peer.ID)                       {}
func (arrivals) Join(string)                                          {}
func (arrivals) Leave(string)                                         {}
func (arrivals) Graft(peer.ID, string)                                {}
func (arrivals) Prune(peer.ID, string)                                {}
func (arrivals) ValidateMessage(*pubsub.Message)                      {}
func (arrivals) DeliverMessage(*pubsub.Message)                       {}
func (arrivals) RejectMessage(*pubsub.Message, string)                {}
func (arrivals) DuplicateMessage(*pubsub.Message)                     {}
func (arrivals) ThrottlePeer(peer.ID)                                 {}
func (arrivals) SendRPC(*pubsub.RPC, peer.ID)                         {}
func (arrivals) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
func (arrivals) DropRPC(*pubsub.RPC, peer.ID)                         {}
func (arrivals) UndeliverableMessage(*pubsub.Message)                 {}
