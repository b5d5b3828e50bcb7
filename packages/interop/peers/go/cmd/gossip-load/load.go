package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

type startInit struct {
	Transport    string     `json:"transport"`
	Count        int        `json:"count"`
	Topic        string     `json:"topic"`
	MessageBytes int        `json:"messageBytes"`
	IDBytes      int        `json:"idBytes"`
	Mesh         meshParams `json:"mesh"`
	HeartbeatMs  int        `json:"heartbeatMs"`
	FloodPublish bool       `json:"floodPublish"`
}

type meshParams struct {
	D     int `json:"D"`
	Dlo   int `json:"Dlo"`
	Dhi   int `json:"Dhi"`
	Dlazy int `json:"Dlazy"`
}

func (i startInit) layout() layout {
	return layout{idBytes: i.IDBytes, messageBytes: i.MessageBytes}
}

type connectInit struct {
	// Addresses are of all nodes of all processes, in the same order everywhere.
	Addresses []string `json:"addresses"`
	// OwnFrom is where those of this process begin.
	OwnFrom int `json:"ownFrom"`
}

type publishInit struct {
	// Rate is messages a second of each node.
	Rate    int `json:"rate"`
	Seconds int `json:"seconds"`
	BurstMs int `json:"burstMs"`
}

type published struct {
	StartedMs float64 `json:"startedMs"`
}

type snapshot struct {
	CPUSeconds float64 `json:"cpuSeconds"`
	Delivered  int     `json:"delivered"`
	// LastDeliveryMs is 0 when there was none.
	LastDeliveryMs float64 `json:"lastDeliveryMs"`
	// MeshPeers are of the node with the fewest.
	MeshPeers int   `json:"meshPeers"`
	RSSBytes  int64 `json:"rssBytes"`
}

// load is the nodes of this process. Its context ends with the program.
type load struct {
	ctx        context.Context
	layout     layout
	nodes      []*loadNode
	deliveries deliveries
	published  int
}

func newLoad(ctx context.Context) *load {
	return &load{ctx: ctx, deliveries: deliveries{agesMs: []float64{}}}
}

func (l *load) close() {
	for _, node := range l.nodes {
		node.close()
	}
}

// start answers with the nodes' addresses.
func (l *load) start(init startInit) (any, error) {
	if len(l.nodes) > 0 {
		return nil, errors.New("nodes run already")
	}

	if init.Count < 1 || !init.layout().isWhole() {
		return nil, fmt.Errorf("%d nodes, messages of %d bytes with ids of %d", init.Count, init.MessageBytes, init.IDBytes)
	}

	l.layout = init.layout()
	addresses := make([]string, 0, init.Count)

	for range init.Count {
		node, err := startNode(l.ctx, init, &l.deliveries)

		if err != nil {
			return nil, err
		}

		l.nodes = append(l.nodes, node)
		address, err := node.address()

		if err != nil {
			return nil, err
		}

		addresses = append(addresses, address.String())
	}

	return addresses, nil
}

// connect lets each node dial all that come after it.
func (l *load) connect(init connectInit) (any, error) {
	for i, node := range l.nodes {
		for _, address := range init.Addresses[min(len(init.Addresses), init.OwnFrom+i+1):] {
			if err := node.connect(l.ctx, address); err != nil {
				return nil, fmt.Errorf("%s: %w", address, err)
			}
		}
	}

	return nil, nil
}

// publish ends when all nodes have published everything. They take turns.
func (l *load) publish(init publishInit) (any, error) {
	if len(l.nodes) == 0 || init.BurstMs < 1 {
		return nil, fmt.Errorf("%d nodes, bursts every %d ms", len(l.nodes), init.BurstMs)
	}

	rate := init.Rate * len(l.nodes)
	pace := pace{perSecond: rate, total: rate * init.Seconds, burst: time.Duration(init.BurstMs) * time.Millisecond}
	startedMs := machineMs()
	var failed error

	err := pace.run(l.ctx, func(due int) {
		for range due {
			node := l.nodes[l.published%len(l.nodes)]
			l.published++

			if err := node.topic.Publish(l.ctx, l.layout.payload(machineMs())); err != nil {
				failed = err
			}
		}
	})

	return published{StartedMs: startedMs}, errors.Join(err, failed)
}

func (l *load) snapshot(nothing) (any, error) {
	rss, err := rssBytes()

	if err != nil {
		return nil, err
	}

	s := snapshot{CPUSeconds: cpuSeconds(), RSSBytes: rss}
	s.Delivered, s.LastDeliveryMs = l.deliveries.total()

	for i, node := range l.nodes {
		if size := node.mesh.size(); i == 0 || size < s.MeshPeers {
			s.MeshPeers = size
		}
	}

	return s, nil
}

// latencies answers with those of the deliveries since the last time, in milliseconds.
func (l *load) latencies(nothing) (any, error) {
	return l.deliveries.takeAgesMs(), nil
}
