package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"

	"quicmesh.invalid/interop/go/internal/node"
)

const (
	// connectPatience is for nodes that start later than this one.
	connectPatience = 30 * time.Second
	connectRetry    = 200 * time.Millisecond
)

// scriptedNode does what instructions say. Its context ends with the program.
type scriptedNode struct {
	ctx       context.Context
	start     time.Time
	network   *peerNetwork
	protocols []protocol.ID
	// log is the report.
	log    *slog.Logger
	host   host.Host
	pubsub *pubsub.PubSub
	topics map[string]*pubsub.Topic
}

func startNode(ctx context.Context, start time.Time, network *peerNetwork, protocols []protocol.ID) (*scriptedNode, error) {
	key, err := nodeKey(network.self)

	if err != nil {
		return nil, err
	}

	address, err := network.listenAddress()

	if err != nil {
		return nil, err
	}

	h, err := node.New(key, address)

	if err != nil {
		return nil, err
	}

	n := &scriptedNode{
		ctx: ctx, start: start, network: network, protocols: protocols, host: h,
		log:    slog.New(slog.NewJSONHandler(os.Stdout, nil)),
		topics: map[string]*pubsub.Topic{},
	}
	n.log.Info("PeerID", "id", h.ID().String(), "node_id", network.self)

	return n, nil
}

func (n *scriptedNode) close() {
	_ = n.host.Close()
}

// runAll ends at the end of the script, with the first error, or with the context's when it ends.
func (n *scriptedNode) runAll(script []instruction) error {
	for _, each := range script {
		if err := n.run(&each); err != nil {
			return fmt.Errorf("%s: %w", each.Type, err)
		}
	}

	return nil
}

func (n *scriptedNode) run(i *instruction) error {
	switch i.Type {
	case initGossipSub:
		return n.init(pubsub.GossipSubParams(*i.GossipSubParams))
	case connect:
		return n.connectAll(i.ConnectTo)
	case ifNodeIDEquals:
		if i.NodeID != n.network.self {
			return nil
		}

		return n.run(i.Instruction)
	case waitUntil:
		return n.wait(seconds(i.ElapsedSeconds))
	case publish:
		return n.publish(i.TopicID, i.MessageID, i.MessageSizeBytes)
	case subscribeToTopic:
		return n.subscribe(i.TopicID)
	case setTopicValidationDelay:
		return n.delayValidation(i.TopicID, seconds(i.DelaySeconds))
	default:
		return fmt.Errorf("unknown instruction type: %s", i.Type)
	}
}

func (n *scriptedNode) init(params pubsub.GossipSubParams) error {
	if n.pubsub != nil {
		return errors.New("it has been done already")
	}

	var err error
	n.pubsub, err = pubsub.NewGossipSub(n.ctx, n.host, pubsubOptions(params, n.protocols, n.log)...)

	return err
}

func (n *scriptedNode) connectAll(ids []int) error {
	results := make(chan error, len(ids))

	for _, id := range ids {
		go func() { results <- n.connect(id) }()
	}

	var errs []error

	for range ids {
		errs = append(errs, <-results)
	}

	log.Printf("connected to %d peers", len(n.host.Network().Peers()))

	return errors.Join(errs...)
}

// connect tries again while the other node may still be starting.
func (n *scriptedNode) connect(id int) error {
	ctx, cancel := context.WithTimeout(n.ctx, connectPatience)
	defer cancel()
	remote, err := nodePeerID(id)

	if err != nil {
		return err
	}

	for {
		err := n.connectOnce(ctx, id, remote)

		if err == nil {
			return nil
		}

		select {
		case <-n.ctx.Done():
			return n.ctx.Err()
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", nodeName(id), err)
		case <-time.After(connectRetry):
		}
	}
}

func (n *scriptedNode) connectOnce(ctx context.Context, id int, remote peer.ID) error {
	address, err := n.network.addressOf(id)

	if err != nil {
		return err
	}

	// a failure a moment ago says nothing about now
	if s, ok := n.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(remote)
	}

	return n.host.Connect(ctx, peer.AddrInfo{ID: remote, Addrs: []ma.Multiaddr{address}})
}

func (n *scriptedNode) wait(elapsed time.Duration) error {
	select {
	case <-n.ctx.Done():
		return n.ctx.Err()
	case <-time.After(time.Until(n.start.Add(elapsed))):
		return nil
	}
}

func (n *scriptedNode) publish(topicID string, messageID uint64, sizeBytes int) error {
	topic, err := n.topic(topicID)

	if err != nil {
		return err
	}

	data := make([]byte, sizeBytes)
	binary.BigEndian.PutUint64(data, messageID)
	log.Printf("publishing message %d on %s", messageID, topicID)

	return topic.Publish(n.ctx, data)
}

func (n *scriptedNode) subscribe(topicID string) error {
	topic, err := n.topic(topicID)

	if err != nil {
		return err
	}

	subscription, err := topic.Subscribe()

	if err != nil {
		return err
	}

	// the log has them already; nobody else wants them
	go func() {
		for {
			if _, err := subscription.Next(n.ctx); err != nil {
				return
			}
		}
	}()

	return nil
}

// delayValidation replaces the delay that the topic may have.
func (n *scriptedNode) delayValidation(topicID string, delay time.Duration) error {
	if n.pubsub == nil {
		return errNotStarted
	}

	// it fails if there is none
	_ = n.pubsub.UnregisterTopicValidator(topicID)

	return n.pubsub.RegisterTopicValidator(topicID, func(context.Context, peer.ID, *pubsub.Message) pubsub.ValidationResult {
		time.Sleep(delay)

		return pubsub.ValidationAccept
	})
}

// topic is joined once, whether to subscribe or to publish only.
func (n *scriptedNode) topic(id string) (*pubsub.Topic, error) {
	if topic, ok := n.topics[id]; ok {
		return topic, nil
	}

	if n.pubsub == nil {
		return nil, errNotStarted
	}

	topic, err := n.pubsub.Join(id)

	if err == nil {
		n.topics[id] = topic
	}

	return topic, err
}

var errNotStarted = errors.New("before initGossipSub")

func seconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Second))
}
