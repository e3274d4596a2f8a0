package devgateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxPiece is the maximum size in bytes of the text in one event. Some SDKs
// cannot read lines longer than 64 KiB, and JSON can turn one byte into six.
const maxPiece = 8 << 10

// completion is an answer of [Answer], in OpenAI's format.
type completion struct {
	number      int64
	model, text string
	promptWords int
}

type object = map[string]any

// frame returns the fields that all forms of the answer begin with.
func (c completion) frame(kind string, choices ...object) object {
	if choices == nil {
		choices = []object{}
	}
	return object{
		"id": fmt.Sprintf("chatcmpl-%d", c.number), "object": kind, "created": 0,
		"model": c.model, "choices": choices,
	}
}

func (c completion) usage() object {
	words := countWords(c.text)
	return object{"prompt_tokens": c.promptWords, "completion_tokens": words, "total_tokens": c.promptWords + words}
}

func (c completion) json() ([]byte, error) {
	answer := c.frame("chat.completion", object{
		"index": 0, "finish_reason": "stop", "logprobs": nil,
		"message": object{"role": "assistant", "content": c.text, "refusal": nil},
	})
	answer["usage"] = c.usage()
	return json.Marshal(answer)
}

func (c completion) events(withUsage bool) ([]byte, error) {
	chunk := func(delta object, finish any) object {
		return c.frame("chat.completion.chunk", object{"index": 0, "delta": delta, "finish_reason": finish})
	}
	chunks := []object{chunk(object{"role": "assistant", "content": ""}, nil)}
	for _, piece := range pieces(c.text) {
		chunks = append(chunks, chunk(object{"content": piece}, nil))
	}
	chunks = append(chunks, chunk(object{}, "stop"))
	if withUsage {
		last := c.frame("chat.completion.chunk")
		last["usage"] = c.usage()
		chunks = append(chunks, last)
	}
	var out bytes.Buffer
	for _, each := range chunks {
		data, err := json.Marshal(each)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "data: %s\n\n", data)
	}
	out.WriteString("data: [DONE]\n\n")
	return out.Bytes(), nil
}

// pieces splits text after spaces, and splits long words too.
func pieces(text string) []string {
	var out []string
	for _, word := range strings.SplitAfter(text, " ") {
		for len(word) > maxPiece {
			cut := strings.ToValidUTF8(word[:maxPiece], "")
			out, word = append(out, cut), word[len(cut):]
		}
		out = append(out, word)
	}
	return out
}
