package guide

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// serve creates a client, works with a desk, and closes the client.
func serve(ctx context.Context, gatewayURL, token string, work func(context.Context, *Desk) error) (err error) {
	client, err := cachecore.New(gatewayURL, token)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, client.Close(ctx))
	}()

	d := NewDesk(NewDB(map[string]string{}), gatewayURL, client.HTTPClient())
	return work(cachecore.WithInvalidator(ctx, client), d)
}

// advise returns the next step after an error of an invalidation.
func advise(err error) string {
	var dep *cachecore.InvalidateError
	var auth *cachecore.AuthError
	var limit *cachecore.RateLimitError
	var answer *cachecore.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &dep) && dep.Dep.Err() != nil:
		return "fix the id"
	case errors.As(err, &auth):
		return "new token"
	case errors.As(err, &limit):
		return "after " + limit.RetryAfter.String()
	case errors.As(err, &answer):
		return "gateway answered " + strconv.Itoa(answer.StatusCode)
	}
	return "again later" // no answer came
}
