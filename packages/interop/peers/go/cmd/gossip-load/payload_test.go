package main

import "testing"

func TestTimeAndIDDoNotShareBytes(t *testing.T) {
	l := layout{idBytes: 20, messageBytes: 250}
	first, second := l.payload(1_000.5), l.payload(1_000.5)

	if len(first) != 250 {
		t.Errorf("%d bytes", len(first))
	}

	if age, ok := l.ageMs(first, 1_002); !ok || age != 1.5 {
		t.Errorf("age is %f", age)
	}

	if id := l.id(first); len(id) != 20 || id == l.id(second) {
		t.Errorf("two messages of the same time have the ids %x and %x", id, l.id(second))
	}
}

func TestShortMessages(t *testing.T) {
	l := layout{idBytes: 20, messageBytes: 28}

	if _, ok := l.ageMs(make([]byte, 27), 1); ok {
		t.Error("there is a time in 27 bytes")
	}

	if id := l.id([]byte("bead")); id != "bead" {
		t.Errorf("the id of a short message is %q", id)
	}
}
