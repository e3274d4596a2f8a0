package devgateway

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Echo returns an upstream without a network. It answers "#1 <text>" where the
// text is that of the last message and the number counts its answers, so that a
// new answer can be told from a cached one. A request for a stream gets one.
func Echo() http.RoundTripper {
	var answers atomic.Int64
	return Answer(func(_ context.Context, q Question) (string, error) {
		return fmt.Sprintf("#%d %s", answers.Add(1), q.Last()), nil
	})
}
