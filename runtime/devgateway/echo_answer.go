package devgateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// echoChunk is the most text in one event, in bytes: some SDKs read no line
// longer than 64 KiB, and JSON can make six bytes of one.
const echoChunk = 8 << 10

// echoAnswer is an answer of [Echo], in the form of OpenAI's.
type echoAnswer struct {
	number      int64
	model, text string
	promptWords int
}

type object = map[string]any

func (a echoAnswer) content() string { return fmt.Sprintf("#%d %s", a.number, a.text) }

// frame returns what all forms of the answer begin with.
func (a echoAnswer) frame(kind string, choices ...object) object {
	if choices == nil {
		choices = []object{}
	}
	return object{
		"id": fmt.Sprintf("chatcmpl-echo-%d", a.number), "object": kind, "created": 0,
		"model": a.model, "choices": choices,
	}
}

func (a echoAnswer) usage() object {
	words := len(strings.Fields(a.content()))
	return object{"prompt_tokens": a.promptWords, "completion_tokens": words, "total_tokens": a.promptWords + words}
}

func (a echoAnswer) json() ([]byte, error) {
	answer := a.frame("chat.completion", object{
		"index": 0, "finish_reason": "stop", "logprobs": nil,
		"message": object{"role": "assistant", "content": a.content(), "refusal": nil},
	})
	answer["usage"] = a.usage()
	return json.Marshal(answer)
}

func (a echoAnswer) events(withUsage bool) ([]byte, error) {
	chunk := func(delta object, finish any) object {
		return a.frame("chat.completion.chunk", object{"index": 0, "delta": delta, "finish_reason": finish})
	}
	chunks := []object{chunk(object{"role": "assistant", "content": ""}, nil)}
	for _, piece := range pieces(a.content()) {
		chunks = append(chunks, chunk(object{"content": piece}, nil))
	}
	chunks = append(chunks, chunk(object{}, "stop"))
	if withUsage {
		last := a.frame("chat.completion.chunk")
		last["usage"] = a.usage()
		chunks = append(chunks, last)
	}
	var out bytes.Buffer
	for _, c := range chunks {
		data, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "data: %s\n\n", data)
	}
	out.WriteString("data: [DONE]\n\n")
	return out.Bytes(), nil
}

// pieces splits text after its spaces, and long words further.
func pieces(text string) []string {
	var out []string
	for _, word := range strings.SplitAfter(text, " ") {
		for len(word) > echoChunk {
			cut := strings.ToValidUTF8(word[:echoChunk], "")
			out, word = append(out, cut), word[len(cut):]
		}
		out = append(out, word)
	}
	return out
}
