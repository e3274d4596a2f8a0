// Package byhand shows the code that depgen replaces: two strings that must
// match, and do not.
package byhand

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
)

// tag declares, by hand, that the answer to a request depends on a contract.
func tag(req *http.Request, contract string) {
	deps := `[{"dep_id":"contract:` + contract + `","expected_hash":"v1"}]`
	req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(deps)))
}

// changed drops, by hand, the answers that depend on a contract. See the typo?
func changed(ctx context.Context, gateway, contract string) {
	body := strings.NewReader(`{"dep_id":"contracts:` + contract + `"}`)
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, gateway+"/v1/invalidate", body)
	http.DefaultClient.Do(req)
}
