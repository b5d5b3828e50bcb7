package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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

	if err := init.check(); err != nil {
		return nil, err
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
	peers, err := init.peers(len(l.nodes))

	if err != nil {
		return nil, err
	}

	for i, node := range l.nodes {
		for _, other := range peers[init.OwnFrom+i+1:] {
			if err := node.host.Connect(l.ctx, other); err != nil {
				return nil, fmt.Errorf("%s: %w", other, err)
			}
		}
	}

	return nil, nil
}

// publish ends when all nodes have published everything. They take turns.
func (l *load) publish(init publishInit) (any, error) {
	if err := init.check(); err != nil {
		return nil, err
	}

	if len(l.nodes) == 0 {
		return nil, errors.New("start comes first")
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
