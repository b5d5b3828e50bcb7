package main

import (
	"errors"
	"strings"
	"testing"
)

type sum struct {
	Of []int `json:"of"`
}

func TestRequestsAreAnsweredInTurn(t *testing.T) {
	verbs := map[string]verb{
		"sum": with(func(s sum) (any, error) {
			total := 0

			for _, each := range s.Of {
				total += each
			}

			return total, nil
		}),
		"fail": with(func(nothing) (any, error) { return nil, errors.New("out of beads") }),
		"rest": with(func(nothing) (any, error) { return nil, nil }),
	}
	in := strings.Join([]string{
		`{"id":1,"verb":"sum","argument":{"of":[1,2]}}`,
		`{"id":2,"verb":"fail"}`,
		`{"id":3,"verb":"rest","argument":null}`,
		`{"id":4,"verb":"multiply"}`,
		`{"id":5,"verb":"sum","argument":{"off":[1]}}`,
		`{"id":6,"verb":"sum"}`,
		`{"id":7,"verb":"sum","argument":{"Of":[1]}}`,
		`{"id":8,"verb":"sum","argument":{"of":null}}`,
	}, "\n")
	var out strings.Builder

	if err := answer(strings.NewReader(in), &out, verbs); err != nil {
		t.Fatal(err)
	}

	want := strings.Join([]string{
		`{"id":1,"result":3}`,
		`{"id":2,"error":"out of beads"}`,
		`{"id":3,"result":null}`,
		`{"id":4,"error":"unknown verb multiply"}`,
		`{"id":5,"error":"json: unknown field \"off\""}`,
		"{\"id\":6,\"error\":\"missing field `of`\"}",
		"{\"id\":7,\"error\":\"missing field `of`\"}",
		"{\"id\":8,\"error\":\"missing field `of`\"}",
		"",
	}, "\n")

	if out.String() != want {
		t.Errorf("answers are\n%s", out.String())
	}
}

func TestWhatIsNoRequestEndsIt(t *testing.T) {
	var out strings.Builder

	if err := answer(strings.NewReader("start\n"), &out, nil); err == nil {
		t.Error("it went on")
	}
}
