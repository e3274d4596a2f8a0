// Package tenant verifies and mints the tokens of the local gateway.
package tenant

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Identity contains the claims of a verified token. It must not be changed.
type Identity struct {
	Tenant, Policy, Scope string
	Roles                 []string // sorted, without duplicates
	Fresh, Stale          time.Duration

	// Caller is equal for tokens that may share answers.
	Caller [sha256.Size]byte

	expires, begins *jwt.NumericDate
}

// Error is the reason why a token is refused. It never contains any part of
// the token.
type Error struct {
	Code    string // for programs
	Message string // for people; the fix comes last
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(message string) *Error { return &Error{"invalid_token", message} }

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	secret []byte
	now    func() time.Time
	parser *jwt.Parser

	mu       sync.Mutex
	verified map[[sha256.Size]byte]*Identity // by the sum of the exact token
}

// maxVerified is the number of verified tokens that a Verifier remembers.
const maxVerified = 512

// NewVerifier returns a verifier of tokens that are signed with the secret.
func NewVerifier(secret []byte, now func() time.Time) *Verifier {
	return &Verifier{
		secret: secret, now: now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithTimeFunc(now),
		),
		verified: map[[sha256.Size]byte]*Identity{},
	}
}

// Identify returns the sender of the request, nil for a bypass. It returns an
// [*Error] if a token cannot be verified.
func (v *Verifier) Identify(h http.Header) (*Identity, error) {
	if values, present := h[wire.HeaderToken]; present {
		if len(values) != 1 {
			return nil, invalid("more than one " + wire.HeaderToken + " header; send one")
		}
		return v.Verify(values[0])
	}
	values := h["Authorization"]
	if len(values) == 0 {
		return nil, nil
	}
	if token, ok := strings.CutPrefix(values[0], "Bearer "); ok && len(values) == 1 {
		// A known token in the usual form. All others are examined.
		if id := v.recall(sha256.Sum256([]byte(token))); id != nil {
			return id, nil
		}
	}
	if !slices.ContainsFunc(values, holdsToken) {
		return nil, nil
	}
	fields := strings.Fields(values[0])
	if len(values) > 1 || len(fields) != 2 || !strings.EqualFold(fields[0], "Bearer") {
		return nil, invalid("a gateway token in Authorization stands after the word Bearer, and alone; send Authorization: Bearer <token>")
	}
	return v.Verify(fields[1])
}

// Verify returns the bearer of the token.
func (v *Verifier) Verify(token string) (*Identity, error) {
	sum := sha256.Sum256([]byte(token))
	if id := v.recall(sum); id != nil {
		return id, nil
	}
	id, err := v.parse(token)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.verified) >= maxVerified {
		clear(v.verified) // only holders of many valid tokens get here
	}
	v.verified[sum] = id
	return id, nil
}

// recall returns the bearer of a token that has been verified before, unless
// the time of the token is over or has not come.
func (v *Verifier) recall(sum [sha256.Size]byte) *Identity {
	v.mu.Lock()
	id := v.verified[sum]
	v.mu.Unlock()
	if id == nil || id.expires == nil && id.begins == nil {
		return id
	}
	now := v.now()
	if id.expires != nil && !now.Before(id.expires.Time) || id.begins != nil && now.Before(id.begins.Time) {
		return nil
	}
	return id
}

func (v *Verifier) parse(token string) (*Identity, error) {
	token = strings.TrimSpace(token)
	if rest, ok := strings.CutPrefix(token, wire.TokenPrefix); ok {
		_, token, _ = strings.Cut(rest, ".")
	}
	var c tokenClaims
	_, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.secret, nil })
	var claim claimError
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, &Error{"token_expired", "the gateway token has expired; mint a new one"}
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return nil, invalid("the gateway token is not valid yet; wait until the time of its claim nbf")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, invalid("the gateway token is not signed with HS256 and this gateway's secret; mint it with that secret")
	case errors.As(err, &claim):
		return nil, invalid("the gateway token's claim " + claim.Error() + "; mint another token")
	case errors.Is(err, errInexact):
		return nil, invalid("in the gateway token, " + errInexact.Error() + "; mint another token")
	case err != nil:
		return nil, invalid("the gateway token is malformed; send a JWT, or cc_live_<id>.<JWT>, signed with HS256")
	}
	return c.identity()
}

func (c tokenClaims) identity() (*Identity, error) {
	id := &Identity{
		Tenant: c.TenantID, Policy: c.PolicyVersion, Scope: c.Scope,
		Roles: slices.Compact(slices.Sorted(slices.Values(c.Roles))),
		Fresh: window(c.FreshTTL, DefaultFreshTTL), Stale: window(c.StaleWindow, DefaultStaleWindow),
	}
	var expires, begins error
	id.expires, expires = c.GetExpirationTime()
	id.begins, begins = c.GetNotBefore()
	// JSON separates the parts, so that different parts never give the same
	// bytes.
	framed, err := json.Marshal([]any{id.Tenant, id.Policy, id.Roles, id.Scope})
	if err := errors.Join(expires, begins, err); err != nil {
		return nil, fmt.Errorf("read the claims: %w", err) // cannot happen: the parser has read them
	}
	id.Caller = sha256.Sum256(framed)
	return id, nil
}
