package devgateway_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/depgen/depgen/runtime/devgateway"
)

// sign makes a bare JWT by hand.
func sign(t *testing.T, method jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func authorizations(values ...string) header {
	return func(h http.Header) { h["Authorization"] = values }
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	now := newClock().Now()
	hs256 := func(c jwt.MapClaims) string { return sign(t, jwt.SigningMethodHS256, []byte(secret), c) }
	good := hs256(jwt.MapClaims{"tenant_id": "acme", "project_id": "p", "policy_version": "1", "roles": []string{"r"}, "scope": "s"})
	expired := hs256(jwt.MapClaims{"tenant_id": "acme", "exp": now.Add(-time.Second).Unix()})
	forged := sign(t, jwt.SigningMethodHS256, []byte("another secret of thirty-two byt"), jwt.MapClaims{"tenant_id": "acme"})
	none := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, jwt.MapClaims{"tenant_id": "acme"})
	hs512 := sign(t, jwt.SigningMethodHS512, []byte(secret), jwt.MapClaims{"tenant_id": "acme"})
	rs256 := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + ".e30.c2ln"
	tests := []struct {
		name    string
		headers []header
		want    string // the cache status, or the code of a 401
	}{
		{"bare JWT in Authorization", []header{bearer(good)}, "MISS"},
		{"cc_live_ in Authorization", []header{bearer("cc_live_x." + good)}, "MISS"},
		{"bearer in lower case", []header{set("Authorization", "bearer "+good)}, "MISS"},
		{"bare JWT in X-Cachecore-Token", []header{set("X-CacheCore-Token", good)}, "MISS"},
		{"cc_live_ in X-Cachecore-Token", []header{set("X-Cachecore-Token", "cc_live_x."+good)}, "MISS"},
		{"X-Cachecore-Token beside an SDK's key", []header{set("X-Cachecore-Token", good), bearer("sk-123")}, "MISS"},
		{"X-Cachecore-Token wins when it is right", []header{set("X-Cachecore-Token", good), bearer(forged)}, "MISS"},
		{"X-Cachecore-Token wins when it is wrong", []header{set("X-Cachecore-Token", forged), bearer(good)}, "invalid_token"},
		{"minted, expires later", []header{claims(t, devgateway.Claims{Tenant: "acme", Expires: now.Add(time.Second)})}, "MISS"},
		{"no credential", nil, "BYPASS"},
		{"an SDK's key", []header{bearer("sk-123")}, "BYPASS"},
		{"an SDK's dummy", []header{bearer("dummy")}, "BYPASS"},
		{"a bare Bearer", []header{set("Authorization", "Bearer")}, "BYPASS"},
		{"a key with two dots", []header{bearer("a.b.c")}, "BYPASS"},
		{"another scheme", []header{set("Authorization", "Basic dTpw")}, "BYPASS"},
		{"expired", []header{bearer(expired)}, "token_expired"},
		{"expired, cc_live_", []header{bearer("cc_live_x." + expired)}, "token_expired"},
		{"forged", []header{bearer(forged)}, "invalid_token"},
		{"alg none", []header{bearer(none)}, "invalid_token"},
		{"alg HS512", []header{bearer(hs512)}, "invalid_token"},
		{"alg RS256", []header{bearer(rs256)}, "invalid_token"},
		{"no Bearer before it", []header{set("Authorization", good)}, "invalid_token"},
		{"another scheme before it", []header{set("Authorization", "Token "+good)}, "invalid_token"},
		{"quoted", []header{set("Authorization", `Bearer "`+good+`"`)}, "invalid_token"},
		{"quoted, cc_live_", []header{set("Authorization", `Bearer "cc_live_x.`+good+`"`)}, "invalid_token"},
		{"comma after it", []header{bearer(good + ",")}, "invalid_token"},
		{"dot after it", []header{bearer(good + ".")}, "invalid_token"},
		{"letters after it", []header{bearer(good + "xx")}, "invalid_token"},
		{"tab before it", []header{set("Authorization", "Bearer\t"+good)}, "MISS"},
		{"padded", []header{bearer(strings.Replace(good, ".", "=.", 1))}, "invalid_token"},
		{"as a parameter", []header{set("Authorization", "Token token="+good)}, "invalid_token"},
		{"as a parameter, cc_live_", []header{set("Authorization", "Token token=cc_live_x")}, "invalid_token"},
		{"joined to the scheme", []header{set("Authorization", "Bearer:"+good)}, "invalid_token"},
		{"no space before it", []header{set("Authorization", "Bearer"+good)}, "invalid_token"},
		{"joined to the scheme by a dot", []header{set("Authorization", "Bearer."+good)}, "invalid_token"},
		{"second after an SDK's key", []header{authorizations("Bearer sk-123", "Bearer "+good)}, "invalid_token"},
		{"first before an SDK's key", []header{authorizations("Bearer "+good, "Bearer sk-123")}, "invalid_token"},
		{"two SDK's keys", []header{authorizations("Bearer sk-123", "Bearer sk-456")}, "BYPASS"},
		{"a key with a token's prefix inside", []header{bearer("sk-acc_live_1")}, "BYPASS"},
		{"several spaces", []header{set("Authorization", "Bearer   "+good)}, "MISS"},
		{"cc_live_ and no JWT", []header{bearer("cc_live_abc")}, "invalid_token"},
		{"empty X-Cachecore-Token", []header{set("X-Cachecore-Token", "")}, "invalid_token"},
		{"SDK's key in X-Cachecore-Token", []header{set("X-Cachecore-Token", "sk-123")}, "invalid_token"},
		{"two X-Cachecore-Token", []header{func(h http.Header) { h["X-Cachecore-Token"] = []string{good, good} }}, "invalid_token"},
		{"no tenant", []header{bearer(hs256(jwt.MapClaims{"scope": "s"}))}, "invalid_token"},
		{"window below zero", []header{bearer(hs256(jwt.MapClaims{"tenant_id": "acme", "fresh_ttl_secs": -1}))}, "invalid_token"},
		{"window too long", []header{bearer(hs256(jwt.MapClaims{"tenant_id": "acme", "stale_window_secs": int64(1) << 40}))}, "invalid_token"},
		{"not valid yet", []header{bearer(hs256(jwt.MapClaims{"tenant_id": "acme", "nbf": now.Add(time.Hour).Unix()}))}, "invalid_token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				for name, values := range r.Header {
					if strings.Contains(fmt.Sprint(values), "eyJ") || strings.HasPrefix(name, "X-Cachecore") {
						t.Errorf("the upstream got %s: %s", name, values)
					}
				}
				return counting()(r)
			})))
			got := f.ask("hello", tt.headers...)
			if strings.ToUpper(tt.want) == tt.want {
				if got.code != 200 || got.cache() != tt.want {
					t.Errorf("got %d %s %s, want %s", got.code, got.cache(), got.body, tt.want)
				}
				return
			}
			got.wantProblem(t, 401, tt.want)
			if strings.Contains(got.body, "eyJ") {
				t.Errorf("the token is in the answer: %s", got.body)
			}
			f.post(invalidate, `{"dep_id":"x"}`, tt.headers...).wantProblem(t, 401, tt.want)
		})
	}
}

func TestUpstreamKey(t *testing.T) {
	t.Parallel()
	token := mint(t, devgateway.Claims{Tenant: "acme"})
	tests := []struct {
		name    string
		headers []header
		want    string
	}{
		{"own key, bypass", []header{bearer("sk-own")}, "Bearer sk-own"},
		{"own key beside the token", []header{set("X-Cachecore-Token", token), bearer("sk-own")}, "Bearer sk-own"},
		{"token only", []header{bearer(token)}, ""},
		{"token twice", []header{set("X-Cachecore-Token", token), bearer(token)}, ""},
		{"token quoted beside it", []header{set("X-Cachecore-Token", token), set("Authorization", `Bearer "`+token+`"`)}, ""},
		{"token in a second line beside it", []header{set("X-Cachecore-Token", token), authorizations("Bearer sk-own", "Bearer "+token)}, ""},
		{"token without Bearer beside it", []header{set("X-Cachecore-Token", token), set("Authorization", token)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := "the upstream was not called"
			f := start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				got = r.Header.Get("Authorization")
				return counting()(r)
			})))
			f.ask("hello", tt.headers...)
			if got != tt.want {
				t.Errorf("the upstream got Authorization %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		secret string
		claims devgateway.Claims
		want   string
	}{
		{"no secret", "", devgateway.Claims{Tenant: "acme"}, "secret is empty"},
		{"no tenant", secret, devgateway.Claims{}, "tenant is empty"},
		{"tenant not UTF-8", secret, devgateway.Claims{Tenant: "\xff"}, `"\xff" is not valid UTF-8`},
		{"role not UTF-8", secret, devgateway.Claims{Tenant: "acme", Roles: []string{"r", "\xff"}}, `"\xff" is not valid UTF-8`},
		{"part of a second", secret, devgateway.Claims{Tenant: "acme", FreshTTL: time.Millisecond}, "FreshTTL: 1ms"},
		{"too long", secret, devgateway.Claims{Tenant: "acme", StaleWindow: 100 * 365 * 24 * time.Hour}, "StaleWindow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			token, err := devgateway.Mint([]byte(tt.secret), tt.claims)
			if err == nil || !strings.Contains(err.Error(), tt.want) || token != "" {
				t.Errorf("got %q, %v, want an error with %q", token, err, tt.want)
			}
		})
	}
}
