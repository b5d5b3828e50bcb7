// Command transport is go-libp2p in libp2p's two transport suites, and in the rows that this project adds to them:
// ../../../README.md has the contract.
package main

import (
	"context"
	"fmt"

	"quicmesh.invalid/interop/go/internal/program"
)

func main() {
	program.Main(run)
}

func run(ctx context.Context) error {
	env, err := readEnvironment()

	if err != nil {
		return err
	}

	limited, cancel := context.WithTimeout(ctx, env.timeout)
	defer cancel()

	meeting, err := newRendezvous(limited, env)

	if err != nil {
		return err
	}

	defer meeting.close()

	if env.isDialer {
		return dial(limited, env, meeting)
	}

	if err := listen(limited, env, meeting); err != nil {
		return err
	}

	// whoever runs the tests ends listeners
	if ctx.Err() == nil {
		return fmt.Errorf("nobody has ended the listener within %s", env.timeout)
	}

	return nil
}
