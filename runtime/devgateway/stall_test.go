package devgateway_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// stalledClient reads the first piece of its answer and then stops reading.
type stalledClient struct {
	*httptest.ResponseRecorder
	writes   int
	deadline time.Time
	left     <-chan struct{}
}

func (s *stalledClient) Write(p []byte) (int, error) {
	if s.writes++; s.writes == 1 {
		return s.ResponseRecorder.Write(p)
	}
	var expired <-chan time.Time
	if !s.deadline.IsZero() {
		expired = time.After(time.Until(s.deadline))
	}
	select {
	case <-expired:
		return 0, os.ErrDeadlineExceeded
	case <-s.left:
		return 0, os.ErrClosed
	}
}

// withDeadline is a stalledClient whose connection supports deadlines.
type withDeadline struct{ *stalledClient }

func (w withDeadline) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

// A client that stops reading in the middle of a stream is dropped. Requests
// that wait for the same answer then call the upstream themselves.
func TestStalledClientHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("data: {}\n\n", 100_000) + done
	const upstreamTimeout = time.Minute
	tests := []struct {
		name    string
		writer  func(*stalledClient) http.ResponseWriter
		dropped bool // by its deadline, before the upstream's timeout
	}{
		{"on a connection", func(s *stalledClient) http.ResponseWriter { return withDeadline{s} }, true},
		{"on a writer without deadlines", func(s *stalledClient) http.ResponseWriter { return s }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				up, left, begun := newHeld(), make(chan struct{}), time.Now()
				g := newGateway(t, newClock(), devgateway.WithUpstream(up), devgateway.WithUpstreamTimeout(upstreamTimeout))
				stalled := &stalledClient{ResponseRecorder: httptest.NewRecorder(), left: left}
				r := newRequest(t.Context(), completions, streamBody, tenant(t, "acme"))
				var leader sync.WaitGroup
				leader.Go(func() { g.ServeHTTP(tt.writer(stalled), r) })
				synctest.Wait()
				follower := send(t, g, streamBody)
				stream := func() (*http.Response, error) { return answer(200, sse, strings.NewReader(long)), nil }
				(<-up.calls).answer <- stream
				follower.want(t, waiting)

				second := <-up.calls // the bubble's clock advances until this call comes
				if waited := time.Since(begun); tt.dropped != (waited < upstreamTimeout) {
					t.Errorf("the follower has waited %v", waited)
				}
				second.answer <- stream
				follower.want(t, "200 MISS "+long)
				send(t, g, streamBody).want(t, "200 HIT_L1 "+long)
				close(left)
				leader.Wait()
			})
		})
	}
}

// A long answer does not count as a stall: each piece of it has its own
// deadline.
func TestSlowClientGetsALongAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := `{"choices":["` + strings.Repeat("x", 1<<20) + `"]}`
		up := newHeld()
		g := newGateway(t, newClock(), devgateway.WithUpstream(up))
		slow := &limitedClient{ResponseRecorder: httptest.NewRecorder()}
		r := newRequest(t.Context(), completions, question("hello"), tenant(t, "acme"))
		var all sync.WaitGroup
		all.Go(func() { g.ServeHTTP(slow, r) })
		(<-up.calls).json(long)
		all.Wait()
		if slow.Body.String() != long {
			t.Errorf("got %d bytes of %d", slow.Body.Len(), len(long))
		}
	})
}

// limitedClient reads 4 KiB a second.
type limitedClient struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (l *limitedClient) SetWriteDeadline(t time.Time) error {
	l.deadline = t
	return nil
}

func (l *limitedClient) Write(p []byte) (int, error) {
	<-time.After(time.Duration(len(p)) * time.Second / (4 << 10))
	if time.Now().After(l.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	return l.ResponseRecorder.Write(p)
}
