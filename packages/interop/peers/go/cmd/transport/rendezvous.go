package main

import (
	"context"
	"fmt"
	"time"

	ma "github.com/multiformats/go-multiaddr"
	"github.com/redis/go-redis/v9"
)

// retryInterval is between attempts to reach a Redis that is not up yet.
const retryInterval = 100 * time.Millisecond

// rendezvous is where the listener leaves its address for the dialer.
type rendezvous struct {
	client *redis.Client
	key    string
}

func newRendezvous(ctx context.Context, env environment) (*rendezvous, error) {
	client := redis.NewClient(&redis.Options{Addr: env.redisAddr, DB: 0})

	for {
		err := client.Ping(ctx).Err()

		if err == nil {
			return &rendezvous{client: client, key: env.addressKey}, nil
		}

		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no Redis at %s: %w", env.redisAddr, err)
		case <-time.After(retryInterval):
		}
	}
}

func (r *rendezvous) push(ctx context.Context, address ma.Multiaddr) error {
	return r.client.RPush(ctx, r.key, address.String()).Err()
}

// pop waits for the address until the context ends.
func (r *rendezvous) pop(ctx context.Context) (ma.Multiaddr, error) {
	reply, err := r.client.BLPop(ctx, 0, r.key).Result()

	if err != nil {
		return nil, fmt.Errorf("no address at %s: %w", r.key, err)
	}

	// the reply is the name of the list, then the value
	return ma.NewMultiaddr(reply[1])
}

func (r *rendezvous) close() {
	_ = r.client.Close()
}
