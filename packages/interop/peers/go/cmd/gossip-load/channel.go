package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
)

// verb does what is asked for and returns its result.
type verb func(argument json.RawMessage) (any, error)

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

// with is a verb whose argument is read as JSON that has all the fields of A, and no others.
func with[A any](do func(A) (any, error)) verb {
	return func(argument json.RawMessage) (any, error) {
		var a A

		if len(argument) == 0 {
			argument = json.RawMessage("null")
		}

		decoder := json.NewDecoder(bytes.NewReader(argument))
		decoder.DisallowUnknownFields()

		if err := decoder.Decode(&a); err != nil {
			return nil, err
		}

		if err := requireFields(argument, reflect.TypeFor[A]()); err != nil {
			return nil, err
		}

		return do(a)
	}
}

// requireFields fails for an object that lacks a field of the struct, which encoding/json would leave at zero.
func requireFields(object json.RawMessage, of reflect.Type) error {
	var values map[string]json.RawMessage

	if err := json.Unmarshal(object, &values); err != nil {
		return err
	}

	for i := range of.NumField() {
		field := of.Field(i)
		name := field.Tag.Get("json")
		value, ok := values[name]

		if !ok || string(value) == "null" {
			return fmt.Errorf("missing field `%s`", name)
		}

		if field.Type.Kind() == reflect.Struct {
			if err := requireFields(value, field.Type); err != nil {
				return err
			}
		}
	}

	return nil
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
