package main

import (
	"fmt"
	"log/slog"
	"slices"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// queueLength is of messages to be sent and to be validated, as in libp2p's own program.
const queueLength = 600

// protocolsUpTo is what a node of that version speaks; all that the library has if the version is empty.
func protocolsUpTo(version string) ([]protocol.ID, error) {
	all := pubsub.GossipSubDefaultProtocols
	newest, ok := map[string]protocol.ID{
		"":    all[0],
		"1.0": pubsub.GossipSubID_v10,
		"1.1": pubsub.GossipSubID_v11,
		"1.2": pubsub.GossipSubID_v12,
	}[version]

	if !ok {
		return nil, fmt.Errorf("unknown version %q", version)
	}

	return all[slices.Index(all, newest):], nil
}

func pubsubOptions(params pubsub.GossipSubParams, protocols []protocol.ID, log *slog.Logger) []pubsub.Option {
	return []pubsub.Option{
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(message *pb.Message) string {
			// one without an id is its own
			return string(message.Data[:min(messageIDBytes, len(message.Data))])
		}),
		pubsub.WithPeerOutboundQueueSize(queueLength),
		pubsub.WithValidateQueueSize(queueLength),
		pubsub.WithMaxMessageSize(maxFrameBytes),
		pubsub.WithGossipSubParams(params),
		pubsub.WithGossipSubProtocols(protocols, pubsub.GossipSubDefaultFeatures),
		pubsub.WithRawTracer(arrivals{log: log.With("service", "gossipsub")}),
	}
}
