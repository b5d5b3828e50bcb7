package main

import (
	"math"
	"testing"
)

const address = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGzBXWNvHpLALvnz4BDNRK1hVJFNoTMQ6LVrfFYnDtZGv"

func TestStartIsWithinBounds(t *testing.T) {
	start := func(change func(*startInit)) error {
		init := startInit{
			Count:        2,
			MessageBytes: 28,
			IDBytes:      20,
			Mesh:         meshParams{D: 8, Dlo: 6, Dhi: 12, Dlazy: 6},
			HeartbeatMs:  1_000,
		}
		change(&init)

		return init.check()
	}

	if err := start(func(*startInit) {}); err != nil {
		t.Error(err)
	}

	for want, change := range map[string]func(*startInit){
		"count is -1, not 1 to 256":           func(i *startInit) { i.Count = -1 },
		"idBytes is 65, not 1 to 64":          func(i *startInit) { i.IDBytes = 65 },
		"messageBytes is 27, not 28 to 60000": func(i *startInit) { i.MessageBytes = 27 },
		"heartbeatMs is 0, not 1 to 60000":    func(i *startInit) { i.HeartbeatMs = 0 },
		"D is 5, not 6 to 256":                func(i *startInit) { i.Mesh.D = 5 },
		"Dlo is 9, not 3 to 8":                func(i *startInit) { i.Mesh.Dlo = 9 },
		"Dhi is 7, not 8 to 256":              func(i *startInit) { i.Mesh.Dhi = 7 },
		"Dlazy is -1, not 0 to 256":           func(i *startInit) { i.Mesh.Dlazy = -1 },
	} {
		if err := start(change); err == nil || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

func TestOwnAddressesAreAmongAll(t *testing.T) {
	for ownFrom, isGood := range map[int]bool{-2: false, -1: false, 0: true, 1: true, 2: false, math.MaxInt: false} {
		init := connectInit{Addresses: []string{address, address, address}, OwnFrom: ownFrom}

		if peers, err := init.peers(2); (err == nil) != isGood || isGood && len(peers) != 3 {
			t.Errorf("ownFrom %d: %d peers, %v", ownFrom, len(peers), err)
		}
	}

	if _, err := (connectInit{}).peers(1); err == nil {
		t.Error("a node without an address")
	}

	if _, err := (connectInit{Addresses: []string{"/ip4/127.0.0.1/tcp/1"}}).peers(1); err == nil {
		t.Error("an address without an id")
	}
}
