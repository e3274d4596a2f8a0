package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// Wire describes an API by the formats of its answers.
type Wire struct {
	whole string // a whole answer; %s is replaced by the quoted text
	head  string // the events before the first piece of a stream
	piece string // one piece's event; %s is replaced by the quoted text
	tail  string // the events after the last piece
}

// The APIs of the SDKs.
var (
	// Chat is OpenAI's chat completions API, which the gateway speaks.
	Chat = Wire{
		whole: `{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[` +
			`{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}]}`,
		piece: chatEvent(`{"role":"assistant","content":%s}`, `null`),
		tail:  chatEvent(`{}`, `"stop"`) + "data: [DONE]\n\n",
	}

	// Messages is Anthropic's messages API.
	Messages = Wire{
		whole: `{"id":"1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":%s}],` +
			`"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`,
		head: messagesEvent("message_start", `"message":{"id":"1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}`) +
			messagesEvent("content_block_start", `"index":0,"content_block":{"type":"text","text":""}`),
		piece: messagesEvent("content_block_delta", `"index":0,"delta":{"type":"text_delta","text":%s}`),
		tail: messagesEvent("content_block_stop", `"index":0`) +
			messagesEvent("message_delta", `"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}`) +
			messagesEvent("message_stop", `"index":0`),
	}

	// Gemini is Google's generateContent API.
	Gemini = Wire{
		whole: `{"candidates":[{"content":{"role":"model","parts":[{"text":%s}]},"finishReason":"STOP"}]}`,
		piece: `data: {"candidates":[{"content":{"role":"model","parts":[{"text":%s}]}}]}` + "\n\n",
	}
)

func chatEvent(delta, finish string) string {
	return `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[` +
		`{"index":0,"delta":` + delta + `,"finish_reason":` + finish + "}]}\n\n"
}

func messagesEvent(kind, fields string) string {
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"," + fields + "}\n\n"
}

// answer sends the pieces as JSON or as a stream, as the request asks. Before
// each piece of a stream except the first, it calls next with the number of
// pieces sent.
func (w Wire) answer(out http.ResponseWriter, r loopback.Request, next func(sent int), pieces ...string) {
	if !wantsStream(r) {
		out.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(out, w.whole, quote(strings.Join(pieces, "")))
		return
	}
	out.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(out, w.head)
	for i, piece := range pieces {
		if i > 0 {
			next(i)
		}
		fmt.Fprintf(out, w.piece, quote(piece))
		_ = http.NewResponseController(out).Flush() // a failure shows as a lost piece
	}
	fmt.Fprint(out, w.tail)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // cannot happen: every string has a JSON form
		return `""`
	}
	return string(quoted)
}
