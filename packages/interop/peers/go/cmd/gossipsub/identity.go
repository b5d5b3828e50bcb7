package main

import (
	"crypto/ed25519"
	"encoding/binary"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// nodeKey is the same in all implementations: the number of the node, little-endian, is the seed.
func nodeKey(id int) (crypto.PrivKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	binary.LittleEndian.PutUint64(seed, uint64(id))

	return crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
}

func nodePeerID(id int) (peer.ID, error) {
	key, err := nodeKey(id)

	if err != nil {
		return "", err
	}

	return peer.IDFromPrivateKey(key)
}
