package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
)

// bareLoop measures n POSTs to a gateway's /v1/invalidate. It uses as many
// workers as the client, over new connections that are kept open, and does not
// interpret the answers' bodies.
func bareLoop(url string, n int) stats.Measure {
	return func(ctx context.Context) (time.Duration, error) {
		begun := time.Now()
		transport := &http.Transport{MaxIdleConnsPerHost: workers}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		var next atomic.Int64
		group, ctx := errgroup.WithContext(ctx)
		for range workers {
			group.Go(func() error {
				for i := next.Add(1); i <= int64(n); i = next.Add(1) {
					if err := post(ctx, client, url, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		err := group.Wait()
		return time.Since(begun), err
	}
}

func post(ctx context.Context, client *http.Client, url string, i int64) error {
	body := fmt.Sprintf(`{"dep_id":"doc:contract-%04d","new_hash":"5f0c1b0e-0b6f-4c8e-9f57-6a3d0e2b7c11"}`, i)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/invalidate", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answer %s", res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
