package guide

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// requestByHand writes the deps header without a schema.
func requestByHand(req *http.Request, id string) {
	text := `[{"dep_id":"doc:` + id + `","expected_hash":"v1"}]`
	req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// request declares the same dep, and leaves the header to the transport.
func request(req *http.Request, id string) *http.Request {
	return req.WithContext(cachecore.WithDeps(req.Context(), deps.DepDoc(id)))
}

// changedByHand uses the client, but still spells the id.
func changedByHand(ctx context.Context, client *cachecore.Client, id string) error {
	return client.Invalidate(ctx, cachecore.NewDep("doc:"+id))
}
