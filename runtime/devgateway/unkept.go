package devgateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Reasons why an answer is not kept.
const (
	tooLong     = "the answer is too long"
	errorInside = "the answer contains an error"
)

// unkept records the reason why the answer is not kept. The log, the next
// request with the same bytes and, if it has not been sent, the header get it.
func (g *Gateway) unkept(x *exchange, q *cacheable, why string) {
	g.cache.Unkept(q.Request, why)
	x.reason.unkept = why
}

// failure returns the reason why the call to the upstream brought no answer.
func (x *exchange) failure(err error) string {
	var failed *apiError
	switch {
	case x.left():
		return "its client left"
	case !errors.As(err, &failed):
		return "its client stopped reading"
	case failed.code == codeRedirect:
		return "the upstream redirected"
	case failed.status == http.StatusGatewayTimeout:
		return "the upstream took too long"
	case x.code != 0:
		return "the answer broke off"
	}
	return "the upstream gave no whole answer"
}

// unkeepable returns the reason why an answer with the head of resp is not
// kept. It is empty for a success that all clients can read.
func unkeepable(resp *http.Response) string {
	encoded := func(encoding string) bool { return encoding != "" && !strings.EqualFold(encoding, "identity") }
	switch {
	case resp.StatusCode != http.StatusOK:
		return fmt.Sprintf("upstream status %d", resp.StatusCode)
	case slices.ContainsFunc(resp.Header.Values("Content-Encoding"), encoded):
		return "the answer is encoded"
	}
	return ""
}

// unfitAnswer returns the reason why a whole answer is not kept. It is empty
// for a complete chat completion without an error.
func (g *Gateway) unfitAnswer(q *cacheable, resp *http.Response, body []byte) string {
	var completion struct {
		Choices []skipped `json:"choices"`
	}
	why := unkeepable(resp)
	switch {
	case why != "":
		return why
	case int64(len(body)) > g.bodyLimit:
		return tooLong
	case q.call.stream:
		return "no stream, which the request asked for"
	case hasError(body):
		return errorInside
	case json.Unmarshal(body, &completion) != nil || len(completion.Choices) == 0:
		return "the answer has no choices"
	}
	return ""
}
