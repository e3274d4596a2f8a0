package tenant

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var testSecret = []byte("dev-secret-change-me-32bytes-ok!")

// sign returns a bare JWT with the claims.
func sign(t *testing.T, secret []byte, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// wantRefusal fails the test unless the token is refused with the code.
func wantRefusal(t *testing.T, v *Verifier, token, code string) {
	t.Helper()
	id, err := v.Verify(token)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != code || id != nil {
		t.Errorf("got %+v, %v; want the code %s", id, err, code)
	}
}

// A token is parsed once, but its times are compared with the clock on each
// use.
func TestKnownTokensKeepTheirTimes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1500, 0)
	v := NewVerifier(testSecret, func() time.Time { return now })
	token := sign(t, testSecret, jwt.MapClaims{"tenant_id": "acme", "nbf": 1000, "exp": 2000})
	first, err := v.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	for _, secs := range []int64{1000, 1500, 1999} {
		now = time.Unix(secs, 0)
		for _, h := range []http.Header{{"X-Cachecore-Token": {token}}, {"Authorization": {"Bearer " + token}}} {
			if id, err := v.Identify(h); id != first || err != nil {
				t.Errorf("at %d: the token was not remembered: %+v, %v", secs, id, err)
			}
		}
	}
	now = time.Unix(2000, 0)
	wantRefusal(t, v, token, "token_expired")
	now = time.Unix(999, 0)
	wantRefusal(t, v, token, "invalid_token")
}

func TestRefusedTokensAreNotRemembered(t *testing.T) {
	t.Parallel()
	v := NewVerifier(testSecret, time.Now)
	good := sign(t, testSecret, jwt.MapClaims{"tenant_id": "acme"})
	if _, err := v.Verify(good); err != nil {
		t.Fatal(err)
	}
	forged := sign(t, []byte("another secret of thirty-two byt"), jwt.MapClaims{"tenant_id": "acme"})
	for range 2 {
		wantRefusal(t, v, forged, "invalid_token")
		wantRefusal(t, v, good+"x", "invalid_token")
	}
	if len(v.verified) != 1 {
		t.Errorf("%d tokens are remembered, want 1", len(v.verified))
	}
	// A known token that does not stand alone is examined like any other.
	h := http.Header{"Authorization": {"Bearer " + good, "Bearer sk-1"}}
	if id, err := v.Identify(h); id != nil || err == nil {
		t.Errorf("two headers: %+v, %v", id, err)
	}
}

func TestKnownTokensAreBounded(t *testing.T) {
	t.Parallel()
	v := NewVerifier(testSecret, time.Now)
	most := 0
	for i := range 2*maxVerified + 1 {
		id, err := v.Verify(sign(t, testSecret, jwt.MapClaims{"tenant_id": fmt.Sprint(i)}))
		if err != nil || id.Tenant != fmt.Sprint(i) {
			t.Fatalf("%+v, %v", id, err)
		}
		most = max(most, len(v.verified))
	}
	if most != maxVerified {
		t.Errorf("%d tokens were remembered, want at most %d", most, maxVerified)
	}
}

// Callers with different permissions never share answers; the order of roles
// and the windows make no difference.
func TestCaller(t *testing.T) {
	t.Parallel()
	v := NewVerifier(testSecret, time.Now)
	caller := func(c jwt.MapClaims) [32]byte {
		id, err := v.Verify(sign(t, testSecret, c))
		if err != nil {
			t.Fatal(err)
		}
		return id.Caller
	}
	base := caller(jwt.MapClaims{"tenant_id": "acme", "policy_version": "1", "roles": []string{"a", "b"}, "scope": "s"})
	for _, tt := range []struct {
		name   string
		claims jwt.MapClaims
		same   bool
	}{
		{"roles in another order, other windows", jwt.MapClaims{"tenant_id": "acme", "policy_version": "1", "roles": []string{"b", "a", "b"}, "scope": "s", "fresh_ttl_secs": 1}, true},
		{"another tenant", jwt.MapClaims{"tenant_id": "other", "policy_version": "1", "roles": []string{"a", "b"}, "scope": "s"}, false},
		{"another policy", jwt.MapClaims{"tenant_id": "acme", "policy_version": "2", "roles": []string{"a", "b"}, "scope": "s"}, false},
		{"another role", jwt.MapClaims{"tenant_id": "acme", "policy_version": "1", "roles": []string{"a"}, "scope": "s"}, false},
		{"joined roles", jwt.MapClaims{"tenant_id": "acme", "policy_version": "1", "roles": []string{"a,b"}, "scope": "s"}, false},
		{"another scope", jwt.MapClaims{"tenant_id": "acme", "policy_version": "1", "roles": []string{"a", "b"}, "scope": "t"}, false},
	} {
		if got := caller(tt.claims) == base; got != tt.same {
			t.Errorf("%s: the same caller: %v, want %v", tt.name, got, tt.same)
		}
	}
}
