package main

import (
	"context"
	"time"
)

// pace is messages that come in bursts.
type pace struct {
	perSecond int
	total     int
	burst     time.Duration
}

// run calls back for each burst with how many messages are due, until all were. A late burst makes up for what was missed.
func (p pace) run(ctx context.Context, onBurst func(due int)) error {
	started := time.Now()

	for done, burst := 0, 1; done < p.total; burst++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(started.Add(time.Duration(burst) * p.burst))):
		}

		due := p.dueAfter(burst) - done
		done += due
		onBurst(due)
	}

	return nil
}

// dueAfter is how many messages there have been after so many bursts.
func (p pace) dueAfter(bursts int) int {
	return min(p.total, int(time.Duration(bursts)*p.burst*time.Duration(p.perSecond)/time.Second))
}
