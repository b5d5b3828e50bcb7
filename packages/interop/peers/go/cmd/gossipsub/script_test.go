package main

import (
	"strings"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

func TestParamsThatAreNotGivenAreTheDefaults(t *testing.T) {
	script, err := parseScript([]byte(`{"script":[{"type":"initGossipSub","gossipSubParams":{"D":9,"HeartbeatInterval":700000000,"Dlo":null}}]}`))

	if err != nil {
		t.Fatal(err)
	}

	want := pubsub.DefaultGossipSubParams()
	want.D = 9
	want.HeartbeatInterval = 700 * time.Millisecond

	if got := pubsub.GossipSubParams(*script[0].GossipSubParams); got != want {
		t.Errorf("the parameters are %+v, not %+v", got, want)
	}
}

func TestInstructionsOfTheScenarios(t *testing.T) {
	script, err := parseScript([]byte(`{"script":[
		{"type":"ifNodeIDEquals","nodeID":3,"instruction":{"type":"publish","messageID":31,"messageSizeBytes":98304,"topicID":"a"}},
		{"type":"setTopicValidationDelay","topicID":"a","delaySeconds":0.005},
		{"type":"connect","connectTo":[1,2]},
		{"type":"subscribeToTopic","topicID":"a","partial":false},
		{"type":"waitUntil","elapsedSeconds":120}
	]}`))

	if err != nil {
		t.Fatal(err)
	}

	nested := script[0].Instruction

	if script[0].NodeID != 3 || nested.MessageID != 31 || nested.MessageSizeBytes != 98_304 || nested.TopicID != "a" {
		t.Errorf("the publication is %+v", nested)
	}

	if script[1].DelaySeconds != 0.005 || len(script[2].ConnectTo) != 2 || script[4].ElapsedSeconds != 120 {
		t.Errorf("the script is %+v", script)
	}
}

func TestWhatANodeCannotDoIsAnError(t *testing.T) {
	cases := map[string]string{
		`{"type":"addPartialMessage","topicID":"a","groupID":1,"parts":255}`:                                     "unknown instruction type: addPartialMessage",
		`{"type":"ifNodeIDEquals","nodeID":7,"instruction":{"type":"publishPartial","topicID":"a","groupID":1}}`: "unknown instruction type: publishPartial",
		`{"type":"subscribeToTopic","topicID":"a","partial":true}`:                                               "partial messages are not supported",
		`{"type":"initGossipSub","gossipSubParams":{"Dhigh":12}}`:                                                `unknown field "Dhigh"`,
		`{"type":"initGossipSub"}`: "without gossipSubParams",
		`{"type":"publish","messageID":1,"messageSizeBytes":7,"topicID":"a"}`: "messageSizeBytes is 7",
	}

	for text, message := range cases {
		_, err := parseScript([]byte(`{"script":[` + text + `]}`))

		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: the error is %v, not %s", text, err, message)
		}
	}
}
