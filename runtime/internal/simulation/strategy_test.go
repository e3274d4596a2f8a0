package simulation

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// strategy is a way to keep the cache consistent with the documents. It has a
// row in the table.
type strategy struct {
	name      string
	processes int
	options   []cachecore.Option
	versioned bool // deps carry the document's version
	crashes   bool // of processes, between commit and call
	outages   bool // of the gateway, for longer than the client tries
	hot       bool // one process changes few documents all the time, and others read them
	want      want

	// invalidate is the function that a writer calls after the commit.
	invalidate func(context.Context, *simulation, *cachecore.Client, *write) error
}

// want is the required number of answers that are stale for ever.
type want int

const (
	whatever want = iota
	none
	some
)

// Names of the rows that are compared with each other.
const (
	bareName      = "three processes"
	versionedName = "three, versioned"
)

var strategies = []strategy{
	{name: "fire and forget", processes: 1, want: some, invalidate: fireAndForget},
	{name: "one process", processes: 1, want: none, invalidate: ours},
	{name: bareName, processes: 3, invalidate: ours},
	{name: "three, second pass", processes: 3, want: none, invalidate: ours, options: twice},
	{name: "three, pass too soon", processes: 3, want: some, invalidate: ours, options: tooSoon},
	{name: versionedName, processes: 3, want: none, invalidate: ours, versioned: true},
	{name: "one process, crashes", processes: 1, invalidate: ours, crashes: true},
	{name: "one process, outages", processes: 1, invalidate: ours, outages: true},
	{name: "hot, folding", processes: 3, want: none, invalidate: ours, hot: true},
	{name: "hot, joining", processes: 3, want: some, invalidate: joining, hot: true},
}

// twice sets a second pass after the longest time that a question takes: sent
// three times, each held up for 12 s, waiting 10 s for another's answer that
// fails, and 10 s for its own, with pauses.
var twice = []cachecore.Option{cachecore.WithSecondPass(2 * time.Minute)}

// tooSoon sets a second pass while a question may still be in progress.
var tooSoon = []cachecore.Option{cachecore.WithSecondPass(2 * time.Second)}

// dep returns the dep of an answer about the document.
func (s *simulation) dep(doc int, version int64) cachecore.Dep {
	d := cachecore.NewDep(fmt.Sprintf("doc:%d", doc))
	if s.strategy.versioned {
		d = d.WithHash(strconv.FormatInt(version, 10))
	}
	return d
}

// ours calls this module's client without changes.
func ours(ctx context.Context, s *simulation, client *cachecore.Client, c *write) error {
	s.world.asks(client, c)
	return client.Invalidate(ctx, s.dep(c.doc, c.version))
}

// joining joins an invalidation of the document that has begun, as package
// singleflight does. The gateway may have carried it out before the commit.
func joining(ctx context.Context, s *simulation, client *cachecore.Client, c *write) error {
	s.joins.mu.Lock()
	begun := s.joins.begun[c.doc]
	if begun == nil {
		begun = &join{done: make(chan struct{})}
		s.joins.begun[c.doc] = begun
		go func() {
			begun.err = ours(context.WithoutCancel(ctx), s, client, c)
			s.joins.mu.Lock()
			delete(s.joins.begun, c.doc)
			s.joins.mu.Unlock()
			close(begun.done)
		}()
	}
	s.joins.mu.Unlock()
	select {
	case <-begun.done:
		return begun.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// joins contains the invalidations that have begun, by document.
type joins struct {
	mu    sync.Mutex
	begun map[int]*join
}

type join struct {
	done chan struct{}
	err  error
}

// fireAndForget does the same as the vendor's Python client, except that it
// sends the token: one attempt of up to 30 s, whose failure a caller may
// ignore.
func fireAndForget(ctx context.Context, s *simulation, _ *cachecore.Client, c *write) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body := fmt.Sprintf(`{"dep_id":%q}`, s.dep(c.doc, c.version).ID())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gatewayURL+"/v1/invalidate", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	if resp, err := s.network.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
	}
	return nil
}
