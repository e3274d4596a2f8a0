package devgateway

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Echo returns an upstream without a network. It answers "#1 <text>". The text
// is that of the last message, and the number counts Echo's answers, so that a
// new answer differs from a cached one. It answers with a stream if the request
// asks for one.
func Echo() http.RoundTripper {
	var answers atomic.Int64
	return Answer(func(_ context.Context, q Question) (string, error) {
		return fmt.Sprintf("#%d %s", answers.Add(1), q.Last()), nil
	})
}
