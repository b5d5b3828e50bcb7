package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// verb does what is asked for and returns its result.
type verb func(argument json.RawMessage) (any, error)

// nothing is the argument of a verb that has none.
type nothing struct{}

type request struct {
	ID       int             `json:"id"`
	Verb     string          `json:"verb"`
	Argument json.RawMessage `json:"argument"`
}

type success struct {
	ID     int `json:"id"`
	Result any `json:"result"`
}

type failure struct {
	ID    int    `json:"id"`
	Error string `json:"error"`
}

// with is a verb whose argument is read as JSON; fields that it does not have are refused.
func with[A any](do func(A) (any, error)) verb {
	return func(argument json.RawMessage) (any, error) {
		var a A

		if len(argument) > 0 {
			decoder := json.NewDecoder(bytes.NewReader(argument))
			decoder.DisallowUnknownFields()

			if err := decoder.Decode(&a); err != nil {
				return nil, err
			}
		}

		return do(a)
	}
}

// answer answers one request after the other, a line each, until there are no more. It fails for what is no request.
func answer(in io.Reader, out io.Writer, verbs map[string]verb) error {
	requests := json.NewDecoder(bufio.NewReader(in))
	responses := json.NewEncoder(out)

	for {
		var r request

		if err := requests.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}

		if err := responses.Encode(respond(r, verbs)); err != nil {
			return err
		}
	}
}

func respond(r request, verbs map[string]verb) any {
	do, ok := verbs[r.Verb]

	if !ok {
		return failure{ID: r.ID, Error: fmt.Sprintf("unknown verb %s", r.Verb)}
	}

	result, err := do(r.Argument)

	if err != nil {
		return failure{ID: r.ID, Error: err.Error()}
	}

	return success{ID: r.ID, Result: result}
}
