package pattern

import (
	"bytes"
	"testing"
)

func TestBytes(t *testing.T) {
	var buffer bytes.Buffer

	if err := Write(&buffer, 65_537); err != nil {
		t.Fatal(err)
	}

	for i, want := range map[int]byte{0: 0, 1: 31, 8: 248, 9: 23, 255: 225, 256: 17, 257: 48, 65_536: 0} {
		if got := buffer.Bytes()[i]; got != want {
			t.Errorf("byte %d is %d, not %d", i, got, want)
		}
	}
}

func TestCheckTellsWhatIsWrong(t *testing.T) {
	var buffer bytes.Buffer

	if err := Write(&buffer, 200_000); err != nil {
		t.Fatal(err)
	}

	swapped := bytes.Clone(buffer.Bytes())
	swapped[150_000], swapped[150_001] = swapped[150_001], swapped[150_000]
	cases := map[string]struct {
		content []byte
		isRight bool
	}{
		"all":        {buffer.Bytes(), true},
		"swapped":    {swapped, false},
		"first lost": {buffer.Bytes()[1:], false},
		"last lost":  {buffer.Bytes()[:199_999], true},
		"empty":      {nil, true},
	}

	for name, each := range cases {
		length, isRight, err := Check(bytes.NewReader(each.content))

		if err != nil || length != len(each.content) || isRight != each.isRight {
			t.Errorf("%s: %d bytes, right: %t, error: %v", name, length, isRight, err)
		}
	}
}
