package cachecore_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// eventLog keeps the events of an observer.
type eventLog struct {
	mu         sync.Mutex
	ended      []cachecore.InvalidationEvent
	background map[cachecore.Cause]int
	most       map[cachecore.Cause]int // the highest values of background
	gaveUp     []map[cachecore.Cause]int
	values     map[any]bool
}

type callerKey struct{}

// question is an LLM request, with its answer and the use of the answer.
type question struct {
	answer roundTripFunc
	use    func(*http.Response)
}

func (l *eventLog) option() cachecore.Option {
	l.background, l.most, l.values = map[cachecore.Cause]int{}, map[cachecore.Cause]int{}, map[any]bool{}
	return cachecore.WithObserver(cachecore.Observer{
		Invalidation: func(ctx context.Context, e cachecore.InvalidationEvent) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ended = append(l.ended, e)
			l.values[ctx.Value(callerKey{})] = true
		},
		Background: func(cause cachecore.Cause, change int) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.background[cause] += change
			l.most[cause] = max(l.most[cause], l.background[cause])
		},
		GaveUp: func(deps map[cachecore.Cause]int) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.gaveUp = append(l.gaveUp, deps)
		},
	})
}

// totals are sums over the invalidations of one cause.
type totals struct{ ended, folded, failed, attempts, keys int }

func (l *eventLog) totals() map[cachecore.Cause]totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[cachecore.Cause]totals{}
	for _, e := range l.ended {
		t := all[e.Cause]
		t.ended++
		t.attempts += e.Attempts
		t.keys += e.KeysDeleted
		if e.Folded {
			t.folded++
		}
		if e.Err != nil {
			t.failed++
		}
		all[e.Cause] = t
	}
	return all
}

// The observer's counts equal the gateway's record on every path.
func TestObserver_SeesEachInvalidation(t *testing.T) {
	t.Parallel()
	doc, folded := cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2")
	tests := []struct {
		name       string
		invalidate roundTripFunc
		asked      *question // for doc:1, before
		opts       []cachecore.Option
		do         func(context.Context, *cachecore.Client)
		want       map[cachecore.Cause]totals
		background map[cachecore.Cause]int // the most at a time
		gaveUp     map[cachecore.Cause]int // if Close gives up after a second
	}{
		{
			"success", nil, nil, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc.PartOf(folded)) },
			map[cachecore.Cause]totals{"call": {ended: 2, attempts: 2, keys: 6}}, nil, nil,
		},
		{
			"versions", nil, nil, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, price("1")) },
			map[cachecore.Cause]totals{"call": {ended: 1, attempts: 1, keys: 3}}, nil, nil,
		},
		{
			"invalid", nil, nil, nil,
			func(ctx context.Context, c *cachecore.Client) {
				_ = c.Invalidate(ctx, doc, cachecore.InvalidDep("doc", errors.New("no id")))
				_ = c.Invalidate(ctx, cachecore.NewDep(""))
			},
			map[cachecore.Cause]totals{"call": {ended: 3, failed: 2, attempts: 1, keys: 3}}, nil, nil,
		},
		{
			"closed", nil, nil, nil,
			func(ctx context.Context, c *cachecore.Client) {
				_ = c.Close(ctx)
				_ = c.Invalidate(ctx, doc, folded, cachecore.NewDep(""))
			},
			map[cachecore.Cause]totals{"call": {ended: 3, failed: 3}}, nil, nil,
		},
		{
			"retries", failing(2, 503), nil, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc) },
			map[cachecore.Cause]totals{"call": {ended: 1, attempts: 3, keys: 3}}, nil, nil,
		},
		{
			"refused", failing(1, 403), nil, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc) },
			map[cachecore.Cause]totals{"call": {ended: 1, failed: 1, attempts: 1}}, nil, nil,
		},
		{
			"folded", takes(5 * time.Second), nil, nil,
			func(ctx context.Context, c *cachecore.Client) {
				for _, call := range callEachSecond(ctx, c, 4) {
					<-call.done
				}
			},
			map[cachecore.Cause]totals{"call": {ended: 4, folded: 2, attempts: 2, keys: 6}}, nil, nil,
		},
		{
			"hung up", takes(5 * time.Second), nil, nil,
			func(ctx context.Context, c *cachecore.Client) {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				_ = c.Invalidate(ctx, doc, folded, cachecore.NewDep(""))
			},
			map[cachecore.Cause]totals{"call": {ended: 3, failed: 1, attempts: 2, keys: 6}},
			map[cachecore.Cause]int{"call": 2}, nil,
		},
		{
			"late fill", nil, &question{answersAfter10s, readAll}, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc, folded) },
			map[cachecore.Cause]totals{"call": {ended: 2, attempts: 2, keys: 6}, "late_fill": {ended: 1, attempts: 1, keys: 3}},
			map[cachecore.Cause]int{"late_fill": 1}, nil,
		},
		{
			"late fill without an end", nil, &question{forever, readNothing}, nil,
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc) },
			map[cachecore.Cause]totals{"call": {ended: 1, attempts: 1, keys: 3}, "late_fill": {ended: 1, attempts: 1, keys: 3}},
			map[cachecore.Cause]int{"late_fill": 1}, nil,
		},
		{
			"second pass", nil, nil, []cachecore.Option{cachecore.WithSecondPass(time.Minute)},
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc, folded, price("1")) },
			map[cachecore.Cause]totals{"call": {ended: 3, attempts: 3, keys: 9}, "second_pass": {ended: 2, attempts: 2, keys: 6}},
			map[cachecore.Cause]int{"second_pass": 2}, nil,
		},
		{
			"given up", stalled, nil, nil,
			func(ctx context.Context, c *cachecore.Client) {
				hungUp, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				_ = c.Invalidate(hungUp, doc, folded)
				go func() { _ = c.Invalidate(ctx, cachecore.NewDep("doc:3")) }()
				synctest.Wait()
			},
			map[cachecore.Cause]totals{"call": {ended: 3, failed: 3, attempts: 3}},
			map[cachecore.Cause]int{"call": 2}, map[cachecore.Cause]int{"call": 3},
		},
		{
			"given up in the background", nil, &question{forever, readNothing}, []cachecore.Option{cachecore.WithSecondPass(time.Minute)},
			func(ctx context.Context, c *cachecore.Client) { _ = c.Invalidate(ctx, doc, folded) },
			map[cachecore.Cause]totals{"call": {ended: 2, attempts: 2, keys: 6}},
			map[cachecore.Cause]int{"late_fill": 1, "second_pass": 2}, map[cachecore.Cause]int{"late_fill": 1, "second_pass": 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log eventLog
				g := &gateway{invalidate: tt.invalidate}
				c := g.client(t, append(tt.opts, log.option())...)
				if tt.asked != nil {
					g.complete = tt.asked.answer
					ask(cachecore.WithDeps(t.Context(), doc), c, tt.asked.use)
					synctest.Wait()
				}
				tt.do(context.WithValue(t.Context(), callerKey{}, "caller"), c)
				patience := 24 * time.Hour
				if tt.gaveUp != nil {
					patience = time.Second
				}
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				for range 2 { // the second has no effect
					if err := c.Close(ctx); (err != nil) != (tt.gaveUp != nil) {
						t.Errorf("Close returned %v", err)
					}
				}
				synctest.Wait()
				log.check(t, len(g.arrivals("")), tt.want, tt.background, tt.gaveUp)
			})
		})
	}
}

func (l *eventLog) check(t *testing.T, posts int, want map[cachecore.Cause]totals, background, gaveUp map[cachecore.Cause]int) {
	t.Helper()
	got := l.totals()
	if !maps.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	attempts, keys := 0, 0
	for _, sum := range got {
		attempts, keys = attempts+sum.attempts, keys+sum.keys
	}
	if attempts != posts {
		t.Errorf("%d attempts in all, the gateway got %d", attempts, posts)
	}
	if keys > 3*posts {
		t.Errorf("%d keys in all, the gateway deleted at most %d", keys, 3*posts)
	}
	for cause, n := range l.background {
		if n != 0 {
			t.Errorf("%d deps with the cause %s are left in the background", n, cause)
		}
	}
	if len(background) != len(l.most) || background != nil && !maps.Equal(l.most, background) {
		t.Errorf("in the background at most %v, want %v", l.most, background)
	}
	if gaveUp == nil && l.gaveUp != nil || gaveUp != nil && !reflect.DeepEqual(l.gaveUp, []map[cachecore.Cause]int{gaveUp}) {
		t.Errorf("gave up %v, want %v", l.gaveUp, gaveUp)
	}
	if !maps.Equal(l.values, map[any]bool{"caller": true}) {
		t.Errorf("the contexts have the values %v", l.values)
	}
}

func TestObserver_DurationIncludesWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log eventLog
		g := &gateway{invalidate: failing(1, 503, "Retry-After", "5")}
		invalidate(t, g.client(t, log.option()), cachecore.NewDep("doc:1"))
		if e := log.ended[0]; e.Duration != 5*time.Second || e.Attempts != 2 || e.Dep.ID() != "doc:1" {
			t.Errorf("got %+v", e)
		}
	})
}

// An observer may call the client.
func TestObserver_MayCallTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s}
		var c *cachecore.Client
		again := func() { _ = c.Invalidate(t.Context(), cachecore.NewDep("seen:1")) }
		c = g.client(t, cachecore.WithObserver(cachecore.Observer{
			Invalidation: func(_ context.Context, e cachecore.InvalidationEvent) {
				if e.Dep.ID() == "doc:1" {
					again()
				}
			},
			Background: func(cachecore.Cause, int) { again() },
		}))
		ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := times(g.arrivals("doc:1")); !reflect.DeepEqual(got, seconds(1, 10)) {
			t.Errorf("invalidated at %v", got)
		}
	})
}

func TestDebugLog_HasEachInvalidation(t *testing.T) {
	t.Parallel()
	for level, lines := range map[slog.Level]int{slog.LevelDebug: 3, slog.LevelInfo: 0} {
		logs := &logBuffer{}
		g := &gateway{invalidate: failing(1, 403)}
		c := g.client(t, cachecore.WithLogger(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: level}))), cachecore.WithConcurrency(1))
		_ = c.Invalidate(t.Context(), numbered("doc", 2)...) // one fails, which the log shows
		_ = c.Invalidate(t.Context(), cachecore.NewDep(""))
		text := logs.String()
		if got := strings.Count(text, "\n"); got != lines {
			t.Errorf("%v: %d lines, want %d:\n%s", level, got, lines, text)
		}
		if lines == 0 {
			continue
		}
		for _, want := range []string{
			"level=DEBUG", "dep=doc:00000 kind=doc cause=call attempts=1 folded=false keys_deleted=0 duration=", "403 Forbidden",
			"dep=doc:00001 kind=doc cause=call attempts=1 folded=false keys_deleted=3 duration=",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
		if strings.Contains(text, testJWT) {
			t.Errorf("the token is in\n%s", text)
		}
	}
}

// Observers are called without locks: one may wait for the invalidation whose
// caller hung up.
func TestObserver_BackgroundMayWaitForTheInvalidation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended, sum := make(chan struct{}), 0
		var mu sync.Mutex
		g := &gateway{invalidate: takes(5 * time.Second)}
		c := g.client(t, cachecore.WithObserver(cachecore.Observer{
			Invalidation: func(context.Context, cachecore.InvalidationEvent) { close(ended) },
			Background: func(_ cachecore.Cause, change int) {
				if change > 0 {
					<-ended
				}
				mu.Lock()
				defer mu.Unlock()
				sum += change
			},
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Invalidate(ctx, cachecore.NewDep("doc:1")); err != nil {
			t.Errorf("it ended before the caller was told: %v", err)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if sum != 0 {
			t.Errorf("%d deps are left in the background", sum)
		}
	})
}
