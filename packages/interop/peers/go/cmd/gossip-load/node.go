package main

import (
	"context"
	"net"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
)

// Bounds of go-libp2p-pubsub at which it drops messages: its defaults of 32 are less than what a burst brings. Of
// messages to one peer and to be validated the bound is that of libp2p's gossipsub-interop.
const (
	queueLength        = 600
	subscriptionLength = 10_000
)

// loadNode is subscribed to the topic.
type loadNode struct {
	host  host.Host
	topic *pubsub.Topic
	mesh  *mesh
}

// startNode listens on loopback. The context ends what the node does.
func startNode(ctx context.Context, init startInit, deliveries *deliveries) (*loadNode, error) {
	transport, err := node.ParseTransport(init.Transport)

	if err != nil {
		return nil, err
	}

	key, err := node.NewKey()

	if err != nil {
		return nil, err
	}

	listen, err := transport.Address(net.IPv4(127, 0, 0, 1), 0)

	if err != nil {
		return nil, err
	}

	h, err := node.New(key, listen)

	if err != nil {
		return nil, err
	}

	n := &loadNode{host: h, mesh: newMesh()}

	if err := n.subscribe(ctx, init, deliveries); err != nil {
		n.close()
		return nil, err
	}

	return n, nil
}

func (n *loadNode) close() {
	_ = n.host.Close()
}

// address ends in the node's id.
func (n *loadNode) address() (ma.Multiaddr, error) {
	address, err := node.AddressForOthers(n.host, true)

	if err != nil {
		return nil, err
	}

	id, err := ma.NewComponent("p2p", n.host.ID().String())

	if err != nil {
		return nil, err
	}

	return address.Encapsulate(id), nil
}

func (n *loadNode) subscribe(ctx context.Context, init startInit, deliveries *deliveries) error {
	router, err := pubsub.NewGossipSub(ctx, n.host, pubsubOptions(init, n.mesh)...)

	if err != nil {
		return err
	}

	if n.topic, err = router.Join(init.Topic); err != nil {
		return err
	}

	subscription, err := n.topic.Subscribe(pubsub.WithBufferSize(subscriptionLength))

	if err != nil {
		return err
	}

	go n.receive(ctx, subscription, init.layout(), deliveries)

	return nil
}

func (n *loadNode) receive(ctx context.Context, subscription *pubsub.Subscription, layout layout, deliveries *deliveries) {
	for {
		message, err := subscription.Next(ctx)

		if err != nil {
			return
		}

		nowMs := machineMs()

		// its own come as well
		if ageMs, ok := layout.ageMs(message.Data, nowMs); ok && message.ReceivedFrom != n.host.ID() {
			deliveries.add(ageMs, nowMs)
		}
	}
}

func pubsubOptions(init startInit, mesh *mesh) []pubsub.Option {
	params := pubsub.DefaultGossipSubParams()
	params.D, params.Dlo, params.Dhi, params.Dlazy = init.Mesh.D, init.Mesh.Dlo, init.Mesh.Dhi, init.Mesh.Dlazy
	params.HeartbeatInterval = time.Duration(init.HeartbeatMs) * time.Millisecond

	return []pubsub.Option{
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(message *pb.Message) string { return init.layout().id(message.Data) }),
		pubsub.WithFloodPublish(init.FloodPublish),
		pubsub.WithPeerOutboundQueueSize(queueLength),
		pubsub.WithValidateQueueSize(queueLength),
		pubsub.WithGossipSubParams(params),
		pubsub.WithRawTracer(mesh),
	}
}
