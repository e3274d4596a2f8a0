package guide

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// requestByHand writes the deps header as it was before there was a schema.
func requestByHand(req *http.Request, id string) {
	text := `[{"dep_id":"doc:` + id + `","expected_hash":"v1"}]`
	req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// request is the same through the client's transport.
func request(req *http.Request, id string) *http.Request {
	return req.WithContext(cachecore.WithDeps(req.Context(), deps.DepDoc(id)))
}

// changedByHand stands half-way: the transport and the retries, and a string still.
func changedByHand(ctx context.Context, client *cachecore.Client, id string) error {
	return client.Invalidate(ctx, cachecore.NewDep("doc:"+id))
}
