package cachecoretest

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"

	"github.com/depgen/depgen/runtime/cachecore"
)

// carried returns the deps that a client sends for a request with the given
// deps: these and their groups.
func carried(deps []cachecore.Dep) ([]cachecore.Dep, error) {
	var sent http.Header
	seen := roundTripper(func(req *http.Request) (*http.Response, error) {
		sent = req.Header
		// A bypass fills no cache, so the client does not wait for the request.
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Cache": {"BYPASS"}}, Body: http.NoBody, Request: req}, nil
	})
	const address = "http://tagged.test"
	client, err := cachecore.New(address, "tagged", cachecore.WithBaseTransport(seen),
		cachecore.WithLogger(slog.New(slog.DiscardHandler)), cachecore.WithHeaderBudget(math.MaxInt32))
	if err != nil {
		return nil, err
	}
	ctx, call := cachecore.WithCall(cachecore.WithDeps(context.Background(), deps...))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Transport().RoundTrip(req)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	for _, status := range call.Statuses() {
		if status.Err != nil {
			return nil, status.Err
		}
	}
	got, err := depsOf(sent)
	if err == nil && len(got) == 0 {
		err = errors.New("they are not sent")
	}
	return got, err
}
