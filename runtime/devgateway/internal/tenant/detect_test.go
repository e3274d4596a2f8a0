package tenant

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The JSON of a JWT's header can begin in several ways.
func TestEveryTokenIsRecognized(t *testing.T) {
	t.Parallel()
	secret := []byte("dev-secret-change-me-32bytes-ok!")
	encode := base64.RawURLEncoding.EncodeToString
	for _, header := range []string{`{"alg":"HS256"}`, `{ "alg":"HS256"}`, "{\n\t\"alg\":\"HS256\"}", " {\"typ\":\"JWT\",\"alg\":\"HS256\"}"} {
		text := encode([]byte(header)) + "." + encode([]byte(`{"tenant_id":"acme"}`))
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{"Authorization": {"Bearer " + text + "." + encode(signature)}}
		id, err := NewVerifier(secret, time.Now).Identify(h)
		if err != nil || id == nil || id.Tenant != "acme" {
			t.Errorf("%q: got %+v, %v", header, id, err)
		}
		if UpstreamKey(h) != "" {
			t.Errorf("%q: the token is forwarded to the upstream", header)
		}
	}
}
