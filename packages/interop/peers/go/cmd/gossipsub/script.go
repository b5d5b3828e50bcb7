package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// maxFrameBytes is of an RPC, as in libp2p's own programs.
const maxFrameBytes = 10 << 20

// Types of instructions.
const (
	initGossipSub           = "initGossipSub"
	connect                 = "connect"
	ifNodeIDEquals          = "ifNodeIDEquals"
	waitUntil               = "waitUntil"
	publish                 = "publish"
	subscribeToTopic        = "subscribeToTopic"
	setTopicValidationDelay = "setTopicValidationDelay"
)

// instruction has the fields of all types; which of them count depends on the type.
type instruction struct {
	Type             string           `json:"type"`
	GossipSubParams  *gossipSubParams `json:"gossipSubParams"`
	ConnectTo        []int            `json:"connectTo"`
	NodeID           int              `json:"nodeID"`
	Instruction      *instruction     `json:"instruction"`
	ElapsedSeconds   float64          `json:"elapsedSeconds"`
	MessageID        uint64           `json:"messageID"`
	MessageSizeBytes int              `json:"messageSizeBytes"`
	TopicID          string           `json:"topicID"`
	Partial          bool             `json:"partial"`
	DelaySeconds     float64          `json:"delaySeconds"`
}

// gossipSubParams are the library's, of which a script gives those that differ from its defaults.
type gossipSubParams pubsub.GossipSubParams

// UnmarshalJSON implements json.Unmarshaler. A name that the library does not have is an error: it would have no effect.
func (p *gossipSubParams) UnmarshalJSON(data []byte) error {
	params := pubsub.DefaultGossipSubParams()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()

	if err := decoder.Decode(&params); err != nil {
		return fmt.Errorf("gossipSubParams: %w", err)
	}

	*p = gossipSubParams(params)

	return nil
}

func readScript(file string) ([]instruction, error) {
	text, err := os.ReadFile(file)

	if err != nil {
		return nil, err
	}

	return parseScript(text)
}

// parseScript fails for instructions that this node cannot do, those that are for other nodes included: it would
// take part in something else than the script.
func parseScript(text []byte) ([]instruction, error) {
	var params struct {
		Script []instruction `json:"script"`
	}

	if err := json.Unmarshal(text, &params); err != nil {
		return nil, err
	}

	for _, each := range params.Script {
		if err := each.validate(); err != nil {
			return nil, err
		}
	}

	return params.Script, nil
}

func (i *instruction) validate() error {
	switch i.Type {
	case connect, waitUntil, setTopicValidationDelay:
		return nil
	case initGossipSub:
		if i.GossipSubParams == nil {
			return fmt.Errorf("%s without gossipSubParams", i.Type)
		}

		return nil
	case ifNodeIDEquals:
		if i.Instruction == nil {
			return fmt.Errorf("%s without instruction", i.Type)
		}

		return i.Instruction.validate()
	case publish:
		if i.MessageSizeBytes < messageIDBytes || i.MessageSizeBytes > maxFrameBytes {
			return fmt.Errorf("messageSizeBytes is %d, not between %d and %d", i.MessageSizeBytes, messageIDBytes, maxFrameBytes)
		}

		return nil
	case subscribeToTopic:
		if i.Partial {
			return fmt.Errorf("partial messages are not supported")
		}

		return nil
	default:
		return fmt.Errorf("unknown instruction type: %s", i.Type)
	}
}
