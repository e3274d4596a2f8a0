package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// maxPiece is the maximum size in bytes of the text in one event. Some SDKs
// cannot read lines longer than 64 KiB, and JSON can turn one byte into six.
const maxPiece = 8 << 10

type object = map[string]any

// answer is a chat completion.
type answer struct {
	*Request
	number int64
	text   string
}

// Answer returns the answer to the request and its media type: JSON, or the
// events of a stream. The number makes the id.
func (r *Request) Answer(number int64, text string) (body []byte, mediaType string, err error) {
	a := answer{r, number, text}
	if r.Stream {
		body, err = a.events()
		return body, "text/event-stream", err
	}
	body, err = a.json()
	return body, "application/json", err
}

// frame returns the fields that all forms of the answer begin with.
func (a answer) frame(kind string, choices ...object) object {
	if choices == nil {
		choices = []object{}
	}
	return object{
		"id": fmt.Sprintf("chatcmpl-%d", a.number), "object": kind, "created": 0,
		"model": a.Model, "choices": choices,
	}
}

func (a answer) usage() object {
	asked, answered := a.words(), countWords(a.text)
	return object{"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
}

func (a answer) json() ([]byte, error) {
	whole := a.frame("chat.completion", object{
		"index": 0, "finish_reason": "stop", "logprobs": nil,
		"message": object{"role": "assistant", "content": a.text, "refusal": nil},
	})
	whole["usage"] = a.usage()
	return json.Marshal(whole)
}

func (a answer) events() ([]byte, error) {
	chunk := func(delta object, finish any) object {
		return a.frame("chat.completion.chunk", object{"index": 0, "delta": delta, "finish_reason": finish})
	}
	chunks := []object{chunk(object{"role": "assistant", "content": ""}, nil)}
	for _, piece := range pieces(a.text) {
		chunks = append(chunks, chunk(object{"content": piece}, nil))
	}
	chunks = append(chunks, chunk(object{}, "stop"))
	if a.StreamOptions.IncludeUsage {
		last := a.frame("chat.completion.chunk")
		last["usage"] = a.usage()
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
