package devgateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// How long an entry is served when the token does not say.
const (
	DefaultFreshTTL    = 3000 * time.Second // as HIT_L1
	DefaultStaleWindow = 600 * time.Second  // after that, as HIT_L1_STALE
)

const tokenPrefix = "cc_live_"

// Claims are what a token says of its bearer.
type Claims struct {
	Tenant        string // required
	Project       string
	PolicyVersion string
	Roles         []string
	Scope         string

	// FreshTTL and StaleWindow are in whole seconds. Zero leaves the claim out,
	// which means DefaultFreshTTL and DefaultStaleWindow; a negative one says
	// none.
	FreshTTL    time.Duration
	StaleWindow time.Duration

	// Expires is when the token ends, to the second. The zero time is never.
	Expires time.Time
}

// tokenClaims are the claims as they travel. Numbers are what JSON calls
// numbers: 60.0 is 60.
type tokenClaims struct {
	TenantID      string   `json:"tenant_id"`
	ProjectID     string   `json:"project_id,omitempty"`
	PolicyVersion string   `json:"policy_version,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	Scope         string   `json:"scope,omitempty"`
	FreshTTL      *float64 `json:"fresh_ttl_secs,omitempty"`
	StaleWindow   *float64 `json:"stale_window_secs,omitempty"`
	Expires       *float64 `json:"exp,omitempty"`
	NotBefore     *float64 `json:"nbf,omitempty"`

	jwt.RegisteredClaims `json:"-"` // for the methods that the JWT library asks for
}

// UnmarshalJSON reads the claims under their exact names, and refuses a name
// that occurs twice, and null in exp and nbf: such a token would never end.
func (c *tokenClaims) UnmarshalJSON(text []byte) error {
	claims, err := members(text)
	var repeated repeatedError
	switch {
	case errors.As(err, &repeated):
		return claimError(repeated.Error())
	case err != nil:
		return err
	case !isExact(text):
		return errInexact
	}
	for _, name := range []string{"exp", "nbf"} {
		if string(claims[name]) == "null" {
			return claimError(name + " is null: leave it out for a token without that limit")
		}
	}
	var roles []*string
	for _, claim := range []struct {
		name, kind string
		to         any
	}{
		{"tenant_id", "a string", &c.TenantID},
		{"project_id", "a string", &c.ProjectID},
		{"policy_version", "a string", &c.PolicyVersion},
		{"roles", "a list of strings", &roles},
		{"scope", "a string", &c.Scope},
		{"fresh_ttl_secs", "a number", &c.FreshTTL},
		{"stale_window_secs", "a number", &c.StaleWindow},
		{"exp", "a number", &c.Expires},
		{"nbf", "a number", &c.NotBefore},
	} {
		if decode(claims[claim.name], claim.to) != nil || slices.Contains(roles, nil) {
			return claimError(claim.name + " has the wrong type, not " + claim.kind)
		}
	}
	for _, role := range roles {
		c.Roles = append(c.Roles, *role)
	}
	return nil
}

// errInexact is why a token's claims are refused that are not text.
var errInexact = errors.New("the claims are not UTF-8, or have half a surrogate pair")

// claimError says what is wrong with a claim that it names.
type claimError string

func (e claimError) Error() string { return string(e) }

// Validate is called by the JWT library, beside its own checks.
func (c tokenClaims) Validate() error {
	switch {
	case c.TenantID == "":
		return claimError("tenant_id is missing")
	case !validSeconds(c.FreshTTL):
		return claimError("fresh_ttl_secs is not a number of whole seconds from 0 to " + strconv.Itoa(maxSeconds))
	case !validSeconds(c.StaleWindow):
		return claimError("stale_window_secs is not a number of whole seconds from 0 to " + strconv.Itoa(maxSeconds))
	}
	return nil
}

// GetExpirationTime is called by the JWT library.
func (c tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return claimDate("exp", c.Expires)
}

// GetNotBefore is called by the JWT library.
func (c tokenClaims) GetNotBefore() (*jwt.NumericDate, error) {
	return claimDate("nbf", c.NotBefore)
}

// claimDate returns the time of a claim in seconds since 1970, nil if there is
// none.
func claimDate(claim string, secs *float64) (*jwt.NumericDate, error) {
	const limit = 1 << 40 // the year 36812
	switch {
	case secs == nil:
		return nil, nil
	case math.Abs(*secs) > limit:
		return nil, claimError(claim + " is out of range")
	}
	return jwt.NewNumericDate(time.Unix(int64(*secs), 0)), nil
}

// maxSeconds, some 68 years, keeps the sum of two windows inside a Duration.
const maxSeconds = 1 << 31

func validSeconds(n *float64) bool {
	return n == nil || *n >= 0 && *n <= maxSeconds && *n == math.Trunc(*n)
}

// window is how long a claim of whole seconds is.
func window(secs *float64, otherwise time.Duration) time.Duration {
	if secs == nil {
		return otherwise
	}
	return time.Duration(*secs) * time.Second
}

// Mint returns a token with the claims, in the form cc_live_<id>.<JWT>. It
// fails if there is no secret or no tenant, if a text is not valid UTF-8, or if
// a window is not in whole seconds.
func Mint(secret []byte, c Claims) (string, error) {
	if len(secret) == 0 {
		return "", errors.New("mint a token: the secret is empty")
	}
	if c.Tenant == "" {
		return "", errors.New("mint a token: the tenant is empty")
	}
	for _, text := range append([]string{c.Tenant, c.Project, c.PolicyVersion, c.Scope}, c.Roles...) {
		if !utf8.ValidString(text) { // JSON would make one tenant of two
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
	return tokenPrefix + hex.EncodeToString(id[:6]) + "." + signed, nil
}

func claimSeconds(d time.Duration) (*float64, error) {
	if d == 0 {
		return nil, nil
	}
	n := max(int64(d/time.Second), 0)
	if d > 0 && d%time.Second != 0 || n > maxSeconds {
		return nil, fmt.Errorf("%v is not a number of whole seconds up to %d", d, maxSeconds)
	}
	secs := float64(n)
	return &secs, nil
}
