package main

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Bounds of what nodes are asked for: whatever is refused here the program of peers/rust refuses as well.
const (
	maxNodes = 256
	// maxMessageBytes, with what else is in an RPC, are below 65,536, which is what rust-libp2p sends by default.
	maxMessageBytes = 60_000
	maxIDBytes      = 64
	// Two of a mesh are to be dialed by the node, by default of both libraries. go-libp2p-pubsub wants Dlo and the half
	// of D to be above that.
	minD   = 6
	minDlo = 3
	// maxD is of everything in mesh.
	maxD = 256
	// maxIntervalMs is of a heartbeat, and between bursts.
	maxIntervalMs = 60_000
	maxRate       = 10_000
	maxSeconds    = 600
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

// nothing is the argument of a verb that has none.
type nothing struct{}

func (i startInit) check() error {
	return firstOutside(
		bounds{"count", i.Count, 1, maxNodes},
		bounds{"idBytes", i.IDBytes, 1, maxIDBytes},
		bounds{"messageBytes", i.MessageBytes, i.IDBytes + stampBytes, maxMessageBytes},
		bounds{"heartbeatMs", i.HeartbeatMs, 1, maxIntervalMs},
		bounds{"D", i.Mesh.D, minD, maxD},
		bounds{"Dlo", i.Mesh.Dlo, minDlo, i.Mesh.D},
		bounds{"Dhi", i.Mesh.Dhi, i.Mesh.D, maxD},
		bounds{"Dlazy", i.Mesh.Dlazy, 0, maxD},
	)
}

func (i startInit) layout() layout {
	return layout{idBytes: i.IDBytes, messageBytes: i.MessageBytes}
}

// peers are those that the addresses are of; own is how many nodes this process has.
func (i connectInit) peers(own int) ([]peer.AddrInfo, error) {
	count := len(i.Addresses)

	if count < own {
		return nil, fmt.Errorf("%d addresses are fewer than the nodes of this process, %d", count, own)
	}

	if err := firstOutside(bounds{"ownFrom", i.OwnFrom, 0, count - own}); err != nil {
		return nil, err
	}

	peers := make([]peer.AddrInfo, 0, count)

	for _, address := range i.Addresses {
		info, err := peer.AddrInfoFromString(address)

		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}

		peers = append(peers, *info)
	}

	return peers, nil
}

func (i publishInit) check() error {
	return firstOutside(
		bounds{"rate", i.Rate, 1, maxRate},
		bounds{"seconds", i.Seconds, 1, maxSeconds},
		bounds{"burstMs", i.BurstMs, 1, maxIntervalMs},
	)
}

type bounds struct {
	name             string
	value, low, high int
}

func firstOutside(all ...bounds) error {
	for _, b := range all {
		if b.value < b.low || b.value > b.high {
			return fmt.Errorf("%s is %d, not %d to %d", b.name, b.value, b.low, b.high)
		}
	}

	return nil
}
