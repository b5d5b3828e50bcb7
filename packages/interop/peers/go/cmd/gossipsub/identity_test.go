package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
)

// idsHash is of the ids of nodes 0 to 9999, as all implementations of gossipsub-interop have it.
const idsHash = "11395ea896d00ca25f7f648ebb336488ee092096a5498d90d76b92eaec27867a"

func TestIDsAreThoseOfOtherImplementations(t *testing.T) {
	hash := sha256.New()

	for node := range 10_000 {
		id, err := nodePeerID(node)

		if err != nil {
			t.Fatal(err)
		}

		fmt.Fprintf(hash, ">%d:%s\n", node, id)
	}

	if got := hex.EncodeToString(hash.Sum(nil)); got != idsHash {
		t.Errorf("the ids have the hash %s, not %s", got, idsHash)
	}
}
