package tenant

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Default durations of the windows that a token can set.
const (
	DefaultFreshTTL    = 3000 * time.Second
	DefaultStaleWindow = 600 * time.Second
)

// Claims are the claims of a token, as the gateway's package documents them.
type Claims struct {
	Tenant, Project, PolicyVersion string
	Roles                          []string
	Scope                          string
	FreshTTL, StaleWindow          time.Duration
	Expires                        time.Time
}

// Mint returns a token with the claims.
func Mint(secret []byte, c Claims) (string, error) {
	if len(secret) == 0 {
		return "", errors.New("mint a token: the secret is empty")
	}
	if c.Tenant == "" {
		return "", errors.New("mint a token: the tenant is empty")
	}
	for _, text := range append([]string{c.Tenant, c.Project, c.PolicyVersion, c.Scope}, c.Roles...) {
		if !utf8.ValidString(text) { // JSON would give two different tenants the same name
			return "", fmt.Errorf("mint a token: %q is not valid UTF-8", text)
		}
	}
	fresh, err := claimSeconds(c.FreshTTL)
	if err != nil {
		return "", fmt.Errorf("mint a token: FreshTTL: %w", err)
	}
	stale, err := claimSeconds(c.StaleWindow)
	if err != nil {
		return "", fmt.Errorf("mint a token: StaleWindow: %w", err)
	}
	claims := tokenClaims{
		TenantID: c.Tenant, ProjectID: c.Project, PolicyVersion: c.PolicyVersion,
		Roles: c.Roles, Scope: c.Scope, FreshTTL: fresh, StaleWindow: stale,
	}
	if !c.Expires.IsZero() {
		expires := float64(c.Expires.Unix())
		claims.Expires = &expires
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("mint a token: %w", err)
	}
	id := sha256.Sum256([]byte(signed))
	return wire.TokenPrefix + hex.EncodeToString(id[:6]) + "." + signed, nil
}

func claimSeconds(d time.Duration) (*float64, error) {
	if d == 0 {
		return nil, nil
	}
	n := max(int64(d/time.Second), 0)
	if d > 0 && d%time.Second != 0 || n > maxSeconds {
		return nil, fmt.Errorf("%v is not a number of whole seconds up to %d", d, int64(maxSeconds))
	}
	secs := float64(n)
	return &secs, nil
}
