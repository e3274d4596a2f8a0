package guide

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

const latefillURL = "http://gateway.test"

// inProcess calls a gateway without a network, so that time can be virtual.
type inProcess struct{ gateway http.Handler }

func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	p.gateway.ServeHTTP(answer, req)
	return answer.Result(), nil
}

// race changes the data while an answer is being made, and asks again
// five minutes later. Its tag returns the context of a request, for the
// data's version.
type race struct {
	name  string
	tag   func(ctx context.Context, version int64) context.Context
	drop  func(ctx context.Context, version int64) error
	other bool // whether the asking process is not the writing one
	opts  []cachecore.Option
}

func (r race) run(t *testing.T) string {
	t.Helper()
	secret := []byte("a secret of at least 32 bytes ...")
	var version atomic.Int64
	version.Store(1)
	slow := devgateway.Answer(func(context.Context, devgateway.Question) (string, error) {
		read := version.Load()
		time.Sleep(10 * time.Second) // the model thinks, in virtual time
		return fmt.Sprintf("version %d", read), nil
	})
	gateway, err := devgateway.New(devgateway.WithSecret(secret), devgateway.WithUpstream(slow))
	check(t, err)
	client := func(expires time.Duration, opts ...cachecore.Option) *cachecore.Client {
		token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: r.name, Expires: time.Now().Add(expires)})
		check(t, err)
		c, err := cachecore.New(latefillURL, token, append(opts, cachecore.WithBaseTransport(inProcess{gateway}))...)
		check(t, err)
		return c
	}
	writer := client(time.Hour, r.opts...)
	reader := client(2 * time.Hour) // another token, so it shares no state with the writer
	asking := writer
	if r.other {
		asking = reader
	}
	ask := func() string {
		ctx, call := cachecore.WithCall(r.tag(t.Context(), version.Load()))
		answer, err := NewDesk(nil, latefillURL, asking.HTTPClient()).complete(ctx, "What does it say?")
		if err != nil {
			t.Error(err)
		}
		return fmt.Sprintf("%-6s  %s", call.Status(), answer)
	}

	go ask()
	time.Sleep(time.Second)
	version.Store(2)
	check(t, r.drop(cachecore.WithInvalidator(t.Context(), writer), version.Load()))
	time.Sleep(5 * time.Minute)
	after := ask()
	check(t, writer.Close(t.Context()))
	check(t, reader.Close(t.Context()))
	check(t, gateway.Close(t.Context()))
	return after
}

// TestLateFillsAreClosed shows a late fill without protection, and one for each
// of the three protections.
func TestLateFillsAreClosed(t *testing.T) {
	t.Parallel()
	doc := race{
		tag: func(ctx context.Context, _ int64) context.Context {
			return cachecore.WithDeps(ctx, deps.DepDoc(contract))
		},
		drop: func(ctx context.Context, _ int64) error { return deps.InvalidateDoc(ctx, contract) },
	}
	price := race{
		name: "versioned kind, another process",
		tag: func(ctx context.Context, version int64) context.Context {
			return cachecore.WithDeps(ctx, deps.DepPrice("A-1", version))
		},
		drop:  func(ctx context.Context, version int64) error { return deps.InvalidatePrice(ctx, "A-1", version) },
		other: true,
	}
	own, foreign, second := doc, doc, doc
	own.name = "same process"
	foreign.name, foreign.other = "another process", true
	second.name, second.other = "another process, second pass", true
	second.opts = []cachecore.Option{cachecore.WithSecondPass(time.Minute)}

	var out strings.Builder
	for _, r := range []race{foreign, own, second, price} {
		synctest.Test(t, func(t *testing.T) {
			fmt.Fprintf(&out, "%-32s  %s\n", r.name, r.run(t))
		})
	}
	golden(t, "latefill.txt", out.String())
}
