package main

import (
	"context"
	"testing"
	"time"
)

func TestAllAreDueInTheEnd(t *testing.T) {
	bursts, total := 0, 0
	p := pace{perSecond: 1_000, total: 50, burst: 20 * time.Millisecond}

	if err := p.run(context.Background(), func(due int) { bursts++; total += due }); err != nil {
		t.Fatal(err)
	}

	if bursts != 3 || total != 50 {
		t.Errorf("%d messages in %d bursts", total, bursts)
	}
}

func TestDueAfter(t *testing.T) {
	p := pace{perSecond: 30, total: 3, burst: 20 * time.Millisecond}

	for bursts, want := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 3, 6: 3} {
		if due := p.dueAfter(bursts); due != want {
			t.Errorf("%d after %d bursts, not %d", due, bursts, want)
		}
	}
}
